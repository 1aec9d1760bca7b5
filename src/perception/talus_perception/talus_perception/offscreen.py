# SPDX-License-Identifier: Apache-2.0
"""Opens an offscreen OpenGL context for MuJoCo: for simulated cameras and pictures to train on."""

from __future__ import annotations

import ctypes.util
import os
from typing import Any

from talus_core.errors import TalusError


class RenderingError(TalusError):
    """Tells that no picture can be rendered; the message says what is missing."""


def open_context(width: int, height: int) -> Any:
    """Return an offscreen OpenGL context: EGL, else OSMesa, or what MUJOCO_GL says.

    Raises RenderingError.
    """
    os.environ.setdefault(
        "LP_NUM_THREADS", "0"
    )  # Mesa's software renderer: in this thread, none of its own
    libraries = {"egl": "EGL", "osmesa": "OSMesa"}
    asked = os.environ.get("MUJOCO_GL", "")
    for kind in (asked,) if asked in libraries else tuple(libraries):
        if ctypes.util.find_library(libraries[kind]):
            return _context_of(kind, width, height)
    raise RenderingError(
        "no offscreen OpenGL for the simulated cameras; install libegl1 and libgl1-mesa-dri "
        "(or libosmesa6), or run without perception"
    )


def _context_of(kind: str, width: int, height: int) -> Any:
    try:
        if kind == "egl":
            from mujoco.egl import GLContext
        else:
            from mujoco.osmesa import GLContext
        return GLContext(width, height)
    except (ImportError, AttributeError, RuntimeError) as error:
        raise RenderingError(
            f"offscreen OpenGL by {kind} does not start: {' '.join(str(error).split())}"
        ) from error
