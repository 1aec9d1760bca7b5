# SPDX-License-Identifier: Apache-2.0
"""Holds the robot up and sits it down by its own sensors alone, when its commands are gone.

The joints follow a posture path softly. Their torques carry the weight, shared between the feet so
that the common centre of pressure drives the capture point back: by the ankles fore and aft, by
shifting load sideways.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from talus_core.body.leg_roles import JointAxis
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_safety.kernel.limits import StandbyConfig
from talus_safety.kernel.measure.body import Body, cross
from talus_safety.kernel.measure.stance import Stance, StanceObserver
from talus_safety.kernel.measure.tilt import Vertical
from talus_safety.standby.footing import FootingPlanner, joint_torque
from talus_safety.standby.landing import FootPlacing, inverse_of_leg
from talus_safety.standby.rest_path import RestPath

# Gain from the capture point's error to the centre of pressure: stable above 1; 2 to 3 is usual
# (Englsberger 2011).
CAPTURE_POINT_GAIN = 2.5
GLIDE_TIME_S = 0.05  # s in which the reference's initial speed dies away
# s in which the wanted capture point moves from where it was to where the path wants it
AIM_DRIFT_TIME_S = 0.4
# Lengths and times below are talus40's; another robot's are in proportion (`body_scale.py`).
SETTLED_WITHIN_M_FOR_S = (0.03, 0.3)  # m of capture point error at most, for so many s
# m of capture point error up to which sitting down runs at full speed, and from which it waits
FULL_PACE_ERROR_M = 0.03
NO_PACE_ERROR_M = 0.07
LEAST_PACE = 0.15  # share of full speed: a robot that leans on something still comes down
# m by which the wanted height stays below the body's while a foot cannot reach the ground; with the
# gains below the body then goes down at 0.3 m/s.
HELD_LEG_LOWERING_M = 0.02
DAMPING_ONLY_UP_COSINE = 0.6  # cosine of the tilt, 53 degrees, beyond which joints are only damped
# 1/rad, times the torque limit
HIP_STIFFNESS_PER_EFFORT = {JointAxis.YAW: 1.5, JointAxis.ROLL: 0.8, JointAxis.PITCH: 2.0}
KNEE_STIFFNESS_PER_EFFORT = 2.0
ANKLE_STIFFNESS_PER_EFFORT = {JointAxis.YAW: 0.3, JointAxis.ROLL: 0.3, JointAxis.PITCH: 0.25}
STANDBY_OTHER_STIFFNESS_PER_EFFORT = 1.5  # torso, arms and hands
STANDBY_DAMPING_PER_EFFORT = 0.04  # s/rad, times the torque limit
# 1/rad and s/rad, times the torque limit: for a leg in the air, which must land in time
FLYING_GAINS_PER_EFFORT = (
    2.0,
    0.12,
)
ANKLE_DAMPING_PER_EFFORT = 0.02  # s/rad, times the torque limit: ankles must stay free to press


@dataclass(frozen=True)
class StandbyStep:
    """Holds the command of one tick, and whether the robot is on its way down or seated."""

    command: JointCommand
    is_sitting: bool
    is_finished: bool


@dataclass(frozen=True)
class JointGains:
    """Holds the gains of the joints, (n,).

    Stiffness kp is in N m/rad and damping kd in N m s/rad; the `flying` gains are for a leg in the
    air.
    """

    kp: np.ndarray
    kd: np.ndarray
    flying_kp: np.ndarray
    flying_kd: np.ndarray


@dataclass
class Anchor:
    """Holds what the body keeps until it sits down, taken from its first stance.

    Attributes:
        upright: (3,) vertical in base_link when the first posture stands on level ground.
        height: Height of the centre of mass over the soles, m.
        aim_offset: (2,) offset from the middle of the feet to the first wanted capture point, m.
    """

    upright: np.ndarray
    height: float
    aim_offset: np.ndarray


@dataclass
class Descent:
    """Remembers one take-over: where it began on the rest path, and how far it has come.

    Attributes:
        begun_at: Progress along the rest path at the beginning, 0 to 1.
        progress: Progress along the rest path now, 0 to 1.
        offset: (n,) initial distance of the joints from the path, rad; it fades on the way down.
        speed: (n,) initial speed of the joints, rad/s; it fades within `GLIDE_TIME_S`.
        anchor: What the body keeps; None before the first stance.
        time: Time since the beginning, s.
        settled_for: Time for which the robot has been balanced, s.
        sitting_for: Time on the way down, counted at full speed, s.
        seated_for: Time at the end of the path, s.
        is_sitting: Whether the robot is on its way down.
    """

    begun_at: float
    progress: float
    offset: np.ndarray
    speed: np.ndarray
    anchor: Anchor | None = None
    time: float = 0.0
    settled_for: float = 0.0
    sitting_for: float = 0.0
    seated_for: float = 0.0
    is_sitting: bool = False


class Standby:
    """Holds and sits the robot; idle until `begin_standby`; then `step_standby` each tick."""

    def __init__(
        self,
        robot: RobotDescription,
        body: Body,
        path: RestPath,
        period: float,
        config: StandbyConfig,
    ):
        self._body = body
        self._path = path
        self._period = period
        self._config = config
        self._observer = StanceObserver(body)
        self._planner = FootingPlanner(robot)
        self._landing = FootPlacing(robot, body, period)
        self._knees = [leg.knee for leg in robot.legs]  # a leg gives way without its torque
        self._gains = _gains(robot)
        # A joint with a brake stays stiff until torque is cut and the brake closes; the others are
        # let down onto their stops. Where torque is never cut, all stay stiff.
        self._stays_stiff = (robot.limits.holding_brake > 0.0) | robot.keeps_torque
        self._descent = Descent(0.0, 0.0, offset=np.zeros(body.size), speed=np.zeros(body.size))

    @property
    def damping(self) -> np.ndarray:
        """Return the damping (n,) of every joint, N m s/rad."""
        return self._gains.kd

    def begin_standby(self, state: RobotState) -> None:
        """Take over at this state."""
        progress = self._path.nearest(state.position, self._body.legs.ravel())
        self._descent = Descent(
            begun_at=progress,
            progress=progress,
            offset=state.position - self._path.posture(progress),
            speed=state.velocity.copy(),
        )
        self._landing.begin_landing()

    def step_standby(
        self,
        state: RobotState,
        tilt: Vertical,
        limp: np.ndarray,
        held: tuple[bool, bool] = (False, False),
    ) -> StandbyStep:
        """Return the command of the next tick, and how far the robot is.

        Args:
            state: State as it is believed.
            tilt: Vertical and turn rate.
            limp: (n,) which joints have no torque.
            held: Which legs hold their posture and receive nothing; with one, the robot never sits.
        """
        descent = self._descent
        gains = self._gains
        descent.time += self._period
        if tilt.up[2] < DAMPING_ONLY_UP_COSINE:
            only_damped = JointCommand.damping(state.sequence, state.position, gains.kd)
            return StandbyStep(only_damped, descent.is_sitting, False)
        left_knee, right_knee = self._knees
        lame = (bool(limp[left_knee]), bool(limp[right_knee]))
        stance = self._observer.observe(state, tilt, lame)
        anchor = descent.anchor
        if anchor is None:
            anchor = self._anchor(stance)
            descent.anchor = anchor
        aim = _aim(stance, anchor, descent.time)
        error = stance.capture_point - aim
        self._go_on(float(np.hypot(*error)), any(held))
        carries = (stance.supports[0] and not lame[0], stance.supports[1] and not lame[1])
        footing = self._planner.plan(stance, aim + CAPTURE_POINT_GAIN * error, carries)
        self._let_go(state, lame)
        velocity, flies = self._land(stance, state, lame, held)
        if not descent.is_sitting:
            self._straighten(
                replace(stance, supports=carries),
                anchor=anchor,
                state=state,
                velocity=velocity,
                held=held,
            )
        left = max(1.0 - descent.seated_for / self._config.release_s, 0.0)
        fade = np.where(self._stays_stiff, 1.0, left)
        command = JointCommand(
            sequence=state.sequence,
            position=self._reference(),
            velocity=velocity,
            effort=fade * joint_torque(self._body, stance, footing),
            kp=fade * np.where(flies, gains.flying_kp, gains.kp),
            kd=np.where(flies, gains.flying_kd, gains.kd),
        )
        return StandbyStep(command, descent.is_sitting, left == 0.0)

    def _anchor(self, stance: Stance) -> Anchor:
        """Return what the body keeps from this stance on."""
        placement = self._body.place(self._path.posture(self._descent.progress))
        upright = self._body.locate(placement, self._body.soles[0])[0][:, 2]
        over_feet = stance.soles[:, :2].mean(axis=0)
        return Anchor(upright, stance.height, np.clip(stance.centre[:2] - over_feet, -0.05, 0.05))

    def _let_go(self, state: RobotState, lame: tuple[bool, bool]) -> None:
        """Let a leg that cannot carry follow without pushing.

        What torque its hip still gives would turn the body over.
        """
        for foot in (0, 1):
            if lame[foot]:
                legs = self._body.legs[foot]
                self._descent.speed[legs] = 0.0
                self._descent.offset[legs] += state.position[legs] - self._reference()[legs]

    def _land(
        self, stance: Stance, state: RobotState, lame: tuple[bool, bool], held: tuple[bool, bool]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Move a foot that is in the air towards the ground, and keep where it is going.

        Returns the wanted joint speeds (n,), rad/s, and which joints (n,) belong to a leg that must
        land in time.
        """
        velocity = np.zeros_like(state.velocity)
        flies = np.zeros(len(state.velocity), dtype=bool)
        step = self._landing.step_landing(stance, lame)
        foot = stance.supports.index(False) if step is not None else 0
        if step is not None and not held[foot]:
            joints, change, speed = step
            self._descent.speed[joints] = 0.0
            self._descent.offset[joints] += (
                state.position[joints] + change - self._reference()[joints]
            )
            velocity[joints] = speed
            flies[joints] = any(lame)
        return velocity, flies

    def _straighten(
        self,
        stance: Stance,
        anchor: Anchor,
        state: RobotState,
        velocity: np.ndarray,
        held: tuple[bool, bool],
    ) -> None:
        """Let the legs that carry turn the body upright and keep its height.

        The body comes down with a held leg that is in the air.
        """
        upright = stance.level @ anchor.upright
        turn = cross(upright, np.array([0.0, 0.0, 1.0]))
        for foot in (0, 1):
            if held[foot] and stance.supports == (foot == 1, foot == 0):
                gap = float(stance.soles[foot, 2] - stance.soles[1 - foot, 2])
                lowering = HELD_LEG_LOWERING_M * self._body.scale.length
                anchor.height = stance.height - float(np.clip(gap, 0.0, lowering))
        rise = anchor.height - stance.height
        for foot in (0, 1):
            if held[foot] or not stance.supports[foot]:
                continue
            legs = self._body.legs[foot]
            inverse = inverse_of_leg(self._body, stance, foot)
            shift = -cross(turn, stance.soles[foot] - stance.centre)
            shift[2] -= rise
            change = inverse @ np.concatenate((shift, -turn))
            self._descent.speed[legs] = 0.0
            self._descent.offset[legs] += state.position[legs] + change - self._reference()[legs]
            velocity[legs] = inverse @ np.array([*-stance.velocity, 0.0, 0.0, 0.0, 0.0])

    def _go_on(self, error: float, must_stand: bool) -> None:
        """Advance the posture along the rest path as far as balance allows."""
        config = self._config
        dt = self._period
        within, settled_s = SETTLED_WITHIN_M_FOR_S
        length, time = self._body.scale
        is_within = error < within * length
        self._descent.settled_for = self._descent.settled_for + dt if is_within else 0.0
        is_ready = (
            self._descent.time >= config.hold_s and self._descent.settled_for >= settled_s * time
        )
        if not must_stand:
            self._descent.is_sitting = (
                self._descent.is_sitting or is_ready or self._descent.time >= config.hold_at_most_s
            )
        if must_stand or not self._descent.is_sitting:
            return
        way = 1.0 - self._descent.begun_at
        duration = max(config.sit_s * way, 1.0)
        slack = NO_PACE_ERROR_M * length - error
        whole = (NO_PACE_ERROR_M - FULL_PACE_ERROR_M) * length
        pace = float(np.clip(slack / whole, LEAST_PACE, 1.0))
        self._descent.sitting_for += pace * dt
        part = min(self._descent.sitting_for / duration, 1.0)
        self._descent.progress = self._descent.begun_at + way * (
            10.0 * part**3 - 15.0 * part**4 + 6.0 * part**5
        )
        if part == 1.0:
            self._descent.seated_for += dt

    def _reference(self) -> np.ndarray:
        """Return where the joints should be now, (n,), rad."""
        way = 1.0 - self._descent.begun_at
        left = (1.0 - self._descent.progress) / way if way > 1e-6 else 0.0
        glide = (
            GLIDE_TIME_S * (1.0 - np.exp(-self._descent.time / GLIDE_TIME_S)) * self._descent.speed
        )
        return self._path.posture(self._descent.progress) + left * (self._descent.offset + glide)


def _aim(stance: Stance, anchor: Anchor, time: float) -> np.ndarray:
    """Return the wanted capture point (2,), m: it moves from where it was to between the feet."""
    over_feet = stance.soles[:, :2].mean(axis=0)
    return over_feet + np.exp(-time / AIM_DRIFT_TIME_S) * anchor.aim_offset


def _gains(robot: RobotDescription) -> JointGains:
    effort = robot.limits.effort
    stiffness = np.full(len(effort), STANDBY_OTHER_STIFFNESS_PER_EFFORT)
    damping = np.full(len(effort), STANDBY_DAMPING_PER_EFFORT)
    for leg in robot.legs:
        stiffness[list(leg.hip)] = [HIP_STIFFNESS_PER_EFFORT[leg.axes[j]] for j in leg.hip]
        stiffness[leg.knee] = KNEE_STIFFNESS_PER_EFFORT
        stiffness[list(leg.ankle)] = [ANKLE_STIFFNESS_PER_EFFORT[leg.axes[j]] for j in leg.ankle]
        damping[list(leg.ankle)] = ANKLE_DAMPING_PER_EFFORT
    flying_kp, flying_kd = FLYING_GAINS_PER_EFFORT
    return JointGains(
        kp=stiffness * effort,
        kd=damping * effort,
        flying_kp=flying_kp * effort,
        flying_kd=flying_kd * effort,
    )
