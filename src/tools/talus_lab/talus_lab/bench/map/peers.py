# SPDX-License-Identifier: Apache-2.0
"""Finds the peers of the map that are installed: OctoMap in C++, pyoctomap, small_gicp."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Protocol

import numpy as np

from talus_lab.bench.balance.peers.packages import PEER_PACKAGES, PEERS_STORE
from talus_lab.rig.checkout import SOURCES

INSTALL_MAP_PEERS = (
    "./talus exec -- python -m pip install --no-deps --target .talus/peers/packages "
    "pyoctomap small-gicp"
)
OCTOMAP_SOURCE = SOURCES / "tools/talus_lab/talus_lab/bench/map/octomap_peer.cpp"
_OCTOMAP_PREFIX = "cmeel.prefix"  # of the wheel cmeel-octomap, which pinocchio brings
_MOST_OCCUPIED = 2_000_000  # voxels: more than the room has at 2 cm


class MapPeer(Protocol):
    """Fuses images as a map of others does."""

    name: str

    def fuse(self, points: np.ndarray, origin: np.ndarray, reach: float) -> None:
        """Fuse (n, 3) float32 end points in M, m, seen from (3,) `origin`, and the air."""

    def occupied(self) -> np.ndarray | None:
        """Return the (n, 3) int32 occupied voxels; None where asking would take minutes."""


class OctomapPeer:
    """Calls OctoMap's C++ library."""

    def __init__(self, library: ctypes.CDLL, resolution: float, discretize: bool):
        self.name = "octomap_discretized" if discretize else "octomap"
        self._library = library
        self._resolution = resolution
        self._discretize = discretize
        library.octomap_peer_make.restype = ctypes.c_void_p
        library.octomap_peer_make.argtypes = [ctypes.c_double]
        library.octomap_peer_occupied.restype = ctypes.c_int64
        self._tree = ctypes.c_void_p(library.octomap_peer_make(resolution))

    def fuse(self, points: np.ndarray, origin: np.ndarray, reach: float) -> None:
        """See `MapPeer`, which says what it does."""
        points = np.ascontiguousarray(points, np.float32)
        origin = np.ascontiguousarray(origin, float)
        self._library.octomap_peer_insert(
            self._tree,
            ctypes.c_void_p(points.ctypes.data),
            ctypes.c_int64(len(points)),
            ctypes.c_void_p(origin.ctypes.data),
            ctypes.c_double(reach),
            ctypes.c_int32(self._discretize),
        )

    def occupied(self) -> np.ndarray:
        """See `MapPeer`, which says what it does."""
        centres = np.empty((_MOST_OCCUPIED, 3))
        count = self._library.octomap_peer_occupied(
            self._tree, ctypes.c_void_p(centres.ctypes.data), ctypes.c_int64(_MOST_OCCUPIED)
        )
        return np.floor(centres[:count] / self._resolution).astype(np.int32)


class PyoctomapPeer:
    """Calls OctoMap by its Python binding."""

    name = "pyoctomap"

    def __init__(self, module: ModuleType, resolution: float):
        self._tree = module.OcTree(resolution)

    def fuse(self, points: np.ndarray, origin: np.ndarray, reach: float) -> None:
        """See `MapPeer`, which says what it does."""
        self._tree.insertPointCloud(points.astype(float), origin.astype(float), max_range=reach)

    def occupied(self) -> None:
        """See `MapPeer`; it is the same library as OctoMap's."""


def makers() -> list[Callable[[float], MapPeer]]:
    """Return what makes each peer that is there, for a resolution in m."""
    found: list[Callable[[float], MapPeer]] = []
    library = _octomap_library()
    if library is not None:
        found.append(lambda resolution: OctomapPeer(library, resolution, discretize=False))
        found.append(lambda resolution: OctomapPeer(library, resolution, discretize=True))
    module = find_module("pyoctomap")
    if module is not None:
        found.append(lambda resolution: PyoctomapPeer(module, resolution))
    return found


def absent() -> list[str]:
    """Return a line for each peer that is not there, with what would bring it."""
    lines = [
        f"{name} is not installed; {INSTALL_MAP_PEERS}"
        for name in ("pyoctomap", "small_gicp")
        if find_module(name) is None
    ]
    if _octomap_library() is None:
        lines.append("OctoMap's C++ library is not there; pip install cmeel-octomap brings it")
    return lines


def find_module(name: str) -> ModuleType | None:
    """Return a peer's module, from the environment or the folder of peers; None without it."""
    if str(PEER_PACKAGES) not in sys.path:
        sys.path.append(str(PEER_PACKAGES))
    try:
        return import_module(name)
    except ImportError:
        return None


def _octomap_library() -> ctypes.CDLL | None:
    """Return the peer's library, compiled on first use; None where OctoMap or a compiler lacks."""
    prefix = Path(sysconfig.get_paths()["purelib"], _OCTOMAP_PREFIX)
    if not (prefix / "include" / "octomap").is_dir():
        return None
    path = PEERS_STORE / "liboctomap_peer.so"
    if not path.exists() or path.stat().st_mtime < OCTOMAP_SOURCE.stat().st_mtime:
        PEERS_STORE.mkdir(parents=True, exist_ok=True)
        command = ["g++", "-std=c++17", "-O3", "-march=native", "-fPIC", "-shared"]
        places = [f"-I{prefix / 'include'}", f"-L{prefix / 'lib'}", f"-Wl,-rpath,{prefix / 'lib'}"]
        libraries = ["-loctomap", "-loctomath"]
        command += [str(OCTOMAP_SOURCE), "-o", str(path), *places, *libraries]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return None
    return ctypes.CDLL(str(path))
