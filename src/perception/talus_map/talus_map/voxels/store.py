# SPDX-License-Identifier: Apache-2.0
"""Keeps a voxel map in a file that is written whole or not at all, and read only if it is a map."""

from __future__ import annotations

import contextlib
import os
import zipfile
from pathlib import Path

import numpy as np
from talus_core.errors import TalusError

from talus_map.voxels.voxel_map import BLOCK_VOXELS, LOG_ODDS_STEP, VoxelMap

MAP_FILE_KIND = "talus voxel map"
MAP_FILE_VERSION = 1


class MapFileError(TalusError):
    """Raised when a map cannot be written or read; the message names the file and the cause."""


def save(voxels: VoxelMap, path: str | Path) -> Path:
    """Write the map as a NumPy archive and return the path; raises MapFileError."""
    target = Path(path).expanduser()
    if not str(path) or not target.is_absolute():
        raise MapFileError(f"'{path}' is not an absolute path, for example /tmp/hall.npz")
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
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise MapFileError(f"cannot write {target}: {error.strerror}") from error
    return target


def load(voxels: VoxelMap, path: str | Path) -> None:
    """Replace the map's content by a file's; on MapFileError the map is as it was."""
    coordinates, log_odds = _read(Path(path).expanduser(), voxels)
    voxels.clear()
    voxels.add_blocks(coordinates, log_odds)


def _read(path: Path, voxels: VoxelMap) -> tuple[np.ndarray, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            content = {name: archive[name] for name in archive.files}
    except OSError as error:
        raise MapFileError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise MapFileError(f"{path} is no map: not a NumPy archive") from error
    if str(content.get("kind")) != MAP_FILE_KIND:
        raise MapFileError(
            f"{path} is no map: its kind is '{content.get('kind', 'none')}', not '{MAP_FILE_KIND}'"
        )
    try:
        _check(path, content, voxels)
        return content["coordinates"], content["log_odds"]
    except KeyError as error:
        raise MapFileError(f"{path} is damaged: entry {error} is missing") from error


def _check(path: Path, content: dict[str, np.ndarray], voxels: VoxelMap) -> None:
    if int(content["version"]) != MAP_FILE_VERSION:
        raise MapFileError(
            f"{path} has map version {content['version']}; this program reads {MAP_FILE_VERSION}"
        )
    if (
        float(content["resolution"]) != voxels.resolution
        or float(content["quantum"]) != LOG_ODDS_STEP
    ):
        raise MapFileError(
            f"{path} has voxels of {content['resolution']} m; the map has {voxels.resolution} m"
        )
    coordinates = content["coordinates"]
    log_odds = content["log_odds"]
    blocks = len(coordinates)
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
