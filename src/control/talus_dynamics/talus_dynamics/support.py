# SPDX-License-Identifier: Apache-2.0
"""Computes support polygon, centre of pressure and the capture point's margin on the ground."""

from __future__ import annotations

import numpy as np
from talus_core.robot import Foot

LEAST_SHARE_OF_LOAD = 1.0 / 30.0  # twice the noise of a foot sensor, of the weight of talus40


def sole_corners(position: np.ndarray, yaw: float, foot: Foot) -> np.ndarray:
    """Return the corners (4, 2), m, of a level sole at `position` (3,), heading `yaw`, rad."""
    c = np.cos(yaw)
    s = np.sin(yaw)
    x = 0.5 * foot.length
    y = 0.5 * foot.width
    local = np.array([[x, y], [-x, y], [-x, -y], [x, -y]])
    return position[:2] + local @ np.array([[c, s], [-s, c]])


def sole_outline(positions: np.ndarray, yaws: np.ndarray, feet: tuple[Foot, Foot]) -> np.ndarray:
    """Return the corners (8, 2), m, of soles at `positions` (2, 3), m, and `yaws` (2,), rad."""
    return np.concatenate([sole_corners(*sole) for sole in zip(positions, yaws, feet, strict=True)])


def support_polygon(
    positions: np.ndarray, yaws: np.ndarray, in_contact: tuple[bool, bool], feet: tuple[Foot, Foot]
) -> np.ndarray:
    """Return the hull (k, 2), counter-clockwise, of the soles that carry, m.

    Args:
        positions: (2, 3) positions of the soles, m.
        yaws: (2,) headings of the soles, rad.
        in_contact: Which soles carry.
        feet: Sizes of the soles.
    """
    return convex_hull(
        np.concatenate(
            [sole_corners(positions[i], yaws[i], feet[i]) for i in (0, 1) if in_contact[i]]
        )
    )


def convex_hull(points: np.ndarray) -> np.ndarray:
    """Return the counter-clockwise hull (k, 2) of (n, 2) points (Andrew's monotone chain)."""
    ordered = sorted(map(tuple, points))

    def half(sequence: list) -> list:
        hull: list = []
        for p in sequence:
            while len(hull) > 1 and _cross(hull[-2], hull[-1], p) <= 0.0:
                hull.pop()
            hull.append(p)
        return hull[:-1]

    return np.array(half(ordered) + half(ordered[::-1]))


def _cross(a: tuple, b: tuple, c: tuple) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def margin(point: np.ndarray, polygon: np.ndarray) -> float:
    """Return how far `point` (2,) is inside a counter-clockwise polygon, m; negative outside."""
    edges = np.roll(polygon, -1, axis=0) - polygon
    relative = point - polygon
    inward = (edges[:, 0] * relative[:, 1] - edges[:, 1] * relative[:, 0]) / np.linalg.norm(
        edges, axis=1
    )
    if np.all(inward >= 0.0):
        return float(np.min(inward))
    along = np.clip(np.sum(relative * edges, axis=1) / np.sum(edges * edges, axis=1), 0.0, 1.0)
    return -float(np.min(np.linalg.norm(relative - along[:, None] * edges, axis=1)))


def centre_of_pressure(
    positions: np.ndarray, yaws: np.ndarray, wrenches: np.ndarray, least: float = 20.0
) -> np.ndarray | None:
    """Return the common centre of pressure of both soles (3,), m; None below `least`, N, of load.

    A sole that bears less than a thirtieth of the load, which may be noise, does not count.

    Args:
        positions: (2, 3) positions of the soles, m.
        yaws: (2,) headings of the soles, rad.
        wrenches: (2, 6) wrenches of the ground on the soles, in and about them.
        least: Least vertical force on both soles together that counts, N.
    """
    forces = np.maximum(wrenches[:, 2], 0.0)
    load = float(forces.sum())
    if load < least:
        return None
    counts = forces >= LEAST_SHARE_OF_LOAD * load
    point = np.zeros(3)
    for position, yaw, wrench, force in zip(
        positions[counts], yaws[counts], wrenches[counts], forces[counts], strict=True
    ):
        x = -wrench[4] / force
        y = wrench[3] / force
        c = np.cos(yaw)
        s = np.sin(yaw)
        point += force * (position + np.array([c * x - s * y, s * x + c * y, 0.0]))
    return point / float(forces[counts].sum())
