# SPDX-License-Identifier: Apache-2.0
"""Ends a step: learns from the landing, and decides whether the robot stands or steps on."""

from __future__ import annotations

import numpy as np

from talus_balance.stepping.gait_types import LEFT, RIGHT, GaitInput
from talus_balance.stepping.phases.airborne_foot import Landing
from talus_balance.stepping.phases.stand import Stand
from talus_balance.stepping.phases.touchdown import Touchdown
from talus_balance.stepping.phases.walk import Walk


def after_landing(walk: Walk, landing: Landing, inp: GaitInput) -> Stand | Touchdown:
    """Learn from the landing; stand if nothing asks for another step, otherwise step on."""
    if landing.early_by is not None:
        walk.observe_landing_time(landing.early_by)
    walk.stance_is_fresh = landing.early_by is not None
    walk.observe_landing_place(inp)
    if _may_settle(walk, landing.side, inp):
        walk.forget_corrections()
        return Stand(walk)
    return Touchdown(walk, landing.side, float(inp.forces[1 - landing.side]))


def _may_settle(walk: Walk, side: int, inp: GaitInput) -> bool:
    """Tell whether nothing asks for a step after the landing of that foot."""
    c = walk.config.standing
    tolerance = walk.config.tolerance
    is_commanded = np.any(np.abs(walk.command.velocity) > tolerance.settled_command)
    if inp.wish.wants_to_walk or is_commanded or walk.may_step_as_proposed(inp, 1 - side):
        return False
    frame = walk.frame
    soles = inp.sole_positions
    offset = np.abs(frame.from_odom(inp.capture_point - inp.centre))
    apart = abs(frame.from_odom(soles[LEFT, :2] - soles[RIGHT, :2])[0])
    is_slow = abs(inp.com_velocity[0]) < c.settle_speed
    is_centred = offset[0] < c.settle_offset and offset[1] < c.settle_offset_y
    return bool(apart < tolerance.settled_apart and is_slow and is_centred)
