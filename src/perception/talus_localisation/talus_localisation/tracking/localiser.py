# SPDX-License-Identifier: Apache-2.0
"""Follows a robot through a map that it makes on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from talus_core.parameters import parameter, section

from talus_localisation.graph.pose_graph import Edge
from talus_localisation.level_pose import LevelPose
from talus_localisation.matching.matcher import Match, MatcherConfig, SurfelIndex, match
from talus_localisation.matching.surfels import Surfels
from talus_localisation.places.search import FittingPlace
from talus_localisation.tracking.key_frames import KeyFrame, KeyFrames
from talus_localisation.tracking.loops import LoopConfig, LoopFinder
from talus_localisation.tracking.lost import LostConfig, LostWatch
from talus_localisation.tracking.relocaliser import Relocaliser, RelocaliserConfig

# Of odometry between two views of a robot that sways on its place.
SWAY_DEVIATION_M = 0.002
SWAY_DEVIATION_RAD = 0.0005
# Five deviations: a match that odometry does not allow is one with the wrong walls.
LIKELY_SQUARED_DISTANCE = 25.0
# Way and turn after which two views need not overlap: half of a camera's range and of its width.
OVERLAP_M_RAD = (2.0, 0.75)
# Of x, y, z in m and yaw in rad of somebody who points at a map.
PLACED_DEVIATIONS = (0.25, 0.25, 0.1, 0.15)
# Way and turn within which a robot still sees walls that it saw before.
STAYED_M_RAD = (0.4, 0.3)
_GROWN = 1.2  # of what the index has of the newest key frame, before it is made anew


@dataclass(frozen=True)
class LocaliserConfig:
    """Hold how a robot is followed."""

    surfel_m: float = parameter(
        0.1, "Edge of the cell of a map's surfel: two voxels of the map.", 0.02, 0.5
    )
    matched_surfels: int = parameter(
        500, "Surfels of a view that are matched, at most: more gain little.", 50, 10000
    )
    key_frame_m: float = parameter(1.0, "Way after which a key frame is made.", 0.2, 10.0)
    key_frame_rad: float = parameter(
        0.8, "Turn after which a key frame is made: half of a camera's width.", 0.1, 3.0
    )
    recent_frames: int = parameter(
        6, "Key frames behind the robot that it is matched with: six metres.", 2, 100
    )
    reach_m: float = parameter(
        8.0, "Key frames farther away are not in view: a camera's range and a stride.", 2.0, 50.0
    )
    drift_share: float = parameter(
        0.02, "Deviation of odometry over the way: twice that of good legged odometry.", 0.001, 0.2
    )
    drift_rad_per_m: float = parameter(
        0.005, "Deviation of its yaw: 1 degree in 3.5 m.", 0.0005, 0.1
    )
    matcher: MatcherConfig = section(MatcherConfig)
    loops: LoopConfig = section(LoopConfig)
    lost: LostConfig = section(LostConfig)
    relocaliser: RelocaliserConfig = section(RelocaliserConfig)


@dataclass(frozen=True)
class SurfelView:
    """Holds what was seen at one instant.

    Attributes:
        time: s.
        robot_in_odom: Where the robot stood by its odometry.
        surfels: In the robot's level frame, without its own body and what moves.
    """

    time: float
    robot_in_odom: LevelPose
    surfels: Surfels


@dataclass(frozen=True)
class Estimate:
    """Holds where the robot is.

    Attributes:
        odom_in_map: Pose of the odometry's frame in the map.
        fit: How the view lies on the map; None where it says nothing.
        is_lost: Whether views have not fitted for some time.
        rivals: Places where all that was seen since the robot was lost fits equally well; with
            more than one, none is believed.
        covariance: (4, 4) of x, y, z (m) and yaw (rad) of the robot in the map.
        loops: Measurements to older key frames that were believed with this view.
    """

    odom_in_map: LevelPose
    fit: Match | None
    is_lost: bool
    covariance: np.ndarray
    loops: tuple[Edge, ...] = ()
    rivals: tuple[FittingPlace, ...] = ()


class SurfelLocaliser:
    """Matches views with the key frames behind, and closes loops with older ones."""

    def __init__(self, config: LocaliserConfig | None = None):
        self._config = config or LocaliserConfig()
        self.key_frames = KeyFrames()
        self._lost = LostWatch(self._config.lost)
        self._loops = LoopFinder(self._config.loops)
        self._relocaliser = Relocaliser(self._config.relocaliser)
        self._odom_in_map = LevelPose.identity()
        self._last_odom: LevelPose | None = None
        self._covariance = np.zeros((4, 4))
        self._path_m = 0.0
        self._index = SurfelIndex(Surfels.none())
        self._indexed = 0  # surfels of the newest key frame that the index has
        self._since_frame = np.zeros(2)  # m and rad walked since then
        self._since_match = np.zeros(2)  # m and rad walked since the last view that was mapped

    def see(self, view: SurfelView) -> Estimate:
        """Take one view, and return where the robot is."""
        walked = self._walked(view.robot_in_odom)
        self._covariance = self._covariance + self._drift(walked)
        if self._lost.is_lost:
            return self._look_for_it(view)
        pose = self._odom_in_map @ view.robot_in_odom
        is_new_land = not len(self._index.surfels) or (self._since_match > OVERLAP_M_RAD).any()
        chosen = view.surfels.balanced(self._config.matched_surfels)
        if len(chosen) < self._config.matcher.least_surfels:
            return self._estimate(None)  # it faces the open
        fit = match(chosen, pose, self._index, self._config.matcher)
        if fit is not None and not self._is_likely(pose, fit):
            fit = None
        if fit is None and is_new_land:
            return self._estimate(None, self._grow(view, pose))
        is_lost = self._judge(view.time, fit)
        if fit is None or is_lost or self._lost.is_doubtful:
            return self._estimate(fit)
        pose = self._fused(pose, fit)
        self._odom_in_map = pose @ view.robot_in_odom.inverse()
        return self._estimate(fit, self._grow(view, pose))

    def place(self, robot_in_map: LevelPose, robot_in_odom: LevelPose) -> None:
        """Obey somebody who knows where the robot is."""
        self._odom_in_map = robot_in_map @ robot_in_odom.inverse()
        self._covariance = np.diag(PLACED_DEVIATIONS) ** 2
        self._since_match = np.zeros(2)
        self._lost.forgive()
        self._relocaliser.forget()
        self._refresh(robot_in_map, list(self.key_frames.frames))

    def _look_for_it(self, view: SurfelView) -> Estimate:
        """Lay what was seen since the robot was lost on the whole map, and go on where it fits."""
        found = self._relocaliser.see(view.surfels, view.robot_in_odom, self.key_frames)
        rivals = tuple(self._relocaliser.places)
        if found is None:
            return replace(self._estimate(None), rivals=rivals)
        self.place(found, view.robot_in_odom)
        return self._estimate(None)

    def _estimate(self, fit: Match | None, loops: tuple[Edge, ...] = ()) -> Estimate:
        """Return what is known now; called after `loops` may have moved the map."""
        return Estimate(self._odom_in_map, fit, self._lost.is_lost, self._covariance, loops)

    def _walked(self, robot_in_odom: LevelPose) -> np.ndarray:
        """Return way, m, and turn, rad, since the last view."""
        last = self._last_odom or robot_in_odom
        self._last_odom = robot_in_odom
        change = last.change_to(robot_in_odom)
        walked = np.array([np.linalg.norm(change[:3]), abs(change[3])])
        self._path_m += float(walked[0])
        self._since_frame += walked
        self._since_match += walked
        return walked

    def _judge(self, time: float, fit: Match | None) -> bool:
        """Return whether the robot is lost.

        A view always overlaps the one before, which is in the map: one that has few partners was
        taken elsewhere.
        """
        config = self._config.lost
        if fit is None or fit.covered_share < config.floor_share:
            return self._lost.see(time, None)
        has_stayed = bool((self._since_match < STAYED_M_RAD).all())
        if has_stayed and fit.upright_covered_share < config.upright_share:  # the floor alone fits
            return self._lost.see(time, None)
        return self._lost.see(time, fit.inlier_share / fit.covered_share)

    def _drift(self, walked: np.ndarray) -> np.ndarray:
        """Return the (4, 4) covariance that odometry adds over a way, m, and a turn, rad."""
        deviation = self._config.drift_share * walked[0] + SWAY_DEVIATION_M
        turn = self._config.drift_rad_per_m * walked[0] + self._config.drift_share * walked[1]
        return np.diag([deviation**2] * 3 + [turn**2 + SWAY_DEVIATION_RAD**2])

    def _is_likely(self, predicted: LevelPose, fit: Match) -> bool:
        """Return whether odometry and match may both be right."""
        change = predicted.change_to(fit.pose)
        known = np.linalg.solve(np.eye(4) + fit.information @ self._covariance, fit.information)
        return bool(change @ known @ change < LIKELY_SQUARED_DISTANCE)

    def _fused(self, predicted: LevelPose, fit: Match) -> LevelPose:
        """Return the pose between odometry and match, by what each knows, as Kalman does."""
        gain = np.linalg.solve(
            np.eye(4) + self._covariance @ fit.information, self._covariance @ fit.information
        )
        self._covariance = (np.eye(4) - gain) @ self._covariance
        return predicted.moved(gain @ predicted.change_to(fit.pose))

    def _grow(self, view: SurfelView, pose: LevelPose) -> tuple[Edge, ...]:
        """Add what was seen to the map, and return the loops that were closed."""
        self._since_match = np.zeros(2)
        frames = self.key_frames
        name = len(frames.frames) - 1
        far = self._since_frame > (self._config.key_frame_m, self._config.key_frame_rad)
        loops: tuple[Edge, ...] = ()
        if name < 0 or far.any():
            loops = self._begin_frame(pose)
            pose = self._odom_in_map @ view.robot_in_odom
            name += 1
        in_frame = frames.poses[name].inverse() @ pose
        old = frames.frames[name]
        joined = Surfels.joined([old.surfels, view.surfels.at(in_frame)]).thinned(
            self._config.surfel_m
        )
        frames.replace(KeyFrame(name, joined, old.path_m))
        if len(joined) > _GROWN * self._indexed:
            self._indexed = len(joined)
            self._refresh(pose, frames.consistent_with(name, self._config.recent_frames))
        return loops

    def _begin_frame(self, pose: LevelPose) -> tuple[Edge, ...]:
        """Begin a key frame where the robot stands, after the last one's loops were looked for."""
        frames = self.key_frames
        name = len(frames.frames)
        edge = None
        loops: list[Edge] = []
        if name:
            robot_in_odom = self._odom_in_map.inverse() @ pose
            in_last = frames.poses[name - 1].inverse() @ pose
            found = self._loops.find(frames, name - 1, self._config.recent_frames)
            if found:
                _, loops = frames.close(found)
            pose = frames.poses[name - 1] @ in_last  # the robot moves with its newest frame
            self._odom_in_map = pose @ robot_in_odom.inverse()
            edge = Edge(name - 1, name, in_last, self._edge_information())
        frames.add(KeyFrame(name, Surfels.none(), self._path_m), pose, edge)
        self._since_frame = np.zeros(2)
        self._indexed = 0
        return tuple(loops)

    def _edge_information(self) -> np.ndarray:
        """Return what the way between two key frames is known to: matches held it."""
        deviation = 0.5 * self._config.drift_share * max(self._since_frame[0], 0.2)
        turn = 0.5 * self._config.drift_rad_per_m * max(self._since_frame[0], 0.2)
        return np.diag([deviation**-2] * 3 + [turn**-2])

    def _refresh(self, pose: LevelPose, names: list[int]) -> None:
        near = self.key_frames.near(pose.position, self._config.reach_m, names)
        surfels = self.key_frames.surfels_in_map(near, self._config.surfel_m)
        self._index = SurfelIndex(surfels)
