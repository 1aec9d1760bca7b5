# SPDX-License-Identifier: Apache-2.0
"""Where a joint is whose encoder is not believed any more, and how its drive is commanded all the same.

After a jump the encoder is right but for that jump. One that repeats itself is replaced: while its foot carries, the
sole lies on the floor, so vertical and turn rate say how far the joint is bent; in the air the drive's own torque says
how it moves. An encoder that speaks again is believed again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np
from talus_core.physics import GRAVITY_MPS2
from talus_core.state import JointCommand, RobotState

from talus_safety.kernel.judge.monitors import STUCK_TICKS, DriveMonitor
from talus_safety.kernel.measure.body import Body, Placement, cross
from talus_safety.kernel.measure.stance import CONTACT_ON
from talus_safety.kernel.measure.tilt import Vertical

SPEAKS_TICKS = (
    5  # in a row in which an encoder that was stuck says something new: its drive is back
)
HELD = 3  # blind joints of a leg from which on its drives are taken to hold where they were: its bus is gone
SEEN = 0.02  # s in which a blind joint follows what the sole says
TELLS = (
    0.3  # of a joint's axis across the sole's normal: a yaw joint says nothing about the vertical
)
ROTOR = 0.05  # kg m^2 seen at the joint: those of talus40's legs have 0.015 to 0.06
SPREAD = 1.2  # of the inertia of what a joint carries, over that of its mass in one point


class JointRepair:
    """`step` per tick, after the monitor's; `command` for what the drives get. Sound joints pass as they are."""

    def __init__(self, body: Body, effort: np.ndarray, period: float):
        """`effort`: (n,) N m, peak."""
        self._body, self._effort, self._period = body, effort, period
        self._leg_of = {int(joint): foot for foot in (0, 1) for joint in body.legs[foot]}
        self.relax()

    def relax(self) -> None:
        """Torque is off: encoders are believed anew."""
        self.offset: np.ndarray | None = None  # (n,) rad that the encoders say too much
        self._angle: dict[int, float] = {}  # rad, of blind joints
        self._speed: dict[int, float] = {}
        self._speaks: dict[
            int, int
        ] = {}  # ticks in a row in which a blind joint's encoder says something new
        self._before: deque[RobotState] = deque(maxlen=STUCK_TICKS + 1)

    @property
    def held(self) -> tuple[bool, bool]:
        """Legs whose bus is gone: their drives hold where they were and hear nothing."""
        blind = [self._leg_of[joint] for joint in self._angle]
        return blind.count(0) >= HELD, blind.count(1) >= HELD

    def step(self, state: RobotState, drives: DriveMonitor, tilt: Vertical) -> RobotState:
        """The state as it is believed; `tilt`: of the tick before."""
        last = self._before[-1] if self._before else state
        self._before.append(state)
        jumped = drives.jumped
        if self._angle:
            jumped = jumped.copy()
            jumped[list(self._angle)] = False  # to where it is, after it was stuck
        if np.count_nonzero(jumped):
            moved = np.where(
                jumped, state.position - last.position - self._period * last.velocity, 0.0
            )
            self.offset = moved if self.offset is None else self.offset + moved
        self._listen(state, last, drives)
        for joint in np.flatnonzero(drives.stuck).tolist():
            if joint in self._leg_of and joint not in self._angle:
                self._speed[joint] = float(self._before[0].velocity[joint])
                self._angle[joint] = (
                    float(state.position[joint]) + STUCK_TICKS * self._period * self._speed[joint]
                )
        if self.offset is None and not self._angle:
            return state
        position, velocity = state.position.copy(), state.velocity.copy()
        if self.offset is not None:
            position -= self.offset
        for joint in self._blind():
            position[joint], velocity[joint] = self._angle[joint], self._speed[joint]
        for foot, is_held in enumerate(self.held):
            if is_held:
                velocity[self._body.legs[foot]] = 0.0
        placement = self._body.place(position)
        for joint in self._blind():
            self._follow(joint, state, velocity, placement, tilt)
            position[joint], velocity[joint] = self._angle[joint], self._speed[joint]
        return replace(state, position=position, velocity=velocity)

    def command(self, command: JointCommand, believed: RobotState) -> JointCommand:
        """For drives that see what their encoders say."""
        if self.offset is None and not self._angle:
            return command
        position, effort, kp, kd = (
            command.position.copy(),
            command.effort.copy(),
            command.kp.copy(),
            command.kd.copy(),
        )
        if self.offset is not None:
            position += self.offset
        blind = self._blind()
        pull = command.kp * (command.position - believed.position) + command.kd * (
            command.velocity - believed.velocity
        )
        effort[blind] = np.clip(
            effort[blind] + pull[blind], -self._effort[blind], self._effort[blind]
        )
        kp[blind] = kd[blind] = 0.0
        return command.with_(position=position, effort=effort, kp=kp, kd=kd)

    def _listen(self, state: RobotState, last: RobotState, drives: DriveMonitor) -> None:
        """Believe an encoder again that goes on: a drive that rebooted, or a bus that is back."""
        for joint in list(self._angle):
            is_new = state.position[joint] != last.position[joint]
            self._speaks[joint] = self._speaks.get(joint, 0) + 1 if is_new else 0
            if self._speaks[joint] >= SPEAKS_TICKS:
                del self._angle[joint], self._speed[joint], self._speaks[joint]
                drives.stuck[joint] = False

    def _blind(self) -> list[int]:
        """Joints that are followed; those of a leg whose drives hold are left where they were."""
        held = self.held
        return [joint for joint in self._angle if not held[self._leg_of[joint]]]

    def _follow(
        self,
        joint: int,
        state: RobotState,
        velocity: np.ndarray,
        placement: Placement,
        tilt: Vertical,
    ) -> None:
        """One tick on."""
        foot, axis, dt = self._leg_of[joint], placement.axis[joint], self._period
        normal = self._body.locate(placement, self._body.soles[foot])[0][:, 2]
        across = cross(axis, normal)
        if state.foot_wrenches[foot, 2] > 2.0 * CONTACT_ON and across @ across > TELLS:
            bend = float(across @ (np.array(tilt.up) - normal)) / float(across @ across)
            legs = self._body.legs[foot]
            others = velocity[legs] @ placement.axis[legs] - velocity[joint] * axis
            self._speed[joint] = -float(axis @ (np.array(tilt.rate) + others))
            self._angle[joint] += dt * self._speed[joint] + min(dt / SEEN, 1.0) * bend
            return
        carried = float(self._body.carried_mass[joint + 1])
        arm = cross(axis, placement.moment[joint + 1] / carried - placement.origin[joint + 1])
        inertia = SPREAD * carried * float(arm @ arm) + ROTOR
        held = float(self._body.gravity_torque(placement, -GRAVITY_MPS2 * np.array(tilt.up))[joint])
        self._speed[joint] += dt * (float(state.effort[joint]) - held) / inertia
        self._angle[joint] += dt * self._speed[joint]
