# SPDX-License-Identifier: Apache-2.0
"""Finds the pose at which surfels of a view lie on surfels of a map, in four degrees of freedom.

The residual is the distance of a point of the view from the plane of the nearest surfel. It has no
bias of half a voxel, as a distance field of voxels has, and the map may be thin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from talus_core.parameters import parameter

from talus_localisation.level_pose import LevelPose
from talus_localisation.matching.surfels import Surfels

INLIER_DEVIATIONS = 3.0  # within which a surfel lies on its partner: 99.7 %
_FIRST_WIDTH = 12.0 * INLIER_DEVIATIONS  # at first, a partner a hand's width away still pulls
_NARROWING = 1.7  # of that width with each step
_SMALL_STEP = 1e-4  # m and rad
# Error of a normal, rad: floors alone seem to hold x and y by the square of it.
_NORMAL_DEVIATION_RAD = 0.05
WALL_NORMAL_LIMIT = 0.5  # largest vertical part of the normal of a wall: 30 degrees off
_AGREEING = 0.7  # cosine between normals of one surface: 45 degrees


@dataclass(frozen=True)
class MatcherConfig:
    """Hold the parameters of a match."""

    reach_m: float = parameter(
        0.3, "A surfel farther from its partner has none: twice the drift of a metre.", 0.05, 2.0
    )
    iterations: int = parameter(12, "Most steps of Gauss and Newton.", 2, 50)
    least_surfels: int = parameter(30, "With fewer partners nothing is said.", 10, 1000)
    least_along: float = parameter(
        1.0,
        "Surfels, as if they faced it wholly, that must hold a direction; else it stays where the "
        "odometry has it.",
        0.1,
        100.0,
    )
    independence: float = parameter(
        0.3,
        "Share of the surfels that count as independent measurements: neighbours share the "
        "errors of camera and odometry.",
        0.001,
        1.0,
    )


@dataclass(frozen=True)
class Match:
    """Holds where a view fits.

    Attributes:
        pose: Of the view in the map.
        information: (4, 4) inverse covariance of x, y, z (m) and yaw (rad) in the map's axes; zero
            in directions that the view leaves open.
        open_directions: (k, 4) unit vectors of those directions, yaw times `lever` in m.
        inlier_share: Of all surfels of the view, those on a partner's plane, 0 to 1.
        covered_share: Those that have a partner at all, 0 to 1.
        upright_inlier_share, upright_covered_share: The same of the upright ones alone, since a
            floor fits everywhere; 1 where the view has too few of them to say anything.
        deviation: Root mean square of the inliers' distances, m.
        is_converged: Whether the last step was below a tenth of a millimetre or its like.
    """

    pose: LevelPose
    information: np.ndarray
    open_directions: np.ndarray
    inlier_share: float
    covered_share: float
    upright_inlier_share: float
    upright_covered_share: float
    deviation: float
    is_converged: bool


class SurfelIndex:
    """Finds the surfel of a map that is nearest to a point."""

    def __init__(self, surfels: Surfels):
        self.surfels = surfels
        self._tree = cKDTree(surfels.points) if len(surfels) else None

    def nearest(self, points: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
        """Return which of (n, 3) points have a surfel within `reach`, m, and its number in these.

        Returns:
            Indices (k,) into `points`, and indices (k,) into the surfels.
        """
        if self._tree is None:
            return np.zeros(0, int), np.zeros(0, int)
        _, found = self._tree.query(points, distance_upper_bound=reach)
        has_one = np.flatnonzero(found < len(self.surfels))
        return has_one, found[has_one]


def match(
    view: Surfels, start: LevelPose, index: SurfelIndex, config: MatcherConfig | None = None
) -> Match | None:
    """Return where `view` lies on the map, from `start` on; None where too few surfels meet.

    Weights are those of Geman and McClure, from wide to narrow (graduated non-convexity), so that
    people and things that were moved do not pull.
    """
    config = config or MatcherConfig()
    pose = start
    width = _FIRST_WIDTH
    is_converged = False
    for _ in range(config.iterations):
        pairs = _pairs(view, pose, index, config.reach_m)
        if len(pairs.residuals) < config.least_surfels:
            return None
        step = _step(pairs, width, config.least_along)
        pose = pose.moved(step)
        is_converged = width == INLIER_DEVIATIONS and float(np.abs(step).max()) < _SMALL_STEP
        if is_converged:
            break
        width = max(width / _NARROWING, INLIER_DEVIATIONS)
    return _judged(view, pose, index, config, is_converged)


@dataclass(frozen=True)
class _Pairs:
    """Holds what each surfel with a partner says.

    Attributes:
        residuals: (k,) distances from the partners' planes, m.
        derivatives: (k, 4) of them by x, y, z, yaw.
        deviations: (k,) standard deviations that are to be expected of them, m.
        is_upright: (k,) whether the view's surfel is a wall's and no floor's.
        lever: Root mean square of the arms on which yaw acts, m.
    """

    residuals: np.ndarray
    derivatives: np.ndarray
    deviations: np.ndarray
    is_upright: np.ndarray
    lever: float


def _pairs(view: Surfels, pose: LevelPose, index: SurfelIndex, reach: float) -> _Pairs:
    moved = view.at(pose)
    mine, theirs = index.nearest(moved.points, reach)
    there = index.surfels.normals[theirs]
    alike = np.einsum("ni,ni->n", moved.normals[mine], there) > _AGREEING
    here = moved.chosen(mine[alike])
    partners = index.surfels.chosen(theirs[alike])
    normals = partners.normals
    residuals = np.einsum("ni,ni->n", normals, here.points - partners.points)
    arms = here.points - pose.position
    by_yaw = normals[:, 1] * arms[:, 0] - normals[:, 0] * arms[:, 1]
    return _Pairs(
        residuals=residuals,
        derivatives=np.column_stack([normals, by_yaw]),
        deviations=np.hypot(here.deviations, partners.deviations),
        is_upright=np.abs(here.normals[:, 2]) < WALL_NORMAL_LIMIT,
        lever=float(np.sqrt(np.mean(np.sum(arms[:, :2] ** 2, axis=1)))) if len(arms) else 1.0,
    )


def _step(pairs: _Pairs, width: float, least_along: float) -> np.ndarray:
    """Return the (4,) step of Gauss and Newton along the directions that are held."""
    off = pairs.residuals / (width * pairs.deviations)
    weights = (1.0 / (1.0 + off**2)) ** 2
    weights *= (pairs.deviations.min() / pairs.deviations) ** 2
    scale = np.array([1.0, 1.0, 1.0, 1.0 / pairs.lever])
    scaled = pairs.derivatives * scale
    hessian = scaled.T @ (scaled * weights[:, None])
    gradient = scaled.T @ (weights * pairs.residuals)
    values, vectors = np.linalg.eigh(hessian)
    held = values > _threshold(least_along, weights.sum())
    inverse = vectors[:, held] / values[held] @ vectors[:, held].T
    return -scale * (inverse @ gradient)


def _judged(
    view: Surfels, pose: LevelPose, index: SurfelIndex, config: MatcherConfig, is_converged: bool
) -> Match | None:
    pairs = _pairs(view, pose, index, config.reach_m)
    inliers = np.abs(pairs.residuals) < INLIER_DEVIATIONS * pairs.deviations
    if np.count_nonzero(inliers) < config.least_surfels:
        return None
    upright = int(np.sum(np.abs(view.normals[:, 2]) < WALL_NORMAL_LIMIT))
    scale = np.array([1.0, 1.0, 1.0, 1.0 / pairs.lever])
    scaled = pairs.derivatives[inliers] * scale
    values, vectors = np.linalg.eigh(scaled.T @ scaled)
    held = values > _threshold(config.least_along, len(scaled))
    weighted = scaled / pairs.deviations[inliers, None]
    span = vectors[:, held] @ vectors[:, held].T
    information = span @ (weighted.T @ weighted) @ span / np.outer(scale, scale)
    return Match(
        pose=pose,
        information=information * config.independence,
        open_directions=vectors[:, ~held].T,
        inlier_share=float(np.count_nonzero(inliers)) / len(view),
        covered_share=len(pairs.residuals) / len(view),
        upright_inlier_share=_share(inliers & pairs.is_upright, upright, config.least_surfels),
        upright_covered_share=_share(pairs.is_upright, upright, config.least_surfels),
        deviation=float(np.sqrt(np.mean(pairs.residuals[inliers] ** 2))),
        is_converged=is_converged,
    )


def _share(chosen: np.ndarray, count: int, least: int) -> float:
    """Return the share of `count` that is chosen; 1 where there are fewer than `least`."""
    return float(np.sum(chosen)) / count if count >= least else 1.0


def _threshold(least_along: float, partners: float) -> float:
    """Return the eigenvalue from which a direction is held by more than errors of normals."""
    return least_along + _NORMAL_DEVIATION_RAD**2 * partners
