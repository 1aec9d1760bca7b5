# SPDX-License-Identifier: Apache-2.0
"""From `RobotState` to the base estimate: turns the IMU into base axes, waits for rest, starts and runs the filter."""

from __future__ import annotations

import numpy as np
from talus_core.rotations import yaw_of
from talus_core.state import RobotState

from talus_balance.estimation.estimator import BaseEstimate, BaseEstimator, EstimatorConfig
from talus_balance.model.robot_dynamics import WholeBodyModel

REST_TIME = 0.3  # s of stillness that is averaged for tilt and gyro bias
REST_RATE = 0.02  # rad/s of mean rate above which the body is not at rest (ten times the gyro's bias)
REST_SPREAD = 0.3  # m/s^2 standard deviation of the accelerometer above which it is not at rest (six times its noise)
GRAVITIES = (1.0, 15.0)  # m/s^2 of ground to stand on: below the moon's, above the earth's; else it falls or is deaf


class Localiser:
    """Re-initialises while limp and at rest, keeps place and heading over that, filters otherwise."""

    def __init__(self, model: WholeBodyModel, config: EstimatorConfig, dt: float):
        self._model = model
        self._joints = model.description.structural_indices
        self._rotation_imu_to_base = model.imu_in_base.rotation.copy()
        self._filter = BaseEstimator(config, dt, model.imu_in_base.translation.copy(), model.mass)
        self._window: list[np.ndarray] = []
        self._length = max(int(REST_TIME / dt), 10)
        self._started = False

    def step(self, state: RobotState, at_rest: bool, on_feet: bool = True) -> BaseEstimate | None:
        """The estimate at this tick; None until the body was at rest once.

        Args:
            state: Of this tick.
            at_rest: No torque, so re-initialise.
            on_feet: Soles under load stand still; else attitude alone is to be believed, by the gyroscope.
        """
        turn = self._rotation_imu_to_base
        gyro, accel = turn @ state.angular_velocity, turn @ state.linear_acceleration
        soles = self._model.soles_in_base(state.position[self._joints])
        if at_rest:
            self._collect(gyro, accel, soles)
        elif self._window:
            self._window.clear()
        if not self._started:
            return None
        if not on_feet:
            return self._filter.turn(gyro)
        return self._filter.step(gyro, accel, soles, state.foot_wrenches[:, 2])

    @property
    def trusted_force(self) -> float:
        """N under which a sole is not believed to stand still."""
        return self._filter.trusted_force

    @property
    def slides(self) -> tuple[bool, bool]:
        """Which soles move over the ground; in the air too."""
        return self._filter.slides

    def land(self, state: RobotState) -> None:
        """Both soles carry and stand still: believe them from now on."""
        self._filter.land(self._model.soles_in_base(state.position[self._joints]))

    def _collect(self, gyro: np.ndarray, accel: np.ndarray, soles: np.ndarray) -> None:
        self._window.append(np.concatenate((gyro, accel)))
        if len(self._window) < self._length:
            return
        samples = np.array(self._window)
        self._window.clear()
        mean = samples.mean(axis=0)
        if np.linalg.norm(mean[:3]) > REST_RATE or np.max(samples[:, 3:].std(axis=0)) > REST_SPREAD:
            return
        if GRAVITIES[0] < np.linalg.norm(mean[3:]) < GRAVITIES[1]:
            self._start(mean[3:], mean[:3], soles)

    def _start(self, accel: np.ndarray, gyro: np.ndarray, soles: np.ndarray) -> None:
        place, yaw = (self._filter.position, yaw_of(self._filter.rotation)) if self._started else (np.zeros(3), 0.0)
        self._filter.initialise(accel, gyro, soles, yaw)
        self._model.set_gravity(self._filter.gravity)
        if self._started:
            self._filter.move_to(place[:2])
        self._started = True
