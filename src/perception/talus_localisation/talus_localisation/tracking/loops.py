# SPDX-License-Identifier: Apache-2.0
"""Finds older key frames that show the same place, and measures where they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.parameters import parameter, section

from talus_localisation.graph.pose_graph import Edge
from talus_localisation.level_pose import LevelPose
from talus_localisation.matching.matcher import Match, MatcherConfig, SurfelIndex, match
from talus_localisation.matching.surfels import Surfels
from talus_localisation.places.search import FittingPlace, Plans, SearchConfig, Window
from talus_localisation.places.slices import sliced
from talus_localisation.tracking.key_frames import KeyFrames


@dataclass(frozen=True)
class LoopConfig:
    """Hold when two key frames are the same place."""

    least_path_m: float = parameter(
        10.0, "Way between them: shorter ones are matched as the robot goes.", 1.0, 1000.0
    )
    reach_m: float = parameter(4.0, "Distance at which they show the same walls.", 0.5, 20.0)
    drift_share: float = parameter(
        0.03, "Of the way between: how far the odometry may be off at most.", 0.001, 0.5
    )
    drift_rad_per_m: float = parameter(0.01, "How far its yaw may be off at most.", 0.0005, 0.5)
    most_yaw_rad: float = parameter(0.5, "However long the way, not more.", 0.05, 3.2)
    around: int = parameter(3, "Key frames on either side whose surfels are seen together.", 0, 20)
    tries: int = parameter(2, "Older key frames tried with each new one.", 1, 20)
    inlier_share: float = parameter(
        0.6, "Of the surfels with a partner, those that must be in place.", 0.1, 1.0
    )
    covered_share: float = parameter(0.4, "Of all surfels, those with a partner.", 0.05, 1.0)
    surfel_m: float = parameter(0.1, "Edge of the cell of a surfel.", 0.02, 0.5)
    search: SearchConfig = section(SearchConfig)
    matcher: MatcherConfig = section(MatcherConfig)


class LoopFinder:
    """Compares the newest key frame with older ones that may be near."""

    def __init__(self, config: LoopConfig | None = None):
        self._config = config or LoopConfig()

    def find(self, frames: KeyFrames, name: int, recent: int) -> list[Edge]:
        """Return measurements from older key frames to frame `name`; none is believed yet."""
        known = set(frames.consistent_with(name, recent))
        view = self._around(frames, name, name)
        found: list[Edge] = []
        for other in self._candidates(frames, name, known)[: self._config.tries]:
            edge = self._measure(frames, other, name, view)
            if edge is not None:
                found.append(edge)
        return found

    def _candidates(self, frames: KeyFrames, name: int, known: set[int]) -> list[int]:
        here = frames.poses[name].position
        path = frames.frames[name].path_m
        near: list[tuple[float, int]] = []
        for other, frame in frames.frames.items():
            between = path - frame.path_m
            if other in known or between < self._config.least_path_m:
                continue
            away = float(np.linalg.norm(frames.poses[other].position - here))
            if away < self._config.reach_m + self._config.drift_share * between:
                near.append((away, other))
        return [other for _, other in sorted(near)]

    def _around(self, frames: KeyFrames, name: int, newest: int) -> Surfels:
        """Return what the frames around one saw, in its level frame."""
        count = self._config.around
        names = [
            number
            for number in range(name - count, min(name + count, newest) + 1)
            if number in frames.frames
        ]
        seen = frames.surfels_in_map(names, self._config.surfel_m)
        return seen.at(frames.poses[name].inverse())

    def _measure(self, frames: KeyFrames, other: int, name: int, view: Surfels) -> Edge | None:
        config = self._config
        there = self._around(frames, other, name - 1)
        between = frames.frames[name].path_m - frames.frames[other].path_m
        guess = frames.poses[other].inverse() @ frames.poses[name]
        window = Window(
            centre=guess.position[:2],
            half=config.drift_share * between + config.search.cell_m,
            yaw=guess.yaw,
            half_yaw=min(config.drift_rad_per_m * between, config.most_yaw_rad),
        )
        plans = Plans(sliced(there, 0.0, config.search.cell_m), config.search)
        places = plans.find(sliced(view, 0.0, config.search.cell_m), window)
        if len(places) != 1:  # none, or several that fit as well: say nothing
            return None
        fit = self._checked(view, places[0], float(guess.position[2]), SurfelIndex(there))
        if fit is None:
            return None
        return Edge(other, name, fit.pose, fit.information, may_be_wrong=True)

    def _checked(
        self, view: Surfels, place: FittingPlace, height: float, index: SurfelIndex
    ) -> Match | None:
        start = LevelPose(np.array([place.x, place.y, height]), place.yaw)
        fit = match(view, start, index, self._config.matcher)
        if fit is None or not fit.is_converged:
            return None
        if fit.covered_share < self._config.covered_share:
            return None
        if fit.inlier_share < self._config.inlier_share * fit.covered_share:
            return None
        return fit
