# SPDX-License-Identifier: Apache-2.0
"""Checks that no name of a joint, link, frame or file of talus40 is in the code.

talus40 with all of them renamed gives the same states and commands, bit for bit.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from talus_core.robot import load_robot
from talus_lab.golden.stories import STORIES
from talus_lab.rig.checkout import TALUS40_FOLDER

# Attributes of URDF, MJCF and SDF elements that name something of the robot.
NAMED = re.compile(r'(\b(?:name|link|joint|body|body1|body2|site|geom1|geom2)=")([^"]+)(")')
KEYS_ARE_JOINTS = ("poses", "joints", "everywhere")


def names_of(folder: Path) -> set[str]:
    """Return the names of all joints and links of a robot."""
    text = (folder / load_robot(folder).urdf.name).read_text()
    return set(re.findall(r'<(?:joint|link) name="([^"]+)"', text))


class Renamer:
    """Gives joints and links names that say nothing; what they are for keeps its word.

    The order of the names stays, since libraries sort by name and sums depend on the order.
    """

    def __init__(self, names: set[str]):
        self._new = {name: f"part_{number:03d}" for number, name in enumerate(sorted(names))}

    def xml(self, text: str) -> str:
        return NAMED.sub(
            lambda found: found[1] + self._new.get(found[2], found[2]) + found[3], text
        )

    def yaml(self, value: Any, *, has_joints_as_keys: bool = False) -> Any:
        if isinstance(value, dict):
            return {
                (self._new.get(key, key) if has_joints_as_keys else key): self.yaml(
                    entry,
                    has_joints_as_keys=key in KEYS_ARE_JOINTS
                    and all(not isinstance(v, list) for v in entry.values())
                    if isinstance(entry, dict)
                    else False,
                )
                for key, entry in value.items()
            }
        if isinstance(value, list):
            return [self.yaml(entry) for entry in value]
        return self._new.get(value, value) if isinstance(value, str) else value


@pytest.fixture
def renamed(tmp_path: Path) -> Path:
    """Return a folder with the renamed robot in it; its worlds lie beside it as they do here."""
    folder = tmp_path / "somebody's robot"
    folder.mkdir()
    (tmp_path / "worlds").symlink_to(TALUS40_FOLDER.parent / "worlds")
    (folder / "meshes").symlink_to(TALUS40_FOLDER / "meshes")
    renamer = Renamer(names_of(TALUS40_FOLDER))
    files = {"urdf": "body.urdf", "mjcf": "body.xml", "sdf": "body.sdf"}
    for kind, new in files.items():
        text = next(TALUS40_FOLDER.glob(f"talus40.{'xml' if kind == 'mjcf' else kind}")).read_text()
        (folder / new).write_text(renamer.xml(text))
    for name in ("robot", "rest_path", "fall", "get_up"):
        raw = yaml.safe_load((TALUS40_FOLDER / f"{name}.yaml").read_text())
        if name == "robot":
            raw |= files | {"name": "nobody"}
            raw["poses"] = {
                pose: renamer.yaml(joints, has_joints_as_keys=True)
                for pose, joints in raw["poses"].items()
            }
            poses = raw.pop("poses")
            raw = renamer.yaml(raw) | {"poses": poses}
        else:
            raw = renamer.yaml(raw)
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(raw, sort_keys=False))
    return folder


def test_a_robot_with_other_names_does_the_same_bit_for_bit(renamed):
    known = load_robot(TALUS40_FOLDER)
    robot = load_robot(renamed)
    assert not set(robot.joint_names) & set(known.joint_names)
    assert not set(robot.frames.values()) & set(known.frames.values())
    here, there = STORIES["stand"](TALUS40_FOLDER), STORIES["stand"](renamed)
    assert (there.digest, there.ticks, there.ending) == (here.digest, here.ticks, here.ending)
