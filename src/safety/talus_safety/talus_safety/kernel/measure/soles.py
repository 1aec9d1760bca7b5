# SPDX-License-Identifier: Apache-2.0
"""Tells which soles can be trusted to lie still on the floor, and what their legs bear.

It judges by foot forces and joint torques.
"""

from __future__ import annotations

import math

import numpy as np
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import RobotDescription
from talus_core.state import RobotState

from talus_safety.kernel.measure.body import Body, Placement
from talus_safety.kernel.measure.tilt import Vertical

# From a sole's edge to its centre of pressure: a foot that presses nearer may tip about the edge.
# 1 cm of the length and of the width of talus40's soles.
SOLE_EDGE_OF_LENGTH = 0.01 / 0.24
SOLE_EDGE_OF_WIDTH = 0.01 / 0.11
# Share of the weight on one foot, beyond which the foot is landing and its sole gives way.
LANDING_FORCE_OF_WEIGHT = 1.5
# Sideways force over upward force: steps need 0.3; a sole that slides on rubber shows 0.7 or more.
GRIP_OF_FORCE = 0.6
# Least product of the singular values, m^3 of talus40: a straighter leg does not show the force
# along it.
LEG_DETERMINANT_M3 = 0.01
LEG_SWING_SPEED_RADPS = 3.0  # rad/s of a joint, beyond which torque goes into the leg's own motion


class Soles:
    """Judges the soles of a robot with two flat feet.

    A wrench (6,) is the floor's force, N, and moment, N m, on a sole, in the sole's frame.
    """

    def __init__(self, robot: RobotDescription, body: Body):
        self._body = body
        self._least_determinant = LEG_DETERMINANT_M3 * body.scale.length**3
        self._hard = LANDING_FORCE_OF_WEIGHT * body.mass * GRAVITY_MPS2
        self._reach = [
            (
                foot.length / 2 - SOLE_EDGE_OF_LENGTH * foot.length,
                foot.width / 2 - SOLE_EDGE_OF_WIDTH * foot.width,
            )
            for foot in robot.feet
        ]

    def is_still(self, foot: int, wrench: list[float]) -> bool:
        """Tell whether a sole carries and neither lands, slides nor turns on one of its corners.

        Friction has no lever about a corner: a sole that stands on one alone turns as it likes.
        """
        fx, fy, fz, *_ = wrench
        return (
            2.0 * self._body.contact.on < fz < self._hard
            and math.hypot(fx, fy) < GRIP_OF_FORCE * fz
            and any(self.is_fixed(foot, wrench)[:2])
        )

    def is_fixed(self, foot: int, wrench: list[float]) -> tuple[bool, bool, bool]:
        """Tell about which of its three axes a sole that is still does not turn.

        A sole whose centre of pressure is near an edge may tip about that edge.
        """
        _, _, fz, mx, my, _ = wrench
        along, across = self._reach[foot]
        return abs(mx) < across * fz, abs(my) < along * fz, True

    def borne(
        self,
        foot: int,
        state: RobotState,
        passed: np.ndarray,
        tilt: Vertical,
        placement: Placement,
    ) -> float | None:
        """Return the upward force on a sole that the torques `passed` (n,), N m, show, N.

        None where the leg is too straight or moves too fast to show it. A leg without a roll joint
        at the ankle does not show the moment about that axis; the upward force does not depend on
        it.
        """
        body = self._body
        up = np.array(tilt.up)
        legs = body.legs[foot]
        wrench_to_torque = body.wrench_to_torque(placement, foot)
        if np.abs(state.velocity[legs]).max() > LEG_SWING_SPEED_RADPS:
            return None
        gravity = body.gravity_torque(placement, -GRAVITY_MPS2 * up)[legs]
        held = gravity - passed[legs]
        wrench, _, _, singular = np.linalg.lstsq(wrench_to_torque, held, rcond=None)
        if singular.prod() < self._least_determinant:
            return None
        return float(wrench[:3] @ up)
