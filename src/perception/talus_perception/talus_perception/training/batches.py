# SPDX-License-Identifier: Apache-2.0
"""Turns pairs of frames into the tensors that the heads' losses ask for."""

from __future__ import annotations

import numpy as np
import torch

from talus_perception.data.frames import Pair, TrueFrame
from talus_perception.network.head import Batch, DenseTruth, Rows
from talus_perception.training.spoiling import FAULTY_SHARE, spoil
from talus_perception.words import (
    CANONICAL_FOCAL_PX,
    KEY_POINTS,
    THING_COLUMNS,
    THING_ROWS,
    THING_STRIDE,
    THINGS,
)
from talus_perception.worlds.truth import FAR_RANGE_M, FLOOR_BIT, FREE_BIT, STEP_EDGE_BIT

OCCLUSION_LOG_DEPTH = 0.12  # a jump of so much between neighbours hides something
CREASE_COSINE = 0.85
HEAT_SHARE = 0.1  # sd of a centre's heat, of the box's smaller side
LEAST_SIDE_PX = 1.0  # of a box from its centre's cell: its log must be finite


def make_batch(
    pairs: list[Pair], rng: np.random.Generator, faulty_share: float = FAULTY_SHARE
) -> Batch:
    """Return a batch of all frames, their pictures spoiled as cameras do."""
    frames = [frame for pair in pairs for frame in pair]
    truths = [frame.truth for frame in frames]
    spoiled = spoil(np.stack([frame.picture for frame in frames]), rng, faulty_share)
    faults = spoiled.faults
    is_frozen = faults[:, 1] > 0
    # A frozen picture is sound by itself, but one of its pair has another one's truth.
    sound = (faults.sum(1) == 0).to(torch.float32)
    scales = np.array([CANONICAL_FOCAL_PX / float(t.focal[0]) for t in truths], np.float32)
    ground = np.stack([t.ground for t in truths])
    depth = np.stack([t.depth for t in truths]).astype(np.float32) * scales[:, None, None]
    normal = np.stack([t.normal for t in truths]).astype(np.float32) / 127.0
    occlusion, crease = _edges(depth, normal)
    scan = np.stack([t.scan for t in truths]).astype(np.float32) * scales[:, None]
    flow = np.stack([t.flow for t in truths]).astype(np.float32)
    other_faulty = (sound.unflatten(0, (-1, 2)).flip(1).flatten() == 0) & ~is_frozen
    flow[other_faulty.numpy()] = np.nan
    with np.errstate(divide="ignore"):
        log_depth = np.where(depth > 0, np.log(depth), np.nan)
    dense = DenseTruth(
        surface=_tensor([t.surface for t in truths]).to(torch.int64),
        log_depth=torch.from_numpy(log_depth.astype(np.float32)),
        normal=torch.from_numpy(normal).permute(0, 3, 1, 2),
        height=_tensor([t.height for t in truths]).to(torch.float32),
        floor=_bit(ground, FLOOR_BIT),
        free=_bit(ground, FREE_BIT),
        step_edge=_bit(ground, STEP_EDGE_BIT),
        occlusion=occlusion,
        crease=crease,
    )
    return Batch(
        pictures=spoiled.pictures,
        sound=sound,
        faults=faults,
        dense=dense,
        flow=torch.from_numpy(flow).permute(0, 3, 1, 2),
        moving=_tensor([t.moving for t in truths]).to(torch.float32),
        scan=torch.from_numpy(np.log(np.maximum(scan, 0.1))),
        clear=_tensor([t.scan >= FAR_RANGE_M - 0.1 for t in truths]).to(torch.float32),
        attitude=_tensor([t.attitude for t in truths]),
        object_heat=_heat(frames, "objects"),
        person_heat=_heat(frames, "people"),
        hand_heat=_heat(frames, "hands"),
        objects=_objects(frames, scales, sound),
        people=_people(frames, scales, sound),
        hands=_hands(frames, scales, sound),
    )


def _tensor(arrays: list[np.ndarray]) -> torch.Tensor:
    return torch.from_numpy(np.stack(arrays))


def _bit(values: np.ndarray, bit: int) -> torch.Tensor:
    return torch.from_numpy(((values & bit) > 0).astype(np.float32))


def _edges(depth: np.ndarray, normal: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Return where depth jumps and where a surface bends, each (batch, rows, columns)."""
    log = np.log(np.maximum(depth, 1e-3))
    known = np.abs(normal).sum(-1) > 0.5
    occlusion = np.zeros(depth.shape, np.float32)
    crease = np.zeros(depth.shape, np.float32)
    for axis in (1, 2):
        first = (slice(None),) * axis + (slice(0, -1),)
        last = (slice(None),) * axis + (slice(1, None),)
        jump = np.abs(log[last] - log[first]) > OCCLUSION_LOG_DEPTH
        bend = (normal[last] * normal[first]).sum(-1) < CREASE_COSINE
        bend &= known[first] & known[last] & ~jump
        for place in (first, last):
            occlusion[place] = np.maximum(occlusion[place], jump)
            crease[place] = np.maximum(crease[place], bend)
    return torch.from_numpy(occlusion), torch.from_numpy(crease)


def _cell(u: float, v: float) -> tuple[int, int]:
    """Return row and column of the cell that holds a pixel."""
    row = min(max(int(v // THING_STRIDE), 0), THING_ROWS - 1)
    return row, min(max(int(u // THING_STRIDE), 0), THING_COLUMNS - 1)


def centre_of(kind: str, row: np.ndarray) -> tuple[float, float]:
    """Return the pixel at which a thing, a person or a hand is marked."""
    if kind == "objects":
        return float(row[1]), float(row[2])
    return float(0.5 * (row[0] + row[2])), float(0.5 * (row[1] + row[3]))


def _rows_of(frame: TrueFrame, kind: str) -> np.ndarray:
    return {
        "objects": frame.truth.things,
        "people": frame.truth.people,
        "hands": frame.truth.hands,
    }[kind]


def _heat(frames: list[TrueFrame], kind: str) -> torch.Tensor:
    """Return a bump of height 1 at each centre, (batch, classes, rows, columns)."""
    classes = len(THINGS) if kind == "objects" else 1
    heat = np.zeros((len(frames), classes, THING_ROWS, THING_COLUMNS), np.float32)
    rows = np.arange(THING_ROWS)[:, None]
    columns = np.arange(THING_COLUMNS)
    for number, frame in enumerate(frames):
        for row in _rows_of(frame, kind):
            y, x = _cell(*centre_of(kind, row))
            sides = row[9:11] if kind == "objects" else row[2:4] - row[:2]
            spread = max(HEAT_SHARE * float(min(sides)) / THING_STRIDE, 0.5)
            bump = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * spread**2))
            bump[y, x] = 1.0
            layer = heat[number, int(row[0]) if kind == "objects" else 0]
            np.maximum(layer, bump, out=layer)
    return torch.from_numpy(heat)


def _rows(frames: list[TrueFrame], sound: torch.Tensor, kind: str, width: int, make) -> Rows:
    """Return the rows of sound pictures; `make` turns one into what its head learns."""
    places = []
    values = []
    for number, frame in enumerate(frames):
        if sound[number] == 0:
            continue
        for row in _rows_of(frame, kind):
            y, x = _cell(*centre_of(kind, row))
            places.append((number, y, x))
            values.append(make(number, row, y, x))
    return Rows(
        torch.from_numpy(np.array(places, np.int64).reshape(-1, 3)),
        torch.from_numpy(np.array(values, np.float32).reshape(-1, width)),
    )


def _objects(frames: list[TrueFrame], scales: np.ndarray, sound: torch.Tensor) -> Rows:
    def make(number: int, row: np.ndarray, y: int, x: int) -> np.ndarray:
        out = row.copy()
        out[1] = row[1] / THING_STRIDE - x
        out[2] = row[2] / THING_STRIDE - y
        out[3] = row[3] * scales[number]
        return out

    return _rows(frames, sound, "objects", 11, make)


def _sides(row: np.ndarray, y: int, x: int) -> np.ndarray:
    """Return how far a box goes left, up, right and down of the middle of a cell, px."""
    u = (x + 0.5) * THING_STRIDE
    v = (y + 0.5) * THING_STRIDE
    sides = np.array((u - row[0], v - row[1], row[2] - u, row[3] - v))
    return np.maximum(sides, LEAST_SIDE_PX)


def _people(frames: list[TrueFrame], scales: np.ndarray, sound: torch.Tensor) -> Rows:
    def make(number: int, row: np.ndarray, y: int, x: int) -> np.ndarray:
        out = row.copy()
        out[:4] = _sides(row, y, x)
        out[4] = row[4] * scales[number]
        points = out[9:].reshape(len(KEY_POINTS), 3)
        whole = (out[0] + out[2], out[1] + out[3])
        points[:, 0] = (points[:, 0] - (x + 0.5) * THING_STRIDE) / whole[0]
        points[:, 1] = (points[:, 1] - (y + 0.5) * THING_STRIDE) / whole[1]
        points[:, :2] = np.clip(points[:, :2], -2.0, 2.0)
        return out

    return _rows(frames, sound, "people", 9 + 3 * len(KEY_POINTS), make)


def _hands(frames: list[TrueFrame], scales: np.ndarray, sound: torch.Tensor) -> Rows:
    def make(number: int, row: np.ndarray, y: int, x: int) -> np.ndarray:
        out = row.copy()
        out[:4] = _sides(row, y, x)
        out[5] = row[5] * scales[number]
        return out

    return _rows(frames, sound, "hands", 6, make)
