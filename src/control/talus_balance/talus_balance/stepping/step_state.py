# SPDX-License-Identifier: Apache-2.0
"""Defines what the step planner reads and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np


class StepPlan(NamedTuple):
    """Says where and when the swing foot lands.

    Attributes:
        landing: (2,) pivot of the foot that lands, in the planner's frame, m.
        duration: Time from the last touchdown to the next one, s.
        pressure: (2,) centre of pressure from the stance foot's pivot, m.
    """

    landing: np.ndarray
    duration: float
    pressure: np.ndarray


@dataclass(frozen=True)
class FootholdGoal:
    """Describes a place ahead where the foot must land.

    Attributes:
        ahead: Distance from the stance foot's pivot along the heading, m.
        stride: Length of the step after this one, m.
        duration: Duration of this step, s.
    """

    ahead: float
    stride: float
    duration: float


@dataclass(frozen=True)
class LandingGoal:
    """Describes a proposed place where the swing foot must land, in the planner's frame.

    Attributes:
        landing: (2,) pivot of the foot that lands, m.
        offset: (2,) distance from there to the wanted capture point at that moment, m.
        duration: Nominal duration of the step, s.
    """

    landing: np.ndarray
    offset: np.ndarray
    duration: float


class Refusal(Enum):
    """Names why a proposed footstep is not taken."""

    NOT_A_PLACE = "it is not finite"
    TURN = "it is turned farther than hips turn in a step"
    CROSSING = "the legs would cross"
    REACH = "it is beyond the reach of a leg"
    GROUND = "no sole is known to lie there"
    TIME = "the foot cannot be there in time"
    CAPTURE = "the body could not be caught from there"
    BALANCE = "balance needs a step of its own"


class StepState(NamedTuple):
    """Holds what the planner knows of the step under way, on the ground, in axes of the heading.

    Attributes:
        capture_point: (2,) capture point, m.
        stance: (2,) pivot, m: a point of the stance sole near its centre.
        swing: (2,) same point of the swing sole now, m.
        swing_velocity: (2,) velocity of the swing sole now, m/s.
        swing_sign: +1 when the left foot swings, -1 when the right does.
        elapsed: Time since the last touchdown, s.
        free_at: Time after the touchdown at which the swing foot is free to move, s.
        velocity: (2,) wanted velocity, m/s.
        omega: Natural frequency of the inverted pendulum, rad/s.
        hurries: The stance leg gives way: land as soon as the legs can.
        then_hurries: The swing leg will give way: the next step must be as short.
        foothold: Where the foot must land; None for anywhere, in the nominal time.
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
    """Describes the step that costs nothing; x ahead, y towards the swing side.

    Attributes:
        step: (2,) step from the stance foot to the landing, m.
        offset: (2,) distance from the landing to the capture point at that moment, m.
        duration: Time from touchdown to touchdown, s.
    """

    step: np.ndarray
    offset: np.ndarray
    duration: float
