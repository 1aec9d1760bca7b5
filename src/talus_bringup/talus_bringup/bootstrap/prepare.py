# SPDX-License-Identifier: Apache-2.0
"""The steps from a bare machine to an environment, each done only where its inputs changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from typing import Any

from talus_bringup.bootstrap import environment, system, wheels
from talus_bringup.bootstrap.build import brought_by_ros, colcon_build
from talus_bringup.bootstrap.errors import BootstrapError
from talus_bringup.bootstrap.fingerprint import workspace_fingerprints
from talus_bringup.bootstrap.packages import install_packages, make_venv
from talus_bringup.bootstrap.stamps import exclusive, read_stamp, write_stamp
from talus_bringup.bootstrap.workspace import Workspace


def prepare(workspace: Workspace) -> dict[str, str]:
    """The environment of a built workspace, making first whatever is missing or changed."""
    cached = _cached(workspace)
    if cached is None:
        _check_ros(workspace)
        system.check_machine()
        system.ensure((*system.BUILD_PARTS, system.RENDERING), workspace.state / "apt.log")
        with exclusive(workspace.state / "lock") as lock_fd:
            cached = _cached(workspace) or _make(workspace, lock_fd)
    return environment.apply(cached, os.environ)


def clean(workspace: Workspace) -> None:
    """Forget the build, not the packages."""
    with exclusive(workspace.state / "lock"):
        for folder in (workspace.build, workspace.install, workspace.colcon_log):
            shutil.rmtree(folder, ignore_errors=True)
        for stamp in ("build", "environment"):
            _stamp(workspace, stamp).unlink(missing_ok=True)


def _make(workspace: Workspace, lock_fd: int) -> dict[str, Any]:
    packages_key = _packages_key(workspace)
    if read_stamp(_stamp(workspace, "packages")) != packages_key or not workspace.python.exists():
        make_venv(workspace)
        install_packages(workspace, lock_fd)
        if not workspace.distro:
            wheels.repair(workspace)
        write_stamp(_stamp(workspace, "packages"), packages_key)
    _build(workspace, packages_key, lock_fd)
    cached = {"key": _key(workspace), **environment.compute(workspace, os.environ)}
    write_stamp(_stamp(workspace, "environment"), cached)
    return cached


def _build(workspace: Workspace, packages_key: str, lock_fd: int) -> None:
    """Build what changed since each package was last built with these Python packages."""
    built = read_stamp(_stamp(workspace, "build")) or {}
    if built.get("packages") != packages_key or not workspace.install.exists():
        built = {"packages": packages_key}
    wanted = workspace_fingerprints(workspace.root)
    skipped = brought_by_ros(workspace)
    changed = [name for name, print_ in wanted.items() if name not in skipped and built.get(name) != print_]
    if changed:
        colcon_build(workspace, changed, lock_fd)
        write_stamp(_stamp(workspace, "build"), {**wanted, "packages": packages_key})


def _cached(workspace: Workspace) -> dict[str, Any] | None:
    cached = read_stamp(_stamp(workspace, "environment"))
    is_valid = cached is not None and cached["key"] == _key(workspace) and workspace.python.exists()
    return cached if is_valid else None


def _packages_key(workspace: Workspace) -> str:
    """Changes when the packages must be installed again: another lock, Python, place, or ROS."""
    digest = hashlib.sha256(workspace.lock_file.read_bytes())
    underlay = os.environ.get("AMENT_PREFIX_PATH", "") if workspace.distro else ""
    digest.update(f"{workspace.root} {sys.version_info[:2]} {workspace.distro} {underlay}".encode())
    return digest.hexdigest()


def _key(workspace: Workspace) -> str:
    fingerprints = json.dumps(workspace_fingerprints(workspace.root))
    return hashlib.sha256(f"{_packages_key(workspace)} {fingerprints}".encode()).hexdigest()


def _stamp(workspace: Workspace, name: str):
    return workspace.state / f"{name}.json"


def _check_ros(workspace: Workspace) -> None:
    """A sourced ROS 2 must be whole, for this Python."""
    if workspace.distro and subprocess.run([sys.executable, "-c", "import rclpy"], capture_output=True).returncode:
        raise BootstrapError(
            f"ROS_DISTRO is '{workspace.distro}', but {sys.executable} cannot import rclpy: "
            "source that installation wholly, or unset ROS_DISTRO"
        )
