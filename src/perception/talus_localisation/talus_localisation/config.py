# SPDX-License-Identifier: Apache-2.0
"""Defines the parameters of the localisation process."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.parameters import ParameterError, parameter, section
from talus_core.vision.cameras import load_camera_rows

from talus_localisation.tracking.follower import FollowerConfig


@dataclass(frozen=True)
class LocalisationNodeConfig:
    """Hold the parameters of the localisation process."""

    robot: str = parameter("", "Folder of the robot, whose robot.yaml lists its cameras.")
    depth_cameras: tuple[str, ...] = parameter(
        (), "Cameras that are looked through; as long as none is given, all with a `map_rate_hz`."
    )
    map_frame: str = parameter("map", "Frame of the map.")
    odometry_frame: str = parameter("odom", "Frame that is placed in the map.")
    footprint_frame: str = parameter("base_footprint", "Where the robot stands, and faces.")
    view_rate_hz: float = parameter(5.0, "Views that are matched: every 10 cm of a walk.", 0.5, 30)
    frame_rate_hz: float = parameter(20.0, "Of the transform from map to odom.", 1.0, 60.0)
    ahead_s: float = parameter(
        0.1, "By which that is stamped ahead, so that nobody waits for it: two periods.", 0.0, 1.0
    )
    follower: FollowerConfig = section(FollowerConfig)

    def cameras(self) -> tuple[str, ...]:
        """Return the cameras to look through.

        Raises CameraListError where robot.yaml cannot be used, ParameterError where it names none.
        """
        if self.depth_cameras:
            return self.depth_cameras
        if not self.robot:
            raise ParameterError(
                "parameter 'robot' is empty; it must be the folder of a robot, with its robot.yaml"
            )
        rows = load_camera_rows(self.robot)
        found = tuple(row.name for row in rows if row.map_rate_hz is not None)
        if not found:
            raise ParameterError(
                f"{self.robot}/robot.yaml: no camera has a map_rate_hz; give it one, or name "
                f"cameras in 'depth_cameras'"
            )
        return found
