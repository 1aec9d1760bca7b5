# SPDX-License-Identifier: Apache-2.0
"""Which sole may be believed to lie on the floor and stay there, and what its leg bears: by forces and torques."""

from __future__ import annotations

import math

import numpy as np
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import RobotDescription
from talus_core.state import RobotState

from talus_safety.kernel.measure.body import Body, Placement
from talus_safety.kernel.measure.stance import CONTACT_ON
from talus_safety.kernel.measure.tilt import Vertical

EDGE = 0.01  # m from a sole's edge to where it presses: nearer, it may tip about that edge
HARD = 1.5  # of the weight on one foot, beyond which the sole gives way: it lands
GRIP = 0.6  # of the force upwards, sideways: steps need 0.3, a sole that slides on rubber shows 0.7 and more
SOUND = 0.01  # of the determinant: a straighter leg says nothing about the force along it
SWINGS = 3.0  # rad/s of a joint, beyond which a leg's torques go into its own motion


class Soles:
    """Of a robot with two flat feet; `wrench`: (6,) N and N m of the floor on a sole, in its frame."""

    def __init__(self, robot: RobotDescription, body: Body):
        self._body, self._hard = body, HARD * body.mass * GRAVITY_MPS2
        self._reach = [(foot.length / 2 - EDGE, foot.width / 2 - EDGE) for foot in robot.feet]

    def is_still(self, wrench: list[float]) -> bool:
        """It carries, and neither lands nor slides."""
        fx, fy, fz, *_ = wrench
        return 2.0 * CONTACT_ON < fz < self._hard and math.hypot(fx, fy) < GRIP * fz

    def is_fixed(self, foot: int, wrench: list[float]) -> tuple[bool, bool, bool]:
        """About which of its axes one that is still does not turn: about an edge, where it presses, it may tip."""
        _, _, fz, mx, my, _ = wrench
        along, across = self._reach[foot]
        return abs(mx) < across * fz, abs(my) < along * fz, True

    def borne(
        self, foot: int, state: RobotState, tilt: Vertical, placement: Placement
    ) -> float | None:
        """N upwards on it by its leg's torques, in statics; None where the leg is too straight or too fast to say."""
        body, up = self._body, np.array(tilt.up)
        legs, wrench_to_torque = body.legs[foot], body.wrench_to_torque(placement, foot)
        if (
            np.abs(state.velocity[legs]).max() > SWINGS
            or abs(np.linalg.det(wrench_to_torque)) < SOUND
        ):
            return None
        gravity = body.gravity_torque(placement, -GRAVITY_MPS2 * up)[legs]
        return float(np.linalg.solve(wrench_to_torque, gravity - state.effort[legs])[:3] @ up)
