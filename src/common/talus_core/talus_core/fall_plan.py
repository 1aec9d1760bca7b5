# SPDX-License-Identifier: Apache-2.0
"""How a robot falls when nothing can stop it: its own poses by direction, from `fall.yaml` beside its robot.yaml."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from talus_core.key_poses import KeyPoses, read_pose_file
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand

FILE = "fall.yaml"
TURN = 2.0 * math.pi  # rad


@dataclass(frozen=True)
class FallPose:
    """Joints (n,) rad for a fall towards the unit vector `direction` (2,), forward and left seen from the pelvis."""

    name: str
    direction: np.ndarray
    joints: np.ndarray


@dataclass(frozen=True)
class FallPlan:
    """Of a robot: poses, gains as shares of the torque limit (1/rad, s/rad), s in which the pose is taken."""

    poses: tuple[FallPose, ...]
    stiffness: float
    damping: float
    duration: float

    def towards(self, direction: np.ndarray) -> np.ndarray:
        """Joints (n,) rad for a fall towards (2,), forward and left.

        Between the two poses on either side, in proportion to the angles: a body that falls where one pose is about to
        become another fits neither, and then turns onto its head.
        """
        headings = np.array([_heading(pose.direction) for pose in self.poses])
        to_the_right = (_heading(direction) - headings) % TURN
        to_the_left = -to_the_right % TURN
        right, left = to_the_right.argmin(), to_the_left.argmin()
        if right == left:
            return self.poses[right].joints
        share = to_the_right[right] / (to_the_right[right] + to_the_left[left])
        return (1.0 - share) * self.poses[right].joints + share * self.poses[left].joints


class Folding:
    """From where the joints are into the pose of a fall: call `begin`, then `step` every tick.

    Attributes:
        pose: (n,) rad, since `begin`.
        stiffness: (n,) N m/rad, since `begin`; whoever falls may take some of it away.
    """

    def __init__(self, plan: FallPlan, effort_limit: np.ndarray, dt: float):
        """`effort_limit`: (n,) N m; `dt`: s."""
        self._plan, self._effort, self._dt = plan, effort_limit, dt
        self._damping, self._zero = plan.damping * effort_limit, np.zeros(len(effort_limit))

    def begin(self, position: np.ndarray, direction: np.ndarray) -> None:
        """From joints at `position` (n,) rad, towards `direction` (2,): forward and left seen from the pelvis."""
        self.pose = self._plan.towards(direction)
        self.stiffness = self._plan.stiffness * self._effort
        self._from, self._elapsed = position.copy(), 0.0

    def step(self, sequence: int) -> JointCommand:
        """The next tick's."""
        self._elapsed += self._dt
        share = min(self._elapsed / self._plan.duration, 1.0)
        target = self._from + share * (self.pose - self._from)
        return JointCommand(sequence, target, self._zero, self._zero, self.stiffness, self._damping)


def _heading(direction: np.ndarray) -> float:
    """rad, to the left of forward."""
    return math.atan2(direction[1], direction[0])


def load_fall(robot: RobotDescription) -> FallPlan | None:
    """The robot's `fall.yaml`; None if it has none. Raises RobotDescriptionError."""
    return read_pose_file(robot, FILE, _plan)


def _plan(raw: dict, poses: KeyPoses) -> FallPlan:
    falls = []
    for name, entry in raw["falls"].items():
        towards = np.array(entry["towards"], dtype=float)
        towards /= np.linalg.norm(towards)
        joints = poses.pose(entry["joints"])
        falls.append(FallPose(name, towards, joints))
        if towards[1]:
            falls.append(FallPose(f"{name}, mirrored", towards * [1.0, -1.0], poses.mirrored(joints)))
    return FallPlan(tuple(falls), float(raw["stiffness"]), float(raw["damping"]), float(raw["time"]))
