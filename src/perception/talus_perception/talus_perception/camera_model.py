# SPDX-License-Identifier: Apache-2.0
"""Read the cameras of a robot, as its `robot.yaml` lists them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from talus_core.errors import UnknownNameError
from talus_core.pinhole import Pinhole
from talus_core.vision.cameras import CameraRow, load_camera_rows


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
    return tuple(map(camera_of, load_camera_rows(robot_folder)))


def camera_of(row: CameraRow) -> Camera:
    """Return the camera of a row: square pixels, no distortion, centred."""
    focal = 0.5 * row.width / math.tan(0.5 * math.radians(row.horizontal_fov_deg))
    pinhole = Pinhole(
        width=row.width,
        height=row.height,
        fx=focal,
        fy=focal,
        cx=0.5 * (row.width - 1),
        cy=0.5 * (row.height - 1),
    )
    return Camera(row.name, pinhole, row.has_depth)


def chosen(cameras: tuple[Camera, ...], names: tuple[str, ...]) -> tuple[Camera, ...]:
    """Return the cameras of these names, in this order. Raises UnknownNameError."""
    by_name = {camera.name: camera for camera in cameras}
    for name in names:
        if name not in by_name:
            raise UnknownNameError("camera", name, by_name)
    return tuple(by_name[name] for name in names)
