# SPDX-License-Identifier: Apache-2.0
"""Gives every command the environment of a ready workspace, and makes that first if need be."""

from __future__ import annotations

import os

from talus_core.machine.terminal import complain

from talus_cli.bootstrap import environment
from talus_cli.bootstrap.preparing.readiness import cached_environment
from talus_cli.bootstrap.workspace import Workspace


def prepare(workspace: Workspace, uses_ros: bool = True) -> dict[str, str]:
    """Return the environment of a built workspace, making first whatever is missing or changed.

    A command that `uses_ros` is refused where a choice of the user's cannot be followed. Raises
    BootstrapError.
    """
    cached = cached_environment(workspace)
    if cached is None:
        # Imported where needed: imports are most of a start's time.
        from talus_cli.bootstrap.preparing.steps import make

        cached = make(workspace)
    prepared = environment.apply(cached, os.environ)
    if not uses_ros:
        return prepared
    environment.check_middleware(cached, prepared)
    for line in environment.left_out(cached, os.environ):
        complain(f"talus: {line}")
    return environment.with_ros_log(prepared, lambda line: complain(f"talus: {line}"))
