# SPDX-License-Identifier: Apache-2.0
"""Faults of the IMU, the encoders and the foot sensors: between the true samples and the state that a driver reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import RobotState

from talus_simulation.faults.signals import Signal, SignalData, make_signal

GYROSCOPE_SPAN, ACCELEROMETER_SPAN = (
    35.0,
    157.0,
)  # rad/s, m/s^2: +-2000 deg/s and +-16 g, as most MEMS IMUs
FORCE_SPAN, TORQUE_SPAN = (
    2000.0,
    100.0,
)  # N, N m of a foot: those of its noise in config/drivers/mujoco.yaml
SensorFault = Callable[[RobotState], RobotState]


@dataclass(frozen=True)
class _Tap:
    """Takes some values out of a state and puts others back."""

    get: Callable[[RobotState], np.ndarray]
    put: Callable[[RobotState, np.ndarray], RobotState]
    data: SignalData


def imu_fault(
    component: str, effect: str, severity: float, period: float, random: np.random.Generator
) -> SensorFault:
    """Of `imu`, `gyroscope` or `accelerometer`."""
    tap = _imu_tap(component, period)
    return _tapped(tap, make_signal(effect, severity, tap.data, random))


def foot_fault(
    effect: str, severity: float, feet: list[int], weight: float, random, period: float
) -> SensorFault:
    """Of the foot sensors with these rows; `weight`: N of the whole robot."""
    if effect in ("contact", "no_contact"):
        felt = np.zeros(6)
        felt[2] = weight if effect == "contact" else 0.0
        return lambda state: replace(
            state, foot_wrenches=_with_rows(state.foot_wrenches, feet, felt)
        )
    tap = _foot_tap(feet, period)
    return _tapped(tap, make_signal(effect, severity, tap.data, random))


class EncoderFault:
    """Of some joints: of their encoders, which the drives' own position loops follow, or of the bus that tells of them.

    Attributes:
        joints: (m,) places.
        position, velocity: (m,) rad, rad/s of the last sample, not finite before the first.
        on_bus: The drives are well and see their own angles; what they say of angle, speed and torque is wrong.
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
        self.joints, self.on_bus = joints, on_bus
        self.position, self.velocity = np.full((2, n), np.nan)
        ones, zeros = np.ones(n), np.zeros(n)
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
        """The state with what these encoders or this bus say."""
        j, n = self.joints, len(self.joints)
        seen = self._signal(np.concatenate((state.position[j], state.velocity[j], state.effort[j])))
        self.position, self.velocity = seen[:n], seen[n : 2 * n]
        position, velocity, effort = state.position.copy(), state.velocity.copy(), state.effort
        position[j], velocity[j] = self.position, self.velocity
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
    span = np.repeat((GYROSCOPE_SPAN, ACCELEROMETER_SPAN), 3)[keep]
    offset = np.repeat(use, 3)[keep]

    def get(state: RobotState) -> np.ndarray:
        return np.concatenate((state.angular_velocity, state.linear_acceleration))[keep]

    def put(state: RobotState, values: np.ndarray) -> RobotState:
        both = np.concatenate((state.angular_velocity, state.linear_acceleration))
        both[keep] = values
        return replace(state, angular_velocity=both[:3], linear_acceleration=both[3:])

    return _Tap(get, put, SignalData(span, offset, np.ones(len(span)), period))


def _foot_tap(feet: list[int], period: float) -> _Tap:
    span = np.tile(np.repeat((FORCE_SPAN, TORQUE_SPAN), 3), len(feet))
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
