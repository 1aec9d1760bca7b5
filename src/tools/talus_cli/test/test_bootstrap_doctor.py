# SPDX-License-Identifier: Apache-2.0
"""Checks that the doctor finds what is there, and says what to do about what is not."""

import socket
import subprocess
import sys

from talus_cli.bootstrap import doctor
from talus_cli.bootstrap.doctor import Finding, examine, report
from talus_cli.bootstrap.installing.system import SystemPart
from talus_cli.bootstrap.workspace import Workspace


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


def test_fresh_checkout_is_to_be_built(tmp_path):
    workspace = Workspace(tmp_path)
    (tmp_path / "config" / "python").mkdir(parents=True)
    workspace.lock_file.write_text("")
    found = {finding.subject: finding for finding in examine(workspace)}
    assert found["workspace"] == Finding("workspace", "to be built", "the next command does it")
    assert "free disk" in found
