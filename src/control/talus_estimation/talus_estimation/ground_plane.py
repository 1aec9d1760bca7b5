# SPDX-License-Identifier: Apache-2.0
"""The ground as a plane under the robot: its gradient by how the soles lie, and its height.

A pendulum whose mass moves parallel to a slope obeys the level pendulum's equations on the map's
plane (Kajita et al., "The 3D linear inverted pendulum mode", IROS 2001): height and landing points
follow the plane, the planner stays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GroundConfig:
    """How fast the plane follows.

    Attributes:
        tilt_filter: s of a sole's tilt while it carries: it settles flat within some ticks of its
            touchdown.
        tilt_share: Share of the weight on a sole from which it lies flat.
        steepest: rise over run that is followed; 25 degrees, beyond what ankles and rubber hold.
        telling: m by which soles on the believed slope must differ in height before their heights
            are asked: twice the kinematics' error.
    """

    tilt_filter: float = 0.06
    tilt_share: float = 0.3
    steepest: float = 0.47
    telling: float = 0.01


class GroundPlane:
    """Call `reset` when both soles carry, then `step` every tick.

    Attributes:
        height: m in odom under the centre of mass.
        gradient: (2,) rise over run along x and y of odom.
    """

    def __init__(self, config: GroundConfig, dt: float):
        self.config = config
        self._dt = dt
        self.reset(0.0)

    def reset(self, height: float) -> None:
        """Level ground at `height` m."""
        self.height = height
        self.gradient = np.zeros(2)
        self._tilts = [[0.0, 0.0], [0.0, 0.0]]  # rise over run of each sole, along x and y
        self._places = np.zeros((2, 3))

    def watch(
        self, rotations: Sequence[np.ndarray], places: Sequence[np.ndarray], loads: np.ndarray
    ) -> None:
        """Learn the gradient from how the soles lie.

        Only what both soles agree on, and their heights with them, is believed: on blocks each lies
        as it came down.

        Args:
            rotations: (3, 3) from each sole to odom.
            places: (3,) m of each sole in odom.
            loads: (2,) share of the weight that each carries.
        """
        c = self.config
        blend = min(self._dt / c.tilt_filter, 1.0)
        for side, load in enumerate(loads.tolist()):
            if load > c.tilt_share:
                tilt = self._tilts[side]
                up = rotations[side][:, 2]
                self._places[side] = places[side]
                for axis in (0, 1):
                    tilt[axis] += (float(-up[axis] / up[2]) - tilt[axis]) * blend
        agreed = [_agreed(*tilts) for tilts in zip(*self._tilts, strict=True)]
        self.gradient = self._share_shown(*agreed) * np.array(
            [min(max(a, -c.steepest), c.steepest) for a in agreed]
        )

    def _share_shown(self, gradient_x: float, gradient_y: float) -> float:
        """Return how much of that gradient the soles' heights show; all where they tell nothing."""
        x, y, rise = (self._places[1] - self._places[0]).tolist()
        expected = gradient_x * x + gradient_y * y
        return min(max(rise / expected, 0.0), 1.0) if abs(expected) > self.config.telling else 1.0

    def follow(self, anchor: np.ndarray, com: np.ndarray, com_velocity: np.ndarray) -> float:
        """Put the plane through `anchor` (3,) m; return by how much it rose under the body, m.

        What the motion of the body at `com` (3,) m over the plane, at `com_velocity` (3,) m/s,
        explains does not count.
        """
        expected = self.height + self._dt * self.climb(com_velocity)
        self.height = float(anchor[2] + self.gradient @ (com[:2] - anchor[:2]))
        return self.height - expected

    def climb(self, velocity: np.ndarray) -> float:
        """Return how fast a body at `velocity` (2 or 3,) m/s over the plane climbs, m/s."""
        return float(self.gradient @ velocity[:2])


def _agreed(left: float, right: float) -> float:
    """Return the smaller one of two tilts to the same side, else level."""
    low = min(left, right)
    high = max(left, right)
    return low if low > 0.0 else min(high, 0.0)


def sole_on_ground(gradient: np.ndarray, yaw: float) -> np.ndarray:
    """Return the rotation (3, 3) of a sole that lies flat on a plane and points to `yaw` rad.

    `gradient` (2,) is the plane's rise over run.
    """
    c = math.cos(yaw)
    s = math.sin(yaw)
    ahead = np.array([c, s, gradient[0] * c + gradient[1] * s])
    up = np.array([-gradient[0], -gradient[1], 1.0])
    ahead /= math.sqrt(ahead @ ahead)
    up /= math.sqrt(up @ up)
    aside = np.array(
        [
            up[1] * ahead[2] - up[2] * ahead[1],
            up[2] * ahead[0] - up[0] * ahead[2],
            up[0] * ahead[1] - up[1] * ahead[0],
        ]
    )
    return np.array([ahead, aside, up]).T
