# SPDX-License-Identifier: Apache-2.0
"""Applies the environment that sourcing the workspace gave once to every later command."""

from __future__ import annotations

from collections.abc import Mapping

RMW_VARIABLE = "RMW_IMPLEMENTATION"
# What the user may set otherwise.
DEFAULTS = {
    "MUJOCO_GL": "egl",  # draws without a display
    "PYOPENGL_PLATFORM": "egl",
    "OMP_NUM_THREADS": "1",  # the matrices are small: a second thread costs more than it brings
    "OPENBLAS_NUM_THREADS": "1",
    "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
}


def apply(cached: Mapping[str, Mapping], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a command; applying twice changes nothing more."""
    result = {**cached["defaults"], **environment, **cached["fixed"]}
    for name, ours in cached["prepend"].items():
        theirs = [entry for entry in result.get(name, "").split(":") if entry and entry not in ours]
        if ours or theirs:
            result[name] = ":".join([*ours, *theirs])
    return result


def overruled(cached: Mapping[str, Mapping], environment: Mapping[str, str]) -> list[str]:
    """Return a line for each choice of the user's that is not followed here."""
    wanted = environment.get(RMW_VARIABLE)
    used = cached["fixed"].get(RMW_VARIABLE)
    if not wanted or used is None or wanted == used:
        return []
    return [
        f"{RMW_VARIABLE} is '{wanted}', but the ROS 2 wheels bring only {used}: "
        "source a ROS 2 for another"
    ]
