# SPDX-License-Identifier: Apache-2.0
"""Does a leg's joint that does not turn bear more than its drive gives it? Then it is locked, and the lock bears it.

What a joint must bear follows from what the floor presses on the sole below it and from what gravity and the base's
acceleration pull at the links in between: light ones, so that their own motion says little in knee and ankles, and
much in the hips, who must say it for longer. Nobody weighed what an arm bears: it is judged by the way that it was told
to go, and did not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.stance import CONTACT_ON

EVERY = 0.01  # s between looks, over which all is averaged: 0.15 ms each
BEARS = 0.08  # of the peak: dry friction of a sound joint bears 0.05
AT_STOP = 0.05  # rad from the end of its range: there the stop may bear it, soft ones from before
RESTS = 0.03  # rad/s on average: three times the noise
LOOKS, HIP_LOOKS = 3, 8  # in a row; in hard shoves sound knees and ankles show 1, hips 6
HIPS = 3  # joints of a leg that come first; yaw is not judged: the other leg's swing twists it

STALLS = 0.1  # rad/s: slower than this a joint goes no way at all
WAY, FORGOTTEN_IN = (
    0.085,
    0.2,
)  # rad, and s: a third more than sound elbows are told before they get going


class LockWatch:
    """`step` per tick with torque; then `fault` is empty or names the joint, until `relax`."""

    def __init__(self, robot: RobotDescription, body: Body, period: float):
        limits = robot.limits
        self._body, self._effort = body, limits.effort
        self._low, self._high = limits.lower[body.legs] + AT_STOP, limits.upper[body.legs] - AT_STOP
        self._names = robot.joint_names
        self._ticks = max(1, round(EVERY / period))
        self._needed = np.full(body.legs.shape, LOOKS)
        self._needed[:, :HIPS] = HIP_LOOKS
        self.relax()

    def relax(self) -> None:
        """Torque is off: judge anew."""
        self.fault = ""
        self._looks = np.zeros(self._body.legs.shape, dtype=int)
        self._forget()

    def step(self, state: RobotState, doubted: Sequence[bool] = (False, False)) -> None:
        """Judge a tick; `state` as it is believed, `doubted`: feet whose sensors say nothing about their legs."""
        self._doubted |= doubted
        self._speed += state.velocity
        self._torque += state.effort
        self._force += state.linear_acceleration
        self._wrenches += state.foot_wrenches
        self._seen += 1
        if self._seen == self._ticks:
            self._look(state.position)
            self._forget()

    def _forget(self) -> None:
        self._seen = 0
        self._speed, self._torque = np.zeros((2, self._body.size))
        self._force, self._wrenches = np.zeros(3), np.zeros((2, 6))
        self._doubted = np.zeros(2, dtype=bool)

    def _look(self, position: np.ndarray) -> None:
        body, legs = self._body, self._body.legs
        angle = position[legs]
        rests = (
            (np.abs(self._speed[legs]) < RESTS * self._ticks)
            & (self._low < angle)
            & (angle < self._high)
        )
        rests[:, 0] = False
        rests[self._doubted] = False
        rests[:, HIPS:] &= self._wrenches[:, 2:3] > 2.0 * CONTACT_ON * self._ticks
        if not rests.any():
            self._looks[:] = 0
            return
        placement = body.place(position)
        held = body.gravity_torque(placement, -(body.imu.rotation @ self._force))
        for foot in (0, 1):
            rotation, _ = body.locate(placement, body.soles[foot])
            wrench = (self._wrenches[foot].reshape(2, 3) @ rotation.T).ravel()
            needed = held[legs[foot]] - body.wrench_to_torque(placement, foot) @ wrench
            rests[foot] &= (
                np.abs(self._torque[legs[foot]] - needed)
                > BEARS * self._ticks * self._effort[legs[foot]]
            )
        self._looks = (self._looks + 1) * rests
        found = legs[self._looks >= self._needed]
        if len(found):
            self.fault = self.fault or f"{self._names[found[0]]} is locked"


class StallWatch:
    """`step` per tick with torque; then `fault` is empty or names a joint that carries nothing, until `relax`."""

    def __init__(self, robot: RobotDescription, period: float):
        self._names, self._period = robot.joint_names, period
        self._keep = 1.0 - period / FORGOTTEN_IN
        self._is_judged = np.ones(len(self._names), dtype=bool)
        self._is_judged[robot.indices("left_leg", "right_leg", "torso")] = False
        self.relax()

    def relax(self) -> None:
        """Torque is off: judge anew."""
        self.fault = ""
        self._way = np.zeros(len(self._names))  # rad, told and not gone

    def step(self, state: RobotState, sent: JointCommand | None) -> None:
        """Judge a tick; `sent`: what the drives followed since the tick before, None where that is not known."""
        if sent is not None:
            self._way = self._keep * self._way + self._period * sent.velocity
        self._way *= (np.abs(state.velocity) < STALLS) & self._is_judged
        if np.abs(self._way).max() > WAY:
            self.fault = self.fault or f"{self._names[int(np.abs(self._way).argmax())]} is locked"
