# SPDX-License-Identifier: Apache-2.0
"""Stands on both feet, until a walk is asked for or a step has to catch the body."""

from __future__ import annotations

import numpy as np
from talus_core.clamp import clamp

from talus_balance.stepping.gait_types import LEFT, RIGHT, GaitInput, GaitOutput, GaitPhase
from talus_balance.stepping.phases.on_both_feet import on_both_feet
from talus_balance.stepping.phases.shift import Shift
from talus_balance.stepping.phases.touchdown import Touchdown
from talus_balance.stepping.phases.walk import Walk
from talus_balance.stepping.step_state import Refusal

# Share of the support's half up to which the centre of pressure may be asked for: the QP keeps it
# inside, and asking for more makes it press on the very edge.
MOST_PRESSURE_OF_HALF_SUPPORT = 1.15


class Stand:
    """Carries on both soles while no step is wanted."""

    phase = GaitPhase.STAND

    def __init__(self, walk: Walk):
        self._walk = walk

    def missed(self, inp: GaitInput) -> float:
        """Return 0 m, since no step is under way that could miss the capture point."""
        return 0.0

    def step_phase(self, inp: GaitInput) -> tuple[GaitOutput, Stand | Shift | Touchdown]:
        """Hold the capture point between the feet for a tick; return output and next phase."""
        walk = self._walk
        error = walk.frame.from_odom(inp.capture_point - inp.centre)
        half = self._support_half(inp)
        refusal = self._refusal(inp)
        following = self._following(inp, error, half, refusal)
        pressed = clamp(
            walk.config.pressure.stand_gain * error, MOST_PRESSURE_OF_HALF_SUPPORT * half
        )
        output = on_both_feet(
            inp,
            pressure=inp.centre + walk.frame.to_odom(pressed),
            heading=walk.command.heading,
            ground=self._ground(inp, following),
            phase=following.phase,
            refusal=refusal,
        )
        return output, following

    def _refusal(self, inp: GaitInput) -> Refusal | None:
        """Return why the robot does not set out to the first proposed footstep; None if it may."""
        wish = inp.wish
        if not wish.footsteps or not wish.may_walk:
            return None
        return self._walk.refusal(wish.footsteps[0], inp)

    def _following(
        self, inp: GaitInput, error: np.ndarray, half: np.ndarray, refusal: Refusal | None
    ) -> Stand | Shift | Touchdown:
        wish = inp.wish
        if wish.footsteps and wish.may_walk and refusal is None:
            return Shift(self._walk, 1 - wish.footsteps[0].side)
        if wish.wants_to_walk:
            return Shift(
                self._walk, _first_stance(wish.velocity, self._walk.config.tolerance.turning_lever)
            )
        if inp.wish.may_step and self._leaves_support(error, half):
            return self._catch(inp, error)
        return self

    def _ground(self, inp: GaitInput, following: Stand | Shift | Touchdown) -> np.ndarray:
        """Return a ground point (3,), m, between the feet or under the coming stance foot."""
        if isinstance(following, Stand):
            return inp.sole_positions.mean(axis=0)
        return inp.sole_positions[following.stance]

    def _support_half(self, inp: GaitInput) -> np.ndarray:
        """Return half of the support's extent ahead and aside, (2,), m."""
        apart = inp.sole_positions[LEFT, :2] - inp.sole_positions[RIGHT, :2]
        spread = np.abs(self._walk.frame.from_odom(apart))
        foot_half = self._walk.foot_half
        return np.array([foot_half[0], foot_half[1] + 0.5 * spread[1]])

    def _leaves_support(self, error: np.ndarray, half: np.ndarray) -> bool:
        c = self._walk.config.standing
        ahead, aside = np.abs(error)
        return bool(ahead > half[0] - c.margin_x or aside > half[1] - c.margin_y)

    def _catch(self, inp: GaitInput, error: np.ndarray) -> Touchdown:
        """Swing the foot on the falling side at once: that takes fewer steps than leaning."""
        speed = self._walk.frame.from_odom(inp.com_velocity[:2])
        side = error[1] if abs(error[1]) > self._walk.config.tolerance.clear_side else speed[1]
        stance = RIGHT if side > 0.0 else LEFT
        return Touchdown(self._walk, stance, float(inp.forces[1 - stance]))


def _first_stance(velocity: np.ndarray, turning_lever: float) -> int:
    """Return the stance foot with which the foot on the side of the walk swings first."""
    sideways = velocity[1] + turning_lever * velocity[2]
    return RIGHT if sideways > 0.0 else LEFT
