# SPDX-License-Identifier: Apache-2.0
"""Checks that the doctor finds what is there, and says what to do about what is not."""

import socket
import subprocess
import sys

import pytest
from talus_cli.bootstrap import doctor
from talus_cli.bootstrap.doctor import examine, report
from talus_cli.bootstrap.environment import WHEELS_VARIABLE
from talus_cli.bootstrap.errors import BootstrapError
from talus_cli.bootstrap.examining.finding import Finding
from talus_cli.bootstrap.examining.surroundings import examine_choices, examine_places
from talus_cli.bootstrap.installing.system import SystemPart
from talus_cli.bootstrap.preparing.lock import exclusive
from talus_cli.bootstrap.preparing.steps import make
from talus_cli.bootstrap.workspace import Workspace
from talus_core.machine.places import PlaceError, log_place, ros_log_place


def test_this_machine_can_run_what_runs_on_it(capsys):
    assert report(Workspace.here()) == 0
    said = capsys.readouterr().out
    assert "LACK" not in said
    assert said.endswith("Talus can run here.\n")


def test_pictures_are_really_drawn():
    found = {finding.subject: finding for finding in examine(Workspace.here())}
    assert found["rendering"].remedy == ""
    assert found["rendering"].value != ""


def transport_of(monkeypatch, profile) -> Finding:
    monkeypatch.setenv("FASTDDS_DEFAULT_PROFILES_FILE", str(profile))
    return next(finding for finding in examine(Workspace.here()) if finding.subject == "transport")


def test_transport_is_read_back(monkeypatch, tmp_path):
    assert transport_of(monkeypatch, Workspace.here().root / "config" / "fastdds.xml").remedy == ""
    broken = tmp_path / "broken.xml"
    broken.write_text("<dds>")
    found = transport_of(monkeypatch, broken)
    assert (found.is_needed, bool(found.remedy)) == (True, True)
    assert str(broken) in found.value


def test_running_nodes_are_named():
    """Those of the node table with their state, others where they run."""
    waits = [sys.executable, "-c", "input()", "-r", "__node:=echo_of_a_test"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE) as process:
        found = {finding.subject: finding for finding in examine(Workspace.here())}
        process.communicate(b"\n")
    states = found["nodes"].value.split(", ")
    assert {state.split()[0] for state in states} >= {"driver", "balance", "safety", "map"}
    assert "echo_of_a_test runs" in states and found["nodes"].remedy == ""


def test_lack_of_something_needed_is_an_exit_code(monkeypatch, capsys):
    part = SystemPart("C compiler", "building", ("gcc",), lambda: False)
    monkeypatch.setattr(doctor.system, "BUILD_PARTS", (part,))
    assert report(Workspace.here()) == 1
    assert "LACK  C compiler       missing  ->  apt install gcc" in capsys.readouterr().out


def test_port_in_use_is_seen(monkeypatch):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        monkeypatch.setattr(doctor, "VIEW_PORT", server.getsockname()[1])
        found = {finding.subject: finding for finding in examine(Workspace.here())}
        assert found[f"port {server.getsockname()[1]}"].value == "in use"


def test_places_are_those_that_runs_find(tmp_path):
    """What runs refuse is lacking here, in the same words; what goes elsewhere is told."""
    usual = [*examine_places({"TALUS_ROOT": str(tmp_path), "HOME": str(tmp_path)})]
    assert [(found.subject, found.remedy) for found in usual] == [
        (subject, "") for subject in ("logs", "black box", "logs of ROS", "locks")
    ]
    unit = {"TALUS_ROOT": str(tmp_path)}
    (noted,) = [found for found in examine_places(unit) if found.remedy]
    assert (noted.subject, noted.is_needed) == ("logs of ROS", False)
    assert noted.value == str(ros_log_place(unit).folder)
    nowhere = {**unit, "TALUS_LOG_DIR": "/proc/none"}
    with pytest.raises(PlaceError) as refused:
        log_place(nowhere)
    lacking = {found.subject: found for found in examine_places(nowhere)}["logs"]
    assert (lacking.value, lacking.remedy) == ("nowhere", str(refused.value))
    assert str(lacking).startswith("LACK  logs ")


def test_a_middleware_that_is_not_there_is_lacking():
    cached = {"prepend": {}, "fixed": {WHEELS_VARIABLE: "1"}}
    for wanted, is_lacking in (("rmw_fastrtps_cpp", False), ("rmw_cyclonedds_cpp", True)):
        (found,) = examine_choices(cached, {}, {"RMW_IMPLEMENTATION": wanted})
        assert (found.value, found.is_needed) == (wanted, is_lacking)


def test_fresh_checkout_is_to_be_built(tmp_path):
    workspace = Workspace(tmp_path)
    (tmp_path / "config" / "python").mkdir(parents=True)
    workspace.lock_file.write_text("")
    found = {finding.subject: finding for finding in examine(workspace)}
    assert found["workspace"] == Finding("workspace", "to be built", "the next command does it")
    assert "free disk" in found


def test_a_checkout_that_is_to_be_built_where_nothing_can_be_written_is_lacking(tmp_path):
    (tmp_path / ".talus").write_text("no folder")
    (tmp_path / "config" / "python").mkdir(parents=True)
    workspace = Workspace(tmp_path)
    workspace.lock_file.write_text("")
    found = {finding.subject: finding for finding in examine(workspace)}["workspace"]
    assert found.is_needed
    assert found.remedy.startswith(f"build it where it can be written: {tmp_path}/.talus/wheels: ")
    with (
        pytest.raises(BootstrapError, match=f"{tmp_path}/.talus/wheels cannot be written"),
        exclusive(workspace.state / "lock"),
    ):
        pass


@pytest.mark.parametrize("name", ["mein Talus", "a;b", "a:b", "it's"])
def test_a_path_in_which_ros_cannot_build_is_refused_before_anything_is_made(tmp_path, name):
    workspace = Workspace(tmp_path / name)
    workspace.lock_file.parent.mkdir(parents=True)
    workspace.lock_file.write_text("")
    with pytest.raises(BootstrapError, match=r"the path of this checkout, .*, has .* in it"):
        make(workspace)
    found = {finding.subject: finding for finding in examine(workspace)}["workspace"]
    assert (found.remedy, found.is_needed) == (workspace.path_problem, True)
    assert Workspace(tmp_path / "Tälus_1.0-beta").path_problem == ""
