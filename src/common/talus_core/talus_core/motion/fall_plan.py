# SPDX-License-Identifier: Apache-2.0
"""Plans how a robot falls: poses by direction, from `fall.yaml` beside its robot.yaml."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from talus_core.motion.key_poses import KeyPoses, read_pose_file
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand

FALL_FILE = "fall.yaml"
FULL_TURN_RAD = 2.0 * math.pi


@dataclass(frozen=True)
class FallPose:
    """Describes a pose for a fall in one direction.

    Attributes:
        name: Name of the fall in the robot's file.
        direction: (2,) unit vector, forward and left seen from the pelvis.
        joints: (n,) joint angles, rad.
    """

    name: str
    direction: np.ndarray
    joints: np.ndarray


@dataclass(frozen=True)
class FallPlan:
    """Describes how one robot falls.

    Attributes:
        poses: One pose per direction that the robot's file names, and their mirrored ones.
        stiffness: Share of the torque limit per rad.
        damping: Share of the torque limit per rad/s.
        duration: Time in which the pose is taken, s.
    """

    poses: tuple[FallPose, ...]
    stiffness: float
    damping: float
    duration: float

    def towards(self, direction: np.ndarray) -> np.ndarray:
        """Return the joints (n,), rad, for a fall towards `direction` (2,), forward and left.

        They lie between the two nearest poses, in proportion to the angles: a body that falls where
        one pose is about to become another fits neither, and then turns onto its head.
        """
        headings = np.array([_heading(pose.direction) for pose in self.poses])
        to_the_right = (_heading(direction) - headings) % FULL_TURN_RAD
        to_the_left = -to_the_right % FULL_TURN_RAD
        right = to_the_right.argmin()
        left = to_the_left.argmin()
        if right == left:
            return self.poses[right].joints
        share = to_the_right[right] / (to_the_right[right] + to_the_left[left])
        return (1.0 - share) * self.poses[right].joints + share * self.poses[left].joints


class Folding:
    """Folds the joints into the pose of a fall: call `begin_fold`, then `step_fold` every tick.

    Attributes:
        pose: (n,) joint angles to take, rad; set by `begin_fold`.
        stiffness: (n,) stiffness, N m/rad, set by `begin_fold`; the caller may reduce it.
    """

    def __init__(self, plan: FallPlan, effort_limit: np.ndarray, dt: float):
        """Prepare for joints with peak torque `effort_limit` (n,), N m, and ticks of `dt`, s."""
        self._plan = plan
        self._effort = effort_limit
        self._dt = dt
        self._damping = plan.damping * effort_limit
        self._zero = np.zeros(len(effort_limit))

    def begin_fold(self, position: np.ndarray, direction: np.ndarray) -> None:
        """Start from joints at `position` (n,), rad.

        The fall goes towards `direction` (2,): forward and left seen from the pelvis.
        """
        self.pose = self._plan.towards(direction)
        self.stiffness = self._plan.stiffness * self._effort
        self._from = position.copy()
        self._elapsed = 0.0

    def step_fold(self, sequence: int) -> JointCommand:
        """Return the command of the next tick."""
        self._elapsed += self._dt
        share = min(self._elapsed / self._plan.duration, 1.0)
        target = self._from + share * (self.pose - self._from)
        return JointCommand(sequence, target, self._zero, self._zero, self.stiffness, self._damping)


def _heading(direction: np.ndarray) -> float:
    """Return the angle of a direction (2,), rad to the left of forward."""
    return math.atan2(direction[1], direction[0])


def load_fall(robot: RobotDescription) -> FallPlan | None:
    """Read the robot's `fall.yaml`; None if it has none. Raises RobotDescriptionError."""
    return read_pose_file(robot, FALL_FILE, _plan)


def _plan(raw: dict, poses: KeyPoses) -> FallPlan:
    falls = []
    for name, entry in raw["falls"].items():
        towards = np.array(entry["towards"], dtype=float)
        towards /= np.linalg.norm(towards)
        joints = poses.pose(entry["joints"])
        falls.append(FallPose(name, towards, joints))
        if towards[1]:
            falls.append(
                FallPose(f"{name}, mirrored", towards * [1.0, -1.0], poses.mirrored(joints))
            )
    return FallPlan(
        tuple(falls), float(raw["stiffness"]), float(raw["damping"]), float(raw["time"])
    )
