# SPDX-License-Identifier: Apache-2.0
"""Moves `map -> odom` slowly enough for feet that are on their way to the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.parameters import parameter

from talus_localisation.level_pose import LevelPose


@dataclass(frozen=True)
class CorrectionConfig:
    """Hold how fast a correction may come."""

    speed_m_s: float = parameter(
        0.02, "Of what moves under a landing foot: 8 mm in a step of 0.4 s.", 0.001, 1.0
    )
    reach_m: float = parameter(
        2.0, "Distance from the robot up to which things move no faster: four steps.", 0.5, 10.0
    )


class Correction:
    """Holds the pose of the odometry's frame in the map, as it is published."""

    def __init__(self, config: CorrectionConfig | None = None):
        self._config = config or CorrectionConfig()
        self.odom_in_map = LevelPose.identity()
        self._target = LevelPose.identity()

    def aim_at(self, target: LevelPose) -> None:
        """Set where the odometry's frame is in truth."""
        self._target = target

    def jump(self, target: LevelPose) -> None:
        """Go to the target at once, as when a person says where the robot is."""
        self._target = target
        self.odom_in_map = target

    def step(self, dt: float, robot_in_odom: LevelPose, is_walking: bool) -> LevelPose:
        """Go on towards the target, and return the pose of the odometry's frame in the map.

        Position and turn are counted where the robot is, not at the origin of the odometry, which
        may be far away. A robot that stands has no foot in the air: there it comes at once.

        Args:
            dt: s since the last step.
            robot_in_odom: Where the robot stands.
            is_walking: Whether a foot may be on its way to the ground.
        """
        shown = self.odom_in_map @ robot_in_odom
        change = shown.change_to(self._target @ robot_in_odom)
        way = float(np.linalg.norm(change[:3])) + abs(float(change[3])) * self._config.reach_m
        share = self._config.speed_m_s * dt / way if is_walking and way > 0.0 else 1.0
        if share >= 1.0:
            self.odom_in_map = self._target
        else:
            self.odom_in_map = shown.moved(share * change) @ robot_in_odom.inverse()
        return self.odom_in_map
