# SPDX-License-Identifier: Apache-2.0
"""Turns a wanted centre of pressure into forces under the feet, and those into joint torques."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import RobotDescription

from talus_safety.kernel.measure.body import Body, cross
from talus_safety.kernel.measure.stance import Stance

# Kept from a sole's edges: a foot whose pressure reaches its edge is about to tip. 1.5 cm of the
# length and of the width of talus40's soles.
STANDBY_EDGE_OF_LENGTH = 0.015 / 0.24
STANDBY_EDGE_OF_WIDTH = 0.015 / 0.11


@dataclass(frozen=True)
class Footing:
    """Holds the planned forces under the feet, in the level frame.

    Attributes:
        share: (2,) share of the weight on each foot: together 1, or all 0 in the air.
        points: (2, 2) centre of pressure under each foot, m.
        pressure: (2,) common centre of pressure of both feet, m.
    """

    share: np.ndarray
    points: np.ndarray
    pressure: np.ndarray


class FootingPlanner:
    """Plans the forces under soles of known size."""

    def __init__(self, robot: RobotDescription):
        self._reach = np.array(
            [
                [
                    foot.length / 2 - STANDBY_EDGE_OF_LENGTH * foot.length,
                    foot.width / 2 - STANDBY_EDGE_OF_WIDTH * foot.width,
                ]
                for foot in robot.feet
            ]
        )

    def plan(self, stance: Stance, pressure: np.ndarray, carries: tuple[bool, bool]) -> Footing:
        """Return the forces whose common centre of pressure is nearest to `pressure` (2,), m."""
        centres = stance.soles[:, :2]
        share = _share(carries, centres, pressure)
        rest = pressure - share @ centres if share.any() else np.zeros(2)
        points = np.array([centres[foot] + self._inside(stance, foot, rest) for foot in (0, 1)])
        return Footing(share, points, share @ points)

    def _inside(self, stance: Stance, foot: int, offset: np.ndarray) -> np.ndarray:
        """Return `offset` (2,) from a sole's centre, cut to the sole's rectangle, m."""
        axes = stance.sole_rotations[foot][:2, :2]  # columns: the sole's x and y on the ground
        return axes @ np.clip(axes.T @ offset, -self._reach[foot], self._reach[foot])


def _share(carries: tuple[bool, bool], centres: np.ndarray, pressure: np.ndarray) -> np.ndarray:
    """Return the weight's shares (2,) that bring the pressure nearest to the wanted one."""
    if carries != (True, True):
        return np.array(carries, dtype=float)
    across = centres[0] - centres[1]
    left = float(
        np.clip((pressure - centres[1]) @ across / max(float(across @ across), 1e-6), 0.0, 1.0)
    )
    return np.array([left, 1.0 - left])


def joint_torque(body: Body, stance: Stance, footing: Footing) -> np.ndarray:
    """Return the torque (n,) that carries all links and presses on the ground as planned, N m.

    The ground's force on each foot points at the centre of mass, as in the linear inverted
    pendulum. The links are held against gravity and that pendulum's acceleration together.
    """
    lean = (
        (stance.centre[:2] - footing.pressure) / stance.height
        if footing.share.any()
        else np.zeros(2)
    )
    push = GRAVITY_MPS2 * np.array([lean[0], lean[1], 1.0])  # m/s^2, specific force in L
    torque = body.gravity_torque(stance.placement, -push @ stance.level)
    points = np.column_stack((footing.points, stance.soles[:, 2])) @ stance.level
    force = footing.share[:, None] * body.mass * (push @ stance.level)
    lever = points[:, None, :] - stance.placement.origin[body.legs + 1]
    torque[body.legs] -= np.einsum(
        "fjk,fjk->fj", stance.placement.axis[body.legs], cross(lever, force[:, None, :])
    )
    return torque
