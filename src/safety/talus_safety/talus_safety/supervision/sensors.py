# SPDX-License-Identifier: Apache-2.0
"""Is what the sensors say possible? Watches every fifth control tick or so, on the supervisor's own account."""

from __future__ import annotations

import math

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import RobotState

from talus_safety.kernel.judge.consistency import ConsistencyWatch
from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.tilt import TiltFilter

NOISY_AFTER = (
    50  # samples that all differ: this IMU has noise, so equal samples mean that it is stuck
)
STUCK_AFTER = 5  # equal samples in a row, 50 ms at 100 Hz; chance does that once in 2^50 or more
BEYOND_RANGE = 0.1  # rad past a stop: twice what soft stops give way, but where the body lands on the edge of a foot
BEYOND_FOR = 0.045  # s: that lasts 28 ms
BEYOND_SPEED = (
    1.5  # times the speed limit, with 0.05 rad for noise: an encoder's jump of 2 pi is far more
)
LONGEST_STEP = (
    0.1  # s between samples over which a jump can be told from motion, and the tilt followed
)


class SensorWatch:
    """`step` per sample; then `tilt` in rad and `fault`, empty while the sensors are plausible."""

    def __init__(self, robot: RobotDescription, period: float):
        self._limits, self._names, self._period = robot.limits, robot.joint_names, period
        self._imu = Body(robot).imu.rotation
        self._filter = TiltFilter()
        self.consistency = ConsistencyWatch(robot)
        self._last: RobotState | None = None
        self._different = self._equal = 0
        self._beyond_for = 0.0  # s
        self.fault = ""

    @property
    def tilt(self) -> float:
        """rad between base_link's z axis and the vertical."""
        return math.acos(min(max(self._filter.up[2], -1.0), 1.0))

    def step(self, state: RobotState) -> None:
        """Judge the next sample against the one before."""
        last, self._last = self._last, state
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
        if dt > LONGEST_STEP:
            self._filter = TiltFilter()
            self.consistency.forget()
        gyroscope, accelerometer = (
            self._imu @ state.angular_velocity,
            self._imu @ state.linear_acceleration,
        )
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
        self._beyond_for = self._beyond_for + dt if past[worst] > BEYOND_RANGE else 0.0
        return f"{self._names[worst]} far past its stop" if self._beyond_for > BEYOND_FOR else ""

    def _stuck(self, last: RobotState, state: RobotState) -> str:
        is_equal = np.array_equal(last.angular_velocity, state.angular_velocity) and np.array_equal(
            last.linear_acceleration, state.linear_acceleration
        )
        if not is_equal:
            self._different, self._equal = self._different + 1, 0
            return ""
        self._equal += 1
        if self._different < NOISY_AFTER:
            self._different = 0
            return ""
        return "IMU is stuck" if self._equal >= STUCK_AFTER else ""

    def _jumped(self, last: RobotState, state: RobotState, dt: float) -> str:
        if not 0.0 < dt <= LONGEST_STEP:
            return ""
        excess = (
            np.abs(state.position - last.position)
            - BEYOND_SPEED * self._limits.velocity * dt
            - 0.05
        )
        worst = int(np.argmax(excess))
        return f"{self._names[worst]} jumped" if excess[worst] > 0.0 else ""
