# SPDX-License-Identifier: Apache-2.0
"""Base state from IMU, encoders and foot forces: a contact-aided right-invariant error-state Kalman filter.

Hartley, Ghaffari, Eustice, Grizzle, "Contact-aided invariant extended Kalman filtering for robot state
estimation", IJRR 2020, with the error states of section 6 (biases). Error: phi, v, p, d_left, d_right, b_gyro, b_accel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talus_core.rotations import exp_so3, skew

GRAVITY = np.array([0.0, 0.0, -9.81])
_N = 21
_PHI, _V, _P, _DL, _DR, _BG, _BA = (slice(i, i + 3) for i in range(0, _N, 3))
_FEET = (_DL, _DR)


@dataclass(frozen=True)
class EstimatorConfig:
    """Noise densities (per sqrt(Hz) unless said otherwise); sources in the comments.

    Attributes mirror the sensors: gyro rad/s, accel m/s^2, kinematics m, foot velocity m/s.
    """

    gyro: float = 2e-4  # 0.003 rad/s per 500 Hz sample and room for vibration
    accel: float = 8e-3  # 0.05 m/s^2 per sample, times 3 for touchdown shocks
    gyro_bias: float = 2e-5  # rad/s^1.5, MEMS in-run stability
    accel_bias: float = 2e-4
    foot: float = 0.02  # m/s/sqrt(Hz) of a trusted sole: rolling and compliance
    foot_swing: float = 30.0  # of a foot in the air: forgets its place within a tick
    kinematics: float = 2e-3  # m, encoder noise through the leg and flexibility
    trust_force: float = 100.0  # N; below it a sole may slide
    trust_delay: float = 0.04  # s after touchdown before a sole is trusted (impact settles)
    initial_tilt: float = 0.01  # rad
    initial_accel_bias: float = 0.05  # m/s^2, datasheet class of the simulated IMU
    initial_gyro_bias: float = 0.002  # rad/s, after averaging at rest


@dataclass(frozen=True)
class BaseEstimate:
    """Where the base is. `rotation` maps base to odom; `angular_velocity` is in base axes, `velocity` in odom axes."""

    position: np.ndarray
    rotation: np.ndarray
    velocity: np.ndarray
    angular_velocity: np.ndarray
    position_variance: np.ndarray
    rotation_variance: np.ndarray
    velocity_variance: np.ndarray


class BaseEstimator:
    """One filter tick per `step`. Times and IMU frame: everything is in base axes (the caller turns the IMU)."""

    def __init__(self, config: EstimatorConfig, dt: float, imu_position_in_base: np.ndarray):
        self.config = config
        self.dt = dt
        self._lever = imu_position_in_base
        self._loaded_for = [0.0, 0.0]
        self._phi = np.eye(_N)
        self._h = np.zeros((6, _N))
        for i, foot in enumerate(_FEET):
            rows = slice(3 * i, 3 * i + 3)
            self._h[rows, _P] = np.eye(3)
            self._h[rows, foot] = -np.eye(3)
        self._omega = np.zeros(3)

    def initialise(self, mean_accel: np.ndarray, mean_gyro: np.ndarray, feet_in_base: list, yaw: float = 0.0) -> None:
        """Start at rest with both soles on the ground at z = 0: tilt from gravity, gyro bias from the mean rate.

        Args:
            mean_accel: (3,) m/s^2 mean specific force in base axes while at rest.
            mean_gyro: (3,) rad/s mean rate in base axes while at rest.
            feet_in_base: As `WholeBodyModel.feet_in_base`.
            yaw: rad, heading to start with.
        """
        config = self.config
        self.rotation = _rotation_from_gravity(mean_accel, yaw)
        feet = [self.rotation @ pose[0] for pose in feet_in_base]
        self.position = np.array([0.0, 0.0, -0.5 * (feet[0][2] + feet[1][2])])
        self.velocity = np.zeros(3)
        self.feet = [self.position + foot for foot in feet]
        self.gyro_bias = mean_gyro.copy()
        self.accel_bias = np.zeros(3)
        variances = [config.initial_tilt**2, 1e-4, 1e-6, 1e-6, 1e-6, config.initial_gyro_bias**2]
        self.covariance = np.diag(np.repeat([*variances, config.initial_accel_bias**2], 3))
        self.covariance[2, 2] = 1e-8  # yaw and origin define odom: known
        self._loaded_for = [1.0, 1.0]

    def move_to(self, xy: np.ndarray) -> None:
        """Shift the origin so that the base is at `xy` (2,) m."""
        shift = np.array([*(xy - self.position[:2]), 0.0])
        self.position = self.position + shift
        self.feet = [foot + shift for foot in self.feet]

    def step(self, gyro: np.ndarray, accel: np.ndarray, feet_in_base: list, vertical_forces: np.ndarray) -> BaseEstimate:
        """Propagate by the IMU over one period, then correct by the soles that stand still.

        Args:
            gyro: (3,) rad/s mean over the period, base axes.
            accel: (3,) m/s^2 mean specific force over the period at the IMU, base axes.
            feet_in_base: As `WholeBodyModel.feet_in_base`.
            vertical_forces: (2,) N on the left and right sole.
        """
        self._propagate(gyro, accel, vertical_forces)
        self._correct(feet_in_base)
        variance = np.diag(self.covariance)
        return BaseEstimate(
            self.position.copy(),
            self.rotation.copy(),
            self.velocity.copy(),
            self._omega.copy(),
            variance[_P].copy(),
            variance[_PHI].copy(),
            variance[_V].copy(),
        )

    def _propagate(self, gyro: np.ndarray, accel: np.ndarray, vertical_forces: np.ndarray) -> None:
        dt, rotation = self.dt, self.rotation
        omega = gyro - self.gyro_bias
        alpha_free = np.cross(omega, np.cross(omega, self._lever))  # the IMU sits beside the base's origin
        self._omega = omega
        world_accel = rotation @ (accel - self.accel_bias - alpha_free) + GRAVITY
        self._propagate_covariance(vertical_forces)
        self.position = self.position + dt * self.velocity + 0.5 * dt * dt * world_accel
        self.velocity = self.velocity + dt * world_accel
        self.rotation = rotation @ exp_so3(dt * omega)

    def _propagate_covariance(self, vertical_forces: np.ndarray) -> None:
        dt, c, rotation, phi = self.dt, self.config, self.rotation, self._phi
        phi[_V, _PHI] = dt * skew(GRAVITY)
        phi[_P, _V] = dt * np.eye(3)
        phi[_PHI, _BG] = -dt * rotation
        phi[_V, _BA] = -dt * rotation
        noise = np.zeros((15, 3))
        noise[_PHI] = np.eye(3)
        for block, vector in ((_V, self.velocity), (_P, self.position), (_DL, self.feet[0]), (_DR, self.feet[1])):
            noise[block] = skew(vector)
            phi[block, _BG] = -dt * (noise[block] @ rotation)
        covariance = phi @ self.covariance @ phi.T
        covariance[:15, :15] += (c.gyro**2 * dt) * (noise @ noise.T)
        diagonal = np.zeros(_N)
        diagonal[_V] = c.accel**2
        diagonal[_BG] = c.gyro_bias**2
        diagonal[_BA] = c.accel_bias**2
        for i, foot in enumerate(_FEET):
            diagonal[foot] = self._foot_density(i, vertical_forces[i]) ** 2
        covariance[np.arange(_N), np.arange(_N)] += dt * diagonal
        self.covariance = covariance

    def _foot_density(self, side: int, force: float) -> float:
        c = self.config
        self._loaded_for[side] = self._loaded_for[side] + self.dt if force > c.trust_force else 0.0
        return c.foot if self._loaded_for[side] > c.trust_delay else c.foot_swing

    def _correct(self, feet_in_base: list) -> None:
        innovation = np.concatenate(
            [self.rotation @ pose[0] + self.position - foot for pose, foot in zip(feet_in_base, self.feet, strict=True)]
        )
        cross = self.covariance @ self._h.T
        s = self._h @ cross
        s[np.arange(6), np.arange(6)] += self.config.kinematics**2
        gain = np.linalg.solve(s, cross.T).T
        error = gain @ innovation
        self.covariance -= gain @ cross.T
        self.covariance = 0.5 * (self.covariance + self.covariance.T)
        turn = exp_so3(-error[_PHI])
        self.rotation = turn @ self.rotation
        self.velocity = turn @ (self.velocity - error[_V])
        self.position = turn @ (self.position - error[_P])
        self.feet = [turn @ (foot - error[block]) for foot, block in zip(self.feet, _FEET, strict=True)]
        self.gyro_bias = self.gyro_bias - error[_BG]
        self.accel_bias = self.accel_bias - error[_BA]


def _rotation_from_gravity(accel: np.ndarray, yaw: float) -> np.ndarray:
    """Base-to-odom rotation whose z axis is the measured specific force, with the given heading."""
    up = accel / np.linalg.norm(accel)
    forward = np.array([1.0, 0.0, 0.0]) - up[0] * up
    forward /= np.linalg.norm(forward)
    level = np.stack([forward, np.cross(up, forward), up])
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ level
