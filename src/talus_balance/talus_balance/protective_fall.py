# SPDX-License-Identifier: Apache-2.0
"""A fall that nothing can stop any more: fold low and soft, arms towards the ground, the head never first.

Where to put what belongs to the robot (`fall.yaml` beside its robot.yaml), by the direction of the fall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_balance.key_poses import KeyPoses, read_pose_file

FILE = "fall.yaml"
STILL_TURN, STILL_JOINT, STILL_FOR = 0.3, 0.5, 0.5  # rad/s, rad/s, s: lies at rest


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


class ProtectiveFall:
    """Call `begin` when the fall is certain, then `step` every tick until `is_at_rest`."""

    def __init__(self, plan: FallPlan, effort_limit: np.ndarray, dt: float):
        self._plan, self._effort, self._dt = plan, effort_limit, dt

    def begin(self, position: np.ndarray, direction: np.ndarray) -> None:
        """From joints at `position` (n,) rad, towards `direction` (2,): forward and left seen from the pelvis."""
        self._pose = self._plan.towards(direction)
        self._from = position.copy()
        self._elapsed = self._still_for = 0.0

    @property
    def is_at_rest(self) -> bool:
        """Nothing moves any more."""
        return self._still_for >= STILL_FOR

    def step(self, state: RobotState) -> JointCommand:
        """The next tick."""
        self._elapsed += self._dt
        still = np.linalg.norm(state.angular_velocity) < STILL_TURN and np.abs(state.velocity).max() < STILL_JOINT
        self._still_for = self._still_for + self._dt if still else 0.0
        share = min(self._elapsed / self._plan.duration, 1.0)
        zero = np.zeros_like(self._from)
        return JointCommand(
            state.sequence,
            self._from + share * (self._pose.joints - self._from),
            zero,
            zero,
            self._plan.stiffness * self._effort,
            self._plan.damping * self._effort,
        )
