# SPDX-License-Identifier: Apache-2.0
"""Renders exact depth images of planes and boxes, for tests of the map."""

import numpy as np
from talus_core.pinhole import Pinhole
from talus_core.rotations import matrix_from_rpy
from talus_core.transform import Transform

CAMERA = Pinhole.from_fovy(160, 120, np.radians(60.0))
OPTICAL = np.array(
    [[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]
)  # optical axes in a body that looks along x


def pose_looking(position, yaw=0.0, pitch=0.0):
    """Return the pose of an optical frame at a position, turned left by `yaw`, down by `pitch`."""
    return Transform(matrix_from_rpy(0.0, pitch, yaw) @ OPTICAL, np.asarray(position, dtype=float))


def depth_of_boxes(boxes, pose, camera=CAMERA):
    """Return the exact depth of axis-aligned boxes ((low, high), ...), (height, width) float32.

    Depth is along the optical axis; inf = nothing.
    """
    rays = camera.rays().reshape(-1, 3).astype(float) @ pose.rotation.T
    nearest = np.full(len(rays), np.inf)
    for low, high in boxes:
        with np.errstate(divide="ignore", invalid="ignore"):
            a = (np.asarray(low) - pose.position) / rays
            b = (np.asarray(high) - pose.position) / rays
        enter = np.fmin(a, b).max(axis=1)
        leave = np.fmax(a, b).min(axis=1)
        is_hit = (enter < leave) & (enter > 0)
        nearest[is_hit] = np.minimum(nearest[is_hit], enter[is_hit])
    return nearest.reshape(camera.height, camera.width).astype(np.float32)


def values_at(voxels, points):
    """Return the stored values (n,) of the voxels that hold (n, 3) points in m."""
    return voxels.values_of(np.floor(np.asarray(points) / voxels.resolution).astype(np.int32))


FLOOR = ((-20.0, -20.0, -1.0), (20.0, 20.0, 0.0))
WALL = ((3.0, -20.0, -1.0), (4.0, 20.0, 5.0))
