# SPDX-License-Identifier: Apache-2.0
"""Reads key poses of a robot from a YAML file beside its robot.yaml: joints by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import yaml

from talus_core.errors import UnknownNameError
from talus_core.robot import RobotDescription, RobotDescriptionError

SIDE_PREFIXES = ("l_", "r_")
Plan = TypeVar("Plan")


class KeyPoses:
    """Turns joints by name into arrays; a name without side means both sides, mirrored.

    Joints in `opposite`, without side, turn the other way on the other side. The angles in
    `everywhere` hold unless a pose says otherwise.
    """

    def __init__(self, robot: RobotDescription, opposite: list[str], everywhere: dict[str, float]):
        self._names = robot.joint_names
        self._limits = robot.limits
        self._opposite = set(opposite)
        self._default = np.zeros(len(self._names))
        self._default = self.pose(everywhere)

    def mirrored(self, position: np.ndarray) -> np.ndarray:
        """Return the pose (n,), rad, with left and right exchanged."""
        mirrored = np.empty_like(position)
        for name, angle in zip(self._names, position, strict=True):
            side, bare = (name[:2], name[2:]) if name.startswith(SIDE_PREFIXES) else ("", name)
            other = SIDE_PREFIXES[side == SIDE_PREFIXES[0]] + bare if side else name
            mirrored[self._names.index(other)] = -angle if bare in self._opposite else angle
        return mirrored

    def pose(self, joints: dict[str, float]) -> np.ndarray:
        """Return joints by name as an array (n,), rad, within the joints' ranges."""
        position = self._default.copy()
        for name, angle in joints.items():
            for joint, sign in self._sides(name):
                position[self._names.index(joint)] = sign * float(angle)
        return np.clip(position, self._limits.lower, self._limits.upper)

    def _sides(self, name: str) -> list[tuple[str, float]]:
        if name in self._names:
            return [(name, 1.0)]
        left, right = (side + name for side in SIDE_PREFIXES)
        if left not in self._names or right not in self._names:
            raise UnknownNameError("joint", name, self._names)
        return [(left, 1.0), (right, -1.0 if name in self._opposite else 1.0)]


def read_pose_file(
    robot: RobotDescription, name: str, build: Callable[[dict, KeyPoses], Plan]
) -> Plan | None:
    """Return what `build` makes of a file of the robot; None if the robot has no such file.

    Raises RobotDescriptionError where the file cannot be used.
    """
    path = robot.folder / name
    if not path.is_file():
        return None
    try:
        raw = yaml.safe_load(path.read_text())
        return build(raw, KeyPoses(robot, raw["opposite"], raw["everywhere"]))
    except yaml.YAMLError as error:
        raise RobotDescriptionError(
            f"{path}: not valid YAML: {' '.join(str(error).split())}"
        ) from error
    except UnknownNameError as error:
        raise RobotDescriptionError(f"{path}: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise RobotDescriptionError(
            f"{path}: entry {error} is missing or of the wrong kind"
        ) from error
