# SPDX-License-Identifier: Apache-2.0
"""Turns points into surfels: small pieces of surface with a place and a normal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talus_localisation.level_pose import LevelPose

LEAST_POINTS = 5  # of a surfel: a plane has three unknowns, and two more points judge it
FLATTEST_SHARE = 0.05  # of the in-plane spread that may stand out of it: 3.4 cm of noise in 15 cm
NOISE_DEVIATIONS = 1.5  # of depth noise that do not make a surface uneven
MOST_TILT_RAD = 0.1  # standard deviation of a normal: a worse one holds directions it cannot know
MAP_DEVIATION_M = 0.004  # of any surfel: what is called a plane is not quite one
_LEVEL = 0.7  # vertical part of a normal from which a surface is a floor or a ceiling: 45 degrees
_SIDE_RAD = np.pi / 4.0  # of the directions that upright surfaces are told apart by
_LEVEL_SIDE = 8
_CELL_BITS = 21  # of each coordinate in a key


@dataclass(frozen=True)
class Surfels:
    """Holds pieces of surface.

    Attributes:
        points: (n, 3) their centres, m.
        normals: (n, 3) their unit normals, towards where they were seen from.
        deviations: (n,) standard deviations of their places along the normals, m.
    """

    points: np.ndarray
    normals: np.ndarray
    deviations: np.ndarray

    def __len__(self) -> int:
        return len(self.points)

    @staticmethod
    def none() -> Surfels:
        """Return no surfel at all."""
        return Surfels(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0))

    @staticmethod
    def joined(parts: list[Surfels]) -> Surfels:
        """Return the surfels of all parts."""
        if not parts:
            return Surfels.none()
        return Surfels(
            np.concatenate([part.points for part in parts]),
            np.concatenate([part.normals for part in parts]),
            np.concatenate([part.deviations for part in parts]),
        )

    def at(self, pose: LevelPose) -> Surfels:
        """Return them in the frame in which theirs has that pose."""
        return Surfels(pose.apply(self.points), pose.turn(self.normals), self.deviations)

    def chosen(self, places: np.ndarray) -> Surfels:
        """Return those at (k,) indices."""
        return Surfels(self.points[places], self.normals[places], self.deviations[places])

    def balanced(self, most: int) -> Surfels:
        """Return `most` of them at the most, as equally many of each direction as there are.

        A floor fills most of a view and says nothing of x, y and yaw (normal-space sampling,
        Rusinkiewicz, Levoy, 3DIM 2001).
        """
        side = np.floor(np.arctan2(self.normals[:, 1], self.normals[:, 0]) / _SIDE_RAD).astype(int)
        side[np.abs(self.normals[:, 2]) > _LEVEL] = _LEVEL_SIDE
        order = np.argsort(side, kind="stable")
        sizes = np.unique(side, return_counts=True)[1]
        chosen = []
        left = most
        for rank, number in enumerate(np.argsort(sizes, kind="stable")):
            share = left // (len(sizes) - rank)
            start = int(sizes[:number].sum())
            group = order[start : start + sizes[number]]
            step = max(1, -(-len(group) // max(share, 1)))
            chosen.append(group[::step])
            left -= len(chosen[-1])
        places = np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, int)
        return self.chosen(places)

    def thinned(self, cell: float) -> Surfels:
        """Return one surfel of each cell of that edge, m, and each of six directions of normals.

        The most exact in each is kept: what was seen from near replaces what was seen from far.
        """
        side = np.argmax(np.abs(self.normals), axis=1)
        side = 2 * side + (np.take_along_axis(self.normals, side[:, None], 1)[:, 0] > 0)
        keys = _keys_of(self.points, cell) * 6 + side
        order = np.lexsort([self.deviations, keys])
        is_first = np.diff(keys[order], prepend=keys[order[:1]] - 1) != 0
        return self.chosen(np.sort(order[is_first]))


def surfels_of(
    points: np.ndarray, seen_from: np.ndarray, cell: float, noise_per_m2: float
) -> Surfels:
    """Return one surfel of each cell whose points lie in a plane.

    Args:
        points: (n, 3) m; those that are not finite are left out.
        seen_from: (3,) m, the camera.
        cell: Edge of a cell, m.
        noise_per_m2: Standard deviation of depth over depth squared, 1/m.
    """
    points = points[np.isfinite(points).all(axis=1)].astype(float)
    if len(points) < LEAST_POINTS:
        return Surfels.none()
    keys = _keys_of(points, cell)
    order = np.argsort(keys, kind="stable")
    points = points[order]
    starts = np.flatnonzero(np.diff(keys[order], prepend=keys[order[0]] - 1))
    counts = np.diff(starts, append=len(points))
    centres = np.add.reduceat(points, starts) / counts[:, None]
    off = points - np.repeat(centres, counts, axis=0)
    spread = np.add.reduceat(off[:, :, None] * off[:, None, :], starts) / counts[:, None, None]
    enough = counts >= LEAST_POINTS
    centres = centres[enough]
    counts = counts[enough]
    variances, axes = np.linalg.eigh(spread[enough])
    rays = centres - seen_from
    ranges = np.linalg.norm(rays, axis=1)
    normals = axes[:, :, 0]
    slant = np.einsum("ni,ni->n", normals, rays) / ranges
    # Depth noise moves points along their rays; what of it is along the normal moves the surfel.
    noise = noise_per_m2 * ranges**2 * np.abs(slant)
    # A line has two small spreads, a ball none: both say nothing of a direction. What stands out by
    # no more than the noise is flat.
    is_plane = variances[:, 0] < FLATTEST_SHARE * variances[:, 1] + (NOISE_DEVIATIONS * noise) ** 2
    tilt = np.maximum(noise, MAP_DEVIATION_M) / np.sqrt(counts * np.maximum(variances[:, 1], 1e-12))
    kept = is_plane & (tilt < MOST_TILT_RAD)
    normals = np.where(slant[:, None] > 0.0, -normals, normals)[kept]
    place = noise[kept] / np.sqrt(counts[kept])
    return Surfels(centres[kept], normals, np.hypot(place, MAP_DEVIATION_M))


def _keys_of(points: np.ndarray, cell: float) -> np.ndarray:
    """Return (n,) int64 keys of the cells that hold (n, 3) points, one to one within +-2^20."""
    cells = np.floor(points / cell).astype(np.int64) + (1 << _CELL_BITS - 1)
    return (cells[:, 0] << 2 * _CELL_BITS | cells[:, 1] << _CELL_BITS | cells[:, 2]) - (1 << 62)
