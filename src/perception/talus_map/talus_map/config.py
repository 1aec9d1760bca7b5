# SPDX-License-Identifier: Apache-2.0
"""Defines the parameters of the map process."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.parameters import ParameterError, parameter, section

from talus_map.mapper import MapConfig


@dataclass(frozen=True)
class MapNodeConfig:
    """Hold the parameters of the map process."""

    depth_cameras: tuple[str, ...] = parameter(
        ("front_left", "down"), "Cameras whose depth is fused."
    )
    depth_rates_hz: tuple[float, ...] = parameter(
        (30.0, 6.0),
        "Most images that are fused of each; the ground at the feet needs the elevation's rate.",
        0.1,
        60.0,
    )
    map_frame: str = parameter(
        "map", "Published at the place of the odometry's frame: nothing corrects it yet."
    )
    odometry_frame: str = parameter("odom", "Frame of everything that is mapped.")
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
