# SPDX-License-Identifier: Apache-2.0
"""Runs the loops in NumPy: where no kernel is built, and to tell whether the kernel is right."""

from __future__ import annotations

import numpy as np

from talus_map.loops.seam import (
    FAR_CELL_SQUARE,
    FAR_SQUARE,
    FIELD_REACH_VOXELS,
    MIXED_AT_EDGE,
    MIXED_INSIDE,
    OPEN_BLOCK,
    ImageView,
    OpenBlocks,
    PointVoxels,
    Pyramid,
)
from talus_map.voxels.block import (
    BLOCK_EDGE_VOXELS,
    BLOCK_VOXELS,
    CLASS_VALUES,
    FREE_CLASS,
    FURTHEST_BLOCK,
    HIGHEST_STEPS,
    LOWEST_STEPS,
    MIXED_BLOCK,
    OCCUPIED_CLASS,
    OCCUPIED_STEPS,
    PACKED_BLOCK_BYTES,
    UNDECIDED_CLASS,
    UNKNOWN_CLASS,
    UNKNOWN_VOXEL,
    after_hit,
    after_miss,
    is_free,
    is_occupied,
    keys_of,
    places_of,
)

_CORNERS = np.stack(np.unravel_index(np.arange(8), (2, 2, 2))).astype(np.float32)  # in blocks
_CENTRES = (
    np.stack(np.unravel_index(np.arange(BLOCK_VOXELS), (BLOCK_EDGE_VOXELS,) * 3)).astype(np.float32)
    + np.float32(0.5)
) / np.float32(BLOCK_EDGE_VOXELS)  # (3, 512) in blocks
_NEAR = np.float32(0.01)  # m; what is nearer to the camera's plane has no pixel
_SLICE = 128  # blocks handled at once: temporaries of 256 kB stay in the processor's cache


class DictIndex:
    """Finds rows by a dictionary."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}

    @property
    def keys(self) -> np.ndarray:
        """Return (rows,) int64 keys in the order of rows."""
        return np.fromiter(self._rows, np.int64, len(self._rows))

    def find(self, keys: np.ndarray) -> np.ndarray:
        """Return (n,) int32 rows of (n,) keys; -1 for those that are not there."""
        rows = self._rows
        return np.array([rows.get(key, -1) for key in keys.tolist()], np.int32)

    def add(self, keys: np.ndarray, most: int) -> np.ndarray:
        """Return (n,) int32 rows, made where missing; -1 beyond `most` rows."""
        rows = self._rows
        found = []
        for key in keys.tolist():
            if key not in rows and len(rows) < most:
                rows[key] = len(rows)
            found.append(rows.get(key, -1))
        return np.array(found, np.int32)


class NumpyLoops:
    """Implements `Loops` in NumPy."""

    name = "numpy"

    def end_points(
        self,
        depth: np.ndarray,
        rays: np.ndarray,
        step: int,
        first: tuple[int, int],
        span: tuple[float, float],
    ) -> np.ndarray:
        """See `Loops`, which says what it does."""
        seen = depth[first[0] :: step, first[1] :: step].ravel()
        least, most = map(np.float32, span)
        valid = np.flatnonzero((seen >= least) & (seen <= most))  # false for NaN
        return rays.reshape(-1, 3).take(valid, axis=0) * seen.take(valid)[:, None]

    def open_depths(self, depth: np.ndarray, least: float, most: float, noise: float) -> np.ndarray:
        """See `Loops`, which says what it does."""
        seen = np.where(depth >= np.float32(least), depth, np.float32(0.0))  # NaN: no knowledge
        seen = np.minimum(seen, np.float32(most))  # +inf: nothing there as far as it reaches
        return _halved(seen - np.float32(2.0) * ((np.float32(noise) * seen) * seen), np.minimum)

    def pyramid(self, image: np.ndarray) -> Pyramid:
        """See `Loops`, which says what it does."""
        lows = [image]
        highs = [image]
        while max(lows[-1].shape) > 1:
            lows.append(_halved(lows[-1], np.minimum))
            highs.append(_halved(highs[-1], np.maximum))
        starts = np.cumsum([0, *(level.size for level in lows[:-1])])
        return Pyramid(
            np.concatenate([level.ravel() for level in lows]),
            np.concatenate([level.ravel() for level in highs]),
            starts.astype(np.int32),
            np.array([level.shape[1] for level in lows], np.int32),
        )

    def sort_blocks(
        self, view: ImageView, low: np.ndarray, high: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """See `Loops`, which says what it does."""
        height, width = view.depths.shape
        axes = [np.arange(a, b + 1, dtype=np.int32) for a, b in zip(low, high, strict=True)]
        blocks = np.stack(np.meshgrid(*axes, indexing="ij")).reshape(3, -1)
        x, y, z = _scaled(view, (blocks.astype(np.float32) + np.float32(0.5)) * view.block_size)
        rise_u, rise_v, far_u, far_v = view.rises
        is_in_view = (x > -rise_u) & (y > -rise_v)
        is_in_view &= (x - np.float32(width) * z < far_u) & (y - np.float32(height) * z < far_v)
        blocks = blocks[:, is_in_view & (z > -view.radius) & (z < view.reach + view.radius)]
        kinds = _kinds(view, blocks)
        may_be_open = np.flatnonzero(kinds)
        return np.ascontiguousarray(blocks[:, may_be_open].T), kinds[may_be_open]

    def open_masks(
        self, view: ImageView, blocks: np.ndarray, kinds: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """See `Loops`, which says what it does."""
        offsets = _rotated(view, _CENTRES * view.block_size)
        masks = np.empty((len(blocks), BLOCK_VOXELS), np.uint8)
        for start in range(0, len(blocks), _SLICE):
            part = slice(start, start + _SLICE)
            starts = _scaled(view, blocks[part].T.astype(np.float32) * view.block_size)
            x, y, z = (a[:, None] + b for a, b in zip(starts, offsets, strict=True))
            masks[part] = _is_before(view, x, y, z, (kinds[part] == MIXED_INSIDE)[:, None])
        return masks, masks.max(axis=1, initial=0) > 0

    def voxels_of(self, points: np.ndarray, resolution: float) -> PointVoxels:
        """See `Loops`, which says what it does."""
        with np.errstate(invalid="ignore", over="ignore"):
            voxels = np.floor(points * np.float32(1.0 / resolution))
            is_in = ((voxels >= -FURTHEST_BLOCK) & (voxels < FURTHEST_BLOCK)).all(axis=1)
        voxels = voxels[is_in].astype(np.int32)
        voxels = voxels[_firsts(keys_of(voxels))]
        keys = keys_of(voxels >> 3)
        firsts = _firsts(keys)
        order = np.argsort(keys[firsts])
        numbers = order[np.searchsorted(keys[firsts], keys, sorter=order)]
        return PointVoxels(voxels, numbers.astype(np.int32), keys[firsts])

    def make_index(self) -> DictIndex:
        """See `Loops`, which says what it does."""
        return DictIndex()

    def fuse(
        self,
        values: np.ndarray,
        hits: PointVoxels,
        hit_slots: np.ndarray,
        blocks: OpenBlocks,
        slots: np.ndarray,
    ) -> None:
        """See `Loops`, which says what it does."""
        slot_of_hit = hit_slots[hits.numbers]
        has_room = slot_of_hit >= 0
        at = (slot_of_hit[has_room], places_of(hits.voxels)[has_room])
        after = after_hit(values[at])
        is_stored = slots >= 0
        is_whole = blocks.mask_rows < 0
        whole = slots[is_stored & is_whole]
        values[whole] = after_miss(values[whole])
        mixed = is_stored & ~is_whole
        changed = values[slots[mixed]]
        np.copyto(changed, after_miss(changed), where=blocks.masks[blocks.mask_rows[mixed]] > 0)
        values[slots[mixed]] = changed
        values[at] = after

    def pack(self, values: np.ndarray, slots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `Loops`, which says what it does."""
        chosen = values[slots]
        classes = np.full(chosen.shape, UNDECIDED_CLASS, np.uint8)
        classes[chosen == UNKNOWN_VOXEL] = UNKNOWN_CLASS
        classes[is_free(chosen)] = FREE_CLASS
        classes[is_occupied(chosen)] = OCCUPIED_CLASS
        fours = classes.reshape(-1, PACKED_BLOCK_BYTES, 4)
        packed = fours[..., 0] | fours[..., 1] << 2 | fours[..., 2] << 4 | fours[..., 3] << 6
        is_one = (classes == classes[:, :1]).all(axis=1)
        return packed, np.where(is_one, classes[:, 0], np.uint8(MIXED_BLOCK))

    def unpack(self, packed: np.ndarray) -> np.ndarray:
        """See `Loops`, which says what it does."""
        classes = (packed[..., None] >> np.array([0, 2, 4, 6], np.uint8)) & np.uint8(3)
        return CLASS_VALUES[classes.reshape(-1, BLOCK_VOXELS)]

    def total(self, layers: np.ndarray, is_fresh: np.ndarray) -> np.ndarray:
        """See `Loops`, which says what it does."""
        known = layers != UNKNOWN_VOXEL
        sums = np.where(known, layers, np.int16(0)).sum(axis=0, dtype=np.int16)
        sums = np.clip(sums, LOWEST_STEPS, HIGHEST_STEPS)
        is_marked = (is_occupied(layers) & is_fresh.astype(bool)[..., None]).any(axis=0)
        sums = np.where(is_marked, np.maximum(sums, OCCUPIED_STEPS + 1), sums)
        return np.where(known.any(axis=0), sums, np.int16(UNKNOWN_VOXEL)).astype(np.int8)

    def occupied_bits(self, values: np.ndarray) -> np.ndarray:
        """See `Loops`, which says what it does."""
        return np.packbits(is_occupied(values), axis=1, bitorder="little")

    def distances(self, bits: np.ndarray, around: np.ndarray) -> np.ndarray:
        """See `Loops`, which says what it does."""
        out = np.empty((len(around), BLOCK_VOXELS), np.uint8)
        for start in range(0, len(around), _SLICE):
            out[start : start + _SLICE] = _distances(bits, around[start : start + _SLICE])
        return out

    def grid_distances(self, marks: np.ndarray, radius: int) -> np.ndarray:
        """See `Loops`, which says what it does."""
        squares = np.where(marks > 0, np.int64(0), np.int64(2**40))
        for axis in (1, 0):
            squares = _nearest_along(squares, radius, axis)
        return np.where(squares > radius**2, FAR_CELL_SQUARE, squares).astype(np.uint16)


def _rotated(view: ImageView, points: np.ndarray) -> list[np.ndarray]:
    """Return three (n,) rows of the rotation times (3, n) points, summed from left to right."""
    x, y, z = points
    return [(r[0] * x + r[1] * y) + r[2] * z for r in view.rotation]


def _scaled(view: ImageView, points: np.ndarray) -> list[np.ndarray]:
    """Return (3, n) points in M as u z, v z and z."""
    rows = _rotated(view, points)
    return [row + position for row, position in zip(rows, view.position, strict=True)]


def _kinds(view: ImageView, blocks: np.ndarray) -> np.ndarray:
    """Return the kinds of (3, n) blocks, uint8; 0 behind what was seen."""
    height, width = view.depths.shape
    corners = (blocks.astype(np.float32)[:, None] + _CORNERS[:, :, None]) * view.block_size
    x, y, z = (row.reshape(8, -1) for row in _scaled(view, corners.reshape(3, -1)))
    near = z.min(axis=0)
    far = z.max(axis=0)
    u = x / np.maximum(z, _NEAR)
    v = y / np.maximum(z, _NEAR)
    low = np.stack([u.min(axis=0), v.min(axis=0)])
    high = np.stack([u.max(axis=0), v.max(axis=0)])
    nearest, farthest = _range_in(view, low, high)
    is_ahead = near > _NEAR
    is_inside = is_ahead & (low > 0).all(axis=0) & (high[0] < width) & (high[1] < height)
    is_whole = is_inside & (far + view.margin < nearest)
    is_mixed = ~is_whole & ~(is_ahead & (near + view.margin > farthest))
    return np.select(
        [is_whole, is_mixed & is_inside, is_mixed],
        [np.uint8(OPEN_BLOCK), np.uint8(MIXED_INSIDE), np.uint8(MIXED_AT_EDGE)],
        np.uint8(0),
    )


def _range_in(view: ImageView, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (n,) minimum and maximum over at least the rectangles from (2, n) `low` to `high`.

    Rectangles are cut to the image.
    """
    pyramid = view.pyramid
    most = np.array(view.depths.shape[::-1], np.float32) - 1
    low, high = (np.clip(corner.T, 0, most).astype(np.int32).T for corner in (low, high))
    extent = (high - low).max(axis=0) + 1
    # Squares at least as large as the rectangle: it touches at most 2 x 2 of them.
    level = np.minimum(np.ceil(np.log2(extent)).astype(np.int32), len(pyramid.widths) - 1)
    low = low >> level
    high = high >> level
    start = pyramid.starts[level]
    width = pyramid.widths[level]
    places = np.stack([start + v * width + u for u in (low[0], high[0]) for v in (low[1], high[1])])
    return pyramid.lows[places].min(axis=0), pyramid.highs[places].max(axis=0)


def _is_before(
    view: ImageView, x: np.ndarray, y: np.ndarray, z: np.ndarray, is_inside: np.ndarray
) -> np.ndarray:
    """Return which voxels at u z, v z, z lie before the depths, (n, 512) booleans.

    Those of blocks that are not `is_inside` may be outside of the image or behind the camera.
    """
    height, width = view.depths.shape
    divisor = np.maximum(z, _NEAR)
    u = x / divisor
    v = y / divisor
    is_seen = (z > _NEAR) & (u >= 0) & (u < width) & (v >= 0) & (v < height) | is_inside
    columns = np.where(is_seen, u, np.float32(0)).astype(np.int32)
    pixels = np.where(is_seen, v, np.float32(0)).astype(np.int32) * width + columns
    return is_seen & (z < (view.depths - view.margin).ravel().take(pixels, mode="clip"))


def _halved(image: np.ndarray, function: np.ufunc) -> np.ndarray:
    """Return the image at half size by `function` of 2 x 2 pixels; an odd edge counts twice."""
    rows, columns = image.shape
    if rows % 2:
        image = np.concatenate([image, image[-1:]])
    if columns % 2:
        image = np.concatenate([image, image[:, -1:]], axis=1)
    rows_done = function(image[::2], image[1::2])
    return function(rows_done[:, ::2], rows_done[:, 1::2])


def _firsts(keys: np.ndarray) -> np.ndarray:
    """Return where each distinct key stands first, in that order."""
    return np.sort(np.unique(keys, return_index=True)[1])


def _distances(bits: np.ndarray, around: np.ndarray) -> np.ndarray:
    """Return squared distances of some blocks; see `Loops.distances`."""
    padded = np.concatenate([bits, np.zeros((1, bits.shape[1]), np.uint8)])  # row -1: nothing
    occupied = np.unpackbits(padded[around], axis=-1, bitorder="little")
    blocks = occupied.reshape(-1, 3, 3, 3, 8, 8, 8).transpose(0, 1, 4, 2, 5, 3, 6)
    squares = np.where(blocks.reshape(-1, 24, 24, 24) > 0, np.int64(0), np.int64(2**40))
    for axis in (3, 2, 1):
        squares = _nearest_along(squares, FIELD_REACH_VOXELS, axis)
        middle = [slice(None)] * 4
        middle[axis] = slice(8, 16)
        squares = squares[tuple(middle)]
    far = np.where(squares > FIELD_REACH_VOXELS**2, FAR_SQUARE, squares)
    return far.reshape(-1, BLOCK_VOXELS).astype(np.uint8)


def _nearest_along(squares: np.ndarray, radius: int, axis: int) -> np.ndarray:
    """Return the least of `squares` plus the squared distance along an axis, within `radius`."""
    around = [(radius, radius) if axis == a else (0, 0) for a in range(squares.ndim)]
    padded = np.pad(squares, around, constant_values=2**40)
    best = squares
    for shift in range(-radius, radius + 1):
        start = radius + shift
        moved = padded.take(np.arange(start, start + squares.shape[axis]), axis=axis)
        best = np.minimum(best, moved + shift**2)
    return best
