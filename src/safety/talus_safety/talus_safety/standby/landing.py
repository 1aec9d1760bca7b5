# SPDX-License-Identifier: Apache-2.0
"""Lands a foot that is in the air where it catches the robot, each time a foot loses the ground.

All positions are in the level frame of `stance.py`, relative to the sole that carries. Lengths,
times and speeds are talus40's; another robot's are in proportion (`body_scale.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.robot import RobotDescription

from talus_safety.kernel.measure.body import Body, cross
from talus_safety.kernel.measure.stance import Stance

LANDING_CLEARANCE_M = 0.03  # m above the other sole, in the first half of a step
LANDING_SHUFFLE_M = 0.05  # m that a foot may travel without being lifted
LANDING_TIME_S = 0.25  # s from taking over to touching the ground: half a usual step
# s for the same where the other leg gives way: in twice that time the body falls by 0.2 m
LANDING_HURRY_S = 0.1
LANDING_PRESS_SPEED_MPS = 0.4  # m/s downwards of a foot that finds no ground where it should be
# m ahead of or behind the other sole: a fifth of the legs' splits, with the knees still bent
LANDING_REACH_M = 0.35
# m between the soles' edges, at least: at less the feet touch
LANDING_GAP_M = 0.03
# m sideways beyond where the feet stand, at most: at more the hips reach their range
LANDING_SPREAD_M = 0.22
FOOT_DISTANCE_DIGITS = 4  # of m: a tenth of a millimetre
# m sideways beyond the capture point: a fall inwards the other foot can catch, one outwards nothing
LANDING_OUTWARD_M = 0.03
LANDING_FOLLOW_PER_S = 20.0  # 1/s, rate at which the foot closes the distance to its place
LEG_INVERSE_DAMPING_RADPM = 0.05  # rad/m, damps the inverse kinematics near a straight knee


@dataclass(frozen=True)
class _Bounds:
    """Holds the constants above for one robot; `side`: m sideways, at least and at most."""

    clearance: float
    shuffle: float
    time: float
    hurry: float
    press_speed: float
    reach: float
    side: tuple[float, float]
    outward: float
    follow: float


class FootPlacing:
    """Places a foot on the ground: `begin_landing`, then `step_landing` while it is in the air."""

    def __init__(self, robot: RobotDescription, body: Body, period: float):
        self._body = body
        self._period = period
        length, time = body.scale
        standing = body.place(robot.poses["stand"])
        left, right = (body.locate(standing, sole)[1] for sole in body.soles)
        apart = round(float(left[1] - right[1]), FOOT_DISTANCE_DIGITS)
        self._bounds = _Bounds(
            clearance=LANDING_CLEARANCE_M * length,
            shuffle=LANDING_SHUFFLE_M * length,
            time=LANDING_TIME_S * time,
            hurry=LANDING_HURRY_S * time,
            press_speed=LANDING_PRESS_SPEED_MPS * time,
            reach=LANDING_REACH_M * length,
            side=(
                robot.feet[0].width + LANDING_GAP_M * length,
                apart + LANDING_SPREAD_M * length,
            ),
            outward=LANDING_OUTWARD_M * length,
            follow=LANDING_FOLLOW_PER_S / time,
        )

    def begin_landing(self) -> None:
        """Start a landing now."""
        self._time = 0.0
        self._foot: int | None = None

    def step_landing(
        self, stance: Stance, lame: tuple[bool, bool] = (False, False)
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Return joints (k,) of the leg in the air, their change (k,), rad, and speed (k,), rad/s.

        None where no leg is in the air.

        Args:
            stance: Stance of this tick.
            lame: Which legs give way.
        """
        bounds = self._bounds
        self._time += self._period
        if stance.supports[0] == stance.supports[1]:
            self._foot = None
            return None
        foot = stance.supports.index(False)
        here = stance.soles[foot] - stance.soles[1 - foot]
        if foot != self._foot:
            self._foot = foot
            self._at = here
            is_there = (
                np.linalg.norm(here - self._goal(stance, foot, 0.0)) < bounds.shuffle
            )  # the foot lost the ground for a moment
            self._time = bounds.time if is_there else 0.0
        left = max((bounds.hurry if lame[1 - foot] else bounds.time) - self._time, 0.0)
        goal = self._goal(stance, foot, left)
        if left > 0.5 * bounds.time and np.hypot(*(goal - here)[:2]) > bounds.shuffle:
            goal[2] = bounds.clearance
        before = self._at
        self._at = self._at + (goal - self._at) * min(
            self._period / max(left, 5 * self._period), 1.0
        )
        if left == 0.0 and not lame[foot]:  # a lame leg would not feel the ground
            self._at[2] = before[2] - bounds.press_speed * self._period
        speed = (self._at - before) / self._period + bounds.follow * (self._at - here)
        turn = _flat(stance.sole_rotations[foot])
        legs = self._body.legs[foot]
        inverse = inverse_of_leg(self._body, stance, foot)
        change = inverse @ np.concatenate((self._at - here, turn))
        return legs, change, inverse @ np.concatenate((speed, bounds.follow * turn))

    def _goal(self, stance: Stance, foot: int, left: float) -> np.ndarray:
        """Return the place (3,) under the capture point at the landing, within reach, m."""
        bounds = self._bounds
        pressure = stance.pressure[1 - foot]
        ahead = stance.capture_point - pressure
        there = pressure + ahead * np.exp(stance.omega * left) - stance.soles[1 - foot, :2]
        side = 1.0 if foot == 0 else -1.0
        return np.array(
            [
                np.clip(there[0], -bounds.reach, bounds.reach),
                side * np.clip(side * there[1] + bounds.outward, *bounds.side),
                0.0,
            ]
        )


def inverse_of_leg(body: Body, stance: Stance, foot: int) -> np.ndarray:
    """Return the damped inverse (k, 6): twist of a sole in base_link to its leg's joint speeds."""
    legs = body.legs[foot]
    axis = stance.placement.axis[legs] @ stance.level.T
    lever = stance.soles[foot] - stance.placement.origin[legs + 1] @ stance.level.T
    jacobian = np.vstack((cross(axis, lever).T, axis.T))
    return jacobian.T @ np.linalg.inv(
        jacobian @ jacobian.T + LEG_INVERSE_DAMPING_RADPM**2 * np.eye(6)
    )


def _flat(rotation: np.ndarray) -> np.ndarray:
    """Return the small turn (3,) that lays a sole flat with its toes ahead, rad."""
    x = rotation[:, 0]
    z = rotation[:, 2]
    flat = cross(z, np.array([0.0, 0.0, 1.0]))
    flat[2] = -x[1]
    return flat
