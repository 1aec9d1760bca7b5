# SPDX-License-Identifier: Apache-2.0
"""Checks that bad input to `./talus run` gives one line on what would work, and no start."""

from __future__ import annotations

import json
import os
import shutil
import socket
from pathlib import Path

import pytest
from talus_cli.run import cli
from talus_cli.run.available import check_port
from talus_cli.run.judging.summary import RunSummary
from talus_cli.run.operating.observation import WalkingVelocity
from talus_cli.run.options import parse_options
from talus_gazebo import gz_calls
from talus_launch.packages import package_share
from talus_launch.running.session import Session

DEFAULT = ["--headless"]


def said(words: list[str], capsys: pytest.CaptureFixture) -> str:
    """Return the one line on stderr of a command that is refused."""
    assert cli.main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("error: ")
    return err


def test_a_driver_that_lacks_what_it_needs_is_refused_before_anything_starts(capsys, monkeypatch):
    monkeypatch.setattr(gz_calls, "RELEASES", (("77", "7", "7"),))
    line = said(["--driver", "gazebo", *DEFAULT], capsys)
    assert line.startswith("error: driver 'gazebo': gz-sim's Python is not here; on Ubuntu")
    assert "'mujoco' needs none" in line


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--hedless"], ["'--hedless'", "nearest: --headless"]),
        (["--head"], ["'--head'", "--headless"]),
        (["walk"], ["unknown option 'walk'"]),
        (["--robot", "talus41"], ["robot 'talus41'", "nearest: talus40"]),
        (["--driver", "gzebo"], ["driver 'gzebo'; nearest: gazebo"]),
        (["--driver", "qqq"], ["driver 'qqq'", "known: can, gazebo, mock, mujoco"]),
        (["--driver", "mujuco"], ["driver 'mujuco'", "nearest: mujoco"]),
        (["--world", "slop"], ["world 'slop'", "nearest: slope"]),
        (["--world", "qqq"], ["world 'qqq'", "flat", "slippery"]),
        (["--seconds", "0"], ["--seconds 0", "above 0 to 3600 s"]),
        (["--seconds", "-3"], ["--seconds -3", "above 0"]),
        (["--seconds", "nan"], ["'nan' is not a finite number"]),
        (["--seconds", "ten"], ["invalid number value: 'ten'"]),
        (["--seconds"], ["--seconds", "expected one argument"]),
        (["--cmd-vel", "0.4", "0"], ["--cmd-vel", "expected 3 arguments"]),
        (["--cmd-vel", "2", "0", "0"], ["--cmd-vel VX 2", "-0.35 to 1.1 m/s"]),
        (["--cmd-vel", "0", "-0.5", "0"], ["--cmd-vel VY -0.5", "-0.25 to 0.25 m/s"]),
        (["--cmd-vel", "0", "0", "1"], ["--cmd-vel WZ 1", "-0.6 to 0.6 rad/s"]),
        (["--cmd-vel", "inf", "0", "0"], ["'inf' is not a finite number"]),
        (["--seed", "-1"], ["--seed -1", "from 0"]),
        (["--seed", "x"], ["invalid int value: 'x'"]),
        (["--port", "80"], ["--port 80", "from 1024 to 65535"]),
        (["--real-time", "--fast"], ["--fast", "not allowed with argument --real-time"]),
        (
            ["--policy", "/no/such/policy.yaml"],
            ["--policy /no/such/policy.yaml: there is no such file", "a manifest"],
        ),
        (["--json", "/no/such/folder/out.json"], ["there is no folder /no/such/folder"]),
        (["--json", "/proc/out.json"], ["--json /proc/out.json: ", "name a file that can be"]),
        (["--json", "/tmp"], ["--json /tmp: Is a directory"]),
    ],
)
def test_option(words: list[str], parts: list[str], capsys: pytest.CaptureFixture):
    line = said(DEFAULT + words, capsys)
    for part in parts:
        assert part in line


def test_world_that_does_not_parse(tmp_path: Path, capsys: pytest.CaptureFixture):
    file = tmp_path / "broken.xml"
    file.write_text("<mujoco>\n<worldbody>\n</mujoco>")
    assert f"world '{file}' does not parse: not valid XML: mismatched tag: line 3" in said(
        [*DEFAULT, "--world", str(file)], capsys
    )
    file.write_text("<sdf/>")
    assert "begins with <sdf>; an MJCF world begins with <mujoco>" in said(
        [*DEFAULT, "--world", str(file)], capsys
    )


def test_robot_that_names_a_joint_which_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture):
    folder = tmp_path / "odd"
    shutil.copytree(package_share("talus_description", os.environ) / "urdf" / "talus40", folder)
    file = folder / "robot.yaml"
    text = file.read_text()
    file.unlink()
    file.write_text(text.replace("l_knee", "l_kneee"))
    line = said([*DEFAULT, "--robot", str(folder)], capsys)
    assert "unknown joint 'l_kneee'; nearest: l_knee" in line
    assert str(file) in line
    file.write_text("name: [")
    assert "not valid YAML" in said([*DEFAULT, "--robot", str(folder)], capsys)


def test_port_in_use_stands_in_the_summary_of_an_earlier_run(
    tmp_path: Path, capsys: pytest.CaptureFixture
):
    file = tmp_path / "out.json"
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        file.write_text('{"fell": false}')
        line = said(["--port", str(port), "--json", str(file)], capsys)
    assert f"port {port} is in use" in line
    assert json.loads(file.read_text())["faults"] == [line.removeprefix("error: ").strip()]
    check_port(port)


def test_second_run_beside_the_first(ros_domain: int, capsys: pytest.CaptureFixture):
    first = Session(ros_domain)
    try:
        line = said(DEFAULT, capsys)
    finally:
        first.close()
    assert f"already uses ROS domain {ros_domain}" in line
    assert "ROS_DOMAIN_ID=" in line


@pytest.mark.parametrize("variable", ["TALUS_LOG_DIR", "ROS_LOG_DIR", "ROS_HOME"])
def test_a_place_that_cannot_be_written(variable: str, monkeypatch, capsys: pytest.CaptureFixture):
    for name in ("ROS_LOG_DIR", "ROS_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "/proc/none")
    for words in (DEFAULT, [*DEFAULT, "--no-recorder"]):
        line = said(words, capsys)
        assert "nowhere to write " in line
        assert f"set {variable} to a folder that can be written" in line


def test_a_summary_that_cannot_be_written_any_more_is_told(capsys: pytest.CaptureFixture):
    assert cli._write(RunSummary(), Path("/dev/full")) == 1
    assert "--json /dev/full: No space left on device" in capsys.readouterr().err


def test_good_options_come_through(tmp_path: Path):
    words = [
        "--world",
        "slope",
        "--seconds",
        "20",
        "--cmd-vel",
        "0.4",
        "-0.1",
        "0",
        "--no-perception",
        "--seed",
        "7",
        "--real-time",
    ]
    options = parse_options([*words, "--json", str(tmp_path / "o.json")], cli.available())
    assert options.world.name == "slope.xml"
    assert options.robot.name == "talus40"
    assert options.velocity == WalkingVelocity(0.4, -0.1, 0.0)
    assert (options.seconds, options.seed, options.perception, options.headless) == (
        20.0,
        7,
        False,
        False,
    )
    assert options.is_real_time


@pytest.mark.parametrize(
    ("words", "is_real_time"),
    [
        ([], True),
        (["--headless"], False),
        (["--headless", "--real-time"], True),
        (["--fast"], False),
    ],
)
def test_pace_follows_the_view_unless_stated(words: list[str], is_real_time: bool):
    assert parse_options(words, cli.available()).is_real_time is is_real_time
