# SPDX-License-Identifier: Apache-2.0
"""Read the cameras of a robot, as its `robot.yaml` lists them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from talus_core.errors import TalusError, UnknownNameError
from talus_core.pinhole import Pinhole


class CameraListError(TalusError):
    """Tells that a robot's cameras cannot be read; the message names the file and the entry."""


@dataclass(frozen=True)
class Camera:
    """Describes a camera; its name is that of its topics and frames.

    Attributes:
        name: For example front_left.
        pinhole: Intrinsics.
        has_depth: It also measures depth, in the same pixels.
    """

    name: str
    pinhole: Pinhole
    has_depth: bool

    @property
    def optical_frame(self) -> str:
        """Name of the frame of its images: x right, y down, z forward (REP 103)."""
        return f"{self.name}_camera_optical_frame"


def load_cameras(robot_folder: str | Path) -> tuple[Camera, ...]:
    """Return all cameras of a robot. Raises CameraListError."""
    path = Path(robot_folder) / "robot.yaml"
    try:
        entries = yaml.safe_load(path.read_text())["cameras"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise CameraListError(
            f"{path}: no 'cameras' to read: {' '.join(str(error).split())}"
        ) from error
    return tuple(_camera(path, name, entry) for name, entry in entries.items())


def chosen(cameras: tuple[Camera, ...], names: tuple[str, ...]) -> tuple[Camera, ...]:
    """Return the cameras of these names, in this order. Raises UnknownNameError."""
    by_name = {camera.name: camera for camera in cameras}
    for name in names:
        if name not in by_name:
            raise UnknownNameError("camera", name, by_name)
    return tuple(by_name[name] for name in names)


def _camera(path: Path, name: str, entry: Mapping[str, Any]) -> Camera:
    try:
        width = int(entry["width"])
        height = int(entry["height"])
        degrees = float(entry["horizontal_fov_deg"])
        has_depth = bool(entry["depth"])
    except (KeyError, TypeError, ValueError) as error:
        raise CameraListError(
            f"{path}: camera '{name}': entry {error} is missing or of the wrong kind"
        ) from error
    if min(width, height) < 1 or not 1.0 <= degrees <= 170.0:
        raise CameraListError(
            f"{path}: camera '{name}': {width} x {height} pixels at {degrees} degrees; "
            "a pinhole has 1 to 170 degrees"
        )
    focal = 0.5 * width / math.tan(0.5 * math.radians(degrees))
    return Camera(
        name,
        Pinhole(
            width=width,
            height=height,
            fx=focal,
            fy=focal,
            cx=0.5 * (width - 1),
            cy=0.5 * (height - 1),
        ),
        has_depth,
    )
