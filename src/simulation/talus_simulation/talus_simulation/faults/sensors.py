# SPDX-License-Identifier: Apache-2.0
"""Spoil IMU, encoders and foot sensors, between the true samples and what a driver reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import RobotState

from talus_simulation.faults.signals import Signal, SignalData, make_signal

GYROSCOPE_SPAN_RAD_S = 35.0  # +-2000 deg/s, as most MEMS IMUs
ACCELEROMETER_SPAN_MPS2 = 157.0  # +-16 g, as most MEMS IMUs
FOOT_FORCE_SPAN_N = 2000.0  # that of its noise in config/drivers/mujoco.yaml
FOOT_TORQUE_SPAN_NM = 100.0  # that of its noise in config/drivers/mujoco.yaml
SensorFault = Callable[[RobotState], RobotState]


@dataclass(frozen=True)
class _Tap:
    """Takes some values out of a state and puts others in their place."""

    get: Callable[[RobotState], np.ndarray]
    put: Callable[[RobotState, np.ndarray], RobotState]
    data: SignalData


def imu_fault(
    component: str, effect: str, severity: float, period: float, random: np.random.Generator
) -> SensorFault:
    """Build a fault of `imu`, `gyroscope` or `accelerometer`."""
    tap = _imu_tap(component, period)
    return _tapped(tap, make_signal(effect, severity, tap.data, random))


def foot_fault(
    effect: str, severity: float, feet: list[int], weight: float, random, period: float
) -> SensorFault:
    """Build a fault of the foot sensors `feet`, rows; `weight`: N of the whole robot."""
    if effect in ("contact", "no_contact"):
        felt = np.zeros(6)
        felt[2] = weight if effect == "contact" else 0.0
        return lambda state: replace(
            state, foot_wrenches=_with_rows(state.foot_wrenches, feet, felt)
        )
    tap = _foot_tap(feet, period)
    return _tapped(tap, make_signal(effect, severity, tap.data, random))


class EncoderFault:
    """Spoils what encoders of some joints say, or the bus that tells of them.

    The drives' own position loops follow the encoders, not the bus.

    Attributes:
        joints: (m,) places.
        position, velocity: (m,) rad, rad/s of the last sample, not finite before the first.
        on_bus: The drives are well and see their own angles; what they say of angle, speed and
            torque is wrong.
    """

    def __init__(
        self,
        effect: str,
        severity: float,
        joints: np.ndarray,
        robot: RobotDescription,
        period: float,
        random: np.random.Generator,
        on_bus: bool = False,
    ):
        n = len(joints)
        self.joints = joints
        self.on_bus = on_bus
        self.position, self.velocity = np.full((2, n), np.nan)
        ones = np.ones(n)
        zeros = np.zeros(n)
        span = np.concatenate(
            (np.pi * ones, robot.limits.velocity[joints], robot.limits.effort[joints])
        )
        keeps = (
            np.ones(3 * n) if on_bus else np.concatenate((ones, zeros, ones))
        )  # an encoder's speed is its change
        data = SignalData(span, np.concatenate((ones, zeros, zeros)), keeps, period)
        if effect == "swapped":
            self._signal: Signal = lambda value: np.roll(value.reshape(3, n), 1, axis=1).ravel()
        else:
            self._signal = make_signal(effect, severity, data, random)

    def __call__(self, state: RobotState) -> RobotState:
        """Return the state with what these encoders or this bus say."""
        j = self.joints
        n = len(j)
        seen = self._signal(np.concatenate((state.position[j], state.velocity[j], state.effort[j])))
        self.position = seen[:n]
        self.velocity = seen[n : 2 * n]
        position = state.position.copy()
        velocity = state.velocity.copy()
        effort = state.effort
        position[j] = self.position
        velocity[j] = self.velocity
        if self.on_bus:
            effort = effort.copy()
            effort[j] = seen[2 * n :]
        return replace(state, position=position, velocity=velocity, effort=effort)


def _tapped(tap: _Tap, signal: Signal) -> SensorFault:
    return lambda state: tap.put(state, signal(tap.get(state)))


def _imu_tap(component: str, period: float) -> _Tap:
    use = {"imu": (1.0, 10.0), "gyroscope": (1.0, 0.0), "accelerometer": (0.0, 1.0)}[component]
    keep = (
        slice(0, 3)
        if component == "gyroscope"
        else slice(3, 6)
        if component == "accelerometer"
        else slice(0, 6)
    )
    span = np.repeat((GYROSCOPE_SPAN_RAD_S, ACCELEROMETER_SPAN_MPS2), 3)[keep]
    offset = np.repeat(use, 3)[keep]

    def get(state: RobotState) -> np.ndarray:
        return np.concatenate((state.angular_velocity, state.linear_acceleration))[keep]

    def put(state: RobotState, values: np.ndarray) -> RobotState:
        both = np.concatenate((state.angular_velocity, state.linear_acceleration))
        both[keep] = values
        return replace(state, angular_velocity=both[:3], linear_acceleration=both[3:])

    return _Tap(get, put, SignalData(span, offset, np.ones(len(span)), period))


def _foot_tap(feet: list[int], period: float) -> _Tap:
    span = np.tile(np.repeat((FOOT_FORCE_SPAN_N, FOOT_TORQUE_SPAN_NM), 3), len(feet))
    offset = np.tile((0.0, 0.0, 1.0, 0.0, 0.0, 0.0), len(feet))

    def get(state: RobotState) -> np.ndarray:
        return state.foot_wrenches[feet].ravel()

    def put(state: RobotState, values: np.ndarray) -> RobotState:
        return replace(
            state, foot_wrenches=_with_rows(state.foot_wrenches, feet, values.reshape(-1, 6))
        )

    return _Tap(get, put, SignalData(span, offset, np.ones(len(span)), period))


def _with_rows(wrenches: np.ndarray, feet: list[int], values: np.ndarray) -> np.ndarray:
    changed = wrenches.copy()
    changed[feet] = values
    return changed
