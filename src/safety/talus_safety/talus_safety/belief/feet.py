# SPDX-License-Identifier: Apache-2.0
"""Judges in every control tick whether the foot sensors are sound, by the weight they must bear.

The floor bears the mass times the acceleration that the accelerometer feels upwards, plus the
acceleration of the centre of mass against the IMU, by encoders and gyroscope. In a body that is
shoved hard, turns and swings its legs, that second part exceeds gravity. Where the weight at rest
agrees with the feet, the accelerometer is wrong.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import RobotDescription
from talus_core.rotations import cross
from talus_core.state import RobotState

from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.passed_torque import PassedTorque
from talus_safety.kernel.measure.tilt import Vertical

# Ticks of equal samples, and ticks of different samples before, as in `drive_checks.py`.
FOOT_STUCK_TICKS = 8
FOOT_DITHER_TICKS = 50
FOOT_LOOK_PERIOD_S = 0.01  # s between two checks: each costs 0.2 ms
FOOT_LOAD_SMOOTHING_S = 0.02  # s: a touchdown's shock is shorter
# Share of the weight between what both feet say and what they must bear; shoves of 1.1 m/s show
# 0.28.
FOOT_ERROR_OF_WEIGHT = 0.3
FOOT_ERROR_LOOKS = 8
IMU_ERROR_LOOKS = 4
# Checks in a row with the weight on the feet and the trunk this upright (cosine of the tilt): a
# robot that gets up also leans on its hands.
STOOD_LOOKS = 50
STOOD_UP_COSINE = 0.87
# Largest share of the weight, and s after which such an excess counts as a load in the hands.
HAND_LOAD_OF_WEIGHT = 0.15
HAND_LOAD_LEARNING_S = 1.0
# Share of a leg's largest lever below which it shows no force: a straight one, along itself.
STRAIGHT_LEG_SHARE = 0.02
# Share of the weight on a foot that the other foot's error alone explains.
FOOT_SHARE_LEFT_OF_WEIGHT = 0.15


class RepeatCheck:
    """Finds foot sensors that have noise and yet repeat themselves.

    Attributes:
        doubted: Which sensors repeat themselves at this tick, or are not sound.
    """

    def __init__(self) -> None:
        self.doubted = [False, False]
        self._last: np.ndarray | None = None
        self._equal = [0, 0]
        self._changes = [0, 0]

    def find(self, wrenches: np.ndarray) -> list[int]:
        """Return the feet that have repeated themselves for long enough.

        Args:
            wrenches: Force, N, and moment, N m, of each foot sensor at this tick, (2, 6).
        """
        last = self._last
        self._last = wrenches
        repeats = (
            (False, False)
            if last is None
            else np.logical_and.reduce(last == wrenches, axis=1).tolist()
        )
        stuck = []
        for foot, is_equal in enumerate(repeats):
            self._equal[foot] = self._equal[foot] + 1 if is_equal else 0
            dithers = self._changes[foot] >= FOOT_DITHER_TICKS
            self._changes[foot] = (
                self._changes[foot] + 1 if not is_equal else self._changes[foot] * dithers
            )
            self.doubted[foot] = is_equal and dithers
            if dithers and self._equal[foot] >= FOOT_STUCK_TICKS:
                stuck.append(foot)
        return stuck


class WeightCheck:
    """Compares what both feet say with what they must bear.

    That load follows from the accelerometer, and at rest from the weight.

    Attributes:
        doubts_imu: Whether both feet bear the weight and the accelerometer contradicts them.
        by_felt: Excess of the feet's force over what is felt, less the load in the hands, as a
            share of the weight.
    """

    def __init__(self, body: Body, period: float):
        self._body = body
        self._weight = body.mass * GRAVITY_MPS2
        self._ticks = max(1, round(FOOT_LOOK_PERIOD_S / period))
        self._span = self._ticks * period
        self._blend = 1.0 - math.exp(-self._span / FOOT_LOAD_SMOOTHING_S)
        self.doubts_imu = False
        self.by_felt = 0.0
        self._ticks_seen = 0
        self._sums = [0.0, 0.0]
        self._rise: float | None = None  # m/s, upward speed of the centre of mass against the IMU
        self._excess = [0.0, 0.0]
        self._off_looks = [0, 0]
        self._stood_looks = 0
        self._has_stood = False
        self._carried = 0.0  # load in the hands, as a share of the weight

    def are_feet_off(
        self, state: RobotState, tilt: Vertical, felt: float, trusts_imu: bool
    ) -> bool:
        """Take in a tick, and return whether a foot sensor has been wrong for long enough.

        Args:
            state: State of this tick.
            tilt: Vertical and turn rate.
            felt: Vertical force that the feet feel, N.
            trusts_imu: Whether the IMU is trusted.
        """
        said = float(state.foot_wrenches[0, 2]) + float(state.foot_wrenches[1, 2])
        by_felt, by_weight = self._sums
        self._sums = [by_felt + (said - felt) / self._weight, by_weight + said / self._weight - 1.0]
        self._ticks_seen += 1
        if self._ticks_seen < self._ticks:
            return False
        gained = self._gained(state, tilt) if trusts_imu else 0.0
        excess = (self._sums[0] / self._ticks - gained, self._sums[1] / self._ticks)
        self._ticks_seen = 0
        self._sums = [0.0, 0.0]
        self._excess = [
            old + self._blend * (new - old) for old, new in zip(self._excess, excess, strict=True)
        ]
        return self._judge(tilt)

    def _gained(self, state: RobotState, tilt: Vertical) -> float:
        """Return the mean acceleration of the centre of mass against the IMU since a check, g."""
        body = self._body
        up = np.array(tilt.up)
        placement = body.place(state.position)
        turning = cross(np.array(tilt.rate), body.centre_of_mass(placement) - body.imu.origin)
        last = self._rise
        rise = float(up @ (body.centre_velocity(placement, state.velocity) + turning))
        self._rise = rise
        return 0.0 if last is None else (rise - last) / (GRAVITY_MPS2 * self._span)

    def _judge(self, tilt: Vertical) -> bool:
        """Judge the means: return whether the feet are off; `doubts_imu` tells about the IMU."""
        by_felt, by_weight = (excess - self._carried for excess in self._excess)
        if max(map(abs, self._excess)) < HAND_LOAD_OF_WEIGHT:
            self._carried += self._span / HAND_LOAD_LEARNING_S * by_felt
        is_upright = tilt.up[2] > STOOD_UP_COSINE
        self._stood_looks = (
            self._stood_looks + 1 if abs(by_felt) < FOOT_ERROR_OF_WEIGHT and is_upright else 0
        )
        self._has_stood = is_upright and (self._has_stood or self._stood_looks >= STOOD_LOOKS)
        feet_are_off = (
            min(abs(by_felt), abs(by_weight)) > FOOT_ERROR_OF_WEIGHT and by_felt * by_weight > 0.0
        )
        imu_is_off = (
            abs(by_felt)
            > FOOT_ERROR_OF_WEIGHT
            > 1.5 * math.copysign(by_weight, by_felt * by_weight)
        )
        self._off_looks = [
            (looks + self._has_stood) * is_off
            for looks, is_off in zip(self._off_looks, (feet_are_off, imu_is_off), strict=True)
        ]
        self.doubts_imu = self._off_looks[1] >= IMU_ERROR_LOOKS
        self.by_felt = by_felt
        return self._off_looks[0] >= FOOT_ERROR_LOOKS


class FootRepair:
    """Replaces a foot sensor that is not sound; `fault` is empty while both are sound.

    Call `step` in every tick with torque.
    """

    def __init__(self, robot: RobotDescription, body: Body, period: float):
        self._body = body
        self._period = period
        self._names = tuple(foot.frame for foot in robot.feet)
        self._weight = body.mass * GRAVITY_MPS2
        self._robot = robot
        self.relax()

    def relax(self) -> None:
        """Believe both sensors anew: torque is off."""
        self.fault = ""
        self._sick: int | None = None
        self._repeats = RepeatCheck()
        self._weights = WeightCheck(self._body, self._period)
        self._passed = PassedTorque(self._robot, FOOT_LOOK_PERIOD_S)

    @property
    def doubted(self) -> list[bool]:
        """Tell for each foot whether its sensor is not sound, or repeats itself at this tick."""
        return self._repeats.doubted

    @property
    def doubts_imu(self) -> bool:
        """Tell whether both feet bear the weight and the accelerometer contradicts them."""
        return self._weights.doubts_imu

    def step(self, state: RobotState, tilt: Vertical, trusts_imu: bool) -> RobotState:
        """Return the state as it is believed; `tilt` is the vertical of the tick before."""
        felt = self._weight
        if trusts_imu:
            felt = self._body.mass * float(
                np.array(tilt.up) @ self._body.imu.rotation @ state.linear_acceleration
            )
        if self._sick is None:
            self._passed.step(state, self._period)
            for foot in self._repeats.find(state.foot_wrenches):
                self._blame(foot, "repeats itself")
            if self._weights.are_feet_off(state, tilt, felt, trusts_imu):
                self._blame_worse(state, tilt)
        if self._sick is None:
            return state
        wrenches = np.zeros((2, 6))
        wrenches[1 - self._sick] = state.foot_wrenches[1 - self._sick]
        wrenches[self._sick, 2] = max(
            felt - wrenches[1 - self._sick, 2] - FOOT_SHARE_LEFT_OF_WEIGHT * self._weight, 0.0
        )
        return replace(state, foot_wrenches=wrenches)

    def _blame_worse(self, state: RobotState, tilt: Vertical) -> None:
        """Blame the foot that differs most from what its leg bears, if it differs much.

        If neither does, hands or a seat share the load.
        """
        by_felt = self._weights.by_felt
        passed = self._passed.mean
        borne = [_borne(self._body, foot, state, passed, tilt) for foot in (0, 1)]
        wrong = math.copysign(1.0, by_felt) * (state.foot_wrenches[:, 2] - borne)
        if wrong.max() > FOOT_ERROR_OF_WEIGHT * self._weight:
            self._blame(int(np.argmax(wrong)), f"is off by {abs(by_felt) * self._weight:.0f} N")

    def _blame(self, foot: int, what: str) -> None:
        if self._sick is None:
            self._sick = foot
            self.fault = f"{self._names[foot]} {what}"
            self._repeats.doubted[foot] = True


def _borne(body: Body, foot: int, state: RobotState, passed: np.ndarray, tilt: Vertical) -> float:
    """Return the upward force on a sole that torques `passed` (n,) show in statics, N."""
    up = np.array(tilt.up)
    legs = body.legs[foot]
    placement = body.place(state.position)
    gravity = body.gravity_torque(placement, -GRAVITY_MPS2 * up)
    # Forces count by their torque at the body's own length, so that they are as large as moments.
    forces_to_torque = body.wrench_to_torque(placement, foot)
    forces_to_torque[:, :3] /= body.scale.length
    held = gravity[legs] - passed[legs]
    forces = np.linalg.lstsq(forces_to_torque, held, rcond=STRAIGHT_LEG_SHARE)[0][:3]
    return float(forces @ up) / body.scale.length
