# SPDX-License-Identifier: Apache-2.0
"""Defines what crosses the driver seam: one tick of sensors up, one tick of commands down."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class RobotState:
    """Holds the sensors at one control tick, joints in `RobotDescription.joint_names`' order.

    Attributes:
        sequence: Control tick, counted from 0 at `connect`.
        time: ROS time of sampling (simulated or wall), s.
        steady_time_ns: Steady clock at sampling, for ages on the same machine, ns.
        position: (n,) joint angles, rad.
        velocity: (n,) joint speeds, rad/s.
        effort: (n,) torques as the drives measure them, N m.
        angular_velocity: (3,) gyroscope, in imu_link, rad/s.
        linear_acceleration: (3,) specific force (+9.81 upwards at rest), in imu_link, m/s^2.
        foot_wrenches: (2, 6) left then right: force, N, and torque, N m, of the ground on the foot,
            in and about the sole.
        torque_enabled: Whether the drives produce torque.
    """

    sequence: int
    time: float
    steady_time_ns: int
    position: np.ndarray
    velocity: np.ndarray
    effort: np.ndarray
    angular_velocity: np.ndarray
    linear_acceleration: np.ndarray
    foot_wrenches: np.ndarray
    torque_enabled: bool


@dataclass(frozen=True)
class JointCommand:
    """Holds the drives' targets: each applies effort + kp (position - q) + kd (velocity - dq).

    Attributes:
        sequence: Number of the `RobotState` that this command answers.
        position: (n,) position targets, rad.
        velocity: (n,) velocity targets, rad/s.
        effort: (n,) feed-forward torques, N m.
        kp: (n,) stiffness, N m/rad, >= 0.
        kd: (n,) damping, N m s/rad, >= 0.
    """

    sequence: int
    position: np.ndarray
    velocity: np.ndarray
    effort: np.ndarray
    kp: np.ndarray
    kd: np.ndarray

    def with_(self, **changes) -> JointCommand:
        """Return a copy with some fields replaced."""
        return replace(self, **changes)

    @staticmethod
    def damping(sequence: int, position: np.ndarray, kd: np.ndarray) -> JointCommand:
        """Return a command with damping `kd` (n,) alone: no stiffness, no feed-forward."""
        zero = np.zeros_like(position)
        return JointCommand(sequence, position, zero, zero, zero, kd)
