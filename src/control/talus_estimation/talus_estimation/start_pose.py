# SPDX-License-Identifier: Apache-2.0
"""Turns `RobotState` into the base estimate: waits for quiet, starts the filter and runs it."""

from __future__ import annotations

import numpy as np
from talus_core.rotations import yaw_of
from talus_core.state import RobotState
from talus_dynamics.robot_dynamics import WholeBodyModel

from talus_estimation.estimator import BaseEstimate, BaseEstimator, EstimatorConfig

QUIET_TIME_S = 0.3  # s without motion, over which tilt and gyroscope bias are averaged
LEAST_QUIET_SAMPLES = 10
QUIET_TURN_RADPS = 0.02  # rad/s of mean rate above which the body moves: ten times the gyro's bias
# m/s^2, standard deviation of the accelerometer above which the body moves: six times its noise
QUIET_SPREAD_MPS2 = 0.3
# m/s^2 of gravity on ground to stand on: from below the moon's to above the earth's. Outside that
# range the body falls or the sensor is dead.
LEAST_GRAVITY_MPS2 = 1.0
MOST_GRAVITY_MPS2 = 15.0


class Localiser:
    """Starts the filter once the IMU was quiet, and anew whenever a limp robot's is; else runs it.

    A new start keeps place and heading.
    """

    def __init__(self, model: WholeBodyModel, config: EstimatorConfig, dt: float):
        self._model = model
        self._joints = model.description.structural_indices
        self._rotation_imu_to_base = model.imu_in_base.rotation.copy()
        self._filter = BaseEstimator(config, dt, model.imu_in_base.translation.copy(), model.mass)
        self._window: list[np.ndarray] = []
        self._length = max(int(QUIET_TIME_S / dt), LEAST_QUIET_SAMPLES)
        self._started = False

    def locate(
        self, state: RobotState, may_start: bool, on_feet: bool = True
    ) -> BaseEstimate | None:
        """Return the estimate at this tick; None until the IMU was quiet once.

        Args:
            state: What the sensors say at this tick.
            may_start: Whether the robot has no torque, so that the filter may start anew. The
                first start needs quiet alone: torque may have been permitted before it.
            on_feet: Whether soles under load stand still; if not, only the attitude is estimated,
                by the gyroscope.
        """
        turn = self._rotation_imu_to_base
        gyro = turn @ state.angular_velocity
        accel = turn @ state.linear_acceleration
        soles = self._model.soles_in_base(state.position[self._joints])
        if may_start or not self._started:
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
        """Return the force under which a sole is not believed to stand still, N."""
        return self._filter.trusted_force

    @property
    def slides(self) -> tuple[bool, bool]:
        """Tell which soles move over the ground, left and right; soles in the air count too."""
        return self._filter.slides

    def land(self, state: RobotState) -> None:
        """Believe both soles from now on: they carry and stand still."""
        self._filter.land(self._model.soles_in_base(state.position[self._joints]))

    def _collect(self, gyro: np.ndarray, accel: np.ndarray, soles: np.ndarray) -> None:
        """Average the IMU; start the filter where the IMU was quiet all the while."""
        self._window.append(np.concatenate((gyro, accel)))
        if len(self._window) < self._length:
            return
        samples = np.array(self._window)
        self._window.clear()
        mean = samples.mean(axis=0)
        turns = np.linalg.norm(mean[:3]) > QUIET_TURN_RADPS
        if turns or np.max(samples[:, 3:].std(axis=0)) > QUIET_SPREAD_MPS2:
            return
        if LEAST_GRAVITY_MPS2 < np.linalg.norm(mean[3:]) < MOST_GRAVITY_MPS2:
            self._start(mean[3:], mean[:3], soles)

    def _start(self, accel: np.ndarray, gyro: np.ndarray, soles: np.ndarray) -> None:
        place = self._filter.position if self._started else np.zeros(3)
        yaw = yaw_of(self._filter.rotation) if self._started else 0.0
        self._filter.initialise(accel, gyro, soles, yaw)
        self._model.set_gravity(self._filter.gravity)
        if self._started:
            self._filter.move_to(place[:2])
        self._started = True
