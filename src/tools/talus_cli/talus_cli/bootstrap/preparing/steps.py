# SPDX-License-Identifier: Apache-2.0
"""Takes the steps from a bare machine to an environment, each only where its inputs changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from talus_cli.bootstrap.errors import BootstrapError
from talus_cli.bootstrap.installing import system, wheels
from talus_cli.bootstrap.installing.packages import install_packages, ros_rows
from talus_cli.bootstrap.installing.underlay import compute
from talus_cli.bootstrap.installing.venv import make_venv
from talus_cli.bootstrap.preparing.build import brought_by_ros, colcon_build
from talus_cli.bootstrap.preparing.fingerprint import package_folders, workspace_fingerprints
from talus_cli.bootstrap.preparing.lock import exclusive
from talus_cli.bootstrap.preparing.readiness import (
    cached_environment,
    packages_key,
    place_key,
    stamp,
    workspace_key,
)
from talus_cli.bootstrap.preparing.stamps import read_stamp, write_stamp
from talus_cli.bootstrap.workspace import Workspace


def make(workspace: Workspace) -> dict:
    """Do what is missing and return the environment, cached for the next start."""
    system.check_machine()
    if workspace.path_problem:
        raise BootstrapError(workspace.path_problem)
    _check_ros(workspace)
    system.ensure((*system.BUILD_PARTS, system.RENDERING), workspace.state / "apt.log")
    with exclusive(workspace.state / "lock") as lock_fd:
        return cached_environment(workspace) or _make(workspace, lock_fd)


def clean(workspace: Workspace) -> None:
    """Forget the build, not the packages."""
    with exclusive(workspace.state / "lock"):
        _remove_build(workspace)


def _remove_build(workspace: Workspace) -> None:
    for name in ("environment", "build"):
        stamp(workspace, name).unlink(missing_ok=True)
    for folder in (workspace.build, workspace.install, workspace.colcon_log):
        shutil.rmtree(folder, ignore_errors=True)


def _make(workspace: Workspace, lock_fd: int) -> dict:
    key = workspace_key(
        workspace
    )  # before the build: what changes meanwhile is built at the next start
    _install(workspace, lock_fd)
    _build(workspace, lock_fd)
    cached = {"key": key, **compute(workspace, os.environ)}
    write_stamp(stamp(workspace, "environment"), cached)
    return cached


def _install(workspace: Workspace, lock_fd: int) -> None:
    wanted = {"key": packages_key(workspace)}
    if read_stamp(stamp(workspace, "packages")) == wanted and workspace.python.exists():
        return
    make_venv(workspace)
    install_packages(workspace, lock_fd)
    if not workspace.distro:
        wheels.repair(workspace)
    write_stamp(stamp(workspace, "packages"), wanted)


def _build(workspace: Workspace, lock_fd: int) -> None:
    """Build what changed since each package was last built with this ROS 2."""
    wanted = workspace_fingerprints(workspace.root)
    places = {
        "ros": ros_key(workspace),
        "folders": {
            name: str(folder.relative_to(workspace.root))
            for name, folder in package_folders(workspace.root / "src").items()
        },
    }
    stamped = read_stamp(stamp(workspace, "build")) or {}
    built = stamped.get("packages", {})
    if not workspace.install.exists() or not still_valid(stamped, places):
        _remove_build(workspace)
        built = {}
    changed = {name for name, fingerprint in wanted.items() if built.get(name) != fingerprint}
    changed -= brought_by_ros(workspace)
    if changed:
        colcon_build(workspace, changed, lock_fd)
        write_stamp(stamp(workspace, "build"), {**places, "packages": wanted})


def still_valid(stamped: dict, places: dict) -> bool:
    """Return whether an earlier build names no file that is elsewhere now.

    It does where ROS 2, the Python or the checkout is another one (`places["ros"]`), or where a
    package that was built has moved or is gone (`places["folders"]`).
    """
    if stamped.get("ros") != places["ros"] or "folders" not in stamped:
        return False
    return stamped["folders"].items() <= places["folders"].items()


def ros_key(workspace: Workspace) -> str:
    """Return a hash that changes with ROS 2, Python or place: then everything is built again."""
    return place_key(workspace, "".join(ros_rows(workspace.lock_file.read_text())).encode())


def _check_ros(workspace: Workspace) -> None:
    """Raise BootstrapError where the sourced ROS 2 is not whole for this Python."""
    if (
        workspace.distro
        and subprocess.run([sys.executable, "-c", "import rclpy"], capture_output=True).returncode
    ):
        raise BootstrapError(
            f"ROS_DISTRO is '{workspace.distro}', but {sys.executable} cannot import rclpy: "
            "source that installation wholly, or unset ROS_DISTRO"
        )
