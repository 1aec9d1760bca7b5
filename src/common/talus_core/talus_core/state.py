# SPDX-License-Identifier: Apache-2.0
"""Data that crosses the driver seam: one tick of sensors up, one tick of commands down."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class RobotState:
    """Sensors at one control tick; joints in the order of `RobotDescription.joint_names`.

    Attributes:
        sequence: Control tick, counted from 0 at `connect`.
        time: s, ROS time of sampling (simulated or wall).
        steady_time_ns: Steady clock at sampling, for age on the same machine.
        position: (n,) rad.
        velocity: (n,) rad/s.
        effort: (n,) N m, as the drives measure it.
        angular_velocity: (3,) rad/s, gyroscope, in imu_link.
        linear_acceleration: (3,) m/s^2, specific force (at rest +9.81 upwards), in imu_link.
        foot_wrenches: (2, 6) left then right: force N, torque N m of the ground on the foot, in
            and about the sole.
        torque_enabled: The drives produce torque.
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
    """Drive-level targets: each drive applies effort + kp (position - q) + kd (velocity - dq).

    Attributes:
        sequence: Number of the `RobotState` that this answers.
        position: (n,) rad.
        velocity: (n,) rad/s.
        effort: (n,) N m, feed-forward.
        kp: (n,) N m/rad, >= 0.
        kd: (n,) N m s/rad, >= 0.
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
