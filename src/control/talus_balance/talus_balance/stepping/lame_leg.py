# SPDX-License-Identifier: Apache-2.0
"""Brings a robot whose knee lost its torque while it walked onto the other leg.

A leg without its knee carries a body for no longer than a hurried step lasts, so the gait goes on
with hurried steps until the sound foot lands where it can carry the body. From then on the body
stands on that one, and the lame foot is drawn in beside it, slowly and low, so that it can sit
down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from talus_core.clamp import clamp
from talus_core.robot import RobotDescription
from talus_core.rotations import matrix_from_yaw

from talus_balance.stepping.gait import Gait
from talus_balance.stepping.gait_types import (
    LEFT,
    RIGHT,
    GaitConfig,
    GaitInput,
    GaitOutput,
    GaitPhase,
    swing_sign,
)
from talus_balance.stepping.phases.stand import PRESSED_SHARE
from talus_balance.stepping.swing_foot import FootReference, SwingFoot

KNEE = "knee"


@dataclass(frozen=True)
class LameLegConfig:
    """How the body comes to stand on the sound leg, and how the lame foot is drawn in.

    Attributes:
        aim: m ahead of the sound sole's centre where the capture point is held: the foot that
            comes forward takes it 0.1 m back, and the heel is 0.12 m behind.
        aside: m of the capture point from the sound sole's centre, up to which the body can be
            brought over that sole: half-way to a foot beside it, while both still carry.
        max_lame_share: Share of the way to the lame foot by which the centre of pressure may be
            moved there.
        settled: m of the capture point from the aim, below which the lame foot is lifted.
        at_least: s for which the body stands on both feet before that.
        at_most: s after which the lame foot is lifted though the body has not settled.
        beside: m ahead of or behind the sound foot at which a lame one may stay: its ankle lets
            the body sit down.
        duration: s of the lame foot's way; in 0.6 s it takes the capture point beyond the sole.
        clearance, lowering: m and m/s of that foot, in place of the gait's.
    """

    aim: float = 0.02
    aside: float = 0.09
    max_lame_share: float = 0.8
    settled: float = 0.035
    at_least: float = 0.3
    at_most: float = 1.2
    beside: float = 0.05
    duration: float = 0.9
    clearance: float = 0.03
    lowering: float = 0.1


@dataclass
class _StandsOnBoth:
    """The sound foot landed `elapsed` s ago; the lame one still carries a part."""

    elapsed: float = 0.0


@dataclass
class _DrawsIn:
    """The lame foot was lifted `lifted_at` s after the sound one had landed, `elapsed` s ago."""

    swing: SwingFoot
    lifted_at: float
    elapsed: float


@dataclass(frozen=True)
class _Stance:
    """Where the sound foot stands at this tick.

    Attributes:
        sound: Its side.
        foot: (3,) m, its sole in odom.
        turn: (2, 2) from the heading frame to odom.
        error: (2,) m, capture point from the aim, in the heading frame.
        pressure: (2,) m, centre of pressure within the sound sole, in odom.
        beyond: (2,) m by which more is wanted than that sole gives, in odom.
    """

    sound: int
    foot: np.ndarray
    turn: np.ndarray
    error: np.ndarray
    pressure: np.ndarray
    beyond: np.ndarray


class LameLeg:
    """Call `reset` before the body stands up, then `step_lame_leg` every tick on the feet."""

    def __init__(
        self,
        description: RobotDescription,
        gait: GaitConfig,
        foot_half: tuple[float, float],
        dt: float,
    ):
        """`foot_half`: m, half of the sole that may be pressed on."""
        self._knees = [_knee(description, leg) for leg in ("left_leg", "right_leg")]
        self._gait_config = gait
        self._config = LameLegConfig()
        self._dt = dt
        self._pressure_limit = PRESSED_SHARE * np.array(foot_half)
        self._swing_config = replace(
            gait.swing, clearance=self._config.clearance, lowering=self._config.lowering
        )
        self._under_way: _StandsOnBoth | _DrawsIn | None = None

    def reset(self) -> None:
        """Leave the legs to the gait: both are sound again, or not used."""
        self._under_way = None

    def lame(self, limp: np.ndarray) -> tuple[bool, bool]:
        """Tell which leg is lame, left and right, with these (n,) drives without torque."""
        left, right = self._knees
        return bool(limp[left]), bool(limp[right])

    def step_lame_leg(self, inp: GaitInput, gait: Gait) -> GaitOutput | None:
        """Return what is done in place of the gait's next step; None where the gait goes on.

        The gait is reset once both feet stand.

        Args:
            inp: What is known at this tick.
            gait: Gait that has not yet stepped.
        """
        if inp.lame[LEFT] == inp.lame[RIGHT]:
            return None
        sound = inp.lame.index(False)
        if self._under_way is None:
            if not gait.has_landed_on(sound) or not self._can_stand_on(sound, inp, gait):
                return None
            self._under_way = _StandsOnBoth()
        self._under_way.elapsed += self._dt
        stance = self._stance(sound, inp, gait)
        if isinstance(self._under_way, _DrawsIn):
            return self._draw_in(self._under_way, stance, inp, gait)
        return self._stand_on_both(self._under_way, stance, inp, gait)

    def _can_stand_on(self, sound: int, inp: GaitInput, gait: Gait) -> bool:
        """Tell whether the capture point is near enough to that sole.

        Else the gait's next step has to catch the body.
        """
        turn = matrix_from_yaw(gait.heading)[:2, :2]
        away = inp.capture_point - inp.sole_positions[sound, :2]
        ahead, aside = np.abs(turn.T @ away).tolist()
        return ahead < self._pressure_limit[0] and aside < self._config.aside

    def _stance(self, sound: int, inp: GaitInput, gait: Gait) -> _Stance:
        """Hold the capture point over the sound sole."""
        foot = inp.sole_positions[sound]
        turn = matrix_from_yaw(gait.heading)[:2, :2]
        aim = foot[:2] + turn @ np.array([self._config.aim, 0.0])
        error = turn.T @ (inp.capture_point - aim)
        wanted = self._gait_config.pressure.stand_gain * error
        pressed = clamp(wanted, self._pressure_limit)
        return _Stance(sound, foot, turn, error, aim + turn @ pressed, turn @ (wanted - pressed))

    def _stand_on_both(
        self, standing: _StandsOnBoth, stance: _Stance, inp: GaitInput, gait: Gait
    ) -> GaitOutput:
        """Push with the lame foot what is beyond the sound sole, until that foot may be lifted."""
        c = self._config
        lame = 1 - stance.sound
        way = inp.sole_positions[lame, :2] - stance.foot[:2]
        share = float(stance.beyond @ way) / float(way @ way)
        pressure = stance.pressure + min(max(share, 0.0), c.max_lame_share) * way
        settled = standing.elapsed > c.at_least and math.hypot(*stance.error) < c.settled
        if settled or standing.elapsed > c.at_most:
            place = inp.sole_positions[lame]
            ahead = float(stance.turn[:, 0] @ (place - stance.foot)[:2])
            if abs(ahead) < c.beside:
                self._give_back_to(gait)
            else:
                speed = inp.sole_velocities[lame]
                yaw = float(inp.sole_yaws[lame])
                swing = SwingFoot(self._swing_config, place, speed, yaw)
                self._under_way = _DrawsIn(swing, standing.elapsed, standing.elapsed)
        return self._output(stance, inp, gait, pressure, reference=None)

    def _draw_in(
        self, drawing: _DrawsIn, stance: _Stance, inp: GaitInput, gait: Gait
    ) -> GaitOutput:
        """Bring the lame foot beside the sound one, until it is on the ground."""
        g = self._gait_config
        lame = 1 - stance.sound
        aside = np.array([0.0, g.planner.step_width * swing_sign(stance.sound)])
        phase = (drawing.elapsed - drawing.lifted_at) / self._config.duration
        reference = drawing.swing.step_swing(
            landing=stance.foot[:2] + stance.turn @ aside,
            height=float(stance.foot[2]),
            gradient=inp.gradient,
            yaw=gait.heading,
            phase=phase,
            duration=self._config.duration,
            dt=self._dt,
        )
        if phase > g.touchdown.phase and inp.forces[lame] > g.touchdown.force:
            self._give_back_to(gait)
        return self._output(stance, inp, gait, stance.pressure, reference)

    def _give_back_to(self, gait: Gait) -> None:
        """Both feet stand: leave the body to the gait."""
        gait.reset(gait.heading)
        self.reset()

    def _output(
        self,
        stance: _Stance,
        inp: GaitInput,
        gait: Gait,
        pressure: np.ndarray,
        reference: FootReference | None,
    ) -> GaitOutput:
        lame = 1 - stance.sound
        max_force = inp.full_loads
        if reference is not None:
            max_force[lame] = 0.0
        return GaitOutput(
            centre_of_pressure=pressure,
            in_contact=(bool(max_force[LEFT] > 0.0), bool(max_force[RIGHT] > 0.0)),
            max_force=max_force,
            swing_side=None if reference is None else lame,
            swing=reference,
            heading=gait.heading,
            ground=stance.foot,
            phase=GaitPhase.DOUBLE if reference is None else GaitPhase.SINGLE,
            landing=None,
        )


def _knee(description: RobotDescription, leg: str) -> int:
    """Return the joint of that group that has this in its name, as l_knee or left_knee_joint."""
    knee = next(joint for joint in description.groups[leg] if KNEE in joint)
    return description.joint_names.index(knee)
