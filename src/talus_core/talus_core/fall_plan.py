# SPDX-License-Identifier: Apache-2.0
"""How a robot falls when nothing can stop it: its own poses by direction, from `fall.yaml` beside its robot.yaml."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talus_core.key_poses import KeyPoses, read_pose_file
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand

FILE = "fall.yaml"


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

    def towards(self, direction: np.ndarray) -> FallPose:
        """The pose for a fall towards (2,), forward and left."""
        return max(self.poses, key=lambda pose: float(pose.direction @ direction))


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
        self.pose = self._plan.towards(direction).joints
        self.stiffness = self._plan.stiffness * self._effort
        self._from, self._elapsed = position.copy(), 0.0

    def step(self, sequence: int) -> JointCommand:
        """The next tick's."""
        self._elapsed += self._dt
        share = min(self._elapsed / self._plan.duration, 1.0)
        target = self._from + share * (self.pose - self._from)
        return JointCommand(sequence, target, self._zero, self._zero, self.stiffness, self._damping)


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
