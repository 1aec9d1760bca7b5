# SPDX-License-Identifier: Apache-2.0
"""Estimates the ground as a plane: its gradient by how the soles lie, and its height.

A pendulum whose mass moves parallel to a slope obeys the level pendulum's equations on the map's
plane (Kajita et al., "The 3D linear inverted pendulum mode", IROS 2001). So height and landing
points follow the plane, and the planner stays the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GroundConfig:
    """Configures how fast the plane follows the soles.

    Attributes:
        tilt_filter: Time constant of a sole's tilt while it carries, s: it settles flat within
            some ticks of its touchdown.
        tilt_share: Share of the weight on a sole from which on it lies flat.
        steepest: Steepest rise over run that is followed: 25 degrees, beyond what ankles and
            rubber hold.
        telling: Least difference in height of soles on the believed slope before their heights
            count, m: twice the kinematics' error.
    """

    tilt_filter: float = 0.06
    tilt_share: float = 0.3
    steepest: float = 0.47
    telling: float = 0.01


class GroundPlane:
    """Tracks the ground plane; call `reset` when both soles carry, then `step` every tick.

    Attributes:
        height: Height in odom under the centre of mass, m.
        gradient: (2,) rise over run along x and y of odom.
    """

    def __init__(self, config: GroundConfig, dt: float):
        self.config = config
        self._dt = dt
        self.reset(0.0)

    def reset(self, height: float) -> None:
        """Begin with level ground at `height`, m."""
        self.height = height
        self.gradient = np.zeros(2)
        self._tilts = [[0.0, 0.0], [0.0, 0.0]]  # rise over run of each sole, along x and y
        self._places = np.zeros((2, 3))

    def watch(self, rotations: Sequence[np.ndarray], places: np.ndarray, loads: np.ndarray) -> None:
        """Learn the gradient from how the soles lie.

        Only what both soles and their heights agree on is believed: on blocks each sole lies as it
        came down.

        Args:
            rotations: (3, 3) rotation from each sole to odom.
            places: (2, 3) positions of the soles in odom, m.
            loads: (2,) share of the weight that each sole carries.
        """
        c = self.config
        blend = min(self._dt / c.tilt_filter, 1.0)
        for side, load in enumerate(loads.tolist()):
            if load > c.tilt_share:
                tilt = self._tilts[side]
                up = rotations[side][:, 2].tolist()
                self._places[side] = places[side]
                for axis in (0, 1):
                    tilt[axis] += (-up[axis] / up[2] - tilt[axis]) * blend
        agreed = [_agreed(*tilts) for tilts in zip(*self._tilts, strict=True)]
        self.gradient = self._share_shown(*agreed) * np.array(
            [min(max(a, -c.steepest), c.steepest) for a in agreed]
        )

    def _share_shown(self, gradient_x: float, gradient_y: float) -> float:
        """Return the share of that gradient that the soles' heights show; 1 if they show none."""
        x, y, rise = (self._places[1] - self._places[0]).tolist()
        expected = gradient_x * x + gradient_y * y
        return min(max(rise / expected, 0.0), 1.0) if abs(expected) > self.config.telling else 1.0

    def follow(self, anchor: np.ndarray, com: np.ndarray, com_velocity: np.ndarray) -> float:
        """Put the plane through `anchor` (3,), m; return by how much it rose under the body, m.

        A rise that the motion of the body over the plane explains, at `com` (3,), m, with
        `com_velocity` (3,), m/s, does not count.
        """
        expected = self.height + self._dt * self.climb(com_velocity)
        self.height = float(anchor[2] + self.gradient @ (com[:2] - anchor[:2]))
        return self.height - expected

    def climb(self, velocity: np.ndarray) -> float:
        """Return how fast a body at `velocity` (2 or 3,), m/s, over the plane climbs, m/s."""
        return float(self.gradient @ velocity[:2])


def _agreed(left: float, right: float) -> float:
    """Return the smaller of two tilts to the same side, or 0 where they differ in side."""
    low = min(left, right)
    high = max(left, right)
    return low if low > 0.0 else min(high, 0.0)


def sole_on_ground(gradient: np.ndarray, yaw: float) -> np.ndarray:
    """Return the rotation (3, 3) of a sole that lies flat on a plane and points to `yaw`, rad.

    `gradient` (2,) is the plane's rise over run.
    """
    c = math.cos(yaw)
    s = math.sin(yaw)
    rise_x, rise_y = gradient.tolist()
    ahead = np.array([c, s, rise_x * c + rise_y * s])
    up = np.array([-rise_x, -rise_y, 1.0])
    ax, ay, az = (ahead / math.sqrt(ahead @ ahead)).tolist()
    ux, uy, uz = (up / math.sqrt(up @ up)).tolist()
    aside = (uy * az - uz * ay, uz * ax - ux * az, ux * ay - uy * ax)
    return np.array([(ax, ay, az), aside, (ux, uy, uz)]).T
