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

from talus_map.loops.choice import usual_loops
from talus_map.loops.seam import OPEN_BLOCK, ImageView, Loops, OpenBlocks
from talus_map.voxels.block import BLOCK_EDGE_VOXELS
from talus_map.voxels.projection import DepthSensor

_HALF_DIAGONAL = 0.5 * np.sqrt(3.0)  # of a cube of edge 1


class OpenSpace:
    """Answers for one depth image which voxels it saw through."""

    def __init__(
        self,
        depth: np.ndarray,
        camera: Pinhole,
        camera_in_map: Transform,
        sensor: DepthSensor,
        loops: Loops | None = None,
    ):
        """Prepare an image; `depth` is (height, width) m, NaN = invalid, +-inf = out of range.

        `camera_in_map` is the pose of C in M.
        """
        self._loops = loops or usual_loops()
        # The image at half its size with the nearest of 2 x 2 is cautious at edges, and one of its
        # pixels still is smaller than a 5 cm voxel.
        self._depths = self._loops.open_depths(
            depth, sensor.min_range, sensor.max_range, sensor.noise_per_m2
        )
        self._pyramid = self._loops.pyramid(self._depths)
        height, width = self._depths.shape
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
        self._rotation = (scale @ in_camera.rotation).astype(np.float32)
        self._position = (scale @ in_camera.position).astype(np.float32)
        self._corner_rays = np.linalg.inv(scale) @ [
            [0, 0, width, width],
            [0, height, 0, height],
            [1, 1, 1, 1],
        ]

    def find(self, block_size: float) -> OpenBlocks:
        """Return the blocks of an edge of `block_size` m that have open voxels."""
        view = self._view(block_size)
        blocks, kinds = self._loops.sort_blocks(view, *self._blocks_around(block_size))
        is_whole = kinds == OPEN_BLOCK
        mixed = np.ascontiguousarray(blocks[~is_whole])
        masks, is_some = self._loops.open_masks(view, mixed, kinds[~is_whole])
        whole = blocks[is_whole]
        rows = np.concatenate([np.full(len(whole), -1), np.flatnonzero(is_some)]).astype(np.int32)
        return OpenBlocks(np.concatenate([whole, mixed[is_some]]), rows, masks)

    def can_clear(self, voxels: np.ndarray, resolution: float) -> np.ndarray:
        """Return which of (n, 3) voxels have their centre in the image, (n,) booleans.

        Others are cut by its edge: a mark there would stay after what made it has gone.
        """
        centres = (voxels.T.astype(np.float32) + np.float32(0.5)) * np.float32(resolution)
        height, width = self._depths.shape
        x, y, z = self._rotation @ centres + self._position[:, None]
        return (z > 0) & (x >= 0) & (y >= 0) & (x < width * z) & (y < height * z)

    def _blocks_around(self, size: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and the last block of the box around the view, (3,) int32."""
        hull = np.concatenate([self._corner_rays * self._reach, np.zeros((3, 1))], axis=1)
        hull = np.floor(self._in_map.apply(hull.T) / size).astype(np.int32)
        return hull.min(axis=0), hull.max(axis=0)

    def _view(self, size: float) -> ImageView:
        radius = np.float32(_HALF_DIAGONAL * size)
        height, width = self._depths.shape
        # |row| bounds how much a pixel coordinate times z changes per metre; likewise at the far
        # edge.
        u, v, z = self._rotation.astype(float)
        rises = np.linalg.norm([u, v, u - width * z, v - height * z], axis=1) * radius
        return ImageView(
            depths=self._depths,
            pyramid=self._pyramid,
            rotation=self._rotation,
            position=self._position,
            block_size=np.float32(size),
            reach=np.float32(self._reach),
            radius=radius,
            # A voxel is open only if all of it lies before the surface.
            margin=np.float32(radius / BLOCK_EDGE_VOXELS),
            rises=rises.astype(np.float32),
        )
