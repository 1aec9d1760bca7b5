# SPDX-License-Identifier: Apache-2.0
"""Checks that nothing is armed unless a Fast DDS profile counts; Fast DDS would only log it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from driver_process import ROBOT, Partner, driver
from sources import ROOT
from std_srvs.srv import Trigger
from talus_core.words.stop_levels import StopLevel
from talus_launch.reading.resolve import resolve

PROFILE = ROOT / "config" / "fastdds.xml"
RIGHT = PROFILE.read_text()
VARIABLES = (
    "FASTDDS_DEFAULT_PROFILES_FILE",
    "FASTRTPS_DEFAULT_PROFILES_FILE",
)  # from version 3 on, and before
OWN = """\
<dds xmlns="http://www.eprosima.com"><profiles>
  <participant profile_name="mine" is_default_profile="true"/>
</profiles></dds>
"""
IGNORED = {
    "broken": (RIGHT.replace("</dds>", ""), "not valid XML"),
    "unknown element": (RIGHT.replace("segment_size", "segment_syze"), "segment_syze"),
    "unknown element of the writer": (
        RIGHT.replace("supression", "suppression"),
        "nack_suppression_duration",
    ),
    "impossible size": (RIGHT.replace("4194304", "4MB"), "4MB"),
    "missing": (None, "No such file"),
}


def join(profile: Path, **more: str) -> tuple[int, str]:
    """Join the graph with a profile; return the exit code and what was printed."""
    environment = {**os.environ, **dict.fromkeys(VARIABLES, str(profile)), **more}
    command = [sys.executable, "-m", "talus_ros.transport.transport_check_node"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout


def test_fast_dds_accepts_the_profile():
    code, said = join(PROFILE)
    assert (code, "XMLPARSER" in said) == (0, False)
    assert said.startswith(f"{PROFILE}; 4.4 MB of shared memory")


@pytest.mark.parametrize("name", IGNORED)
def test_a_profile_that_fast_dds_ignores_is_told_by_name(tmp_path, name):
    text, problem = IGNORED[name]
    file = tmp_path / "given.xml"
    if text is not None:
        file.write_text(text)
    code, said = join(file)
    assert code == 1
    line = said.splitlines()[-1]
    assert str(file) in line
    assert problem in line


def test_without_the_schema_the_shared_memory_itself_tells(tmp_path):
    """What Fast DDS refuses and our reading does not: found by what the process really has."""
    file = tmp_path / "given.xml"
    file.write_text(RIGHT.replace("supression", "suppression"))
    prefixes = [
        p
        for p in os.environ["AMENT_PREFIX_PATH"].split(":")
        if not (Path(p) / "share" / "fastdds").exists()
    ]
    code, said = join(file, AMENT_PREFIX_PATH=":".join(prefixes))
    assert code == 1
    assert f"{file} asks for 4194304 bytes of shared memory, this process has" in said


def test_a_profile_of_the_users_passes_and_is_named(tmp_path):
    file = tmp_path / "mine.xml"
    file.write_text(OWN)
    code, said = join(file)
    assert code == 0
    assert said.startswith(f"{file}; 0.5 MB of shared memory, Fast DDS's own")


@pytest.mark.parametrize("launched", ["robot", "sim"])
def test_a_launch_keeps_the_users_profile(launched, tmp_path):
    file = ROOT / "launch" / f"{launched}.launch.xml"
    arguments = {"driver": "mujoco", "perception": "false"}
    for own in (None, *VARIABLES):
        environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        environment |= {} if own is None else {own: str(tmp_path / "mine.xml")}
        for spec in resolve(file, arguments, environment).processes:
            named = Path(spec.environment[VARIABLES[0]])
            assert named.read_text() == RIGHT if own is None else named == tmp_path / "mine.xml"


@pytest.mark.parametrize("launched", ["robot", "sim"])
@pytest.mark.parametrize("distro", ["", "kilted", "jazzy"])
def test_of_two_profiles_the_one_counts_that_fast_dds_would_read(launched, distro, tmp_path):
    file = ROOT / "launch" / f"{launched}.launch.xml"
    names = {name: str(tmp_path / f"{name}.xml") for name in VARIABLES}
    environment = {**os.environ, **names} | ({"ROS_DISTRO": distro} if distro else {})
    for spec in resolve(file, {"driver": "mujoco", "perception": "false"}, environment).processes:
        assert {name: spec.environment[name] for name in VARIABLES} == names


@pytest.fixture
def broken(tmp_path, monkeypatch) -> Path:
    file = tmp_path / "broken.xml"
    file.write_text("<dds>")
    for name in VARIABLES:
        monkeypatch.setenv(name, str(file))
    return file


@pytest.fixture
def partner(broken):
    partner = Partner()
    yield partner
    partner.close()


def test_a_driver_asks_not_to_be_armed(partner, broken):
    partner.permits = False
    with driver("driver:=mock"):
        partner.run_until(lambda: partner.gate is not None, "no gate/state")
    assert partner.gate.request == StopLevel.R2_SAFE_STAND
    assert str(broken) in partner.gate.reason


def test_a_supervisor_says_why_it_does_not_arm(partner, broken):
    words = [
        "--ros-args",
        "-p",
        f"robot:={ROBOT}",
        "-p",
        f"limits:={ROOT / 'config' / 'safety.yaml'}",
    ]
    process = subprocess.Popen([sys.executable, "-m", "talus_safety.supervisor_node", *words])
    try:
        success, message = partner.call(Trigger, "safety/arm", Trigger.Request())
    finally:
        process.terminate()
        process.wait(10.0)
    assert not success
    assert message.startswith(f"the transport is not as configured: {broken}: not valid XML")
    assert "\n" not in message
