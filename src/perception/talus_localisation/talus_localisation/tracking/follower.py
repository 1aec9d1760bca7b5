# SPDX-License-Identifier: Apache-2.0
"""Joins the images of one instant to a view, follows the robot by it, and corrects odometry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.parameters import parameter, section
from talus_core.vision.depth_view import DepthView
from talus_core.vision.self_filter import SelfFilter

from talus_localisation.level_pose import LevelPose
from talus_localisation.matching.surfels import Surfels
from talus_localisation.sight.depth_surfels import SightConfig, depth_surfels
from talus_localisation.tracking.correction import Correction, CorrectionConfig
from talus_localisation.tracking.localiser import (
    Estimate,
    LocaliserConfig,
    SurfelLocaliser,
    SurfelView,
)


@dataclass(frozen=True)
class FollowerConfig:
    """Hold how a robot is followed by its depth cameras."""

    still_m: float = parameter(
        0.01, "A base that sways less, m and rad, has no foot in the air.", 0.001, 0.1
    )
    still_s: float = parameter(1.0, "For so long: two steps on the spot.", 0.2, 10.0)
    sight: SightConfig = section(SightConfig)
    localiser: LocaliserConfig = section(LocaliserConfig)
    correction: CorrectionConfig = section(CorrectionConfig)


class Follower:
    """Follows a robot: `see` every image, `step` as often as `map -> odom` is told.

    Attributes:
        own_body: The shapes of the robot, which mark nothing.
        estimate: What the last view said; None before the first.
        views: How many there were.
    """

    def __init__(self, cameras: int, config: FollowerConfig | None = None):
        """Wait for images of so many `cameras` at each instant."""
        self._config = config or FollowerConfig()
        self._cameras = cameras
        self._localiser = SurfelLocaliser(self._config.localiser)
        self._correction = Correction(self._config.correction)
        self._still = StillWatch(self._config.still_m, self._config.still_s)
        self._waiting: list[tuple[DepthView, LevelPose]] = []
        self._told_at: float | None = None
        self.own_body = SelfFilter(())
        self.estimate: Estimate | None = None
        self.views = 0

    @property
    def key_frames(self) -> int:
        """Return how many key frames the map has."""
        return len(self._localiser.key_frames.frames)

    def see(self, image: DepthView, robot_in_odom: LevelPose) -> Estimate | None:
        """Take one image; return where the robot is once the images of an instant are there.

        A camera that is silent holds nothing up: an image of a later instant ends the one before.
        """
        found = None
        if self._waiting and image.time != self._waiting[0][0].time:
            found = self._look()
        self._waiting.append((image, robot_in_odom))
        if len(self._waiting) >= self._cameras:
            found = self._look()
        return found

    def step(self, time: float, robot_in_odom: LevelPose) -> LevelPose:
        """Return the pose of the odometry's frame in the map, to be told at `time`, s."""
        last = self._told_at if self._told_at is not None else time
        self._told_at = time
        is_still = self._still.step(time, robot_in_odom)
        return self._correction.step(max(time - last, 0.0), robot_in_odom, not is_still)

    def place(self, robot_in_map: LevelPose, robot_in_odom: LevelPose) -> None:
        """Obey somebody who says where the robot is; its height stays: a screen is flat."""
        height = (self._correction.odom_in_map @ robot_in_odom).position[2]
        at = LevelPose(np.array([*robot_in_map.position[:2], height]), robot_in_map.yaw)
        self._localiser.place(at, robot_in_odom)
        self._correction.jump(at @ robot_in_odom.inverse())

    def _look(self) -> Estimate:
        images = self._waiting
        self._waiting = []
        newest, robot_in_odom = images[-1]
        seen = [
            depth_surfels(image, robot, self.own_body, self._config.sight)
            for image, robot in images
        ]
        view = SurfelView(newest.time, robot_in_odom, Surfels.joined(seen))
        estimate = self._localiser.see(view)
        if not estimate.is_lost:
            self._correction.aim_at(estimate.odom_in_map)
        self.estimate = estimate
        self.views += 1
        return estimate


class StillWatch:
    """Tells whether a robot stands with both feet on the ground, by the sway of its base."""

    def __init__(self, still_m: float, still_s: float):
        """Call a base still that moved less than `still_m`, m and rad, over `still_s`, s."""
        self._still = still_m
        self._patience = still_s
        self._anchor: tuple[float, LevelPose] | None = None

    def step(self, time: float, base: LevelPose) -> bool:
        """Return whether the base is still at `time`, s; a robot is not still at first sight."""
        if self._anchor is None or time < self._anchor[0]:
            self._anchor = time, base
        since, there = self._anchor
        if np.abs(there.change_to(base)).max() > self._still:
            self._anchor = time, base
            return False
        return time - since >= self._patience
