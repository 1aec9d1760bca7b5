# SPDX-License-Identifier: Apache-2.0
"""How a robot falls when nothing can stop it: its own poses by direction, from `fall.yaml` beside its robot.yaml."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talus_core.key_poses import KeyPoses, read_pose_file
from talus_core.robot import RobotDescription

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
