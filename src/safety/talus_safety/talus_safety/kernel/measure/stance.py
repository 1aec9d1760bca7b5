# SPDX-License-Identifier: Apache-2.0
"""Measures how the robot stands, from encoders, gyroscope, vertical and foot forces.

It computes the feet, the centre of mass and the capture point.

Legend: the level frame L has its origin in that of base_link, z up and x along the mean direction
of the toes. Rotations into it are written as matrices: `level @ vector_in_base`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from talus_core.physics import GRAVITY_MPS2
from talus_core.rotations import cross
from talus_core.state import RobotState

from talus_safety.kernel.measure.body import Body, Placement
from talus_safety.kernel.measure.tilt import Vertical

# m of talus40, and in proportion of others: keeps the pendulum's frequency finite for a robot that
# lies
LEAST_PENDULUM_HEIGHT_M = 0.2


@dataclass(frozen=True)
class Stance:
    """Holds how the robot stands at one tick; vectors are in the level frame.

    Attributes:
        placement: Poses of the links in base_link.
        level: (3, 3) rotation from base_link to the level frame.
        soles: (2, 3) centres of the soles, m.
        sole_rotations: (2, 3, 3) rotations from the soles to the level frame.
        supports: Which feet carry.
        pressure: (2, 2) centre of pressure of each sole, m; the sole's centre where none presses.
        centre: (3,) centre of mass, m.
        velocity: (2,) velocity of the centre of mass over the ground, m/s.
        height: Height of the centre of mass above the soles that carry, m.
        omega: Natural frequency of the linear inverted pendulum, rad/s.
    """

    placement: Placement
    level: np.ndarray
    soles: np.ndarray
    sole_rotations: np.ndarray
    supports: tuple[bool, bool]
    pressure: np.ndarray
    centre: np.ndarray
    velocity: np.ndarray
    height: float
    omega: float

    @property
    def capture_point(self) -> np.ndarray:
        """Return the capture point (2,), m: pressure there stops the pendulum (Pratt, 2006)."""
        return self.centre[:2] + self.velocity / self.omega


class StanceObserver:
    """Observes the stance; it remembers only which feet carry and computes the rest each tick."""

    def __init__(self, body: Body):
        self._body = body
        self._least_height = LEAST_PENDULUM_HEIGHT_M * body.scale.length
        self._supports = [False, False]

    def observe(
        self, state: RobotState, tilt: Vertical, lame: tuple[bool, bool] = (False, False)
    ) -> Stance:
        """Return the stance at this tick.

        A `lame` leg is no support while the other leg carries.
        """
        body = self._body
        up = np.array(tilt.up)
        rate = np.array(tilt.rate)
        placement = body.place(state.position)
        located = [body.locate(placement, sole) for sole in body.soles]
        level = _level(up, located[0][0][:, 0] + located[1][0][:, 0])
        soles = np.array([origin for _, origin in located])
        centre = body.centre_of_mass(placement)
        supports = self._update_supports(state.foot_wrenches[:, 2], lame)
        weights = _weights(supports, soles @ up)
        levelled = soles @ level.T
        sole_rotations = np.array([level @ rotation for rotation, _ in located])
        drift = body.centre_velocity(placement, state.velocity) - weights @ self._sole_velocity(
            placement, state, soles
        )
        velocity = level @ (drift + cross(rate, centre - weights @ soles))
        height = max(float((centre - weights @ soles) @ up), self._least_height)
        return Stance(
            placement=placement,
            level=level,
            soles=levelled,
            sole_rotations=sole_rotations,
            supports=supports,
            pressure=levelled[:, :2]
            + _off_centre(state.foot_wrenches, sole_rotations, least=body.contact.off),
            centre=level @ centre,
            velocity=velocity[:2],
            height=height,
            omega=math.sqrt(GRAVITY_MPS2 / height),
        )

    def _update_supports(
        self, normal_force: np.ndarray, lame: tuple[bool, bool]
    ) -> tuple[bool, bool]:
        contact = self._body.contact
        for foot in (0, 1):
            self._supports[foot] = bool(
                normal_force[foot] > (contact.off if self._supports[foot] else contact.on)
            )
        left, right = self._supports
        return left and not (lame[0] and right), right and not (lame[1] and left)

    def _sole_velocity(
        self, placement: Placement, state: RobotState, soles: np.ndarray
    ) -> np.ndarray:
        """Return the velocities (2, 3) of the soles relative to base_link, m/s."""
        legs = self._body.legs
        lever = soles[:, None, :] - placement.origin[legs + 1]
        return np.einsum("fj,fjk->fk", state.velocity[legs], cross(placement.axis[legs], lever))


def _level(up: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """Return the rotation (3, 3) to the frame with z along `up` and x along level `forward`."""
    left = cross(up, forward)
    length = math.sqrt(float(left @ left))
    left = left / length if length > 1e-6 else np.array([0.0, 1.0, 0.0])
    return np.array([cross(left, up), left, up])


def _off_centre(wrenches: np.ndarray, sole_rotations: np.ndarray, least: float) -> np.ndarray:
    """Return the offsets (2, 2) from each sole's centre to its centre of pressure, m.

    A sole under less than `least`, N, has its centre of pressure in its centre.
    """
    force = wrenches[:, 2]
    arm = np.column_stack((-wrenches[:, 4], wrenches[:, 3])) / np.maximum(force, least)[:, None]
    return np.einsum("fij,fj->fi", sole_rotations[:, :2, :2], arm * (force > least)[:, None])


def _weights(supports: tuple[bool, bool], heights: np.ndarray) -> np.ndarray:
    """Return how far each foot is trusted as fixed, (2,); the lower foot where neither carries."""
    if supports == (False, False):
        return np.array([1.0, 0.0]) if heights[0] < heights[1] else np.array([0.0, 1.0])
    carrying = np.array(supports, dtype=float)
    return carrying / carrying.sum()
