# SPDX-License-Identifier: Apache-2.0
"""Seeks crouches that brakes or stops hold without torque, by statics alone.

Both feet stay flat. A crouch is told by the bend of the knees, the lean of the pelvis, and how far
the centre of mass is ahead of the middle of the soles; hips and ankles follow from these three.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from talus_core.robot import RobotDescription

from talus_description.crouch import SIT_KNEE_RAD, STOP_MARGIN_RAD, Bend
from talus_description.rest_path import Statics, zero_between

# rad by which the knees are bent farther than in `stand`: the gate calls a robot seated that is
# nearer than 0.35 rad to `sit`, so that one that stands is not.
DEEPER_THAN_STAND_RAD = 0.45
DEPTH_STEP_RAD = 0.1
LEANS_RAD = (0.0, 0.15, -0.15, 0.3, 0.45)  # of the pelvis, ahead positive; upright is tried first
# Of half the sole's length: the gate refuses a path that is farther than 0.7 from the middle.
AHEAD_SHARES = (0.0, -0.25, 0.25, -0.5, 0.5, -0.65, 0.65)
SUPPORT_SHARE = 0.8  # of half the sole's length: a body that slumped onto its stops stays over it
LEAST_HIP_RAD = -2.5  # of the bend in which balance is sought: thighs beyond level
MOST_HIP_RAD = 1.0
ON_STOP_RAD = 0.06  # from a stop, as talus40's seat: the joint slumps onto it and is held there
# Of what the brakes hold: half of it carries twice the weight, and friction may be half of what its
# maker says. A deeper crouch is then worth more than less torque: it falls less far.
EASY_LOAD = 0.5
HELD_LOAD = 0.9  # above it nothing is left for what the model does not know
LEAST_BRAKE_NM = 1e-3  # of a joint without a brake: any torque is too much for it


@dataclass(frozen=True)
class Crouch:
    """Describes one posture on two flat feet.

    Attributes:
        position: Joint angles, rad. (n,)
        knee: Bend of the knees, rad.
        load: Greatest torque over what the joint's brake holds; stops hold for nothing.
        joint: Name of that joint.
        effort: Greatest torque over the peak torque of a joint.
        on_stops: Joints that rest on a stop.
    """

    position: np.ndarray
    knee: float
    load: float
    joint: str
    effort: float
    on_stops: tuple[str, ...]


class RestSearch:
    """Computes crouches of one robot."""

    def __init__(
        self,
        robot: RobotDescription,
        legs: Sequence[Sequence[Bend]],
        drawn: Mapping[str, float],
        friction: np.ndarray,
    ):
        """Prepare the statics.

        Args:
            robot: The robot as it was written, with a pose `stand`.
            legs: Hip, knee and ankle of each leg with the sign that bends them forward.
            drawn: Angle of these joints with straight legs, rad.
            friction: What holds each joint without power, N m. (n,)
        """
        self._robot = robot
        self._statics = Statics(robot)
        self._at = [[robot.joint_names.index(bend.joint) for bend in leg] for leg in legs]
        self._signs = [[bend.sign for bend in leg] for leg in legs]
        self._drawn = [[drawn[bend.joint] for bend in leg] for leg in legs]
        self._hold = np.maximum(friction, LEAST_BRAKE_NM)
        knee_at = self._at[0][1]
        sign = self._signs[0][1]
        straight = self._drawn[0][1]
        limits = robot.limits
        stop = limits.upper[knee_at] if sign > 0.0 else limits.lower[knee_at]
        self._deepest = float(sign * (stop - straight)) - STOP_MARGIN_RAD
        stand = float(sign * (robot.poses["stand"][knee_at] - straight))
        self._highest = stand + DEEPER_THAN_STAND_RAD

    def crouches(self) -> list[Crouch]:
        """Return all that fit between the stops, the deepest first."""
        found = []
        for knee, lean, share in product(self._knees(), LEANS_RAD, AHEAD_SHARES):
            position = self._balanced(knee, lean, share)
            if position is not None:
                found.append(self._crouch(position, knee))
        return found

    def _knees(self) -> Iterator[float]:
        """Yield bends of the knees, rad: the stop, and from deep to high."""
        if self._deepest > SIT_KNEE_RAD:
            yield self._deepest
        knee = min(SIT_KNEE_RAD, self._deepest)
        while knee > self._highest:
            yield knee
            knee -= DEPTH_STEP_RAD
        if self._deepest >= self._highest:
            yield self._highest

    def _balanced(self, knee: float, lean: float, share: float) -> np.ndarray | None:
        """Return joint angles (n,) rad with the centre of mass where it shall be; None: none."""
        target = share * 0.5 * self._robot.feet[0].length

        def miss(hip: float) -> float:
            return self._statics.com_ahead(self._bent(hip, knee, lean)) - target

        hip = zero_between(miss, LEAST_HIP_RAD, MOST_HIP_RAD)
        if hip is None:
            return None
        position = self._bent(hip, knee, lean)
        limits = self._robot.limits
        legs = np.ravel(self._at)
        inside = (position >= limits.lower + STOP_MARGIN_RAD - 1e-9) & (
            position <= limits.upper - STOP_MARGIN_RAD + 1e-9
        )
        return np.round(position, 4) if inside[legs].all() else None

    def _bent(self, hip: float, knee: float, lean: float) -> np.ndarray:
        position = self._robot.poses["stand"].copy()
        for at, signs, drawn in zip(self._at, self._signs, self._drawn, strict=True):
            position[at] = np.array(drawn) + np.array(signs) * (hip, knee, lean - hip - knee)
        return position

    def _crouch(self, position: np.ndarray, knee: float) -> Crouch:
        robot = self._robot
        structural = robot.structural_indices
        load, on_stop = loads_without_power(robot, self._statics, position, self._hold)
        effort = np.abs(self._statics.row(position).torque) / robot.limits.effort[structural]
        worst = int(load.argmax())
        return Crouch(
            position=position,
            knee=knee,
            load=float(load[worst]),
            joint=robot.joint_names[worst],
            effort=float(effort.max()),
            on_stops=tuple(robot.joint_names[at] for at in np.flatnonzero(on_stop)),
        )


def loads_without_power(
    robot: RobotDescription, statics: Statics, position: np.ndarray, hold: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each joint's load over what holds it, and which joints rest on a stop instead.

    Args:
        robot: The robot.
        statics: Its statics.
        position: Joint angles on two flat feet, rad. (n,)
        hold: Dry friction of each joint without power, above 0, N m. (n,)
    """
    limits = robot.limits
    torque = np.zeros(len(position))
    torque[robot.structural_indices] = statics.row(position).torque
    # What holds the joint up is the torque; what gravity does to it is its negative.
    falls_down = (torque > 0.0) & (position - limits.lower < ON_STOP_RAD)
    falls_up = (torque < 0.0) & (limits.upper - position < ON_STOP_RAD)
    on_stop = falls_down | falls_up
    slumped = np.where(falls_down, limits.lower, np.where(falls_up, limits.upper, position))
    support = SUPPORT_SHARE * 0.5 * robot.feet[0].length
    if abs(statics.com_ahead(slumped)) > support:
        on_stop[:] = False  # it would topple on its way onto them
    return np.where(on_stop, 0.0, np.abs(torque) / hold), on_stop


def by_preference(crouches: Sequence[Crouch]) -> list[Crouch]:
    """Return those that brakes and stops hold, the best first.

    What they hold easily is ordered by depth, then by load; beyond the usual bend of the knees only
    a seat on the stops of the knees is worth the way. The others follow by load.
    """

    def rank(crouch: Crouch) -> tuple[float, ...]:
        is_easy = crouch.load <= EASY_LOAD
        is_far = crouch.knee > SIT_KNEE_RAD
        return (
            float(is_far),
            float(not is_easy),
            -round(crouch.knee, 3) if is_easy else crouch.load,
            crouch.load,
        )

    return sorted((c for c in crouches if c.load <= HELD_LOAD), key=rank)


def of_least_torque(crouches: Sequence[Crouch]) -> list[Crouch]:
    """Return them by the part of the peak torque that holds them, the least first."""
    return sorted(crouches, key=lambda crouch: crouch.effort)
