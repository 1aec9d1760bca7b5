# SPDX-License-Identifier: Apache-2.0
"""Runs the loops by the compiled kernel, on NumPy's arrays in place."""

from __future__ import annotations

import ctypes

import numpy as np

from talus_map.loops.library import Kernel
from talus_map.loops.seam import ImageView, OpenBlocks, PointVoxels, Pyramid
from talus_map.voxels.block import (
    BLOCK_VOXELS,
    CLASS_VALUES,
    HIGHEST_STEPS,
    HIT_STEPS,
    LOWEST_STEPS,
    MISS_STEPS,
    OCCUPIED_STEPS,
    PACKED_BLOCK_BYTES,
)

_STEPS = np.array(
    [HIT_STEPS, MISS_STEPS, LOWEST_STEPS, HIGHEST_STEPS, OCCUPIED_STEPS], np.int8
)  # as the kernel's `Steps`
_LEAST_TABLE = 1024  # places in an index at the start


class _View(ctypes.Structure):
    """Lays out what the kernel calls `View`."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("depths", "lows", "highs", "starts", "widths")),
        *((name, ctypes.c_int32) for name in ("levels", "width", "height")),
        ("rotation", ctypes.c_float * 9),
        ("position", ctypes.c_float * 3),
        *((name, ctypes.c_float) for name in ("block_size", "reach", "radius", "margin")),
        ("rises", ctypes.c_float * 4),
    )


class HashIndex:
    """Finds rows by an open-addressed table; every bit of a key takes part in its hash."""

    def __init__(self, kernel: Kernel):
        self._kernel = kernel
        self._table = np.full(_LEAST_TABLE, -1, np.int32)
        self._keys = np.empty(_LEAST_TABLE, np.int64)
        self._count = 0

    @property
    def keys(self) -> np.ndarray:
        """Return (rows,) int64 keys in the order of rows."""
        return self._keys[: self._count]

    @property
    def table(self) -> np.ndarray:
        """Return the table of rows, a power of two of places, -1 = empty."""
        return self._table

    def find(self, keys: np.ndarray) -> np.ndarray:
        """Return (n,) int32 rows of (n,) keys; -1 for those that are not there."""
        rows = np.empty(len(keys), np.int32)
        mask = len(self._table) - 1
        self._kernel.call("find", self._table, mask, self._keys, keys, len(keys), rows)
        return rows

    def add(self, keys: np.ndarray, most: int) -> np.ndarray:
        """Return (n,) int32 rows, made where missing; -1 beyond `most` rows."""
        self._make_room(min(self._count + len(keys), most))
        return self._put(keys, most)

    def _put(self, keys: np.ndarray, most: int) -> np.ndarray:
        rows = np.empty(len(keys), np.int32)
        mask = len(self._table) - 1
        self._count = self._kernel.call(
            "add", self._table, mask, self._keys, self._count, most, keys, len(keys), rows
        )
        return rows

    def _make_room(self, rows: int) -> None:
        """Keep the table at most two thirds full."""
        if rows > len(self._keys):
            grown = np.empty(max(rows, len(self._keys) * 5 // 4), np.int64)
            grown[: self._count] = self.keys
            self._keys = grown
        size = len(self._table)
        while 3 * rows > 2 * size:
            size *= 2
        if size > len(self._table):
            keys = self.keys.copy()
            self._table = np.full(size, -1, np.int32)
            self._count = 0
            self._put(keys, len(keys))


class CompiledLoops:
    """Implements `Loops` by the kernel."""

    name = "kernel"

    def __init__(self, kernel: Kernel):
        self._call = kernel.call
        self._kernel = kernel

    def end_points(
        self,
        depth: np.ndarray,
        rays: np.ndarray,
        step: int,
        first: tuple[int, int],
        span: tuple[float, float],
    ) -> np.ndarray:
        """See `Loops`, which says what it does."""
        depth = np.ascontiguousarray(depth, np.float32)
        # One point more than there are rays: the kernel writes before it looks whether it counts.
        points = np.empty((rays.size // 3 + 1, 3), np.float32)
        count = self._call("end_points", depth, *depth.shape, rays, step, *first, *span, points)
        return points[:count]

    def open_depths(self, depth: np.ndarray, least: float, most: float, noise: float) -> np.ndarray:
        """See `Loops`, which says what it does."""
        height, width = depth.shape
        depth = np.ascontiguousarray(depth, np.float32)
        out = np.empty(((height + 1) // 2, (width + 1) // 2), np.float32)
        self._call("open_depths", depth, height, width, least, most, noise, out)
        return out

    def pyramid(self, image: np.ndarray) -> Pyramid:
        """See `Loops`, which says what it does."""
        shapes = [image.shape]
        while max(shapes[-1]) > 1:
            height, width = shapes[-1]
            shapes.append(((height + 1) // 2, (width + 1) // 2))
        sizes = [height * width for height, width in shapes]
        starts = np.cumsum([0, *sizes[:-1]]).astype(np.int32)
        lows = np.empty(sum(sizes), np.float32)
        highs = np.empty(sum(sizes), np.float32)
        lows[: sizes[0]] = image.ravel()
        highs[: sizes[0]] = image.ravel()
        self._call("pyramids", *image.shape, len(shapes), starts, lows, highs)
        return Pyramid(lows, highs, starts, np.array([width for _, width in shapes], np.int32))

    def sort_blocks(
        self, view: ImageView, low: np.ndarray, high: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """See `Loops`, which says what it does."""
        low = np.ascontiguousarray(low, np.int32)
        high = np.ascontiguousarray(high, np.int32)
        most = int(np.prod((high - low + 1).astype(np.int64)))
        blocks = np.empty((most, 3), np.int32)
        kinds = np.empty(most, np.uint8)
        count = self._call("sort_blocks", _passed(view), low, high, blocks, kinds)
        return blocks[:count], kinds[:count]

    def open_masks(
        self, view: ImageView, blocks: np.ndarray, kinds: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """See `Loops`, which says what it does."""
        masks = np.empty((len(blocks), BLOCK_VOXELS), np.uint8)
        is_some = np.empty(len(blocks), bool)
        self._call("open_masks", _passed(view), blocks, kinds, len(blocks), masks, is_some)
        return masks, is_some

    def voxels_of(self, points: np.ndarray, resolution: float) -> PointVoxels:
        """See `Loops`, which says what it does."""
        points = np.ascontiguousarray(points, np.float32)
        voxels = np.empty(points.shape, np.int32)
        numbers = np.empty(len(points), np.int32)
        keys = np.empty(len(points), np.int64)
        counts = np.empty(2, np.int64)
        scale = 1.0 / resolution
        self._call("voxels_of", points, len(points), scale, voxels, numbers, keys, counts)
        found, blocks = counts.tolist()
        return PointVoxels(voxels[:found], numbers[:found], keys[:blocks])

    def make_index(self) -> HashIndex:
        """See `Loops`, which says what it does."""
        return HashIndex(self._kernel)

    def fuse(
        self,
        values: np.ndarray,
        hits: PointVoxels,
        hit_slots: np.ndarray,
        blocks: OpenBlocks,
        slots: np.ndarray,
    ) -> None:
        """See `Loops`, which says what it does."""
        of_hits = (hits.voxels, hits.numbers, len(hits.voxels), hit_slots)
        of_blocks = (slots, blocks.mask_rows, len(slots), blocks.masks)
        self._call("fuse", values, _STEPS, *of_hits, *of_blocks)

    def pack(self, values: np.ndarray, slots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `Loops`, which says what it does."""
        packed = np.empty((len(slots), PACKED_BLOCK_BYTES), np.uint8)
        uniform = np.empty(len(slots), np.uint8)
        self._call("pack", values, _STEPS, slots, len(slots), packed, uniform)
        return packed, uniform

    def unpack(self, packed: np.ndarray) -> np.ndarray:
        """See `Loops`, which says what it does."""
        values = np.empty((len(packed), BLOCK_VOXELS), np.int8)
        self._call("unpack", packed, len(packed), CLASS_VALUES, values)
        return values

    def total(self, layers: np.ndarray, is_fresh: np.ndarray) -> np.ndarray:
        """See `Loops`, which says what it does."""
        out = np.empty(layers.shape[1:], np.int8)
        fresh = np.ascontiguousarray(is_fresh, np.uint8)
        self._call("sum", layers, fresh, *layers.shape[:2], _STEPS, out)
        return out

    def occupied_bits(self, values: np.ndarray) -> np.ndarray:
        """See `Loops`, which says what it does."""
        bits = np.empty((len(values), BLOCK_VOXELS // 8), np.uint8)
        self._call("occupied_bits", values, len(values), _STEPS, bits)
        return bits

    def distances(self, bits: np.ndarray, around: np.ndarray) -> np.ndarray:
        """See `Loops`, which says what it does."""
        out = np.empty((len(around), BLOCK_VOXELS), np.uint8)
        self._call("distances", bits, np.ascontiguousarray(around, np.int32), len(around), out)
        return out

    def grid_distances(self, marks: np.ndarray, radius: int) -> np.ndarray:
        """See `Loops`, which says what it does."""
        out = np.empty(marks.shape, np.uint16)
        marks = np.ascontiguousarray(marks, np.uint8)
        self._call("grid_distances", marks, *marks.shape, radius, out)
        return out


def _passed(view: ImageView) -> _View:
    """Return the view as the kernel takes it; the arrays must outlive the call."""
    pyramid = view.pyramid
    height, width = view.depths.shape
    arrays = (view.depths, pyramid.lows, pyramid.highs, pyramid.starts, pyramid.widths)
    return _View(
        *(array.ctypes.data for array in arrays),
        len(pyramid.widths),
        width,
        height,
        (ctypes.c_float * 9)(*view.rotation.ravel().tolist()),
        (ctypes.c_float * 3)(*view.position.tolist()),
        float(view.block_size),
        float(view.reach),
        float(view.radius),
        float(view.margin),
        (ctypes.c_float * 4)(*view.rises.tolist()),
    )
