# SPDX-License-Identifier: Apache-2.0
"""Writes pairs of frames to files, and reads them: the held-out pictures of an evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from talus_core.errors import TalusError

from talus_perception.data.frames import Pair, TrueFrame
from talus_perception.worlds.truth import TRUTH_NAMES, FrameTruth

SHARD_PATTERN = "worlds_*.npz"


class ShardError(TalusError):
    """Tells that stored frames cannot be read; the message names the file."""


def write_shard(folder: Path, number: int, pairs: list[Pair]) -> Path:
    """Write the pairs of one world; a file that is there already is whole."""
    frames = [frame for pair in pairs for frame in pair]
    arrays: dict[str, np.ndarray] = {"picture": np.stack([frame.picture for frame in frames])}
    for name in TRUTH_NAMES:
        values = [np.asarray(vars(frame.truth)[name]) for frame in frames]
        if name in ("things", "people", "hands"):
            arrays[f"{name}_count"] = np.array([len(rows) for rows in values])
            arrays[name] = np.concatenate(values)
        else:
            arrays[name] = np.stack(values)
    path = shard_path(folder, number)
    half = path.with_suffix(".part")
    with half.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    half.replace(path)
    return path


def shard_path(folder: Path, number: int) -> Path:
    """Return the file of a world."""
    return folder / f"worlds_{number:06d}.npz"


def read_shards(folder: Path) -> Iterator[list[Pair]]:
    """Yield the pairs of each file in order. Raises ShardError."""
    paths = sorted(folder.glob(SHARD_PATTERN))
    if not paths:
        raise ShardError(f"{folder} has no {SHARD_PATTERN}; `data --out {folder}` makes them")
    for path in paths:
        yield _read(path)


def _read(path: Path) -> list[Pair]:
    try:
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        columns = {}
        for name in TRUTH_NAMES:
            if f"{name}_count" in arrays:
                ends = np.cumsum(arrays[f"{name}_count"])[:-1]
                columns[name] = np.split(arrays[name], ends)
            else:
                columns[name] = list(arrays[name])
        frames = [
            TrueFrame(picture, FrameTruth(**{name: columns[name][i] for name in TRUTH_NAMES}))
            for i, picture in enumerate(arrays["picture"])
        ]
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise ShardError(f"{path} is no file of frames: {reason}; remove it") from error
    return [(frames[i], frames[i + 1]) for i in range(0, len(frames) - 1, 2)]
