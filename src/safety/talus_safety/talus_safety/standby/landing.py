# SPDX-License-Identifier: Apache-2.0
"""Puts a foot that is in the air down where it catches the robot, as often as one loses the ground.

All positions are in the level frame of `stance.py`, relative to the sole that carries.
"""

from __future__ import annotations

import numpy as np

from talus_safety.kernel.measure.body import Body, cross
from talus_safety.kernel.measure.stance import Stance

LANDING_CLEARANCE_M = 0.03  # m over the other sole, in the first half of a step
LANDING_SHUFFLE_M = 0.05  # m that a foot may go without being lifted
LANDING_TIME_S = 0.25  # s from taking over to the ground: half a usual step
# s of it where the other leg gives way: in twice that the body falls by 0.2 m
LANDING_HURRY_S = 0.1
LANDING_PRESS_SPEED_MPS = 0.4  # m/s of a foot that finds no ground where it should be
# m ahead of or behind the other sole: a fifth of the legs' splits, knees still bent
LANDING_REACH_M = 0.35
# m sideways from the other sole: nearer the feet touch, farther the hips end
LANDING_SIDE_RANGE_M = (
    0.14,
    0.40,
)
# m beyond the capture point: inwards the other foot can catch the robot, outwards nothing can
LANDING_OUTWARD_M = 0.03
LANDING_FOLLOW_PER_S = 20.0  # 1/s, of the foot towards its place
LEG_INVERSE_DAMPING_RADPM = 0.05  # of the inverse kinematics near a straight knee, rad/m


class FootPlacing:
    """Places a foot on the ground; call `begin`, then `step` while it is in the air."""

    def __init__(self, body: Body, period: float):
        self._body = body
        self._period = period

    def begin(self) -> None:
        """Take over now."""
        self._time = 0.0
        self._foot: int | None = None

    def step(
        self, stance: Stance, lame: tuple[bool, bool] = (False, False)
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Return joints (k,) of the leg in the air, their change (k,) rad and speed (k,) rad/s.

        None without one.

        Args:
            stance: Of this tick.
            lame: Legs that give way.
        """
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
                np.linalg.norm(here - self._goal(stance, foot, 0.0)) < LANDING_SHUFFLE_M
            )  # it lost the ground for a moment
            self._time = LANDING_TIME_S if is_there else 0.0
        left = max((LANDING_HURRY_S if lame[1 - foot] else LANDING_TIME_S) - self._time, 0.0)
        goal = self._goal(stance, foot, left)
        if left > 0.5 * LANDING_TIME_S and np.hypot(*(goal - here)[:2]) > LANDING_SHUFFLE_M:
            goal[2] = LANDING_CLEARANCE_M
        before = self._at
        self._at = self._at + (goal - self._at) * min(
            self._period / max(left, 5 * self._period), 1.0
        )
        if left == 0.0 and not lame[foot]:  # which would not feel the ground
            self._at[2] = before[2] - LANDING_PRESS_SPEED_MPS * self._period
        speed = (self._at - before) / self._period + LANDING_FOLLOW_PER_S * (self._at - here)
        turn = _flat(stance.sole_rotations[foot])
        legs = self._body.legs[foot]
        inverse = inverse_of_leg(self._body, stance, foot)
        change = inverse @ np.concatenate((self._at - here, turn))
        return legs, change, inverse @ np.concatenate((speed, LANDING_FOLLOW_PER_S * turn))

    @staticmethod
    def _goal(stance: Stance, foot: int, left: float) -> np.ndarray:
        """Return the place (3,) under the capture point at the landing, in reach, m."""
        pressure = stance.pressure[1 - foot]
        ahead = stance.capture_point - pressure
        there = pressure + ahead * np.exp(stance.omega * left) - stance.soles[1 - foot, :2]
        side = 1.0 if foot == 0 else -1.0
        return np.array(
            [
                np.clip(there[0], -LANDING_REACH_M, LANDING_REACH_M),
                side * np.clip(side * there[1] + LANDING_OUTWARD_M, *LANDING_SIDE_RANGE_M),
                0.0,
            ]
        )


def inverse_of_leg(body: Body, stance: Stance, foot: int) -> np.ndarray:
    """Return (k, 6): a leg's joint speeds for a twist of its sole seen from base_link; damped."""
    legs = body.legs[foot]
    axis = stance.placement.axis[legs] @ stance.level.T
    lever = stance.soles[foot] - stance.placement.origin[legs + 1] @ stance.level.T
    jacobian = np.vstack((cross(axis, lever).T, axis.T))
    return jacobian.T @ np.linalg.inv(
        jacobian @ jacobian.T + LEG_INVERSE_DAMPING_RADPM**2 * np.eye(6)
    )


def _flat(rotation: np.ndarray) -> np.ndarray:
    """Return the turn (3,) that lays a sole flat with its toes ahead, for small angles, rad."""
    x = rotation[:, 0]
    z = rotation[:, 2]
    flat = cross(z, np.array([0.0, 0.0, 1.0]))
    flat[2] = -x[1]
    return flat
