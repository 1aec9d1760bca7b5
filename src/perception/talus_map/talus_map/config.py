# SPDX-License-Identifier: Apache-2.0
"""Defines the parameters of the map process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from talus_core.parameters import ParameterError, parameter, section
from talus_core.vision.cameras import MAP_RATE_HZ, load_camera_rows

from talus_map.mapper import MapConfig


@dataclass(frozen=True)
class MapNodeConfig:
    """Hold the parameters of the map process."""

    robot: str = parameter("", "Folder of the robot, whose robot.yaml lists its cameras.")
    depth_cameras: tuple[str, ...] = parameter(
        (), "Cameras whose depth is fused; as long as none is given, all with a `map_rate_hz`."
    )
    depth_rates_hz: tuple[float, ...] = parameter(
        (),
        "Most images that are fused of each; as long as none is given, its `map_rate_hz`.",
        *MAP_RATE_HZ,
    )
    map_frame: str = parameter(
        "map", "Frame of the voxels; until tf says where `odom` is in it, both are one."
    )
    odometry_frame: str = parameter("odom", "Frame of the ground at the feet and of what moves.")
    footprint_frame: str = parameter("base_footprint", "Where the robot stands.")
    elevation_rate_hz: float = parameter(
        8.0, "Of map/elevation; the contract asks for 5.", 0.5, 30.0
    )
    map_rate_hz: float = parameter(
        1.5, "Of map/points and map/occupancy; the contract asks for 1.", 0.1, 10.0
    )
    map: MapConfig = section(MapConfig)

    @property
    def most_hz(self) -> dict[str, float]:
        """Return the most images per second by camera; raises ParameterError."""
        if len(self.depth_cameras) != len(self.depth_rates_hz):
            raise ParameterError(
                f"parameters 'depth_cameras' and 'depth_rates_hz' have "
                f"{len(self.depth_cameras)} and "
                f"{len(self.depth_rates_hz)} entries; one rate per camera works"
            )
        return dict(zip(self.depth_cameras, self.depth_rates_hz, strict=True))


def with_cameras_of_robot(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given parameters, with the depth cameras of robot.yaml where they name none.

    Raises CameraListError where that file cannot be used, ParameterError where it says too little.
    """
    if given.get("depth_cameras") and given.get("depth_rates_hz"):
        return dict(given)
    if not given.get("robot"):
        raise ParameterError(
            "parameter 'robot' is empty; it must be the folder of a robot, with its robot.yaml"
        )
    rates = {
        row.name: row.map_rate_hz
        for row in load_camera_rows(given["robot"])
        if row.map_rate_hz is not None
    }
    found = {"depth_cameras": tuple(given.get("depth_cameras") or rates)}
    found["depth_rates_hz"] = given.get("depth_rates_hz") or _rates_of(found, rates, given["robot"])
    return {**given, **found}


def _rates_of(
    found: Mapping[str, Any], rates: Mapping[str, float], robot: str
) -> tuple[float, ...]:
    """Return the rates of the cameras that the map shall use; raises ParameterError."""
    advice = "give it one, or name cameras and rates in 'depth_cameras' and 'depth_rates_hz'"
    if not found["depth_cameras"]:
        raise ParameterError(f"{robot}/robot.yaml: no camera has a map_rate_hz; {advice}")
    for name in found["depth_cameras"]:
        if name not in rates:
            raise ParameterError(
                f"{robot}/robot.yaml: camera '{name}' has no map_rate_hz; {advice}"
            )
    return tuple(rates[name] for name in found["depth_cameras"])
