# SPDX-License-Identifier: Apache-2.0
"""Compares IMU, encoders and foot sensors with what the legs say.

A sole that carries lies on the floor, so its leg's joint angles show how base_link leans and
turns, and its leg's torques show what the floor bears. Only soles that `soles.py` trusts count.
The floor is assumed to be level within `LEAN_RAD`. Turn rates are talus40's; a smaller robot turns
faster, in proportion to one over its time (`body_scale.py`).
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import RobotDescription
from talus_core.state import RobotState

from talus_safety.kernel.measure.body import Body, Placement
from talus_safety.kernel.measure.passed_torque import PassedTorque
from talus_safety.kernel.measure.soles import Soles
from talus_safety.kernel.measure.tilt import TiltFilter

CONSISTENCY_LOOK_PERIOD_S = 0.01  # s between two checks: each costs 0.3 ms
# rad between IMU and sole: a sound robot shows 6 degrees in a side step after a push of 20 N s
LEAN_RAD = math.radians(15.0)
LEAN_LOOKS = 6
# rad/s between gyroscope and leg: a foot that rolls or bounces differs more, but not for as long
FAST_TURN_RADPS = 3.0
FAST_TURN_LOOKS = 8
# rad/s between gyroscope and leg, for longer: 60 ms of it are seen in a side step after 20 N s
SLOW_TURN_RADPS = 1.0
SLOW_TURN_LOOKS = 10
# rad/s between gyroscope and leg about the vertical; straight steps show 0.04
SPIN_RADPS = 0.15
SPIN_LOOKS = 6
# rad/s by which the spin may vary: a foot that slips comes to rest again, and feet slip in turns
SPIN_SPREAD_RADPS = 0.12
SPIN_TURNING_RADPS = 0.35
# rad/s about any axis, for as long, while both soles lie flat and still: sound IMUs show 0.08
FLAT_TURN_RADPS = 0.2
# Share of the weight that the leg's torques show under a foot whose sensor says it is in the air.
CARRYING_LEG_OF_WEIGHT = 0.5
# Shares of the weight: what a leg's torques show at most under a foot that claims to carry, and
# what that foot's sensor must claim at least to be compared with them. 40 N and 150 N of talus40.
IDLE_LEG_OF_WEIGHT = 0.0716
CLAIMED_OF_WEIGHT = 0.2683
CONTACT_LOOKS = 10
GRAVITY_ERROR_MPS2 = 1.0  # m/s^2: twenty times the noise and bias of an industrial IMU


class ConsistencyWatch:
    """Compares each sample; `imu`, `foot` and `rest` say in words what contradicts, or nothing."""

    def __init__(self, robot: RobotDescription):
        self._body = Body(robot)
        self._soles = Soles(robot, self._body)
        self._names = tuple(foot.frame for foot in robot.feet)
        self._slower = self._body.scale.time  # than talus40: its rates times this are as talus40's
        self._passed = PassedTorque(robot, CONSISTENCY_LOOK_PERIOD_S)
        self.forget()

    def forget(self) -> None:
        """Forget all earlier checks and begin anew."""
        self.imu = self.foot = self.rest = ""
        self._lean_looks = self._fast_looks = self._slow_looks = 0
        self._contact_looks = [0, 0]
        self._turns = tuple(deque[tuple[float, ...]](maxlen=SPIN_LOOKS) for _ in self._names)

    def step(self, state: RobotState, tilt: TiltFilter, dt: float) -> None:
        """Check a sample, `dt` s after the one before, once the last check is long enough ago."""
        if not self._passed.step(state, dt):
            return
        placement = self._body.place(state.position)
        self._judge_imu(state, tilt, placement)
        if state.torque_enabled:
            self._judge_feet(state, tilt, placement)
            self.rest = ""
        else:
            self._contact_looks = [0, 0]
            self.foot = ""
            self.rest = self._judge_rest(state)

    def _judge_imu(self, state: RobotState, tilt: TiltFilter, placement: Placement) -> None:
        """Compare each axis with the foot that agrees best, since one foot may roll or tip."""
        # Least sine of the lean, and least turn rate in rad/s, about the soles' axes
        spin = math.inf
        least = np.full((2, 3), math.inf)
        flat = [0.0, 0.0]  # rad/s, turn rates about axes of soles that lie flat
        up = np.array(tilt.up)
        rate = np.array(tilt.rate)
        for foot in (0, 1):
            turns = self._turns[foot]
            wrench = state.foot_wrenches[foot].tolist()
            if not self._soles.is_still(foot, wrench):
                turns.clear()
                continue
            legs = self._body.legs[foot]
            difference = state.velocity[legs] @ placement.axis[legs] + rate
            is_fixed = self._soles.is_fixed(foot, wrench)
            turns.append((*difference, float(all(is_fixed))))
            looks = np.array(turns)
            is_long = len(turns) == SPIN_LOOKS
            spins = looks[:, :3] @ up * self._slower
            spin = min(
                spin,
                abs(float(spins.mean())) if is_long and np.ptp(spins) < SPIN_SPREAD_RADPS else 0.0,
            )
            spread = np.ptp(looks, axis=0).max() * self._slower
            if is_long and all(is_fixed) and spread < SPIN_SPREAD_RADPS:
                flat[foot] = float(np.linalg.norm(looks[:, :3].mean(axis=0)))
            rotation, _ = self._body.locate(placement, self._body.soles[foot])
            x, y, _ = (up @ rotation).tolist()
            said = np.abs(((y, x, 0.0), difference @ rotation))
            least = np.minimum(least, np.where(is_fixed, said, math.inf))
        if math.isinf(spin):
            return
        least[np.isinf(least)] = 0.0
        sine, turn = np.sqrt((least * least).sum(axis=1)).tolist()
        slower = self._slower
        lean = math.asin(min(sine, 1.0))
        self._lean_looks = self._lean_looks + 1 if lean > LEAN_RAD else 0
        self._fast_looks = self._fast_looks + 1 if slower * turn > FAST_TURN_RADPS else 0
        self._slow_looks = self._slow_looks + 1 if slower * turn > SLOW_TURN_RADPS else 0
        self.imu = ""
        if self._lean_looks >= LEAN_LOOKS:
            self.imu = f"the IMU says that the soles lean by {math.degrees(lean):.0f} degrees"
        elif self._fast_looks >= FAST_TURN_LOOKS or self._slow_looks >= SLOW_TURN_LOOKS:
            self.imu = f"gyroscope and legs differ by {turn:.1f} rad/s"
        elif spin > SPIN_RADPS and slower * abs(float(rate @ up)) < SPIN_TURNING_RADPS:
            self.imu = f"gyroscope and legs differ by {spin / slower:.1f} rad/s about the vertical"
        elif slower * min(flat) > FLAT_TURN_RADPS:
            self.imu = f"gyroscope and both legs differ by {min(flat):.1f} rad/s"

    def _judge_feet(self, state: RobotState, tilt: TiltFilter, placement: Placement) -> None:
        self.foot = ""
        weight = self._body.mass * GRAVITY_MPS2
        for foot in (0, 1):
            borne = self._soles.borne(foot, state, self._passed.mean, tilt, placement)
            said = float(state.foot_wrenches[foot, 2])
            if borne is None:
                self._contact_looks[foot] = 0
                continue
            is_silent = said < self._body.contact.off and borne > CARRYING_LEG_OF_WEIGHT * weight
            is_loud = said > CLAIMED_OF_WEIGHT * weight and borne < IDLE_LEG_OF_WEIGHT * weight
            self._contact_looks[foot] = self._contact_looks[foot] + 1 if is_silent or is_loud else 0
            if self._contact_looks[foot] >= CONTACT_LOOKS:
                self.foot = f"{self._names[foot]} says {said:.0f} N, its leg bears {borne:.0f} N"

    def _judge_rest(self, state: RobotState) -> str:
        """Judge a robot without torque: swapped axes and bad accelerometers show at rest."""
        felt = float(np.linalg.norm(state.linear_acceleration))
        if abs(felt - GRAVITY_MPS2) > GRAVITY_ERROR_MPS2:
            return f"the accelerometer says {felt:.1f} m/s^2 at rest"
        return self.imu
