# SPDX-License-Identifier: Apache-2.0
"""Keeps a voxel map in a file that is written whole or not at all, and read only if it is a map."""

from __future__ import annotations

import contextlib
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from talus_core.errors import TalusError

from talus_map.voxels.block import BLOCK_VOXELS, FURTHEST_BLOCK, LOG_ODDS_STEP, keys_of
from talus_map.voxels.voxel_map import VoxelMap

MAP_FILE_KIND = "talus voxel map"
MAP_FILE_VERSION = 1
ENTRIES = ("kind", "version", "resolution", "quantum", "coordinates", "log_odds")
BYTES_PER_BLOCK = BLOCK_VOXELS + 3 * 4  # one a voxel, and three int32 of its place
MOST_HEADER_BYTES = 10_000  # of all entries: NumPy writes 128 each, and the four single values


class MapFileError(TalusError):
    """Raised when a map cannot be written or read; the message names the file and the cause."""


def save(voxels: VoxelMap, path: str | Path) -> Path:
    """Write the map as a NumPy archive and return the path; raises MapFileError."""
    target = _absolute(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with open(temporary, "wb") as file:
            np.savez_compressed(
                file,
                kind=MAP_FILE_KIND,
                version=MAP_FILE_VERSION,
                resolution=voxels.resolution,
                quantum=LOG_ODDS_STEP,
                coordinates=voxels.coordinates,
                log_odds=voxels.log_odds,
            )
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)  # atomic: readers see the old file or the new one
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError, ValueError):
            temporary.unlink()
        raise MapFileError(f"cannot write {target}: {_reason(error)}") from error
    return target


def load(voxels: VoxelMap, path: str | Path) -> None:
    """Replace the map's content by a file's; on MapFileError the map is as it was."""
    coordinates, log_odds = _read(_absolute(path), voxels)
    voxels.clear()
    voxels.add_blocks(coordinates, log_odds)


def _absolute(path: str | Path) -> Path:
    """Return the path with the home folder put in for ~. Raises MapFileError."""
    try:
        target = Path(path).expanduser()
    except RuntimeError as error:
        raise MapFileError(f"'{path}': there is no such user; write the folder itself") from error
    if not str(path) or not target.is_absolute() or not target.name:
        raise MapFileError(f"'{path}' is not an absolute path, for example /tmp/hall.npz")
    return target


def _read(path: Path, voxels: VoxelMap) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates and stored values of a file's blocks, checked. Raises MapFileError."""
    content = _entries(path, voxels)
    kind = _single(path, content, "kind", "U") if "kind" in content else "none"
    if kind != MAP_FILE_KIND:
        raise MapFileError(f"{path} is no map: its kind is '{kind}', not '{MAP_FILE_KIND}'")
    _check_words(path, content, voxels)
    coordinates, log_odds = (_entry(path, content, name) for name in ENTRIES[-2:])
    _check_blocks(path, coordinates, log_odds, voxels)
    return coordinates, log_odds


def _entries(path: Path, voxels: VoxelMap) -> dict[str, np.ndarray]:
    """Return the entries of a NumPy archive, by name. Raises MapFileError."""
    _check_size(path, voxels)
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in ENTRIES if name in archive.files}
    except OSError as error:
        raise MapFileError(f"cannot read {path}: {_reason(error)}") from error
    except Exception as error:  # what NumPy, zip and zlib raise at damaged files is in no list
        raise MapFileError(f"{path} is no map: not a NumPy archive ({_reason(error)})") from error


def _check_size(path: Path, voxels: VoxelMap) -> None:
    """Raise MapFileError for what is no file, or would unfold to more than the map may hold."""
    try:
        if not path.is_file():  # a folder, a pipe or a device, which would be read for ever
            what = "it is no file" if path.exists() else "No such file or directory"
            raise MapFileError(f"cannot read {path}: {what}")
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except OSError as error:
        raise MapFileError(f"cannot read {path}: {_reason(error)}") from error
    except (ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise MapFileError(f"{path} is no map: not a NumPy archive ({_reason(error)})") from error
    most = voxels.most_blocks * BYTES_PER_BLOCK + MOST_HEADER_BYTES
    if size > most:
        raise MapFileError(
            f"{path} unfolds to {size // BYTES_PER_BLOCK} blocks; the map holds "
            f"{voxels.most_blocks} (parameter most_blocks)"
        )


def _entry(path: Path, content: dict[str, np.ndarray], name: str) -> np.ndarray:
    """Return an entry of a file. Raises MapFileError."""
    if name not in content:
        raise MapFileError(f"{path} is damaged: entry '{name}' is missing")
    return content[name]


def _single(path: Path, content: dict[str, np.ndarray], name: str, kinds: str) -> Any:
    """Return an entry that is one value of some kinds of dtype. Raises MapFileError."""
    value = _entry(path, content, name)
    if value.shape != () or value.dtype.kind not in kinds:
        raise MapFileError(
            f"{path} is damaged: entry '{name}' is {value.dtype}{value.shape}, not one value"
        )
    return value.item()


def _check_words(path: Path, content: dict[str, np.ndarray], voxels: VoxelMap) -> None:
    """Raise MapFileError for a file of another version or of other voxels."""
    version = _single(path, content, "version", "iu")
    if version != MAP_FILE_VERSION:
        raise MapFileError(
            f"{path} has map version {version}; this program reads {MAP_FILE_VERSION}"
        )
    resolution = _single(path, content, "resolution", "f")
    if resolution != voxels.resolution or _single(path, content, "quantum", "f") != LOG_ODDS_STEP:
        raise MapFileError(
            f"{path} has voxels of {resolution} m; the map has {voxels.resolution} m"
        )


def _check_blocks(
    path: Path, coordinates: np.ndarray, log_odds: np.ndarray, voxels: VoxelMap
) -> None:
    """Raise MapFileError for blocks that are none, too many, too far, or there twice."""
    blocks = coordinates.shape[0] if coordinates.ndim else 0
    shapes_fit = coordinates.shape == (blocks, 3) and log_odds.shape == (blocks, BLOCK_VOXELS)
    if not shapes_fit or coordinates.dtype != np.int32 or log_odds.dtype != np.int8:
        raise MapFileError(
            f"{path} is damaged: {coordinates.dtype}{coordinates.shape}, "
            f"{log_odds.dtype}{log_odds.shape}"
        )
    if blocks > voxels.most_blocks:
        raise MapFileError(
            f"{path} has {blocks} blocks; the map holds {voxels.most_blocks} (parameter "
            f"most_blocks)"
        )
    if blocks and (coordinates.min() < -FURTHEST_BLOCK or coordinates.max() >= FURTHEST_BLOCK):
        raise MapFileError(
            f"{path} is damaged: a block beyond {FURTHEST_BLOCK} blocks from the origin"
        )
    if len(np.unique(keys_of(coordinates))) != blocks:
        raise MapFileError(f"{path} is damaged: a block is there twice")


def _reason(error: Exception) -> str:
    """Return what an exception says, in one line, or else its kind."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return said.strip().splitlines()[0] if said.strip() else type(error).__name__
