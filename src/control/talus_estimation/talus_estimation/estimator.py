# SPDX-License-Identifier: Apache-2.0
"""Estimates the base from IMU, encoders and foot forces: a right-invariant Kalman filter.

Hartley, Ghaffari, Eustice, Grizzle, "Contact-aided invariant extended Kalman filtering for robot
state estimation", IJRR 2020, with the error states of section 6 (biases).
Error state: phi, v, p, d_left, d_right, b_gyro, b_accel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from talus_core.rotations import skew
from talus_dynamics.rotation_vectors import rotation_from_vector

from talus_estimation.sole_trust import SoleTrust, SoleTrustConfig

_N = 21
_PHI, _V, _P, _DL, _DR, _BG, _BA = (slice(i, i + 3) for i in range(0, _N, 3))
_FEET = (_DL, _DR)
_EYE = np.eye(3)
_SKEW = np.stack([skew(axis) for axis in _EYE]).reshape(
    3, 9
)  # v @ _SKEW is the flattened skew matrix of v
CORRECT_TICKS = 2  # ticks between corrections; encoder noise needs far less than 250 Hz


@dataclass(frozen=True)
class EstimatorConfig:
    """Configures the filter's noise densities, per sqrt(Hz) unless said otherwise.

    Gyroscope values are in rad/s, accelerometer values in m/s^2, kinematics in m and foot velocity
    in m/s; comments name the sources.
    """

    gyro: float = 2e-4  # 0.003 rad/s per 500 Hz sample and room for vibration
    accel: float = 8e-3  # 0.05 m/s^2 per sample, times 3 for touchdown shocks
    gyro_bias: float = 2e-5  # rad/s^1.5, MEMS in-run stability
    accel_bias: float = 2e-4
    foot: float = 0.02  # m/s/sqrt(Hz) of a trusted sole, which rolls and yields
    foot_swing: float = 30.0  # m/s/sqrt(Hz) of a foot in the air: its place is forgotten in a tick
    kinematics: float = 2e-3  # m: encoder noise through the leg, and flexibility
    initial_tilt: float = 0.01  # rad
    initial_accel_bias: float = 0.05  # m/s^2, datasheet class of the simulated IMU
    initial_gyro_bias: float = 0.002  # rad/s, after averaging at rest
    landing_tilt: float = 0.02  # rad, after 20 s of gyroscope alone
    landing_speed: float = 0.5  # m/s of the body over soles that come to rest
    soles: SoleTrustConfig = field(default_factory=SoleTrustConfig)


class BaseEstimate(NamedTuple):
    """Says where the base is and how it moves.

    Attributes:
        position: (3,) position in odom, m.
        rotation: (3, 3) rotation from base to odom.
        velocity: (3,) velocity in odom axes, m/s.
        angular_velocity: (3,) turn rate in base axes, rad/s.
        position_variance, rotation_variance, velocity_variance: (3,) variances, m^2, rad^2 and
            m^2/s^2.
    """

    position: np.ndarray
    rotation: np.ndarray
    velocity: np.ndarray
    angular_velocity: np.ndarray
    position_variance: np.ndarray
    rotation_variance: np.ndarray
    velocity_variance: np.ndarray


class _Lever(NamedTuple):
    """Says where the IMU sits: (3,), m, in base axes, and the skew matrix (3, 3) of that."""

    offset: np.ndarray
    skew: np.ndarray


class _Gravity(NamedTuple):
    """Holds measured gravity: size, m/s^2, vector (3,) in odom, and its skew matrix (3, 3)."""

    size: float
    vector: np.ndarray
    skew: np.ndarray

    @classmethod
    def measured(cls, size: float) -> _Gravity:
        """Return gravity of that `size`, m/s^2."""
        vector = np.array([0.0, 0.0, -size])
        return cls(size, vector, skew(vector))


class _Propagation:
    """Holds arrays that the propagation of the covariance writes anew at every correction."""

    def __init__(self, config: EstimatorConfig):
        self.phi = np.eye(_N)
        self.vectors = np.zeros((4, 3))
        self.noise = np.zeros((5, 3, 3))
        self.noise[0] = _EYE
        self.density = np.zeros(_N)
        self.density[_V] = config.accel**2
        self.density[_BG] = config.gyro_bias**2
        self.density[_BA] = config.accel_bias**2


class BaseEstimator:
    """Runs the filter: call `initialise` at rest, then `step` every tick.

    Everything is in base axes; the caller turns the IMU's samples into them.
    """

    def __init__(
        self, config: EstimatorConfig, dt: float, imu_position_in_base: np.ndarray, mass: float
    ):
        self.config = config
        self.dt = dt
        self._lever = _Lever(imu_position_in_base, skew(imu_position_in_base))
        self._mass = mass
        self._soles = SoleTrust(config.soles, dt)
        self._propagation = _Propagation(config)
        self._ticks = 0
        self._omega = np.zeros(3)

    @property
    def gravity(self) -> float:
        """Return gravity as measured at rest, m/s^2; it includes the accelerometer's bias."""
        return self._gravity.size

    def initialise(
        self,
        mean_accel: np.ndarray,
        mean_gyro: np.ndarray,
        soles_in_base: np.ndarray,
        yaw: float = 0.0,
    ) -> None:
        """Start at rest with both soles on the ground at z = 0.

        Tilt and gravity are taken from the mean specific force, the gyroscope's bias from the mean
        rate.

        Args:
            mean_accel: (3,) mean specific force at rest in base axes, m/s^2.
            mean_gyro: (3,) mean turn rate at rest in base axes, rad/s.
            soles_in_base: (2, 3) left and right sole in base axes, m.
            yaw: Heading to start with, rad.
        """
        config = self.config
        self.rotation = _rotation_from_gravity(mean_accel, yaw)
        self._gravity = _Gravity.measured(float(np.linalg.norm(mean_accel)))
        soles = soles_in_base @ self.rotation.T
        self.position = np.array([0.0, 0.0, -0.5 * (soles[0, 2] + soles[1, 2])])
        self.velocity = np.zeros(3)
        self.feet = self.position + soles
        self.gyro_bias = mean_gyro.copy()
        self.accel_bias = np.zeros(3)
        variances = [config.initial_tilt**2, 1e-4, 1e-6, 1e-6, 1e-6, config.initial_gyro_bias**2]
        self.covariance = np.diag(np.repeat([*variances, config.initial_accel_bias**2], 3))
        self.covariance[2, 2] = 1e-8  # yaw and origin define odom, so they are known
        self._soles.believe_both()

    @property
    def trusted_force(self) -> float:
        """Return the force under which a sole is not believed to stand still, N."""
        return self.config.soles.share * self._mass * self.gravity

    @property
    def slides(self) -> tuple[bool, bool]:
        """Tell which soles move over the ground, left and right; soles in the air count too."""
        return self._soles.slides

    def move_to(self, xy: np.ndarray) -> None:
        """Shift the origin so that the base is at `xy` (2,), m."""
        shift = np.array([*(xy - self.position[:2]), 0.0])
        self.position = self.position + shift
        self.feet = self.feet + shift

    def land(self, soles_in_base: np.ndarray) -> None:
        """Take place and velocity from both soles (2, 3), m, which come to rest now.

        Attitude and biases are kept.
        """
        c = self.config
        turned = soles_in_base @ self.rotation.T
        self.position = np.array([*self.position[:2], -float(turned[:, 2].mean())])
        self.velocity = np.zeros(3)
        self.feet = self.position + turned
        variances = [
            c.landing_tilt**2,
            c.landing_speed**2,
            1e-6,
            1e-6,
            1e-6,
            c.initial_gyro_bias**2,
        ]
        self.covariance = np.diag(np.repeat([*variances, c.initial_accel_bias**2], 3))
        self._soles.land()

    def step(
        self,
        gyro: np.ndarray,
        accel: np.ndarray,
        soles_in_base: np.ndarray,
        vertical_forces: np.ndarray,
    ) -> BaseEstimate:
        """Propagate by the IMU; every second tick, correct by the soles that stand still.

        Args:
            gyro: (3,) mean turn rate over the period in base axes, rad/s.
            accel: (3,) mean specific force over the period at the IMU in base axes, m/s^2.
            soles_in_base: (2, 3) left and right sole in base axes, m.
            vertical_forces: (2,) vertical force on the left and right sole, N.
        """
        self._propagate(gyro, accel)
        self._soles.observe_load(vertical_forces, self.trusted_force)
        self._soles.observe_slip(soles_in_base @ self.rotation.T, self.velocity)
        self._ticks += 1
        if self._ticks % CORRECT_TICKS == 0:
            self._propagate_covariance(CORRECT_TICKS * self.dt)
            self._correct(soles_in_base)
        return self._estimate()

    def turn(self, gyro: np.ndarray) -> BaseEstimate:
        """Go on for a period in which no sole stands still.

        The gyroscope's turn rate (3,), rad/s, gives the attitude; the place is kept.
        """
        self._omega = gyro - self.gyro_bias
        self.rotation = self.rotation @ rotation_from_vector(self.dt * self._omega)
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
        dt = self.dt
        rotation = self.rotation
        omega = gyro - self.gyro_bias
        # The IMU sits beside the base's origin: w x (w x l) = w (w.l) - l (w.w), and dw x l.
        lever = self._lever.offset
        free = accel - self.accel_bias - omega * (omega @ lever) + lever * (omega @ omega)
        free += self._lever.skew @ (omega - self._omega) / dt
        self._omega = omega
        step = dt * (rotation @ free + self._gravity.vector)
        self.position = self.position + dt * (self.velocity + 0.5 * step)
        self.velocity = self.velocity + step
        self.rotation = rotation @ rotation_from_vector(dt * omega)

    def _propagate_covariance(self, dt: float) -> None:
        rotation = self.rotation
        phi = self._propagation.phi
        vectors = self._propagation.vectors
        vectors[0] = self.velocity
        vectors[1] = self.position
        vectors[2:] = self.feet
        noise = self._propagation.noise
        noise[1:] = (vectors @ _SKEW).reshape(4, 3, 3)
        scaled = -dt * rotation
        phi[_V, _PHI] = dt * self._gravity.skew
        phi[_P, _V] = dt * _EYE
        phi[_V, _BA] = scaled
        phi[:15, _BG] = (noise @ scaled).reshape(15, 3)
        rows = noise.reshape(15, 3)
        covariance = phi @ self.covariance @ phi.T
        covariance[:15, :15] += (self.config.gyro**2 * dt) * (rows @ rows.T)
        covariance.ravel()[:: _N + 1] += dt * self._densities()
        self.covariance = covariance

    def _densities(self) -> np.ndarray:
        """Return the noise densities (21,) of this tick, squared."""
        c = self.config
        density = self._propagation.density
        slides = self._soles.slides
        for side, block in enumerate(_FEET):
            trusted = self._soles.is_loaded(side)
            density[block] = (c.foot if trusted else c.foot_swing) ** 2
            if slides[side]:
                density[block.start : block.start + 2] = c.foot_swing**2
        return density

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
        turn = rotation_from_vector(-error[_PHI])
        self.rotation = turn @ self.rotation
        self.velocity = turn @ (self.velocity - error[_V])
        self.position = turn @ (self.position - error[_P])
        self.feet = (self.feet - error[9:15].reshape(2, 3)) @ turn.T
        self.gyro_bias = self.gyro_bias - error[_BG]
        self.accel_bias = self.accel_bias - error[_BA]


def _rotation_from_gravity(accel: np.ndarray, yaw: float) -> np.ndarray:
    """Return the base-to-odom rotation whose z axis is the specific force, with heading `yaw`."""
    up = accel / np.linalg.norm(accel)
    # Where the base's x axis stands upright (lying face up or down), the heading is where the feet
    # would be below it.
    ahead = np.array([1.0, 0.0, 0.0]) if abs(up[0]) < 0.9 else np.array([0.0, 0.0, -np.sign(up[0])])
    forward = ahead - (up @ ahead) * up
    forward /= np.linalg.norm(forward)
    level = np.stack([forward, np.cross(up, forward), up])
    c = np.cos(yaw)
    s = np.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ level
