# SPDX-License-Identifier: Apache-2.0
"""Base state from IMU, encoders and foot forces: a contact-aided right-invariant error-state Kalman filter.

Hartley, Ghaffari, Eustice, Grizzle, "Contact-aided invariant extended Kalman filtering for robot state
estimation", IJRR 2020, with the error states of section 6 (biases). Error: phi, v, p, d_left, d_right, b_gyro, b_accel.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pinocchio as pin
from talus_core.rotations import skew

_N = 21
_PHI, _V, _P, _DL, _DR, _BG, _BA = (slice(i, i + 3) for i in range(0, _N, 3))
_FEET = (_DL, _DR)
_EYE = np.eye(3)
_SKEW = np.stack([skew(axis) for axis in _EYE]).reshape(3, 9)  # v @ _SKEW is the flattened skew matrix of v
CORRECT_EVERY = 2  # ticks; 250 Hz is far above what the encoders' noise asks for


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
    trust_share: float = 0.18  # of the weight (100 N on earth); a sole that carries less may slide
    trust_delay: float = 0.04  # s after touchdown before a sole is trusted (impact settles)
    slip_speed: float = 0.25  # m/s of a sole over the ground beyond which it slips; one that rolls is slower
    slip_window: float = 0.02  # s over which that is looked at: encoder noise gives 0.02 m/s
    longest_slip: float = 0.4  # s; a sole that seems to slip longer is believed again: then the base's speed is wrong
    initial_tilt: float = 0.01  # rad
    initial_accel_bias: float = 0.05  # m/s^2, datasheet class of the simulated IMU
    initial_gyro_bias: float = 0.002  # rad/s, after averaging at rest
    landing_tilt: float = 0.02  # rad, after 20 s of gyroscope alone
    landing_speed: float = 0.5  # m/s, of the body over soles that come to rest


class BaseEstimate(NamedTuple):
    """Where the base is. `rotation` maps base to odom; `angular_velocity` is in base axes, `velocity` in odom axes."""

    position: np.ndarray
    rotation: np.ndarray
    velocity: np.ndarray
    angular_velocity: np.ndarray
    position_variance: np.ndarray
    rotation_variance: np.ndarray
    velocity_variance: np.ndarray


class BaseEstimator:
    """One filter tick per `step`. Times and IMU frame: everything is in base axes (the caller turns the IMU).

    Attributes:
        gravity: m/s^2 as measured at rest; as exact as the accelerometer's bias, which it takes in.
    """

    def __init__(self, config: EstimatorConfig, dt: float, imu_position_in_base: np.ndarray, mass: float):
        self.config = config
        self.dt = dt
        self._lever = imu_position_in_base
        self._skew_lever = skew(imu_position_in_base)
        self._mass = mass
        self._loaded_for = [0.0, 0.0]
        self._slips_for, self._slides = [0.0, 0.0], [0.0, 0.0]
        self._tracks: deque[np.ndarray] = deque(maxlen=max(round(config.slip_window / dt), 1))
        self._ticks = 0
        self._omega = np.zeros(3)
        self._phi = np.eye(_N)
        self._vectors = np.zeros((4, 3))
        self._noise = np.zeros((5, 3, 3))
        self._noise[0] = _EYE
        self._density = np.zeros(_N)
        self._density[_V] = config.accel**2
        self._density[_BG] = config.gyro_bias**2
        self._density[_BA] = config.accel_bias**2

    def initialise(
        self, mean_accel: np.ndarray, mean_gyro: np.ndarray, soles_in_base: np.ndarray, yaw: float = 0.0
    ) -> None:
        """Start at rest with both soles on the ground at z = 0: tilt and gravity from the mean specific force, gyro
        bias from the mean rate.

        Args:
            mean_accel: (3,) m/s^2 mean specific force in base axes while at rest.
            mean_gyro: (3,) rad/s mean rate in base axes while at rest.
            soles_in_base: (2, 3) m, left and right sole in base axes.
            yaw: rad, heading to start with.
        """
        config = self.config
        self.rotation = _rotation_from_gravity(mean_accel, yaw)
        self.gravity = float(np.linalg.norm(mean_accel))
        self._down = np.array([0.0, 0.0, -self.gravity])
        self._skew_down = skew(self._down)
        soles = soles_in_base @ self.rotation.T
        self.position = np.array([0.0, 0.0, -0.5 * (soles[0, 2] + soles[1, 2])])
        self.velocity = np.zeros(3)
        self.feet = self.position + soles
        self.gyro_bias = mean_gyro.copy()
        self.accel_bias = np.zeros(3)
        variances = [config.initial_tilt**2, 1e-4, 1e-6, 1e-6, 1e-6, config.initial_gyro_bias**2]
        self.covariance = np.diag(np.repeat([*variances, config.initial_accel_bias**2], 3))
        self.covariance[2, 2] = 1e-8  # yaw and origin define odom: known
        self._loaded_for = [1.0, 1.0]

    @property
    def trusted_force(self) -> float:
        """N under which a sole is not believed to stand still."""
        return self.config.trust_share * self._mass * self.gravity

    @property
    def slides(self) -> tuple[bool, bool]:
        """Which soles move over the ground, left and right; in the air too."""
        return self._slides[0] > 0.0, self._slides[1] > 0.0

    def move_to(self, xy: np.ndarray) -> None:
        """Shift the origin so that the base is at `xy` (2,) m."""
        shift = np.array([*(xy - self.position[:2]), 0.0])
        self.position = self.position + shift
        self.feet = self.feet + shift

    def land(self, soles_in_base: np.ndarray) -> None:
        """Both soles (2, 3) m come to rest now: place and velocity anew by them, attitude and biases go on."""
        c, turned = self.config, soles_in_base @ self.rotation.T
        self.position = np.array([*self.position[:2], -float(turned[:, 2].mean())])
        self.velocity = np.zeros(3)
        self.feet = self.position + turned
        variances = [c.landing_tilt**2, c.landing_speed**2, 1e-6, 1e-6, 1e-6, c.initial_gyro_bias**2]
        self.covariance = np.diag(np.repeat([*variances, c.initial_accel_bias**2], 3))
        self._loaded_for = [1.0, 1.0]
        self._slips_for = [c.longest_slip, c.longest_slip]  # whatever they seem to do, they tell the base's speed
        self._slides = [0.0, 0.0]
        self._tracks.clear()

    def step(
        self, gyro: np.ndarray, accel: np.ndarray, soles_in_base: np.ndarray, vertical_forces: np.ndarray
    ) -> BaseEstimate:
        """Propagate by the IMU over one period; every second tick correct by the soles that stand still.

        Args:
            gyro: (3,) rad/s mean over the period, base axes.
            accel: (3,) m/s^2 mean specific force over the period at the IMU, base axes.
            soles_in_base: (2, 3) m, left and right sole in base axes.
            vertical_forces: (2,) N on the left and right sole.
        """
        self._propagate(gyro, accel)
        self._watch_load(vertical_forces)
        self._watch_slip(soles_in_base @ self.rotation.T)
        self._ticks += 1
        if self._ticks % CORRECT_EVERY == 0:
            self._propagate_covariance(CORRECT_EVERY * self.dt)
            self._correct(soles_in_base)
        return self._estimate()

    def turn(self, gyro: np.ndarray) -> BaseEstimate:
        """One period without a sole that stands still: attitude by the gyroscope (3,) rad/s, the place stays."""
        self._omega = gyro - self.gyro_bias
        self.rotation = self.rotation @ pin.exp3(self.dt * self._omega)
        self.velocity = np.zeros(3)
        return self._estimate()

    def _estimate(self) -> BaseEstimate:
        variance = self.covariance.diagonal()
        return BaseEstimate(
            self.position,
            self.rotation,
            self.velocity,
            self._omega,
            variance[_P],
            variance[_PHI],
            variance[_V],
        )

    def _propagate(self, gyro: np.ndarray, accel: np.ndarray) -> None:
        dt, rotation = self.dt, self.rotation
        omega = gyro - self.gyro_bias
        lever = self._lever  # the IMU sits beside the base's origin: w x (w x l) = w (w.l) - l (w.w), and dw x l
        free = accel - self.accel_bias - omega * (omega @ lever) + lever * (omega @ omega)
        free += self._skew_lever @ (omega - self._omega) / dt
        self._omega = omega
        step = dt * (rotation @ free + self._down)
        self.position = self.position + dt * (self.velocity + 0.5 * step)
        self.velocity = self.velocity + step
        self.rotation = rotation @ pin.exp3(dt * omega)

    def _watch_load(self, vertical_forces: np.ndarray) -> None:
        least = self.trusted_force
        for side in (0, 1):
            loaded = vertical_forces[side] > least
            self._loaded_for[side] = self._loaded_for[side] + self.dt if loaded else 0.0

    def _watch_slip(self, soles: np.ndarray) -> None:
        """A sole that moves over the ground, by the IMU's velocity and the legs' own, slips: it tells its height alone.

        Args:
            soles: (2, 3) m from the base, in odom axes.
        """
        c, tracks = self.config, self._tracks
        if len(tracks) == tracks.maxlen:
            moved = (soles - tracks[0]) / (len(tracks) * self.dt) + self.velocity
            for side in (0, 1):
                is_fast = math.hypot(moved[side, 0], moved[side, 1]) > c.slip_speed
                self._slips_for[side] = self._slips_for[side] + self.dt if is_fast else 0.0
                self._slides[side] = max(self._slides[side] - self.dt, 0.0)
                if 0.0 < self._slips_for[side] < c.longest_slip:
                    self._slides[side] = c.trust_delay
        tracks.append(soles)

    def _propagate_covariance(self, dt: float) -> None:
        rotation, phi, vectors = self.rotation, self._phi, self._vectors
        vectors[0], vectors[1], vectors[2:] = self.velocity, self.position, self.feet
        noise = self._noise
        noise[1:] = (vectors @ _SKEW).reshape(4, 3, 3)
        scaled = -dt * rotation
        phi[_V, _PHI] = dt * self._skew_down
        phi[_P, _V] = dt * _EYE
        phi[_V, _BA] = scaled
        phi[:15, _BG] = (noise @ scaled).reshape(15, 3)
        rows = noise.reshape(15, 3)
        covariance = phi @ self.covariance @ phi.T
        covariance[:15, :15] += (self.config.gyro**2 * dt) * (rows @ rows.T)
        covariance.ravel()[:: _N + 1] += dt * self._densities()
        self.covariance = covariance

    def _densities(self) -> np.ndarray:
        c = self.config
        for side, block in enumerate(_FEET):
            trusted = self._loaded_for[side] > c.trust_delay
            self._density[block] = (c.foot if trusted else c.foot_swing) ** 2
            if self._slides[side] > 0.0:
                self._density[block.start : block.start + 2] = c.foot_swing**2
        return self._density

    def _correct(self, soles_in_base: np.ndarray) -> None:
        innovation = (soles_in_base @ self.rotation.T + self.position - self.feet).ravel()
        p = self.covariance
        cross = np.concatenate((p[:, _P] - p[:, _DL], p[:, _P] - p[:, _DR]), axis=1)
        s = np.concatenate((cross[_P] - cross[_DL], cross[_P] - cross[_DR]))
        s.ravel()[::7] += self.config.kinematics**2
        gain = np.linalg.solve(s, cross.T).T
        error = gain @ innovation
        p = p - gain @ cross.T
        self.covariance = 0.5 * (p + p.T)
        turn = pin.exp3(-error[_PHI])
        self.rotation = turn @ self.rotation
        self.velocity = turn @ (self.velocity - error[_V])
        self.position = turn @ (self.position - error[_P])
        self.feet = (self.feet - error[9:15].reshape(2, 3)) @ turn.T
        self.gyro_bias = self.gyro_bias - error[_BG]
        self.accel_bias = self.accel_bias - error[_BA]


def _rotation_from_gravity(accel: np.ndarray, yaw: float) -> np.ndarray:
    """Base-to-odom rotation whose z axis is the measured specific force, with the given heading."""
    up = accel / np.linalg.norm(accel)
    # Where the base's x axis stands upright (lying face up or down), the heading is where the feet would be below it.
    ahead = np.array([1.0, 0.0, 0.0]) if abs(up[0]) < 0.9 else np.array([0.0, 0.0, -np.sign(up[0])])
    forward = ahead - (up @ ahead) * up
    forward /= np.linalg.norm(forward)
    level = np.stack([forward, np.cross(up, forward), up])
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ level
