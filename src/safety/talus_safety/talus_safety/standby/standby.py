# SPDX-License-Identifier: Apache-2.0
"""Holds the robot up and sits it down with nothing but its own sensors, when whoever commanded it is gone.

Joints follow a posture path softly; torques come from the weight, parted between the feet so that their
centre of pressure drives the capture point back (ankle strategy fore and aft, load shift sideways).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_safety.kernel.limits import StandbyConfig
from talus_safety.kernel.measure.body import Body, cross
from talus_safety.kernel.measure.stance import Stance, StanceObserver
from talus_safety.kernel.measure.tilt import TiltFilter
from talus_safety.standby.footing import FootingPlanner, joint_torque
from talus_safety.standby.landing import Landing, inverse_of_leg
from talus_safety.standby.rest_path import RestPath

GAIN = 2.5  # of the centre of pressure on the capture point: > 1 is stable, 2 to 3 is usual (Englsberger 2011)
GLIDE = 0.05  # s in which the reference's speed at the start dies away
DRIFT = 0.4  # s in which the wanted capture point goes from where it was to where the path wants it
SETTLED = (0.03, 0.3)  # m of the capture point from its reference, for s
PACE_FULL, PACE_NONE = (
    0.03,
    0.07,
)  # m of capture point error at which sitting goes on at full speed, and waits
PACE_LEAST = 0.15  # of full speed: who leans on something comes down all the same
LOWER_BY = 0.02  # m ahead of where it is, that a body goes down for a foot that cannot reach: with the gains, 0.3 m/s
FALLEN = 0.6  # cosine of the tilt beyond which only damping is left: 53 degrees
STIFFNESS = {
    "hip_yaw": 1.5,
    "hip_roll": 0.8,
    "hip_pitch": 2.0,
    "knee": 2.0,
    "ankle_pitch": 0.25,
    "ankle_roll": 0.3,
}
OTHER_STIFFNESS = 1.5  # of the torque limit, 1/rad: torso, arms, hands
KNEE = "knee"  # without whose torque a leg gives way
SWAYING = (
    "hip_yaw",
    "hip_roll",
    "ankle_roll",
)  # have no stops to rest on: stiff until torque is cut and brakes close
DAMPING = 0.04  # of the torque limit, s/rad
FLYING = (
    2.0,
    0.12,
)  # of the torque limit, 1/rad and s/rad: a leg in the air, which must be there in time
ANKLE_DAMPING = 0.02  # of the torque limit, s/rad: they must stay free to press


@dataclass(frozen=True)
class StandbyStep:
    """One tick: what to send, whether it is on its way down, and whether it has sat and let go."""

    command: JointCommand
    is_sitting: bool
    is_finished: bool


class Standby:
    """Idle until `begin`; then `step` every tick until it is finished."""

    def __init__(
        self,
        robot: RobotDescription,
        body: Body,
        path: RestPath,
        period: float,
        config: StandbyConfig,
    ):
        self._body, self._path, self._period, self._config = body, path, period, config
        self._observer, self._planner = StanceObserver(body), FootingPlanner(robot)
        self._landing = Landing(body, period)
        self._legs = body.legs.ravel()
        self._knees = [robot.joint_names.index(f"{side}_{KNEE}") for side in "lr"]
        self._kp, self._kd = _gains(robot)
        self._flying = FLYING[0] * robot.limits.effort, FLYING[1] * robot.limits.effort
        self._sways = np.array([_kind(name) in SWAYING for name in robot.joint_names])

    @property
    def damping(self) -> np.ndarray:
        """(n,) N m s/rad, of every joint."""
        return self._kd

    def begin(self, state: RobotState) -> None:
        """Take over at this state."""
        self._progress = self._begun_at = self._path.nearest(state.position, self._legs)
        self._offset = state.position - self._path.posture(self._progress)
        self._speed = state.velocity.copy()
        self._time = self._settled_for = self._sitting_for = self._seated_for = 0.0
        self._aim_offset: np.ndarray | None = None
        self._is_sitting = False
        self._height: float | None = None
        self._landing.begin()

    def step(
        self,
        state: RobotState,
        tilt: TiltFilter,
        limp: np.ndarray,
        held: tuple[bool, bool] = (False, False),
    ) -> StandbyStep:
        """The next tick.

        Args:
            state: As it is believed.
            tilt: The vertical.
            limp: (n,) joints without torque.
            held: Legs that hold where they are and hear nothing: with one, it stands on and on.
        """
        self._time += self._period
        if tilt.up[2] < FALLEN:
            return StandbyStep(
                JointCommand.damping(state.sequence, state.position, self._kd),
                self._is_sitting,
                False,
            )
        lame = tuple(bool(limp[knee]) for knee in self._knees)
        stance = self._observer.observe(state, tilt, lame)
        if self._height is None:
            self._height = stance.height
            placement = self._body.place(self._path.posture(self._progress))
            self._upright = self._body.locate(placement, self._body.soles[0])[0][:, 2]
        aim = self._aim(stance)
        error = stance.capture_point - aim
        self._go_on(float(np.hypot(*error)), any(held))
        carries = tuple(
            on and not is_lame for on, is_lame in zip(stance.supports, lame, strict=True)
        )
        footing = self._planner.plan(stance, aim + GAIN * error, carries)
        self._let_go(state, lame)
        velocity, flies = self._land(stance, state, lame, held)
        if not self._is_sitting:
            self._straighten(replace(stance, supports=carries), state, velocity, held)
        left = max(1.0 - self._seated_for / self._config.release_s, 0.0)
        fade = np.where(self._sways, 1.0, left)
        command = JointCommand(
            sequence=state.sequence,
            position=self._reference(),
            velocity=velocity,
            effort=fade * joint_torque(self._body, stance, footing),
            kp=fade * np.where(flies, self._flying[0], self._kp),
            kd=np.where(flies, self._flying[1], self._kd),
        )
        return StandbyStep(command, self._is_sitting, left == 0.0)

    def _let_go(self, state: RobotState, lame: tuple[bool, bool]) -> None:
        """Let a leg that cannot carry follow, not push: what its hip still gives would turn the body over."""
        for foot in (0, 1):
            if lame[foot]:
                legs = self._body.legs[foot]
                self._speed[legs] = 0.0
                self._offset[legs] += state.position[legs] - self._reference()[legs]

    def _land(
        self, stance: Stance, state: RobotState, lame: tuple[bool, bool], held: tuple[bool, bool]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Move a foot that is in the air towards the ground, and keep where it is going.

        Returns (n,) rad/s wanted, and (n,) whether a joint belongs to a leg that must be there in time.
        """
        velocity, flies = np.zeros_like(state.velocity), np.zeros(len(state.velocity), dtype=bool)
        step = self._landing.step(stance, lame)
        foot = stance.supports.index(False) if step is not None else 0
        if step is not None and not held[foot]:
            joints, change, speed = step
            self._speed[joints] = 0.0
            self._offset[joints] += state.position[joints] + change - self._reference()[joints]
            velocity[joints], flies[joints] = speed, any(lame)
        return velocity, flies

    def _straighten(
        self, stance: Stance, state: RobotState, velocity: np.ndarray, held: tuple[bool, bool]
    ) -> None:
        """Let the legs that carry turn the body upright and keep its height, and else go where it goes.

        A held leg in the air comes down with the body.
        """
        upright = stance.level @ self._upright
        turn = cross(upright, np.array([0.0, 0.0, 1.0]))
        for foot in (0, 1):
            if held[foot] and stance.supports == (foot == 1, foot == 0):
                gap = float(stance.soles[foot, 2] - stance.soles[1 - foot, 2])
                self._height = stance.height - float(np.clip(gap, 0.0, LOWER_BY))
        rise = self._height - stance.height
        for foot in (0, 1):
            if held[foot] or not stance.supports[foot]:
                continue
            legs, inverse = self._body.legs[foot], inverse_of_leg(self._body, stance, foot)
            shift = -cross(turn, stance.soles[foot] - stance.centre)
            shift[2] -= rise
            change = inverse @ np.concatenate((shift, -turn))
            self._speed[legs] = 0.0
            self._offset[legs] += state.position[legs] + change - self._reference()[legs]
            velocity[legs] = inverse @ np.array([*-stance.velocity, 0.0, 0.0, 0.0, 0.0])

    def _aim(self, stance: Stance) -> np.ndarray:
        """(2,) m, where the capture point should be: from where it was to over the feet."""
        over_feet = stance.soles[:, :2].mean(axis=0)
        if self._aim_offset is None:
            self._aim_offset = np.clip(stance.centre[:2] - over_feet, -0.05, 0.05)
        return over_feet + np.exp(-self._time / DRIFT) * self._aim_offset

    def _go_on(self, error: float, must_stand: bool) -> None:
        """Let the posture proceed as far as balance allows."""
        config, dt = self._config, self._period
        self._settled_for = self._settled_for + dt if error < SETTLED[0] else 0.0
        is_ready = self._time >= config.hold_s and self._settled_for >= SETTLED[1]
        if not must_stand:
            self._is_sitting = self._is_sitting or is_ready or self._time >= config.hold_at_most_s
        if must_stand or not self._is_sitting:
            return
        way = 1.0 - self._begun_at
        duration = max(config.sit_s * way, 1.0)
        pace = float(np.clip((PACE_NONE - error) / (PACE_NONE - PACE_FULL), PACE_LEAST, 1.0))
        self._sitting_for += pace * dt
        part = min(self._sitting_for / duration, 1.0)
        self._progress = self._begun_at + way * (10.0 * part**3 - 15.0 * part**4 + 6.0 * part**5)
        if part == 1.0:
            self._seated_for += dt

    def _reference(self) -> np.ndarray:
        """(n,) rad."""
        way = 1.0 - self._begun_at
        left = (1.0 - self._progress) / way if way > 1e-6 else 0.0
        glide = GLIDE * (1.0 - np.exp(-self._time / GLIDE)) * self._speed
        return self._path.posture(self._progress) + left * (self._offset + glide)


def _gains(robot: RobotDescription) -> tuple[np.ndarray, np.ndarray]:
    """(n,) kp in N m/rad and kd in N m s/rad."""
    kinds = [_kind(name) for name in robot.joint_names]
    kp = np.array([STIFFNESS.get(kind, OTHER_STIFFNESS) for kind in kinds]) * robot.limits.effort
    kd = (
        np.array([ANKLE_DAMPING if kind.startswith("ankle") else DAMPING for kind in kinds])
        * robot.limits.effort
    )
    return kp, kd


def _kind(joint: str) -> str:
    """A joint's name without its side."""
    return joint.removeprefix("l_").removeprefix("r_")
