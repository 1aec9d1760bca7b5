# SPDX-License-Identifier: Apache-2.0
"""Reads key poses of a robot from a YAML file beside its robot.yaml: joints by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from talus_core.errors import UnknownNameError
from talus_core.files.data_files import ContentError, yaml_tree
from talus_core.robot import RobotDescription, RobotDescriptionError

SIDES = ("left_", "right_")
Plan = TypeVar("Plan")


class KeyPoses:
    """Turns joints by name into arrays.

    A joint of the left side stands for its partner on the right too, mirrored, unless a pose names
    that one as well. Partners have the same place in their groups, as `left_leg` and `right_leg`.
    Joints in `opposite` turn the other way on the other side; of a pair, the left one is named. The
    angles in `everywhere` hold unless a pose says otherwise.
    """

    def __init__(self, robot: RobotDescription, opposite: list[str], everywhere: dict[str, float]):
        self._names = robot.joint_names
        self._limits = robot.limits
        self._partner = _partners(robot)
        self._sign = np.ones(len(self._names))
        for name in opposite:
            joint = self._place(name)
            self._sign[[joint, self._partner[joint]]] = -1.0
        self._left = robot.indices(*(g for g in robot.groups if g.startswith(SIDES[0]))).tolist()
        self._default = np.zeros(len(self._names))
        self._default = self.pose(everywhere)

    def mirrored(self, position: np.ndarray) -> np.ndarray:
        """Return the pose (n,), rad, with left and right exchanged."""
        return (self._sign * position)[self._partner]

    def pose(self, joints: dict[str, float]) -> np.ndarray:
        """Return joints by name as an array (n,), rad, within the joints' ranges."""
        position = self._default.copy()
        named = {self._place(name): float(angle) for name, angle in joints.items()}
        for joint, angle in named.items():
            position[joint] = angle
            partner = self._partner[joint]
            if joint in self._left and partner not in named:
                position[partner] = self._sign[joint] * angle
        return np.clip(position, self._limits.lower, self._limits.upper)

    def _place(self, name: str) -> int:
        if name not in self._names:
            raise UnknownNameError("joint", name, self._names)
        return self._names.index(name)


def _partners(robot: RobotDescription) -> np.ndarray:
    """Return the place (n,) of each joint's partner on the other side; its own in the middle."""
    partner = np.arange(len(robot.joint_names))
    for group in robot.groups:
        other = group.replace(*SIDES)
        if group.startswith(SIDES[0]) and other in robot.groups:
            left = robot.indices(group)
            right = robot.indices(other)
            if len(left) != len(right):
                raise RobotDescriptionError(
                    f"{robot.folder / 'robot.yaml'}: {group} has {len(left)} joints and {other} "
                    f"{len(right)}; key poses need as many, in the same order"
                )
            partner[left] = right
            partner[right] = left
    return partner


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
        raw = yaml_tree(path.read_bytes())
        return build(raw, KeyPoses(robot, raw["opposite"], raw["everywhere"]))
    except (ContentError, UnknownNameError) as error:
        raise RobotDescriptionError(f"{path}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise RobotDescriptionError(
            f"{path}: entry {error} is missing or of the wrong kind"
        ) from error
