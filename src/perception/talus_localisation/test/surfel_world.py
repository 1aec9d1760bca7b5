# SPDX-License-Identifier: Apache-2.0
"""A hall of surfels, and a robot that sees a part of it, for tests of the localiser."""

import numpy as np
from talus_localisation.level_pose import LevelPose
from talus_localisation.matching.surfels import Surfels

RANGE_M = 4.5
HALF_WIDTH_RAD = 0.75  # of what is seen: 86 degrees
NOISE_M = 0.008


def wall(start, end, height=2.4, step=0.15):
    """Return the surfels of an upright wall, which faces to the left of its direction."""
    start = np.asarray(start, float)
    along = np.asarray(end, float) - start
    length = np.linalg.norm(along)
    along = along / length
    places = np.arange(step / 2, length, step)
    heights = np.arange(step / 2, height, step)
    s, z = (grid.ravel() for grid in np.meshgrid(places, heights))
    points = np.column_stack([start[0] + s * along[0], start[1] + s * along[1], z])
    normals = np.tile([-along[1], along[0], 0.0], (len(points), 1))
    return Surfels(points, normals, np.full(len(points), NOISE_M))


def box(x, y, half, height=1.2):
    """Return the four sides of a box."""
    corners = [
        (x - half, y - half),
        (x - half, y + half),
        (x + half, y + half),
        (x + half, y - half),
    ]
    return Surfels.joined([wall(corners[i], corners[(i + 1) % 4], height) for i in range(4)])


def floor(low, high, step=0.3):
    """Return a level floor at height 0."""
    x, y = (
        grid.ravel()
        for grid in np.meshgrid(np.arange(low[0], high[0], step), np.arange(low[1], high[1], step))
    )
    points = np.column_stack([x, y, np.zeros_like(x)])
    normals = np.tile([0.0, 0.0, 1.0], (len(points), 1))
    return Surfels(points, normals, np.full(len(points), NOISE_M))


def room(width, depth, boxes=()):
    """Return a room with its corner at the origin, and boxes (x, y, half of the edge) in it."""
    corners = [(0.0, 0.0), (width, 0.0), (width, depth), (0.0, depth)]
    walls = [wall(corners[i], corners[(i + 1) % 4]) for i in range(4)]
    return Surfels.joined([*walls, floor((0, 0), (width, depth)), *(box(*row) for row in boxes)])


def view(world, pose, rng, range_m=RANGE_M):
    """Return what a robot sees at a pose, in its level frame, with noise along the normals."""
    seen = world.at(pose.inverse())
    away = np.linalg.norm(seen.points[:, :2], axis=1)
    ahead = np.abs(np.arctan2(seen.points[:, 1], seen.points[:, 0])) < HALF_WIDTH_RAD
    eye = np.array([0.0, 0.0, 1.5])
    facing = np.einsum("ni,ni->n", seen.normals, eye - seen.points) > 0.05
    seen = seen.chosen(np.flatnonzero(ahead & facing & (away < range_m) & (away > 0.3)))
    noise = rng.normal(0.0, NOISE_M, len(seen))
    return Surfels(seen.points + noise[:, None] * seen.normals, seen.normals, seen.deviations)


def at(x, y, yaw=0.0, z=0.0):
    """Return a level pose."""
    return LevelPose(np.array([x, y, z]), yaw)


def off(pose, other):
    """Return distance, m, and turn, rad, between two poses."""
    change = pose.change_to(other)
    return float(np.linalg.norm(change[:3])), abs(float(change[3]))
