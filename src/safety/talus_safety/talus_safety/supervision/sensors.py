# SPDX-License-Identifier: Apache-2.0
"""Judges whether the sensor values are possible, independently of the last gate."""

from __future__ import annotations

import math

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import RobotState

from talus_safety.kernel.judge.consistency import ConsistencyWatch
from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.tilt import TiltFilter

# Samples in a row that all differ: such an IMU has noise, so equal samples mean that it is stuck.
IMU_NOISE_SAMPLES = 50
# Equal samples in a row, 50 ms at 100 Hz; by chance that happens once in 2^50 or more.
IMU_STUCK_SAMPLES = 5
# rad past a stop: twice what soft stops give way, unless the body lands on the edge of a foot
BEYOND_RANGE_RAD = 0.1
BEYOND_RANGE_S = 0.045  # s past a stop: a landing on the edge of a foot lasts 28 ms
# Share of the speed limit, with 0.05 rad for noise: an encoder's jump by 2 pi exceeds it far.
JUMP_OF_SPEED_LIMIT = 1.5
# s between samples, up to which a jump differs from motion and the tilt can be followed
LONGEST_SAMPLE_GAP_S = 0.1


class SensorWatch:
    """Judges each sample: `tilt` is in rad; `fault` is empty while the sensors are plausible."""

    def __init__(self, robot: RobotDescription, period: float):
        self._limits = robot.limits
        self._names = robot.joint_names
        self._period = period
        self._imu = Body(robot).imu.rotation
        self._filter = TiltFilter()
        self.consistency = ConsistencyWatch(robot)
        self._last: RobotState | None = None
        self._different = self._equal = 0
        self._beyond_for = 0.0  # s for which a joint has been past its stop
        self.fault = ""

    @property
    def tilt(self) -> float:
        """Return the angle between base_link's z axis and the vertical, rad."""
        return math.acos(min(max(self._filter.up[2], -1.0), 1.0))

    def step(self, state: RobotState) -> None:
        """Judge the next sample by the one before."""
        last = self._last
        self._last = state
        dt = 0.0 if last is None else (state.sequence - last.sequence) * self._period
        self.fault = self._not_finite(state)
        if self.fault:
            return
        self._follow_tilt(state, dt)
        self.fault = self._out_of_range(state, dt)
        if last is not None and not self.fault:
            self.fault = self._stuck(last, state) or self._jumped(last, state, dt)
            self.consistency.step(state, self._filter, dt)

    def _follow_tilt(self, state: RobotState, dt: float) -> None:
        if dt > LONGEST_SAMPLE_GAP_S:
            self._filter = TiltFilter()
            self.consistency.forget()
        gyroscope = self._imu @ state.angular_velocity
        accelerometer = self._imu @ state.linear_acceleration
        self._filter.step(gyroscope.tolist(), accelerometer.tolist(), dt)

    def _not_finite(self, state: RobotState) -> str:
        parts = {
            "joint positions": state.position,
            "joint velocities": state.velocity,
            "gyroscope": state.angular_velocity,
            "accelerometer": state.linear_acceleration,
            "foot wrenches": state.foot_wrenches,
        }
        bad = [name for name, array in parts.items() if not np.isfinite(array).all()]
        return f"{bad[0]} not finite" if bad else ""

    def _out_of_range(self, state: RobotState, dt: float) -> str:
        limits = self._limits
        past = np.maximum(limits.lower - state.position, state.position - limits.upper)
        worst = int(np.argmax(past))
        self._beyond_for = self._beyond_for + dt if past[worst] > BEYOND_RANGE_RAD else 0.0
        return (
            f"{self._names[worst]} far past its stop" if self._beyond_for > BEYOND_RANGE_S else ""
        )

    def _stuck(self, last: RobotState, state: RobotState) -> str:
        is_equal = np.array_equal(last.angular_velocity, state.angular_velocity) and np.array_equal(
            last.linear_acceleration, state.linear_acceleration
        )
        if not is_equal:
            self._different = self._different + 1
            self._equal = 0
            return ""
        self._equal += 1
        if self._different < IMU_NOISE_SAMPLES:
            self._different = 0
            return ""
        return "IMU is stuck" if self._equal >= IMU_STUCK_SAMPLES else ""

    def _jumped(self, last: RobotState, state: RobotState, dt: float) -> str:
        if not 0.0 < dt <= LONGEST_SAMPLE_GAP_S:
            return ""
        excess = (
            np.abs(state.position - last.position)
            - JUMP_OF_SPEED_LIMIT * self._limits.velocity * dt
            - 0.05
        )
        worst = int(np.argmax(excess))
        return f"{self._names[worst]} jumped" if excess[worst] > 0.0 else ""
