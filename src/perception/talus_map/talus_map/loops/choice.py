# SPDX-License-Identifier: Apache-2.0
"""Chooses what runs the loops: the compiled kernel, else NumPy."""

from __future__ import annotations

from functools import cache

from talus_map.loops.compiled import CompiledLoops
from talus_map.loops.in_numpy import NumpyLoops
from talus_map.loops.library import KernelError, load_kernel
from talus_map.loops.seam import Loops


@cache
def usual_loops() -> Loops:
    """Return the compiled loops where the kernel is built, else those in NumPy."""
    try:
        return CompiledLoops(load_kernel())
    except KernelError:
        return NumpyLoops()


def slow_reason() -> str:
    """Return in one line why NumPy runs the loops; empty where the kernel does."""
    try:
        load_kernel()
    except KernelError as error:
        return f"the map runs in NumPy, 4 to 6 times slower: {error}"
    return ""
