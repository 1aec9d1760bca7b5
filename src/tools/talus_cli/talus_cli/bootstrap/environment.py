# SPDX-License-Identifier: Apache-2.0
"""The environment of every command: computed once by sourcing the workspace, cached, applied in microseconds."""

from __future__ import annotations

from collections.abc import Mapping

# What the user may set otherwise.
DEFAULTS = {
    "MUJOCO_GL": "egl",  # draws without a display
    "PYOPENGL_PLATFORM": "egl",
    "OMP_NUM_THREADS": "1",  # the matrices are small: a second thread costs more than it brings
    "OPENBLAS_NUM_THREADS": "1",
    "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
}


def apply(cached: Mapping[str, Mapping], environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a command; applying twice changes nothing more."""
    result = {**cached["defaults"], **environment, **cached["fixed"]}
    for name, ours in cached["prepend"].items():
        theirs = [entry for entry in result.get(name, "").split(":") if entry and entry not in ours]
        if ours or theirs:
            result[name] = ":".join([*ours, *theirs])
    return result
