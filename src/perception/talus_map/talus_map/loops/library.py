# SPDX-License-Identifier: Apache-2.0
"""Finds and loads the compiled kernel, `libtalus_map_kernel.so` of the package talus_map_kernel."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import numpy as np
from talus_core.errors import TalusError

KERNEL_LIBRARY = "libtalus_map_kernel.so"
INTERFACE = 1  # of the kernel's functions; counts up with every change of a signature

_COUNT = ctypes.c_int64
_SIZE = ctypes.c_int32
_REAL = ctypes.c_float
_ARRAY = ctypes.c_void_p
# Arguments of each function, and what it returns.
_SIGNATURES: dict[str, tuple[tuple[type, ...], type | None]] = {
    "open_depths": ((_ARRAY, _SIZE, _SIZE, _REAL, _REAL, _REAL, _ARRAY), None),
    "pyramids": ((_SIZE, _SIZE, _SIZE, _ARRAY, _ARRAY, _ARRAY), None),
    "sort_blocks": ((_ARRAY, _ARRAY, _ARRAY, _ARRAY, _ARRAY), _COUNT),
    "open_masks": ((_ARRAY, _ARRAY, _ARRAY, _COUNT, _ARRAY, _ARRAY), None),
    "end_points": ((_ARRAY, _SIZE, _SIZE, _ARRAY, *(_SIZE,) * 3, _REAL, _REAL, _ARRAY), _COUNT),
    "voxels_of": ((_ARRAY, _COUNT, _REAL, _ARRAY, _ARRAY, _ARRAY, _ARRAY), None),
    "find": ((_ARRAY, _COUNT, _ARRAY, _ARRAY, _COUNT, _ARRAY), None),
    "add": ((_ARRAY, _COUNT, _ARRAY, _COUNT, _COUNT, _ARRAY, _COUNT, _ARRAY), _COUNT),
    "fuse": (
        (*(_ARRAY,) * 4, _COUNT, *(_ARRAY,) * 3, _COUNT, _ARRAY),
        None,
    ),
    "pack": ((_ARRAY, _ARRAY, _ARRAY, _COUNT, _ARRAY, _ARRAY), None),
    "unpack": ((_ARRAY, _COUNT, _ARRAY, _ARRAY), None),
    "sum": ((_ARRAY, _ARRAY, _COUNT, _COUNT, _ARRAY, _ARRAY), None),
    "occupied_bits": ((_ARRAY, _COUNT, _ARRAY, _ARRAY), None),
    "distances": ((_ARRAY, _ARRAY, _COUNT, _ARRAY), None),
    "grid_distances": ((_ARRAY, _SIZE, _SIZE, _SIZE, _ARRAY), None),
}


class KernelError(TalusError):
    """Raised where there is no kernel that fits; the message says why and what would help."""


class Kernel:
    """Calls the kernel's functions by name, with arrays as their addresses."""

    def __init__(self, library: ctypes.CDLL):
        self._functions = {}
        for name, (arguments, result) in _SIGNATURES.items():
            function = library[f"talus_map_{name}"]
            function.argtypes = arguments
            function.restype = result
            self._functions[name] = function

    def call(self, name: str, *arguments: np.ndarray | ctypes.Structure | float) -> int:
        """Run a function; arrays must be C-contiguous, of the dtype that it expects."""
        return self._functions[name](*map(_passed, arguments))


def load_kernel() -> Kernel:
    """Return the kernel of the workspace that is sourced. Raises KernelError."""
    folders = os.environ.get("AMENT_PREFIX_PATH", "").split(":")
    paths = (Path(folder, "lib", KERNEL_LIBRARY) for folder in folders if folder)
    path = next((path for path in paths if path.exists()), None)
    if path is None:
        raise KernelError(
            f"{KERNEL_LIBRARY} is not built; ./talus build makes it where a compiler is"
        )
    try:
        library = ctypes.CDLL(str(path))
        found = library.talus_map_interface()
    except (OSError, AttributeError) as error:
        raise KernelError(f"{path} cannot be loaded ({error}); ./talus build --clean") from error
    if found != INTERFACE:
        raise KernelError(f"{path} is of interface {found}, not {INTERFACE}; ./talus build")
    return Kernel(library)


def _passed(argument: np.ndarray | ctypes.Structure | float) -> object:
    if isinstance(argument, np.ndarray):
        if not argument.flags.c_contiguous:
            raise ValueError(f"an array of strides {argument.strides}; the kernel takes whole ones")
        return argument.ctypes.data
    if isinstance(argument, ctypes.Structure):
        return ctypes.addressof(argument)
    return argument
