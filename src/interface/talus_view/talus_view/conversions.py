# SPDX-License-Identifier: Apache-2.0
"""Turns names into what ROS knows by them: message types, and the files of meshes."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from talus_core.errors import TalusError

from talus_view.drawing.shapes import MeshFileError


class MessageTypeError(TalusError):
    """Raised when a widget names a message or service type that is not there."""


def type_of(name: str) -> Any:
    """Return the class of a type such as `sensor_msgs/msg/Image`. Raises MessageTypeError."""
    package, _, path = name.partition("/")
    kind, _, short = path.partition("/")
    try:
        return vars(import_module(f"{package}.{kind}"))[short]
    except (ImportError, KeyError, ValueError) as error:
        raise MessageTypeError(
            f"type '{name}' is not there; types are written as in sensor_msgs/msg/Image, "
            f"and '{package}' must be installed"
        ) from error


def mesh_file(uri: str) -> Path:
    """Return the file of a mesh URI (`package://`, `file://` or a path). Raises MeshFileError."""
    if not uri.startswith("package://"):
        return Path(unquote(uri.removeprefix("file://")) if uri.startswith("file://") else uri)
    package, _, path = uri.removeprefix("package://").partition("/")
    try:
        return Path(get_package_share_directory(package)) / path
    except PackageNotFoundError as error:
        raise MeshFileError(
            f"{uri}: package '{package}' is not installed; source its workspace"
        ) from error
