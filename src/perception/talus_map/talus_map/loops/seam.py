# SPDX-License-Identifier: Apache-2.0
"""Defines the loops that the map needs, and what goes into them and comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

FAR_SQUARE = 255  # voxels^2 as the distance field stores them: nothing occupied within its reach
FAR_CELL_SQUARE = 0xFFFF  # cells^2: nothing marked within the radius
FIELD_REACH_VOXELS = 8  # the farthest distance that the field tells


@dataclass(frozen=True)
class Pyramid:
    """Hold minimum and maximum of an image over squares of 1, 2, 4... pixels, level after level.

    Attributes:
        lows, highs: (n,) float32, all levels one after the other.
        starts: (levels,) int32, where each level begins.
        widths: (levels,) int32, pixels in its rows.
    """

    lows: np.ndarray
    highs: np.ndarray
    starts: np.ndarray
    widths: np.ndarray


@dataclass(frozen=True)
class ImageView:
    """Hold what one depth image is to every block of the map.

    Attributes:
        depths: (height, width) float32 m that each ray is open.
        pyramid: Minima and maxima of `depths`.
        rotation: (3, 3) float32; with `position` it maps m in M to (u z, v z, z).
        position: (3,) float32.
        block_size: m.
        reach: m, the farthest depth.
        radius: m, of the sphere around a block.
        margin: m, half a voxel's diagonal.
        rises: (4,) float32: how much u z, v z, (u - width) z and (v - height) z change in `radius`.
    """

    depths: np.ndarray
    pyramid: Pyramid
    rotation: np.ndarray
    position: np.ndarray
    block_size: np.float32
    reach: np.float32
    radius: np.float32
    margin: np.float32
    rises: np.ndarray


# Kinds of blocks before a depth image; those behind what was seen have none.
OPEN_BLOCK = 1
MIXED_INSIDE = 2  # partly open, wholly in the image
MIXED_AT_EDGE = 3  # partly open, partly outside the image or behind the camera


@dataclass(frozen=True)
class PointVoxels:
    """Hold the distinct voxels with an end point, in the order of their first one.

    Attributes:
        voxels: (n, 3) int32.
        numbers: (n,) int32, which of the blocks each is in.
        block_keys: (m,) int64 keys of these blocks.
    """

    voxels: np.ndarray
    numbers: np.ndarray
    block_keys: np.ndarray

    def only(self, is_kept: np.ndarray) -> PointVoxels:
        """Return the voxels of which `is_kept` (n,) is true."""
        return PointVoxels(self.voxels[is_kept], self.numbers[is_kept], self.block_keys)


@dataclass(frozen=True)
class OpenBlocks:
    """Hold the blocks with open voxels.

    Attributes:
        coordinates: (n, 3) int32.
        mask_rows: (n,) int32 rows of `masks`; -1 where all of the block is open.
        masks: (m, 512) uint8, 1 = open.
    """

    coordinates: np.ndarray
    mask_rows: np.ndarray
    masks: np.ndarray


class BlockIndex(Protocol):
    """Finds the rows of blocks by their keys; rows count up from 0."""

    @property
    def keys(self) -> np.ndarray:
        """Return (rows,) int64 keys in the order of rows."""

    def find(self, keys: np.ndarray) -> np.ndarray:
        """Return (n,) int32 rows of (n,) keys; -1 for those that are not there."""

    def add(self, keys: np.ndarray, most: int) -> np.ndarray:
        """Return (n,) int32 rows, made where missing; -1 beyond `most` rows."""


class Loops(Protocol):
    """Runs the loops; arrays are C-contiguous, and results do not depend on what runs them."""

    name: str

    def end_points(
        self,
        depth: np.ndarray,
        rays: np.ndarray,
        step: int,
        first: tuple[int, int],
        span: tuple[float, float],
    ) -> np.ndarray:
        """Return (n, 3) float32 points in C of every `step`-th pixel from (row, column) `first` on.

        Pixels whose depth is not within `span`, m, are left out. `rays` (rows, columns, 3) are the
        points at 1 m.
        """

    def open_depths(self, depth: np.ndarray, least: float, most: float, noise: float) -> np.ndarray:
        """Return how far rays are open by the nearest of 2 x 2 pixels, (h / 2, w / 2) float32 m.

        Two deviations of the noise are taken off: 97.7 % of the rays are truly open so far. 0 =
        unseen. `depth` (h, w) is as of a DepthView, `noise` the deviation over depth squared, 1/m.
        """

    def pyramid(self, image: np.ndarray) -> Pyramid:
        """Return the pyramid of a (h, w) float32 image; an odd edge counts twice."""

    def sort_blocks(
        self, view: ImageView, low: np.ndarray, high: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the (n, 3) int32 blocks from `low` to `high` that may be open, and their kinds."""

    def open_masks(
        self, view: ImageView, blocks: np.ndarray, kinds: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return which voxels of (n, 3) blocks lie before the depths, (n, 512) uint8.

        Beside it, (n,) booleans: whether any of the block's does.
        """

    def voxels_of(self, points: np.ndarray, resolution: float) -> PointVoxels:
        """Return the distinct voxels of (n, 3) float32 points in m; those beyond 2^20 have none."""

    def make_index(self) -> BlockIndex:
        """Return an index without blocks."""

    def fuse(
        self,
        values: np.ndarray,
        hits: PointVoxels,
        hit_slots: np.ndarray,
        blocks: OpenBlocks,
        slots: np.ndarray,
    ) -> None:
        """Change (n, 512) stored `values` by one measurement; slots are rows of it, -1 = left out.

        Each voxel changes once, and a hit outweighs a passing ray.
        """

    def pack(self, values: np.ndarray, slots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return classes of blocks, (n, 128) uint8, and the class that all have, or MIXED_BLOCK."""

    def unpack(self, packed: np.ndarray) -> np.ndarray:
        """Return (n, 512) stored values of (n, 128) packed blocks."""

    def total(self, layers: np.ndarray, is_fresh: np.ndarray) -> np.ndarray:
        """Return (n, 512) int8: the bounded sums of (layers, n, 512) stored values.

        A voxel that is occupied in a layer whose block `is_fresh` (layers, n) stays occupied.
        """

    def occupied_bits(self, values: np.ndarray) -> np.ndarray:
        """Return which of (n, 512) values are occupied, (n, 64) uint8: byte x * 8 + y, bit z."""

    def distances(self, bits: np.ndarray, around: np.ndarray) -> np.ndarray:
        """Return squared distances to the nearest occupied voxel, (n, 512) uint8, or FAR_SQUARE.

        `around` (n, 27) int32 are rows of `bits`, of the blocks around each; -1 = none.
        """

    def grid_distances(self, marks: np.ndarray, radius: int) -> np.ndarray:
        """Return squared distances to the nearest mark, (h, w) uint16, or FAR_CELL_SQUARE."""
