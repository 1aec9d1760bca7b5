# SPDX-License-Identifier: Apache-2.0
"""Checks ./talus itself: dispatch, exit codes, bad input, and the price of a start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from talus_cli.bootstrap.cli import _in_parallel

TALUS = Path(os.environ["TALUS_ROOT"], "talus")


def talus(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [TALUS, *arguments], capture_output=True, text=True, env={**os.environ, **environment}
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["fly"],
            "unknown command 'fly'; known: run, test, bench, scenario, robot, operator, launch, "
            "exec, build, doctor, docs",
        ),
        (["lanch"], "unknown command 'lanch'; did you mean 'launch'?"),
        (["--headless"], "unknown command '--headless'; known: run"),
        (["build", "--fast"], "build does not know '--fast'; known: --clean"),
        (["doctor", "me"], "doctor takes no arguments, not 'me'"),
        (["exec"], "exec needs a command: ./talus exec -- CMD"),
        (["exec", "--", "no_such_program"], "no such command: 'no_such_program'"),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(arguments, message):
    done = talus(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"talus: {message}")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"]])
def test_help_names_every_command(arguments):
    done = talus(*arguments)
    assert done.returncode == 0
    for command in ("run", "test", "bench", "launch", "exec", "build", "doctor"):
        assert f"\n  {command} " in done.stdout


def test_exec_hands_over_arguments_streams_folder_and_exit_code(tmp_path):
    script = "import os, sys; print(sys.argv[1:], os.getcwd()); sys.exit(7)"
    command = [TALUS, "exec", "--", "python", "-c", script, "--seconds", "a b", "--"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 7
    assert done.stdout == f"['--seconds', 'a b', '--'] {tmp_path}\n"


def test_exec_has_ros_and_the_workspace():
    script = "import rclpy, talus_interfaces.msg, tf2_msgs.msg, talus_core; print('all there')"
    assert talus("exec", "--", "python", "-c", script).stdout == "all there\n"


def test_works_through_a_link_from_anywhere(tmp_path):
    link = tmp_path / "talus"
    link.symlink_to(TALUS)
    done = subprocess.run([link, "exec", "true"], cwd="/", capture_output=True)
    assert done.returncode == 0


def test_start_of_a_ready_workspace_costs_little():
    """A busy machine changes little in the CPU time of what comes before the command."""
    talus("exec", "true")
    process = subprocess.Popen([TALUS, "exec", "true"])
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    assert usage.ru_utime + usage.ru_stime < 0.5


def test_unfit_python_is_refused_before_anything_is_made(tmp_path):
    """A checkout without .venv, on a machine whose only Python is too old."""
    for name in ("python3", "python3.13", "python3.12", "python3.11", "python3.10"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "talus").write_bytes(TALUS.read_bytes())
    done = subprocess.run(
        ["sh", tmp_path / "talus", "run"],
        capture_output=True,
        text=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )
    assert done.returncode == 2
    assert done.stderr.startswith("talus: no Python from 3.10 to 3.13 found")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_half_sourced_ros_is_refused():
    without_rclpy = {
        "ROS_DISTRO": "imaginary",
        "PYTHONPATH": "",
        "PATH": f"{Path(sys.base_prefix, 'bin')}:/usr/bin:/bin",
    }
    done = talus("exec", "true", **without_rclpy)
    assert done.returncode == 2
    assert (
        "cannot import rclpy: source that installation wholly, or unset ROS_DISTRO" in done.stderr
    )


def test_a_middleware_that_is_not_there_is_refused_where_ros_is_used():
    """Not where it is not: a line in .bashrc must not keep anybody from building."""
    choice = {"RMW_IMPLEMENTATION": "rmw_imaginary_cpp"}
    done = talus("exec", "--", "true", **choice)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("talus: RMW_IMPLEMENTATION is 'rmw_imaginary_cpp', but the ROS 2")
    assert talus("build", **choice).returncode == 0


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("words", "code"), [("fly", 2), ("exec -- python -c 'print()'", 0)])
def test_closed_streams_change_no_exit_code(closed, words, code):
    done = subprocess.run(["sh", "-c", f"exec '{TALUS}' {words} {closed}"])
    assert done.returncode == code


@pytest.mark.parametrize("locale", ["C", "POSIX", "no_such_locale", "en_US.ISO-8859-1"])
def test_files_are_utf_8_in_every_locale(locale, tmp_path):
    (tmp_path / "Küche.txt").write_text("Tür", encoding="utf-8")
    script = (
        "import os, sys; print(open(sys.argv[1]).read(), os.listdir(os.path.dirname(sys.argv[1])))"
    )
    done = subprocess.run(
        [TALUS, "exec", "--", "python", "-c", script, tmp_path / "Küche.txt"],
        capture_output=True,
        env={**os.environ, "LC_ALL": locale},
    )
    assert done.stdout.decode() == "Tür ['Küche.txt']\n"


@pytest.mark.parametrize(
    ("arguments", "is_parallel"),
    [
        ([], True),
        (["-m", "fast"], True),
        (["src/common/talus_core"], True),
        (["tests/test_layers.py"], False),
        (["tests/test_layers.py::test_arrows_point_down"], False),
        (["-n", "0"], False),
        (["--pdb"], False),
    ],
)
def test_the_suite_is_spread_over_the_cores_unless_a_file_is_named(arguments, is_parallel):
    assert bool(_in_parallel(arguments)) is is_parallel
