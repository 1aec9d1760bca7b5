# SPDX-License-Identifier: Apache-2.0
"""Follows joints whose encoder is not believed any more, and still commands their drives.

After a jump the encoder is right except for that jump. One that repeats itself is replaced: while
its foot carries, the sole lies on the floor, so vertical and turn rate show how far the joint is
bent; in the air the drive's own torque shows how it moves. An encoder that gives new values again
is believed again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np
from talus_core.physics import GRAVITY_MPS2
from talus_core.rotations import cross
from talus_core.state import JointCommand, RobotState

from talus_safety.kernel.judge.drive_checks import ENCODER_STUCK_TICKS
from talus_safety.kernel.judge.drive_monitor import DriveMonitor
from talus_safety.kernel.measure.body import Body, Placement
from talus_safety.kernel.measure.tilt import Vertical

# Ticks in a row in which a stuck encoder gives new values: its drive is back.
ENCODER_RETURN_TICKS = 5
# Blind joints of a leg from which on its bus counts as lost: its drives then hold their position.
BUS_LOST_JOINTS = 3
BLIND_JOINT_FOLLOW_S = 0.02  # s in which a blind joint's estimate follows what the sole shows
# Least squared sine between a joint's axis and the sole's normal: the vertical shows no yaw.
SEEN_AXIS_SINE_SQUARED = 0.3
BLIND_ROTOR_INERTIA_KGM2 = (
    0.05  # kg m^2 at the joint: the drives of talus40's legs have 0.015 to 0.06
)
# Inertia of what a joint carries, over the inertia of the same mass in one point.
INERTIA_SPREAD_FACTOR = 1.2


class JointRepair:
    """Repairs each tick's state after the monitor, and each command to suit the drives' encoders.

    Sound joints pass unchanged.
    """

    def __init__(self, body: Body, effort: np.ndarray, period: float):
        """Begin with sound joints; `effort` is the peak torque (n,), N m."""
        self._body = body
        self._effort = effort
        self._period = period
        self._leg_of = {int(joint): foot for foot in (0, 1) for joint in body.legs[foot]}
        self.relax()

    def relax(self) -> None:
        """Believe all encoders anew: torque is off."""
        self.offset: np.ndarray | None = None  # (n,) rad by which the encoders read too much
        self._angle: dict[int, float] = {}  # rad, by blind joint
        self._speed: dict[int, float] = {}
        self._speaks: dict[
            int, int
        ] = {}  # by blind joint, ticks in a row in which its encoder gave new values
        self._before: deque[RobotState] = deque(maxlen=ENCODER_STUCK_TICKS + 1)

    @property
    def held(self) -> tuple[bool, bool]:
        """Tell which legs have lost their bus: their drives hold and receive nothing."""
        blind = [self._leg_of[joint] for joint in self._angle]
        return blind.count(0) >= BUS_LOST_JOINTS, blind.count(1) >= BUS_LOST_JOINTS

    def step(self, state: RobotState, drives: DriveMonitor, tilt: Vertical) -> RobotState:
        """Return the state as it is believed; `tilt` is the vertical of the tick before."""
        last = self._before[-1] if self._before else state
        self._before.append(state)
        jumped = drives.findings.jumped
        if self._angle:
            jumped = jumped.copy()
            jumped[list(self._angle)] = False  # a stuck encoder that is back jumps to its angle
        if np.count_nonzero(jumped):
            moved = np.where(
                jumped, state.position - last.position - self._period * last.velocity, 0.0
            )
            self.offset = moved if self.offset is None else self.offset + moved
        self._listen(state, last, drives)
        for joint in drives.findings.stuck.nonzero()[0].tolist():
            if joint in self._leg_of and joint not in self._angle:
                self._speed[joint] = float(self._before[0].velocity[joint])
                self._angle[joint] = (
                    float(state.position[joint])
                    + ENCODER_STUCK_TICKS * self._period * self._speed[joint]
                )
        if self.offset is None and not self._angle:
            return state
        position = state.position.copy()
        velocity = state.velocity.copy()
        if self.offset is not None:
            position -= self.offset
        for joint in self._blind():
            position[joint] = self._angle[joint]
            velocity[joint] = self._speed[joint]
        for foot, is_held in enumerate(self.held):
            if is_held:
                velocity[self._body.legs[foot]] = 0.0
        placement = self._body.place(position)
        for joint in self._blind():
            self._follow(joint, state=state, velocity=velocity, placement=placement, tilt=tilt)
            position[joint] = self._angle[joint]
            velocity[joint] = self._speed[joint]
        return replace(state, position=position, velocity=velocity)

    def command(self, command: JointCommand, believed: RobotState) -> JointCommand:
        """Return the command in terms of the angles that the drives' own encoders show."""
        if self.offset is None and not self._angle:
            return command
        position = command.position.copy()
        effort = command.effort.copy()
        kp = command.kp.copy()
        kd = command.kd.copy()
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
        """Believe an encoder again that gives new values: a drive rebooted, or a bus is back."""
        for joint in list(self._angle):
            is_new = state.position[joint] != last.position[joint]
            self._speaks[joint] = self._speaks.get(joint, 0) + 1 if is_new else 0
            if self._speaks[joint] >= ENCODER_RETURN_TICKS:
                del self._angle[joint], self._speed[joint], self._speaks[joint]
                drives.findings.stuck[joint] = False

    def _blind(self) -> list[int]:
        """Return the blind joints that are followed: not those of a leg whose drives hold."""
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
        """Move the estimate of a blind joint on by one tick."""
        foot = self._leg_of[joint]
        axis = placement.axis[joint]
        dt = self._period
        normal = self._body.locate(placement, self._body.soles[foot])[0][:, 2]
        across = cross(axis, normal)
        if (
            state.foot_wrenches[foot, 2] > 2.0 * self._body.contact.on
            and across @ across > SEEN_AXIS_SINE_SQUARED
        ):
            bend = float(across @ (np.array(tilt.up) - normal)) / float(across @ across)
            legs = self._body.legs[foot]
            others = velocity[legs] @ placement.axis[legs] - velocity[joint] * axis
            self._speed[joint] = -float(axis @ (np.array(tilt.rate) + others))
            self._angle[joint] += (
                dt * self._speed[joint] + min(dt / BLIND_JOINT_FOLLOW_S, 1.0) * bend
            )
            return
        carried = float(self._body.carried_mass[joint + 1])
        arm = cross(axis, placement.moment[joint + 1] / carried - placement.origin[joint + 1])
        inertia = INERTIA_SPREAD_FACTOR * carried * float(arm @ arm) + BLIND_ROTOR_INERTIA_KGM2
        held = float(self._body.gravity_torque(placement, -GRAVITY_MPS2 * np.array(tilt.up))[joint])
        self._speed[joint] += dt * (float(state.effort[joint]) - held) / inertia
        self._angle[joint] += dt * self._speed[joint]
