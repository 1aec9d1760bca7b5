# SPDX-License-Identifier: Apache-2.0
"""Finds what is beneath the workspace, and what sourcing the workspace puts on top of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from talus_cli.bootstrap.environment import WHEELS_VARIABLE
from talus_cli.bootstrap.errors import BootstrapError
from talus_cli.bootstrap.workspace import Workspace

PATH_LISTS = (
    "AMENT_PREFIX_PATH",
    "CMAKE_PREFIX_PATH",
    "LD_LIBRARY_PATH",
    "PATH",
    "PYTHONPATH",
    "PKG_CONFIG_PATH",
)


def underlay(workspace: Workspace, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which the workspace is built: ROS 2, before anything of ours."""
    before = {name: ":".join(workspace.foreign(environment.get(name, ""))) for name in PATH_LISTS}
    path = f"{workspace.venv / 'bin'}:{before['PATH'] or os.defpath}"
    if workspace.distro:
        return {**environment, **before, "PATH": path}
    libraries = [*sorted(workspace.site_packages.glob("ros_*.libs")), workspace.venv / "lib"]
    kept = {key: environment[key] for key in ("HOME", "LANG", "TERM") if key in environment}
    return {
        **kept,
        "PATH": path,
        "AMENT_PREFIX_PATH": str(workspace.venv),
        "CMAKE_PREFIX_PATH": str(workspace.venv),
        "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
        # Importing rclpy from the wheels starts the process anew to set LD_LIBRARY_PATH; this says
        # it is set.
        WHEELS_VARIABLE: "1",
    }


def compute(workspace: Workspace, environment: Mapping[str, str]) -> dict[str, dict]:
    """Source the built workspace and return what that changes.

    `prepend` goes in front of path lists, `fixed` is set.
    """
    base = underlay(workspace, environment)
    sourced = _source(workspace.install / "local_setup.bash", base)
    prepend = {}
    for name in PATH_LISTS:
        theirs = (
            workspace.foreign(environment.get(name, ""))
            if workspace.distro or name == "PATH"
            else []
        )
        prepend[name] = [
            entry for entry in sourced.get(name, "").split(":") if entry and entry not in theirs
        ]
    fixed = {"VIRTUAL_ENV": str(workspace.venv), "TALUS_ROOT": str(workspace.root)}
    if not workspace.distro:
        fixed[WHEELS_VARIABLE] = "1"
    return {"prepend": prepend, "fixed": fixed}


def _source(script: Path, base: Mapping[str, str]) -> dict[str, str]:
    done = subprocess.run(
        ["bash", "-c", '. "$0" && env -0', str(script)],
        env=dict(base),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise BootstrapError(
            f"cannot source {script}: {' '.join(done.stderr.split())}; try ./talus build --clean"
        )
    return dict(entry.split("=", 1) for entry in done.stdout.split("\0") if "=" in entry)
