# SPDX-License-Identifier: Apache-2.0
"""Finds the poses of key frames that fit all that was measured between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu
from talus_core.rotations import wrap_angle

from talus_localisation.level_pose import FREEDOMS, LevelPose

# 99 % of honest measurements in four degrees of freedom are below this squared distance (chi
# squared, 4 degrees of freedom, 0.99).
HONEST_SQUARED_DISTANCE = 13.28
BELIEVED_WEIGHT = 0.25  # of an edge at that distance
_FIRST_WIDTH = 1e3  # times that distance: at first a wrong loop and a right one pull alike
_NARROWING = 4.0  # of the width in each round
_MOST_STEPS = 60
_SMALL_STEP = 1e-6  # m and rad
_LOOSE = 1e-9  # added to each diagonal entry, so that a part that nothing holds stays where it is


@dataclass(frozen=True)
class Edge:
    """Holds one measurement between two poses.

    Attributes:
        first, second: Names of the poses.
        second_in_first: What was measured.
        information: (4, 4) inverse covariance in the axes of the first pose.
        may_be_wrong: Whether it is a loop or another guess, which the others may outvote.
    """

    first: int
    second: int
    second_in_first: LevelPose
    information: np.ndarray
    may_be_wrong: bool = False


@dataclass(frozen=True)
class Solution:
    """Holds poses that fit, and how far each edge is believed.

    Attributes:
        poses: By name.
        weights: (edges,) from 0, outvoted, to 1.
        squared_distances: (edges,) of each measurement from the solution, by its covariance.
    """

    poses: Mapping[int, LevelPose]
    weights: np.ndarray
    squared_distances: np.ndarray


def solve(poses: Mapping[int, LevelPose], edges: list[Edge], fixed: frozenset[int]) -> Solution:
    """Return the poses that fit best; those in `fixed` stay where they are.

    Edges that may be wrong are weighted by Geman and McClure with graduated non-convexity (Yang,
    Antonante, Tzoumas, Carlone, RA-L 2020), so that no start decides which is outvoted.

    Raises:
        ValueError: Nothing is fixed, or an edge names a pose that is not there.
    """
    if not fixed & poses.keys():
        raise ValueError("a graph of poses has no fixed one; fix the first key frame")
    unknown = {name for edge in edges for name in (edge.first, edge.second)} - poses.keys()
    if unknown:
        raise ValueError(f"edges name poses that are not there: {sorted(unknown)}")
    system = _System(poses, edges, fixed)
    weights = np.ones(len(edges))
    guesses = np.array([edge.may_be_wrong for edge in edges], bool)
    width = _FIRST_WIDTH if guesses.any() else 1.0
    for _ in range(_MOST_STEPS):
        moved = system.step(weights)
        distances = system.squared_distances()
        scale = width * HONEST_SQUARED_DISTANCE
        weights[guesses] = (scale / (scale + distances[guesses])) ** 2
        if width <= 1.0 and moved < _SMALL_STEP:
            break
        width = max(1.0, width / _NARROWING)
    return Solution(system.poses(), weights, system.squared_distances())


class _System:
    """Holds poses as arrays, and the equations of Gauss and Newton."""

    def __init__(self, poses: Mapping[int, LevelPose], edges: list[Edge], fixed: frozenset[int]):
        self._names = list(poses)
        self._positions = np.array([pose.position for pose in poses.values()])
        self._yaws = np.array([pose.yaw for pose in poses.values()])
        place = {name: number for number, name in enumerate(self._names)}
        self._first = np.array([place[edge.first] for edge in edges], int)
        self._second = np.array([place[edge.second] for edge in edges], int)
        self._offsets = np.array([edge.second_in_first.position for edge in edges]).reshape(-1, 3)
        self._turns = np.array([edge.second_in_first.yaw for edge in edges], float)
        self._information = np.array([edge.information for edge in edges]).reshape(-1, 4, 4)
        free = np.array([name not in fixed for name in self._names])
        self._free = np.flatnonzero(np.repeat(free, FREEDOMS))

    def poses(self) -> dict[int, LevelPose]:
        """Return the poses by name."""
        return {
            name: LevelPose(self._positions[number].copy(), wrap_angle(float(self._yaws[number])))
            for number, name in enumerate(self._names)
        }

    def squared_distances(self) -> np.ndarray:
        """Return (edges,) squared distances of the measurements."""
        errors = self._errors()
        return np.einsum("ei,eij,ej->e", errors, self._information, errors)

    def step(self, weights: np.ndarray) -> float:
        """Move all free poses once; return the largest change, m or rad."""
        if not len(self._free) or not len(self._first):
            return 0.0
        errors = self._errors()
        by_first, by_second = self._derivatives()
        weighted = self._information * weights[:, None, None]
        blocks = []
        for rows, left in ((self._first, by_first), (self._second, by_second)):
            for columns, right in ((self._first, by_first), (self._second, by_second)):
                blocks.append((rows, columns, np.swapaxes(left, 1, 2) @ weighted @ right))
        size = FREEDOMS * len(self._names)
        gradient = np.zeros((len(self._names), FREEDOMS))
        pull = np.einsum("eij,ej->ei", weighted, errors)
        np.add.at(gradient, self._first, np.einsum("eji,ej->ei", by_first, pull))
        np.add.at(gradient, self._second, np.einsum("eji,ej->ei", by_second, pull))
        hessian = _assembled(blocks, size)[self._free][:, self._free]
        hessian = hessian + _LOOSE * sparse.identity(len(self._free))
        change = np.zeros(size)
        change[self._free] = splu(hessian.tocsc()).solve(-gradient.ravel()[self._free])
        by_pose = change.reshape(-1, FREEDOMS)
        self._positions += by_pose[:, :3]
        self._yaws += by_pose[:, 3]
        return float(np.abs(change).max())

    def _errors(self) -> np.ndarray:
        """Return (edges, 4) measured less predicted, with the sign of the prediction."""
        apart = self._positions[self._second] - self._positions[self._first]
        turned = _turned(apart, -self._yaws[self._first])
        turn = self._yaws[self._second] - self._yaws[self._first] - self._turns
        turn = np.pi - np.mod(np.pi - turn, 2.0 * np.pi)
        return np.column_stack([turned - self._offsets, turn])

    def _derivatives(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (edges, 4, 4) derivatives of the errors by the first and the second pose."""
        count = len(self._first)
        yaws = self._yaws[self._first]
        cosine = np.cos(yaws)
        sine = np.sin(yaws)
        by_second = np.zeros((count, FREEDOMS, FREEDOMS))
        by_second[:, 0, 0] = cosine
        by_second[:, 0, 1] = sine
        by_second[:, 1, 0] = -sine
        by_second[:, 1, 1] = cosine
        by_second[:, 2, 2] = 1.0
        by_second[:, 3, 3] = 1.0
        by_first = -by_second
        apart = self._positions[self._second] - self._positions[self._first]
        turned = _turned(apart, -yaws)
        by_first[:, 0, 3] = turned[:, 1]
        by_first[:, 1, 3] = -turned[:, 0]
        return by_first, by_second


def _turned(vectors: np.ndarray, yaws: np.ndarray) -> np.ndarray:
    """Return (n, 3) vectors turned about z by (n,) angles."""
    cosine = np.cos(yaws)
    sine = np.sin(yaws)
    x, y, z = vectors.T
    return np.column_stack([cosine * x - sine * y, sine * x + cosine * y, z])


def _assembled(blocks: list, size: int) -> sparse.csr_matrix:
    """Return the sum of (rows, columns, (n, 4, 4) values) at those block rows and columns."""
    inner = np.arange(FREEDOMS)
    rows = [np.broadcast_to((4 * r[:, None] + inner)[:, :, None], v.shape) for r, _, v in blocks]
    columns = [np.broadcast_to((4 * c[:, None] + inner)[:, None], v.shape) for _, c, v in blocks]
    values = [v for _, _, v in blocks]
    flat = [np.concatenate([part.ravel() for part in parts]) for parts in (values, rows, columns)]
    return sparse.csr_matrix((flat[0], (flat[1], flat[2])), shape=(size, size))
