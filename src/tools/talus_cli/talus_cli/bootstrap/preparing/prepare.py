# SPDX-License-Identifier: Apache-2.0
"""Gives every command the environment of a ready workspace, and makes that first if need be."""

from __future__ import annotations

import os
import sys

from talus_cli.bootstrap import environment
from talus_cli.bootstrap.preparing.readiness import cached_environment
from talus_cli.bootstrap.workspace import Workspace


def prepare(workspace: Workspace) -> dict[str, str]:
    """Return the environment of a built workspace, making first whatever is missing or changed."""
    cached = cached_environment(workspace)
    if cached is None:
        # Imported where needed: imports are most of a start's time.
        from talus_cli.bootstrap.preparing.steps import make

        cached = make(workspace)
    for line in environment.overruled(cached, os.environ):
        print(f"talus: {line}", file=sys.stderr)
    return environment.apply(cached, os.environ)
