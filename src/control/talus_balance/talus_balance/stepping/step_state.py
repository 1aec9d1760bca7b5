# SPDX-License-Identifier: Apache-2.0
"""What the step planner reads and answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np


class StepPlan(NamedTuple):
    """Where and when the swing foot lands.

    Attributes:
        landing: (2,) m, the pivot of the foot that lands, in the planner's frame.
        duration: s from the last touchdown to the next one.
        pressure: (2,) m, centre of pressure from the stance foot's pivot.
    """

    landing: np.ndarray
    duration: float
    pressure: np.ndarray


@dataclass(frozen=True)
class FootholdGoal:
    """A place ahead where the foot must land.

    Attributes:
        ahead: m from the stance foot's pivot, along the heading.
        stride: m, the step after that.
        duration: s of this step.
    """

    ahead: float
    stride: float
    duration: float


@dataclass(frozen=True)
class LandingGoal:
    """A place where the swing foot shall land, as somebody proposed it; in the planner's frame.

    Attributes:
        landing: (2,) m, the pivot of the foot that lands.
        offset: (2,) m from there to where the capture point shall be at that moment.
        duration: s of the step, nominally.
    """

    landing: np.ndarray
    offset: np.ndarray
    duration: float


class Refusal(Enum):
    """Why a proposed footstep is not taken."""

    NOT_A_PLACE = "it is not finite"
    TURN = "it is turned farther than hips turn in a step"
    CROSSING = "the legs would cross"
    REACH = "it is beyond the reach of a leg"
    GROUND = "no sole is known to lie there"
    TIME = "the foot cannot be there in time"
    CAPTURE = "the body could not be caught from there"
    BALANCE = "balance needs a step of its own"


@dataclass(frozen=True)
class StepState:
    """What the planner knows of the step under way; on the ground, in axes that follow the heading.

    Attributes:
        capture_point: (2,) m.
        stance: (2,) m, the pivot: a point of the stance sole near its centre.
        swing: (2,) m, the same point of the swing sole now.
        swing_velocity: (2,) m/s of the swing sole now.
        swing_sign: +1 when the left foot swings, -1 when the right does.
        elapsed: s since the last touchdown.
        free_at: s after the touchdown at which the swing foot is free to move.
        velocity: (2,) m/s wanted.
        omega: 1/s, rate of the inverted pendulum.
        hurries: The stance leg gives way: land as soon as the legs can.
        then_hurries: The swing leg will give way: the next step is to be as short.
        foothold: Where the foot must land; None: anywhere, in the nominal time.
    """

    capture_point: np.ndarray
    stance: np.ndarray
    swing: np.ndarray
    swing_velocity: np.ndarray
    swing_sign: float
    elapsed: float
    free_at: float
    velocity: np.ndarray
    omega: float
    hurries: bool = False
    then_hurries: bool = False
    foothold: FootholdGoal | None = None


class NominalStep(NamedTuple):
    """The step that costs nothing; x ahead, y towards the swing side.

    Attributes:
        step: (2,) m from the stance foot to the landing.
        offset: (2,) m from the landing to the capture point at that moment.
        duration: s from touchdown to touchdown.
    """

    step: np.ndarray
    offset: np.ndarray
    duration: float
