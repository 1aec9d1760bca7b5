# SPDX-License-Identifier: Apache-2.0
"""Checks what is said of a robot's folder before it runs, on a small humanoid of boxes."""

import re
import shutil
from pathlib import Path

import pytest
from small_humanoid import small_humanoid
from talus_core.robot import load_robot
from talus_description.adopt import adopt
from talus_description.checking.check import still_findings
from talus_description.checking.finding import COLUMNS, RobotFinding, Weight, fails, verdict

GOOD, ODD, FAULT = Weight


@pytest.fixture(scope="module")
def guest(tmp_path_factory):
    """Return the folder of the small humanoid, adopted; its rest is statics alone."""
    place = tmp_path_factory.mktemp("checked")
    (place / "source.xml").write_text(small_humanoid())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("talus_description.adoption.rest.rests_limp", lambda *arguments: True)
        adopt(place / "source.xml", place / "guest")
    return place / "guest"


@pytest.fixture
def folder(guest, tmp_path) -> Path:
    """Return a copy of that folder to change."""
    return Path(shutil.copytree(guest, tmp_path / "guest"))


def change(file: Path, old: str, new: str) -> None:
    text, number = re.subn(old, new, file.read_text())
    assert number, f"{old} is not in {file.name}"
    file.write_text(text)


def heavy(found: list[RobotFinding]) -> dict[str, Weight]:
    """Return what is not as it should be, but what was assumed."""
    return {f.subject: f.weight for f in found if f.weight is not GOOD and f.subject != "assumed"}


def test_a_sound_robot_has_no_fault_and_every_line_fits_a_terminal(guest):
    found = still_findings(load_robot(guest))
    assert heavy(found) == {} and not fails(found)
    lines = [line for finding in found for line in finding.lines()]
    assert max(len(line) for line in lines) <= COLUMNS
    said = "\n".join(lines)
    assert "knee l_knee (pitch bends +, 0.00 to 2.20 rad)" in " ".join(said.split())
    assert "x is ahead: toes agree, knees agree, names agree" in said
    assert verdict("guest", found).startswith("guest: ready to run; 0 faults")


def test_what_adopt_assumed_is_told_again(guest):
    said = [f.text for f in still_findings(load_robot(guest)) if f.subject == "assumed"]
    assert any("brakes of half the peak" in text for text in said)
    assert any("l_hip_yaw and 16 more: speed limit" in text for text in said)


@pytest.mark.parametrize(
    ("file", "old", "new", "subject", "weight"),
    [
        ("guest.urdf", r'(?s)(name="l_knee".*?)effort="60', r'\1effort="0', "torque 0", FAULT),
        (
            "guest.urdf",
            r'(?s)(name="l_knee".*?)effort="60',
            r'\1effort="9000',
            "torque above 574 N m",
            ODD,
        ),
        (
            "guest.urdf",
            r'(?s)(name="l_elbow".*?)effort="60',
            r'\1effort="20',
            "unequal torque",
            ODD,
        ),
        (
            "guest.urdf",
            r'(?s)(name="l_elbow".*?)lower="-2.0"',
            r'\1lower="-1.5"',
            "unequal range",
            ODD,
        ),
        (
            "guest.urdf",
            r'(?s)(name="l_elbow".*?)lower="-2.0" upper="0.0"',
            r'\1lower="0" upper="-2"',
            "no range",
            FAULT,
        ),
        (
            "guest.urdf",
            r'(?s)(name="l_elbow".*?)upper="0.0"',
            r'\1upper="-0.5"',
            "range without 0",
            ODD,
        ),
        (
            "guest.urdf",
            r'(?s)(name="chest".*?)mass value="6.0"',
            r'\1mass value="9"',
            "mass",
            FAULT,
        ),
        ("robot.yaml", r"l_knee: 0.64", "l_knee: 2.64", "pose stand", FAULT),
        ("robot.yaml", r"rotor_inertia: 0.01", "rotor_inertia: 0.0", "rotor inertia 0", ODD),
        ("robot.yaml", r"length: 0.2\b", "length: 0.03", "left sole", ODD),
        ("robot.yaml", r"holding_brake: 30.0", "holding_brake: 2.0", "rest", ODD),
        ("robot.yaml", r"rows: 17", "keep_torque: true", "rest", ODD),
        ("robot.yaml", r"mjcf: guest.xml", "mjcf: ghost.xml", "mjcf", FAULT),
        ("guest.xml", r'<general name="l_elbow"', '<general name="elbow"', "motor l_elbow", FAULT),
        ("guest.xml", r"<mujoco", "<muyoco", "guest.xml", FAULT),
        ("guest.xml", r'diaginertia="0.08 0.07 0.04"', 'diaginertia="80 70 40"', "inertia", ODD),
    ],
    ids=lambda value: value.name if isinstance(value, Weight) else str(value)[:16],
)
def test_what_is_odd_or_wrong_is_named_with_a_remedy(folder, file, old, new, subject, weight):
    change(folder / file, old, new)
    found = still_findings(load_robot(folder))
    assert heavy(found).get(subject) is weight, heavy(found)
    assert fails(found) == (FAULT in heavy(found).values())
    assert all(f.remedy for f in found if f.weight is FAULT)


def test_exchanged_legs_are_named(folder):
    text = (folder / "robot.yaml").read_text()
    swap = {"left_leg": "right_leg", "right_leg": "left_leg", "left": "right", "right": "left"}
    changed = re.sub(
        r"(?m)^(  )(left_leg|right_leg|left|right):", lambda m: f"  {swap[m[2]]}:", text
    )
    (folder / "robot.yaml").write_text(changed)
    assert heavy(still_findings(load_robot(folder)))["sides"] is FAULT


def test_parts_that_touch_are_named_by_pose_and_depth(folder):
    change(
        folder / "guest.xml",
        r'(<body name="l_forearm".*)',
        r'\1<geom name="ball" size="0.1" contype="1" mass="0"/>'
        r"",
    )
    change(folder / "guest.xml", r'(name="chest_box"[^/]*?)contype="0"', r'\1contype="1"')
    found = {f.subject: f for f in still_findings(load_robot(folder))}
    assert found["self-contact"].weight is FAULT
    assert "l_forearm and chest touch" in found["self-contact"].text


def test_feet_without_a_shape_are_a_fault(folder):
    change(folder / "guest.xml", r'<geom name="l_pad"[^>]*>', "")
    assert heavy(still_findings(load_robot(folder)))["left sole"] is FAULT
