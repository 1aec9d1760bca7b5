# SPDX-License-Identifier: Apache-2.0
"""Finds where installed ROS packages are, by the ament index alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from talus_core.errors import unknown_name_message

from talus_launch.errors import LaunchError

_INDEX = Path("share", "ament_index", "resource_index", "packages")


def package_prefix(package: str, environment: Mapping[str, str]) -> Path:
    """Return the first prefix of AMENT_PREFIX_PATH that has a package."""
    prefixes = [Path(p) for p in environment.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    for prefix in prefixes:
        if os.path.exists(prefix / _INDEX / package):
            return prefix
    known = {
        entry.name
        for prefix in prefixes
        if (prefix / _INDEX).is_dir()
        for entry in (prefix / _INDEX).iterdir()
    }
    raise LaunchError(unknown_name_message("package", package, known))


def package_share(package: str, environment: Mapping[str, str]) -> Path:
    """Return the share folder of a package."""
    return package_prefix(package, environment) / "share" / package


def package_executable(package: str, executable: str, environment: Mapping[str, str]) -> Path:
    """Return the file that `ros2 run package executable` would start."""
    folder = package_prefix(package, environment) / "lib" / package
    file = folder / executable
    if os.path.isfile(file) and os.access(file, os.X_OK):
        return file
    known = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    raise LaunchError(unknown_name_message(f"executable of {package}", executable, known))


def find_launch_file(package: str, name: str, environment: Mapping[str, str]) -> Path:
    """Return a launch file of a package by its file name."""
    share = package_share(package, environment)
    files = {file.name: file for file in sorted(share.rglob("*.launch.xml"))}
    if name not in files:
        raise LaunchError(unknown_name_message(f"launch file of {package}", name, files))
    return files[name]
