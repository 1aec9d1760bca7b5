# SPDX-License-Identifier: Apache-2.0
"""Brings a robot whose knee lost its torque while it walked onto its other leg.

A leg without its knee carries a body only for as long as a hurried step lasts. So the gait goes on
with hurried steps until the sound foot lands where it can carry the body. From then on the body
stands on that foot, and the lame foot is drawn in beside it, slowly and low, so that the robot can
sit down.
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
from talus_balance.stepping.phases.stand import MOST_PRESSURE_OF_HALF_SUPPORT
from talus_balance.stepping.swing_foot import FootReference, SwingFoot


@dataclass(frozen=True)
class LameLegConfig:
    """Configures how the body comes to stand on its sound leg and draws in the lame foot.

    Attributes:
        aim: Distance ahead of the sound sole's centre where the capture point is held, m: the
            foot that comes forward takes it 0.1 m back, and the heel is 0.12 m behind.
        aside: Distance of the capture point from the sound sole's centre up to which the body can
            be brought over that sole, m: half-way to a foot beside it, while both still carry.
        max_lame_share: Share of the way to the lame foot by which the centre of pressure may be
            moved there.
        settled: Distance of the capture point from the aim below which the lame foot is lifted, m.
        at_least: Time for which the body stands on both feet before that, s.
        at_most: Time after which the lame foot is lifted even if the body has not settled, s.
        beside: Distance ahead of or behind the sound foot at which a lame one may stay, m: its
            ankle lets the body sit down.
        duration: Time of the lame foot's way, s; in 0.6 s it takes the capture point beyond the
            sole.
        clearance, lowering: Height, m, and sinking speed, m/s, of that foot, in place of the
            gait's.
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
    """Says that the sound foot landed `elapsed` s ago and the lame one still carries a part."""

    elapsed: float = 0.0


@dataclass
class _DrawsIn:
    """Says when the lame foot was lifted, s after the sound one landed `elapsed` s ago."""

    swing: SwingFoot
    lifted_at: float
    elapsed: float


@dataclass(frozen=True)
class _Stance:
    """Describes where the sound foot stands at this tick.

    Attributes:
        sound: Side of the sound foot.
        foot: (3,) position of its sole in odom, m.
        turn: (2, 2) rotation from the heading frame to odom.
        error: (2,) capture point from the aim, in the heading frame, m.
        pressure: (2,) centre of pressure within the sound sole, in odom, m.
        beyond: (2,) distance by which more is wanted than that sole gives, in odom, m.
    """

    sound: int
    foot: np.ndarray
    turn: np.ndarray
    error: np.ndarray
    pressure: np.ndarray
    beyond: np.ndarray


class LameLeg:
    """Moves a lame leg; call `reset` before standing up, then `step_lame_leg` every tick."""

    def __init__(
        self,
        description: RobotDescription,
        gait: GaitConfig,
        foot_half: tuple[float, float],
        dt: float,
    ):
        """Take the gait's values; `foot_half`: half of the sole that may be pressed on, m."""
        self._knees = [leg.knee for leg in description.legs]
        self._gait_config = gait
        self._config = LameLegConfig()
        self._dt = dt
        self._pressure_limit = MOST_PRESSURE_OF_HALF_SUPPORT * np.array(foot_half)
        self._swing_config = replace(
            gait.swing, clearance=self._config.clearance, lowering=self._config.lowering
        )
        self._under_way: _StandsOnBoth | _DrawsIn | None = None

    def reset(self) -> None:
        """Leave the legs to the gait: both are sound again, or not used."""
        self._under_way = None

    def lame(self, limp: np.ndarray) -> tuple[bool, bool]:
        """Tell which leg is lame, left and right, when these drives (n,) give no torque."""
        left, right = self._knees
        return bool(limp[left]), bool(limp[right])

    def step_lame_leg(self, inp: GaitInput, gait: Gait) -> GaitOutput | None:
        """Return what replaces the gait's next step, or None where the gait goes on.

        The gait is reset once both feet stand.

        Args:
            inp: What is known at this tick.
            gait: Gait that has not stepped in this tick.
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
        """Tell whether the capture point is near enough to that sole to stand on it.

        If not, the gait's next step has to catch the body.
        """
        turn = matrix_from_yaw(gait.heading)[:2, :2]
        away = inp.capture_point - inp.sole_positions[sound, :2]
        ahead, aside = np.abs(turn.T @ away).tolist()
        return ahead < self._pressure_limit[0] and aside < self._config.aside

    def _stance(self, sound: int, inp: GaitInput, gait: Gait) -> _Stance:
        """Return where the sound foot stands, and the pressure that holds the body over it."""
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
        """Push with the lame foot what the sound sole cannot give, until it may be lifted."""
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
        """Leave the body to the gait: both feet stand."""
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
