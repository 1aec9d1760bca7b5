# SPDX-License-Identifier: Apache-2.0
"""Finds the voxels that lie open in front of a depth image, first by blocks, then one by one.

Blocks and voxels are projected into the image and compared with its depth, instead of casting a
ray per pixel: the cost is that of the blocks in view, not of the ray lengths. Single voxels are
looked at only in blocks through which a surface passes.
"""

# M map frame, C camera's optical frame

from __future__ import annotations

import numpy as np
from talus_core.pinhole import Pinhole
from talus_core.transform import Transform

from talus_map.voxels.projection import DepthPyramid, DepthSensor, halved, open_depth
from talus_map.voxels.voxel_map import BLOCK_EDGE_VOXELS, BLOCK_VOXELS

_CORNERS = np.stack(np.unravel_index(np.arange(8), (2, 2, 2))).astype(
    np.float32
)  # (3, 8) in blocks
_CENTRES = (
    np.stack(np.unravel_index(np.arange(BLOCK_VOXELS), (BLOCK_EDGE_VOXELS,) * 3)) + 0.5
).astype(np.float32) / BLOCK_EDGE_VOXELS  # (3, 512)
_HALF_DIAGONAL = 0.5 * np.sqrt(3.0)  # of a cube of edge 1
_SLICE = 128  # blocks handled at once: temporaries of 256 kB stay in the processor's cache
_NEAR = np.float32(0.01)  # m; what is nearer to the camera's plane has no pixel


class OpenSpace:
    """Answers for one depth image which voxels it saw through."""

    def __init__(
        self, depth: np.ndarray, camera: Pinhole, camera_in_map: Transform, sensor: DepthSensor
    ):
        """Prepare an image; `depth` is (height, width) m, NaN = invalid, +-inf = out of range.

        `camera_in_map` is the pose of C in M.
        """
        # The image at half its size with the nearest of 2 x 2 is cautious at edges, and one of its
        # pixels still is smaller than a 5 cm voxel.
        depths = halved(open_depth(depth, sensor), np.minimum)
        self._depths = depths.ravel()
        self._pyramid = DepthPyramid(depths)
        self._height, self._width = depths.shape
        self._reach = sensor.max_range
        self._in_map = camera_in_map
        in_camera = camera_in_map.inverse()
        # In these coordinates pixel = (x, y) / z, cut down to integers: the half pixel of rounding
        # is in the centre.
        scale = np.array(
            [
                [0.5 * camera.fx, 0, 0.5 * camera.cx + 0.25],
                [0, 0.5 * camera.fy, 0.5 * camera.cy + 0.25],
                [0, 0, 1],
            ]
        )
        self._scaled_rotation = (scale @ in_camera.rotation).astype(np.float32)
        self._scaled_position = (scale @ in_camera.position).astype(np.float32)[:, None]
        self._corner_rays = np.linalg.inv(scale) @ [
            [0, 0, self._width, self._width],
            [0, self._height, 0, self._height],
            [1, 1, 1, 1],
        ]

    def find(self, block_size: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the (k, 3) int32 blocks with open voxels, and these as (k, 512) booleans."""
        # A voxel is open only if all of it lies before the surface.
        margin = np.float32(_HALF_DIAGONAL * block_size / BLOCK_EDGE_VOXELS)
        whole, inside, rest = self._sorted(
            self._blocks_in_view(block_size), np.float32(block_size), margin
        )
        depths = self._depths - margin
        masks = [np.ones((whole.shape[1], BLOCK_VOXELS), bool)]
        for blocks, look in ((inside, self._look_inside), (rest, self._look_anywhere)):
            for start in range(0, blocks.shape[1], _SLICE):
                masks.append(
                    look(
                        *self._voxels(blocks[:, start : start + _SLICE], np.float32(block_size)),
                        depths,
                    )
                )
        blocks = np.concatenate([whole, inside, rest], axis=1).T
        mask = np.concatenate(masks)
        some = np.flatnonzero(mask.any(axis=1))
        return blocks[some], mask[some]

    def _blocks_in_view(self, size: float) -> np.ndarray:
        """Return the blocks whose circumscribed spheres reach into the view, (3, n) int32."""
        hull = np.concatenate([self._corner_rays * self._reach, np.zeros((3, 1))], axis=1)
        hull = np.floor(self._in_map.apply(hull.T) / size).astype(np.int32)
        axes = [
            np.arange(a, b + 1, dtype=np.int32)
            for a, b in zip(hull.min(axis=0), hull.max(axis=0), strict=True)
        ]
        blocks = np.stack(np.meshgrid(*axes, indexing="ij")).reshape(3, -1)
        x, y, z = self._scaled((blocks + np.float32(0.5)) * np.float32(size))
        radius = _HALF_DIAGONAL * size
        # |row| bounds how much a pixel coordinate times z changes per metre; likewise at the far
        # edge.
        rise = np.linalg.norm(self._scaled_rotation, axis=1) * radius
        far_u = (
            np.linalg.norm(self._scaled_rotation[0] - self._width * self._scaled_rotation[2])
            * radius
        )
        far_v = (
            np.linalg.norm(self._scaled_rotation[1] - self._height * self._scaled_rotation[2])
            * radius
        )
        inside = (
            (x > -rise[0])
            & (y > -rise[1])
            & (x - self._width * z < far_u)
            & (y - self._height * z < far_v)
        )
        return blocks[:, inside & (z > -radius) & (z < self._reach + radius)]

    def _sorted(
        self, blocks: np.ndarray, size: np.float32, margin: np.float32
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Split (3, n) blocks into those wholly open, and those that may be partly open.

        The latter come as two sets: wholly inside the image, and others. What remains is behind the
        surfaces that were seen.
        """
        corners = (blocks[:, None] + _CORNERS[:, :, None]) * size
        x, y, z = self._scaled(corners.reshape(3, -1)).reshape(3, 8, -1)
        near = z.min(axis=0)
        far = z.max(axis=0)
        u = x / np.maximum(z, _NEAR)
        v = y / np.maximum(z, _NEAR)
        low = np.stack([u.min(axis=0), v.min(axis=0)])
        high = np.stack([u.max(axis=0), v.max(axis=0)])
        nearest, farthest = self._pyramid.range_in(low, high)
        is_ahead = near > _NEAR
        is_inside = (
            is_ahead & (low > 0).all(axis=0) & (high[0] < self._width) & (high[1] < self._height)
        )
        is_whole = is_inside & (far + margin < nearest)
        is_part = ~is_whole & ~(is_ahead & (near + margin > farthest))
        return blocks[:, is_whole], blocks[:, is_part & is_inside], blocks[:, is_part & ~is_inside]

    def _voxels(
        self, blocks: np.ndarray, size: np.float32
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return u z, v z and z of the voxels' centres of (3, n) blocks, each (n, 512)."""
        starts = self._scaled(blocks * size)
        offsets = self._scaled_rotation @ (_CENTRES * size)
        x, y, z = (start[:, None] + offset for start, offset in zip(starts, offsets, strict=True))
        return x, y, z

    def _look_inside(
        self, x: np.ndarray, y: np.ndarray, z: np.ndarray, depths: np.ndarray
    ) -> np.ndarray:
        """Return which voxels lie before `depths`, all of them known to be inside the image.

        Overwrites `x` and `y`.
        """
        np.divide(x, z, out=x)
        np.divide(y, z, out=y)
        pixels = y.astype(np.int32)
        pixels *= self._width
        pixels += x.astype(np.int32)
        return z < depths.take(pixels, mode="clip")

    def _look_anywhere(
        self, x: np.ndarray, y: np.ndarray, z: np.ndarray, depths: np.ndarray
    ) -> np.ndarray:
        """Return which voxels lie before `depths`, inside the image or not.

        They may also lie behind the camera.

        Overwrites all arguments.
        """
        is_ahead = z > _NEAR
        np.maximum(z, _NEAR, out=z)
        np.divide(x, z, out=x)
        np.divide(y, z, out=y)
        is_seen = is_ahead & (x >= 0) & (x < self._width) & (y >= 0) & (y < self._height)
        pixels = np.where(is_seen, y, 0).astype(np.int32) * self._width + np.where(
            is_seen, x, 0
        ).astype(np.int32)
        return is_seen & (z < depths.take(pixels))

    def _scaled(self, points: np.ndarray) -> np.ndarray:
        """Return (3, n) points in M as (u z, v z, z)."""
        return self._scaled_rotation @ points + self._scaled_position
