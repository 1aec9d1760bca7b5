# SPDX-License-Identifier: Apache-2.0
"""Are the foot sensors sound, and what does a foot bear whose sensor is not? By the weight, in every control tick.

What the floor bears is the mass times gravity and the acceleration of the centre of mass: what the accelerometer feels
upwards, and how the centre of mass moves against it by encoders and gyroscope. In a body that is shoved hard, turns and
swings its legs, the two differ by more than gravity. Where the weight at rest agrees with the feet, it is the
accelerometer that is wrong.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import RobotDescription
from talus_core.state import RobotState

from talus_safety.kernel.measure.body import Body, cross
from talus_safety.kernel.measure.tilt import Vertical

STUCK_TICKS, DITHERS_AFTER = 8, 50  # as of the encoders
EVERY = 0.01  # s between looks: 0.2 ms each
SMOOTH = 0.02  # s: a touchdown's shock is shorter
OFF = 0.3  # of the weight, between what both feet say and what they must bear; shoves of 1.1 m/s show 0.28
FOOT_LOOKS, IMU_LOOKS = 8, 4
STOOD_LOOKS, UPRIGHT = (
    50,
    0.87,
)  # in a row with the weight on the feet, and cosine of the tilt: who gets up has hands
CARRIED, CARRIED_IN = (
    0.15,
    1.0,
)  # of the weight at most, and s until it counts as a load in the hands, not as an error
LEAST = 0.15  # of the weight, that is left to a foot by the other one's error alone


class FootRepair:
    """`step` per tick with torque; then `fault` is empty while both sensors are sound. One that is not is replaced.

    Attributes:
        doubts_imu: Both feet bear the weight, and the accelerometer says that they cannot.
        doubted: Of the feet: its sensor is not sound, or at this tick repeats itself.
    """

    def __init__(self, robot: RobotDescription, body: Body, period: float):
        self._body = body
        self._ticks = max(1, round(EVERY / period))
        self._span = self._ticks * period
        self._blend = 1.0 - math.exp(-self._span / SMOOTH)
        self._names = tuple(foot.frame for foot in robot.feet)
        self._weight = body.mass * GRAVITY_MPS2
        self.relax()

    def relax(self) -> None:
        """Torque is off: both are believed anew."""
        self.fault = ""
        self._sick: int | None = None
        self._last: np.ndarray | None = None
        self.doubted = [False, False]
        self._equal, self._changes = [0, 0], [0, 0]
        self._ticks_seen, self._sums = 0, [0.0, 0.0]
        self._rise: float | None = None  # m/s
        self._excess, self._off_looks = [0.0, 0.0], [0, 0]
        self._stood_looks, self._has_stood = 0, False
        self._carried = 0.0  # of the weight, in the hands
        self.doubts_imu = False

    def step(self, state: RobotState, tilt: Vertical, trusts_imu: bool) -> RobotState:
        """The state as it is believed; `tilt`: of the tick before."""
        felt = self._weight
        if trusts_imu:
            felt = self._body.mass * float(
                np.array(tilt.up) @ self._body.imu.rotation @ state.linear_acceleration
            )
        if self._sick is None:
            self._find_stuck(state.foot_wrenches)
            self._find_off(state, tilt, felt, trusts_imu)
        if self._sick is None:
            return state
        wrenches = np.zeros((2, 6))
        wrenches[1 - self._sick] = state.foot_wrenches[1 - self._sick]
        wrenches[self._sick, 2] = max(
            felt - wrenches[1 - self._sick, 2] - LEAST * self._weight, 0.0
        )
        return replace(state, foot_wrenches=wrenches)

    def _find_stuck(self, wrenches: np.ndarray) -> None:
        """The same again and again, from a sensor with noise."""
        last, self._last = self._last, wrenches
        repeats = (
            (False, False)
            if last is None
            else np.logical_and.reduce(last == wrenches, axis=1).tolist()
        )
        for foot, is_equal in enumerate(repeats):
            self._equal[foot] = self._equal[foot] + 1 if is_equal else 0
            dithers = self._changes[foot] >= DITHERS_AFTER
            self._changes[foot] = (
                self._changes[foot] + 1 if not is_equal else self._changes[foot] * dithers
            )
            self.doubted[foot] = is_equal and dithers
            if dithers and self._equal[foot] >= STUCK_TICKS:
                self._blame(foot, "repeats itself")

    def _find_off(self, state: RobotState, tilt: Vertical, felt: float, trusts_imu: bool) -> None:
        """Both together say more or less than the floor can bear, by the accelerometer and by the weight at rest."""
        said = float(state.foot_wrenches[0, 2]) + float(state.foot_wrenches[1, 2])
        by_felt, by_weight = self._sums
        self._sums = [by_felt + (said - felt) / self._weight, by_weight + said / self._weight - 1.0]
        self._ticks_seen += 1
        if self._ticks_seen < self._ticks:
            return
        gained = self._gained(state, tilt) if trusts_imu else 0.0
        excess = self._sums[0] / self._ticks - gained, self._sums[1] / self._ticks
        self._ticks_seen, self._sums = 0, [0.0, 0.0]
        self._excess = [
            old + self._blend * (new - old) for old, new in zip(self._excess, excess, strict=True)
        ]
        self._judge(state, tilt)

    def _gained(self, state: RobotState, tilt: Vertical) -> float:
        """By how much the centre of mass sped up against the IMU since the last look, upwards, in parts of gravity."""
        body, up = self._body, np.array(tilt.up)
        placement = body.place(state.position)
        turning = cross(np.array(tilt.rate), body.centre_of_mass(placement) - body.imu.origin)
        last, self._rise = (
            self._rise,
            float(up @ (body.centre_velocity(placement, state.velocity) + turning)),
        )
        return 0.0 if last is None else (self._rise - last) / (GRAVITY_MPS2 * self._span)

    def _judge(self, state: RobotState, tilt: Vertical) -> None:
        """A look."""
        by_felt, by_weight = (excess - self._carried for excess in self._excess)
        if max(map(abs, self._excess)) < CARRIED:
            self._carried += self._span / CARRIED_IN * by_felt
        self._stood_looks = (
            self._stood_looks + 1 if abs(by_felt) < OFF and tilt.up[2] > UPRIGHT else 0
        )
        self._has_stood = tilt.up[2] > UPRIGHT and (
            self._has_stood or self._stood_looks >= STOOD_LOOKS
        )
        feet_are_off = min(abs(by_felt), abs(by_weight)) > OFF and by_felt * by_weight > 0.0
        imu_is_off = abs(by_felt) > OFF > 1.5 * math.copysign(by_weight, by_felt * by_weight)
        self._off_looks = [
            (looks + self._has_stood) * is_off
            for looks, is_off in zip(self._off_looks, (feet_are_off, imu_is_off), strict=True)
        ]
        self.doubts_imu = self._off_looks[1] >= IMU_LOOKS
        if self._off_looks[0] >= FOOT_LOOKS:
            borne = [_borne(self._body, foot, state, tilt) for foot in (0, 1)]
            wrong = math.copysign(1.0, by_felt) * (state.foot_wrenches[:, 2] - borne)
            if wrong.max() > OFF * self._weight:  # else hands or a seat share the load
                self._blame(int(np.argmax(wrong)), f"is off by {abs(by_felt) * self._weight:.0f} N")

    def _blame(self, foot: int, what: str) -> None:
        if self._sick is None:
            self._sick, self.fault = foot, f"{self._names[foot]} {what}"
            self.doubted[foot] = True


def _borne(body: Body, foot: int, state: RobotState, tilt: Vertical) -> float:
    """N upwards on a sole by its leg's torques, in statics."""
    up, legs = np.array(tilt.up), body.legs[foot]
    placement = body.place(state.position)
    gravity = body.gravity_torque(placement, -GRAVITY_MPS2 * up)
    wrench_to_torque = body.wrench_to_torque(placement, foot)
    return float(
        np.linalg.lstsq(wrench_to_torque, gravity[legs] - state.effort[legs], rcond=0.02)[0][:3]
        @ up
    )
