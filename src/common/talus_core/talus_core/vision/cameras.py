# SPDX-License-Identifier: Apache-2.0
"""Reads the cameras of a robot: one row each under `cameras` of its `robot.yaml`.

A row says all that there is to say of a camera. The links of URDF, MJCF and SDF, the intrinsics,
the simulated pictures, the choice on the page and the map's depth cameras follow from it:

    chin: {parent: head, at: [0.112, 0, 0.05], rpy: [0, 0.6, 0],
           width: 320, height: 240, horizontal_fov_deg: 87, depth: true, map_rate_hz: 6}
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talus_core.errors import TalusError, UnknownNameError
from talus_core.files.data_files import ContentError, yaml_tree

FIELD_OF_VIEW_DEG = (1.0, 170.0)  # of a pinhole: at 180 its picture would be endless
MAP_RATE_HZ = (0.1, 60.0)  # as the map's parameter `depth_rates_hz` allows
NO_OFFSET = (0.0, 0.0, 0.0)
_CAMERA_NAME = re.compile(r"[a-z][a-z0-9_]*")  # a word of ROS names: it stands in topics and frames
_NEEDED = ("width", "height", "horizontal_fov_deg", "depth")
_ENTRIES = ("parent", "at", "rpy", *_NEEDED, "map_rate_hz")

Vector = tuple[float, float, float]


class CameraListError(TalusError):
    """Tells that a robot's cameras cannot be read; the message names the file and the entry."""


@dataclass(frozen=True)
class CameraRow:
    """Describes one camera as its row does.

    Attributes:
        name: That of its topics and frames, for example front_left.
        width, height: Of its pictures, pixels.
        horizontal_fov_deg: Field of view from left to right, degrees.
        has_depth: Whether it also measures depth, in the same pixels.
        parent: Link that carries it; None where the URDF holds the camera's links by itself.
        position: Origin of `<name>_camera_link` in `parent`, m.
        rpy: Roll, pitch and yaw of that link in `parent`, rad; its x axis looks out.
        map_rate_hz: Most depth images per second that the map uses; None: the map does not.
    """

    name: str
    width: int
    height: int
    horizontal_fov_deg: float
    has_depth: bool
    parent: str | None = None
    position: Vector = NO_OFFSET
    rpy: Vector = NO_OFFSET
    map_rate_hz: float | None = None

    @property
    def link(self) -> str:
        """Name of the link that looks along its x axis."""
        return f"{self.name}_camera_link"

    @property
    def optical_frame(self) -> str:
        """Name of the frame of its images: x right, y down, z forward (REP 103)."""
        return f"{self.name}_camera_optical_frame"


def load_camera_rows(robot_folder: str | Path) -> tuple[CameraRow, ...]:
    """Return all cameras of a robot in the order of its robot.yaml. Raises CameraListError."""
    path = Path(robot_folder) / "robot.yaml"
    try:
        entries = yaml_tree(path.read_bytes())["cameras"]
    except (OSError, ContentError, KeyError, TypeError) as error:
        raise CameraListError(
            f"{path}: no 'cameras' to read: {' '.join(str(error).split())}"
        ) from error
    return camera_rows(path, entries)


def camera_rows(path: Path, entries: Any) -> tuple[CameraRow, ...]:
    """Return the rows in the entry `cameras` of the robot.yaml at `path`.

    Raises CameraListError with one line that names the camera, the value and what would work.
    """
    if not isinstance(entries, Mapping):
        raise CameraListError(f"{path}: cameras is {entries!r}; it must have one entry a camera")
    return tuple(_row(f"{path}: camera '{name}'", name, row) for name, row in entries.items())


def _row(place: str, name: Any, entry: Any) -> CameraRow:
    if not isinstance(name, str) or not _CAMERA_NAME.fullmatch(name):
        raise CameraListError(f"{place}: its name must be small letters, digits and _, as front_2")
    if not isinstance(entry, Mapping):
        raise CameraListError(f"{place} is {entry!r}; it needs the entries {', '.join(_NEEDED)}")
    for key in entry:
        if key not in _ENTRIES:
            raise CameraListError(f"{place}: {UnknownNameError('entry', str(key), _ENTRIES)}")
    for key in _NEEDED:
        if key not in entry:
            raise CameraListError(f"{place}: entry '{key}' is missing; see front_left of talus40")
    parent = _parent(place, entry)
    return CameraRow(
        name=name,
        width=_pixels(f"{place}: width", entry["width"]),
        height=_pixels(f"{place}: height", entry["height"]),
        horizontal_fov_deg=_within(
            f"{place}: horizontal_fov_deg", entry["horizontal_fov_deg"], FIELD_OF_VIEW_DEG
        ),
        has_depth=_switch(f"{place}: depth", entry["depth"]),
        parent=parent,
        position=_vector(f"{place}: at", "m", entry.get("at", NO_OFFSET)),
        rpy=_vector(f"{place}: rpy", "rad", entry.get("rpy", NO_OFFSET)),
        map_rate_hz=_map_rate(place, entry),
    )


def _parent(place: str, entry: Mapping[str, Any]) -> str | None:
    parent = entry.get("parent")
    if parent is None and ("at" in entry or "rpy" in entry):
        raise CameraListError(f"{place}: 'at' and 'rpy' need a 'parent', the link that carries it")
    if parent is not None and not isinstance(parent, str):
        raise CameraListError(f"{place}: parent is {parent!r}; it must be the name of a link")
    return parent


def _map_rate(place: str, entry: Mapping[str, Any]) -> float | None:
    if "map_rate_hz" not in entry:
        return None
    rate = _within(f"{place}: map_rate_hz", entry["map_rate_hz"], MAP_RATE_HZ)
    if not entry["depth"]:
        raise CameraListError(f"{place}: map_rate_hz is {rate:g}, but the map needs depth: true")
    return rate


def _pixels(what: str, value: Any) -> int:
    if type(value) is not int or value < 1:
        raise CameraListError(f"{what} is {value!r}; it must be a number of pixels, at least 1")
    return value


def _switch(what: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise CameraListError(f"{what} is {value!r}; it must be true or false")
    return value


def _within(what: str, value: Any, bounds: tuple[float, float]) -> float:
    low, high = bounds
    if not _is_number(value) or not low <= value <= high:
        raise CameraListError(f"{what} is {value!r}; it must be from {low:g} to {high:g}")
    return float(value)


def _vector(what: str, unit: str, value: Any) -> Vector:
    if isinstance(value, (list, tuple)) and len(value) == 3 and all(map(_is_number, value)):
        x, y, z = map(float, value)
        return x, y, z
    raise CameraListError(f"{what} is {value!r}; it must be three numbers in {unit}")


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and math.isfinite(value)
