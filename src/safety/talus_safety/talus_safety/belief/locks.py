# SPDX-License-Identifier: Apache-2.0
"""Finds joints that are locked: they stand although their drive gives more than they must bear.

What a joint must bear follows from what the floor presses on the sole below it, and from gravity
and the base's acceleration on the links in between. Below knee and ankles these links are light,
so that their own motion matters little; below the hips it matters much, so hips are judged over a
longer time. The load of an arm is unknown: its joints are judged by whether they go where they are
told.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_safety.kernel.measure.body import Body

LOCK_LOOK_PERIOD_S = 0.01  # s between two checks, over which all is averaged: 0.15 ms each
FRICTION_OF_PEAK = 0.05  # share of the peak torque that a sound joint bears, at most, by friction
LOCK_OF_FRICTION = 1.6  # what a locked joint bears over that
# rad from the end of a joint's range: the stop may bear the load there, soft stops even before
RANGE_END_MARGIN_RAD = 0.05
LOCKED_JOINT_RADPS = 0.03  # rad/s in the mean: three times the noise
# Checks in a row; in hard shoves sound knees and ankles show 1, hips 6.
LOCK_LOOKS = 3
HIP_LOCK_LOOKS = 8

STALL_SPEED_RADPS = 0.1  # rad/s: a joint that is slower counts as not moving
# rad that a joint was told to go and did not, within s: a third more than sound elbows need
STALL_WAY_RAD = 0.085
STALL_MEMORY_S = 0.2


class LockWatch:
    """Judges the legs in each tick with torque; `fault` is empty or names the locked joint."""

    def __init__(self, robot: RobotDescription, body: Body, period: float):
        limits = robot.limits
        self._body = body
        # N m that a sound joint bears by itself while it hardly moves
        friction = np.maximum(
            FRICTION_OF_PEAK * limits.effort, limits.friction + LOCKED_JOINT_RADPS * limits.damping
        )
        self._bears = LOCK_OF_FRICTION * friction
        self._low = limits.lower[body.legs] + RANGE_END_MARGIN_RAD
        self._high = limits.upper[body.legs] - RANGE_END_MARGIN_RAD
        self._names = robot.joint_names
        self._ticks = max(1, round(LOCK_LOOK_PERIOD_S / period))
        self._needed = np.full(body.legs.shape, LOCK_LOOKS)
        # First joints of a leg; the very first is not judged: the other leg's swing twists it.
        self._hip_joints = len(robot.legs[0].hip)
        self._needed[:, : self._hip_joints] = HIP_LOCK_LOOKS
        self.relax()

    def relax(self) -> None:
        """Judge anew: torque is off."""
        self.fault = ""
        self._looks = np.zeros(self._body.legs.shape, dtype=int)
        self._forget()

    def step(self, state: RobotState, doubted: Sequence[bool] = (False, False)) -> None:
        """Judge one tick.

        Args:
            state: State as it is believed.
            doubted: Feet whose sensors say nothing about their legs.
        """
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
        self._force = np.zeros(3)
        self._wrenches = np.zeros((2, 6))
        self._doubted = np.zeros(2, dtype=bool)

    def _look(self, position: np.ndarray) -> None:
        body = self._body
        legs = self._body.legs
        angle = position[legs]
        rests = (
            (np.abs(self._speed[legs]) < LOCKED_JOINT_RADPS * self._ticks)
            & (self._low < angle)
            & (angle < self._high)
        )
        rests[:, 0] = False
        rests[self._doubted] = False
        rests[:, self._hip_joints :] &= self._wrenches[:, 2:3] > 2.0 * body.contact.on * self._ticks
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
                np.abs(self._torque[legs[foot]] - needed) > self._ticks * self._bears[legs[foot]]
            )
        self._looks = (self._looks + 1) * rests
        found = legs[self._looks >= self._needed]
        if len(found):
            self.fault = self.fault or f"{self._names[found[0]]} is locked"


class StallWatch:
    """Judges joints without weight to carry, in each tick with torque.

    `fault` is empty or names the joint that is locked, until `relax` is called.
    """

    def __init__(self, robot: RobotDescription, period: float):
        self._names = robot.joint_names
        self._period = period
        self._keep = 1.0 - period / STALL_MEMORY_S
        self._is_judged = np.ones(len(self._names), dtype=bool)
        self._is_judged[robot.indices("left_leg", "right_leg", "torso")] = False
        self.relax()

    def relax(self) -> None:
        """Judge anew: torque is off."""
        self.fault = ""
        self._way = np.zeros(len(self._names))  # rad that joints were told to go and did not

    def step(self, state: RobotState, sent: JointCommand | None) -> None:
        """Judge one tick.

        Args:
            state: State as it is believed.
            sent: Command that the drives followed since the tick before; None where it is unknown.
        """
        if sent is not None:
            self._way = self._keep * self._way + self._period * sent.velocity
        self._way *= (np.abs(state.velocity) < STALL_SPEED_RADPS) & self._is_judged
        if np.abs(self._way).max() > STALL_WAY_RAD:
            self.fault = self.fault or f"{self._names[int(np.abs(self._way).argmax())]} is locked"
