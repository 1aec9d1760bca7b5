# SPDX-License-Identifier: Apache-2.0
"""The robot that the balance tests stand on."""

from pathlib import Path

import numpy as np
from talus_core.robot import load_robot
from talus_core.state import RobotState
from talus_dynamics.pose_facts import pose_facts
from talus_dynamics.robot_dynamics import WholeBodyModel

ROBOT = load_robot(Path(__file__).parents[4] / "urdf" / "talus40")


def state_at_rest() -> RobotState:
    """All joints at 0, nothing moves, torque on."""
    zero = np.zeros(len(ROBOT.joint_names))
    return RobotState(0, 0.0, 0, zero, zero, zero, np.zeros(3), np.zeros(3), np.zeros((2, 6)), True)


def standing_model(rng: np.random.Generator | None = None, spread: float = 0.0) -> WholeBodyModel:
    """The model on flat soles in the stand pose, joints and velocities disturbed by `spread` rad
    and rad/s.
    """
    model = WholeBodyModel(ROBOT)
    joints = ROBOT.poses["stand"][ROBOT.structural_indices].copy()
    velocity = np.zeros_like(joints)
    if rng is not None:
        joints += spread * rng.standard_normal(joints.size)
        velocity += spread * rng.standard_normal(joints.size)
    height = pose_facts(model, joints).com_height
    base_velocity = spread * (rng.standard_normal(6) if rng is not None else np.zeros(6))
    model.update(
        np.array([0.0, 0.0, height]),
        np.eye(3),
        base_velocity[:3],
        base_velocity[3:],
        joints,
        velocity,
    )
    return model
