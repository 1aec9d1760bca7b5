# SPDX-License-Identifier: Apache-2.0
"""Names cameras that are black, frozen, blurred, blocked, over-exposed, late or missing.

Measures of the picture alone, without a network; a plain wall is not blocked and a still scene is
not frozen: for both the camera must have moved, and the picture not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from talus_core.parameters import parameter
from talus_core.transform import Transform

DARK_LEVEL = 20  # of 255: sensor noise of a covered camera stays below
BRIGHT_LEVEL = 250  # of 255
CONTRAST_LEVELS = 12.0  # of an edge in 1000: a picture with less has none by which to judge blur
TILE_PX = 32  # sides of the tiles in which a cover is looked for
FLAT_LEVELS = 1.5  # one standard deviation in a tile of a covered lens
UNCHANGED_LEVELS = 2.0  # of a tile's mean, while the camera moves
NEAR_PX = 1  # edges of a sharp picture rise within this,
FAR_PX = 6  # those of a blurred one need this or more
EDGE_SHARE = 0.005  # of all pixels: the strongest edges


@dataclass(frozen=True)
class HealthConfig:
    """Defines when a camera has a fault."""

    black_share: float = parameter(0.97, "Dark pixels of a black picture.", 0.5, 1.0)
    bright_share: float = parameter(
        0.5, "White pixels of an over-exposed picture: more than a window.", 0.1, 1.0
    )
    least_sharpness: float = parameter(
        0.32, "Rise of the edges within a pixel over that within six; 1 is a knife.", 0.05, 1.0
    )
    blocked_share: float = parameter(
        0.55, "Flat tiles that stay as they are while the camera moves.", 0.2, 1.0
    )
    moved_m: float = parameter(0.01, "By how much a camera has moved for certain.", 0.001, 0.5)
    moved_rad: float = parameter(0.01, "The same as an angle.", 0.001, 0.5)
    travelled_m: float = parameter(
        0.10, "After which a flat tile of a scene looks otherwise.", 0.01, 5.0
    )
    travelled_rad: float = parameter(0.10, "The same as an angle.", 0.01, 1.0)
    late_s: float = parameter(0.3, "Age of a picture when it comes.", 0.1, 2.0)
    missing_s: float = parameter(0.5, "Without a picture, as F28 asks.", 0.2, 5.0)
    pictures: int = parameter(2, "In a row that must agree, to name a fault and to clear it.", 1, 9)


@dataclass(frozen=True)
class Looks:
    """Holds what is measured of one picture.

    Attributes:
        dark, bright: Shares of pixels, 0 to 1.
        sharpness: Rise of the strongest edges within NEAR_PX over that within FAR_PX; 1 where
            there are none.
        tiles: (rows, columns) mean levels.
        flat: (rows, columns) whether a tile has no structure.
        grid: Every fourth pixel, by which equal pictures are known.
    """

    dark: float
    bright: float
    sharpness: float
    tiles: np.ndarray
    flat: np.ndarray
    grid: np.ndarray


def measure(picture: np.ndarray) -> Looks:
    """Return the measures of a picture (rows, columns, 3) uint8."""
    green = picture[::2, :, 1].astype(np.int16)
    rows, columns = (side // step for side, step in zip(green.shape, _TILE, strict=True))
    tiles = green[: rows * _TILE[0], : columns * _TILE[1]]
    tiles = tiles.reshape(rows, _TILE[0], columns, _TILE[1]).astype(np.float32)
    near = np.abs(green[:, NEAR_PX:] - green[:, :-NEAR_PX])
    far = np.abs(green[:, FAR_PX:] - green[:, :-FAR_PX])
    edge = _strongest(far, EDGE_SHARE)
    # An edge is seen by FAR_PX pixels of the one and by one of the other.
    rise = _strongest(near, EDGE_SHARE * NEAR_PX / FAR_PX)
    sharpness = rise / edge if edge > CONTRAST_LEVELS else 1.0
    return Looks(
        dark=float((green < DARK_LEVEL).mean()),
        bright=float((green > BRIGHT_LEVEL).mean()),
        sharpness=sharpness,
        tiles=tiles.mean((1, 3)),
        flat=tiles.std((1, 3)) < FLAT_LEVELS,
        grid=picture[::4, ::4].copy(),
    )


_TILE = (TILE_PX // 2, TILE_PX)  # every second row is enough


def _strongest(rise: np.ndarray, share: float) -> float:
    """Return the level that this share of all rises exceed."""
    flat = rise.ravel()
    place = int((1.0 - share) * (flat.size - 1))
    return float(np.partition(flat, place)[place])


@dataclass
class _Mark:
    """Keeps a picture and where the camera was, until the camera has moved on."""

    looks: Looks
    pose: Transform


@dataclass
class CameraWatch:
    """Watches one camera; `faults` are those that several pictures in a row agreed on."""

    config: HealthConfig
    faults: tuple[str, ...] = ()
    newest: float = -math.inf  # s, stamp of the newest picture
    _said: tuple[str, ...] = ()
    _times: int = 0
    _first_same: _Mark | None = None
    _travel: _Mark | None = None
    _covered: np.ndarray | None = field(default=None)

    def look(self, picture: np.ndarray, pose: Transform, others: Sequence[str] = ()) -> None:
        """Judge a picture (rows, columns, 3) taken at a pose of the optical frame in odom.

        `others`: faults that a network names.
        """
        looks = measure(picture)
        said = tuple(sorted({*self._judge(looks, pose), *others}))
        self._times = self._times + 1 if said == self._said else 1
        self._said = said
        if self._times >= self.config.pictures:
            self.faults = said

    def _judge(self, looks: Looks, pose: Transform) -> set[str]:
        config = self.config
        frozen = self._is_frozen(looks, pose)
        blocked = self._is_blocked(looks, pose)
        if looks.dark >= config.black_share:
            return {"black"}
        if looks.bright >= config.bright_share:
            return {"over_exposed"}
        if frozen:
            return {"frozen"}
        if blocked:
            return {"blocked"}
        return {"blurred"} if looks.sharpness < config.least_sharpness else set()

    def _is_frozen(self, looks: Looks, pose: Transform) -> bool:
        first = self._first_same
        if first is None or not np.array_equal(first.looks.grid, looks.grid):
            self._first_same = _Mark(looks, pose)
            return False
        return _has_moved(first.pose, pose, self.config.moved_m, self.config.moved_rad)

    def _is_blocked(self, looks: Looks, pose: Transform) -> bool:
        """Return whether most tiles are flat, and stayed so at the same level on the way here."""
        config = self.config
        mark = self._travel
        if mark is None:
            self._travel = _Mark(looks, pose)
            return False
        stays = looks.flat & mark.looks.flat
        stays &= np.abs(looks.tiles - mark.looks.tiles) < UNCHANGED_LEVELS
        if _has_moved(mark.pose, pose, config.travelled_m, config.travelled_rad):
            self._covered = stays
            self._travel = _Mark(looks, pose)
        if self._covered is None:
            return False
        return bool((self._covered & looks.flat).mean() >= config.blocked_share)


def _has_moved(before: Transform, now: Transform, metres: float, radians: float) -> bool:
    way = float(np.linalg.norm(now.position - before.position))
    cosine = 0.5 * (float(np.trace(before.rotation.T @ now.rotation)) - 1.0)
    return way > metres or math.acos(min(max(cosine, -1.0), 1.0)) > radians


class HealthMonitor:
    """Watches all cameras; times are robot time, s."""

    def __init__(self, config: HealthConfig, cameras: Sequence[str]):
        self._config = config
        self._watches = {camera: CameraWatch(config) for camera in cameras}
        self._late: set[str] = set()
        self._began: float | None = None

    def arrive(self, camera: str, stamp: float, now: float) -> None:
        """Take in that a picture with a stamp came at robot time `now`."""
        if self._began is None:
            self._began = now
        watch = self._watches[camera]
        watch.newest = max(watch.newest, stamp)
        if now - stamp > self._config.late_s:
            self._late.add(camera)
        else:
            self._late.discard(camera)

    def look(
        self, camera: str, picture: np.ndarray, pose: Transform, others: Sequence[str] = ()
    ) -> None:
        """Judge a picture: see `CameraWatch.look`."""
        self._watches[camera].look(picture, pose, others)

    def faults(self, now: float) -> dict[str, tuple[str, ...]]:
        """Return the faults of each camera that has some."""
        if not math.isfinite(now):
            return {}
        if self._began is None or now < self._began:
            self._began = now
        found: dict[str, tuple[str, ...]] = {}
        for camera, watch in self._watches.items():
            silent = now - max(watch.newest, self._began)
            if silent > self._config.missing_s:
                found[camera] = ("missing",)
            elif camera in self._late:
                found[camera] = (*watch.faults, "late")
            elif watch.faults:
                found[camera] = watch.faults
        return found
