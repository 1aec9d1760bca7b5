# SPDX-License-Identifier: Apache-2.0
"""Finds a robot that is lost: what it has seen since then is laid on all that was ever mapped."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from talus_core.parameters import parameter, section

from talus_localisation.level_pose import LevelPose
from talus_localisation.matching.matcher import MatcherConfig, SurfelIndex, match
from talus_localisation.matching.surfels import Surfels
from talus_localisation.places.search import FittingPlace, Plans, SearchConfig, Window
from talus_localisation.places.slices import SlicedPoints, sliced
from talus_localisation.tracking.key_frames import KeyFrames


@dataclass(frozen=True)
class WholeSearchConfig(SearchConfig):
    """Hold how the whole map is searched: coarser than near a place, in all directions."""

    cell_m: float = parameter(0.1, "Edge of a cell of the plans.", 0.02, 1.0)
    least_score: float = parameter(0.6, "Below it, a view does not lie on the map.", 0.1, 1.0)


@dataclass(frozen=True)
class RelocaliserConfig:
    """Hold when a robot that is lost is looked for, and believed to be found."""

    views: int = parameter(50, "Newest views that are laid together: 10 s at 5 Hz.", 1, 1000)
    every: int = parameter(5, "Views between two searches: 1 s at 5 Hz.", 1, 100)
    points: int = parameter(150, "Upright pieces that are searched with, at most.", 20, 2000)
    surfel_m: float = parameter(0.1, "Edge of the cell of a surfel.", 0.02, 0.5)
    inlier_share: float = parameter(
        0.8, "Of all upright surfels, those that must be in place.", 0.1, 1.0
    )
    ahead_share: float = parameter(
        0.1, "By which that must be more than at any other place.", 0.01, 0.5
    )
    rivals: int = parameter(6, "Places that are compared; with more, none is believed.", 1, 50)
    agreeing: float = parameter(
        0.2, "Two searches in a row must say the same place, to so many m and rad.", 0.02, 1.0
    )
    search: WholeSearchConfig = section(WholeSearchConfig)
    matcher: MatcherConfig = section(MatcherConfig)


class Relocaliser:
    """Holds what a lost robot has seen since it was lost.

    Attributes:
        places: Where that fits; with more than one, none is believed.
    """

    def __init__(self, config: RelocaliserConfig):
        self._config = config
        self._seen: deque[Surfels] = deque(maxlen=config.views)  # in odometry's frame
        self._views = 0
        self._odom_in_map: LevelPose | None = None  # by the search before
        self.places: list[FittingPlace] = []

    def forget(self) -> None:
        """Begin anew, when the robot is lost once more."""
        self._seen.clear()
        self._views = 0
        self._odom_in_map = None
        self.places = []

    def see(
        self, surfels: Surfels, robot_in_odom: LevelPose, frames: KeyFrames
    ) -> LevelPose | None:
        """Take a view, and return where in the map the robot is; None where that is not sure."""
        self._seen.append(surfels.at(robot_in_odom))
        self._views += 1
        if self._views % self._config.every or not frames.frames:
            return None
        seen = Surfels.joined(list(self._seen)).thinned(self._config.surfel_m)
        seen = seen.at(robot_in_odom.inverse())
        known = frames.surfels_in_map(frames.frames, self._config.surfel_m)
        cell = self._config.search.cell_m
        self.places = Plans(sliced(known, 0.0, cell), self._config.search).find(
            _fewer(sliced(seen, 0.0, cell), self._config.points), _whole(known)
        )
        pose = self._believed(seen, SurfelIndex(known))
        return None if pose is None else self._confirmed(pose, robot_in_odom)

    def _believed(self, seen: Surfels, index: SurfelIndex) -> LevelPose | None:
        """Return where what was seen lies on the map, if that is at one place alone."""
        config = self._config
        fits = []
        for place in self.places[: config.rivals]:
            start = LevelPose(np.array([place.x, place.y, 0.0]), place.yaw)
            fit = match(seen, start, index, config.matcher)
            if fit is not None and fit.is_converged and not len(fit.open_directions):
                fits.append(fit)
        fits.sort(key=lambda fit: -fit.upright_inlier_share)
        if not fits or len(self.places) > config.rivals:
            return None
        second = fits[1].upright_inlier_share if len(fits) > 1 else 0.0
        best = fits[0].upright_inlier_share
        is_believed = best >= max(config.inlier_share, second + config.ahead_share)
        return fits[0].pose if is_believed else None

    def _confirmed(self, pose: LevelPose, robot_in_odom: LevelPose) -> LevelPose | None:
        """Return a pose that two searches in a row agree on; None at the first of them."""
        odom_in_map = pose @ robot_in_odom.inverse()
        before = self._odom_in_map
        self._odom_in_map = odom_in_map
        if before is None:
            return None
        change = (before @ robot_in_odom).change_to(pose)
        return pose if (np.abs(change) < self._config.agreeing).all() else None


def _whole(known: Surfels) -> Window:
    """Return the window that holds all of a map, and all directions."""
    low = known.points[:, :2].min(axis=0)
    high = known.points[:, :2].max(axis=0)
    return Window(0.5 * (low + high), 0.5 * float((high - low).max()))


def _fewer(points: SlicedPoints, most: int) -> SlicedPoints:
    step = max(1, -(-len(points) // most))
    return SlicedPoints(points.points[::step], points.slices[::step])
