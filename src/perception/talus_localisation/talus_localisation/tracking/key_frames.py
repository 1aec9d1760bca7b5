# SPDX-License-Identifier: Apache-2.0
"""Holds what was seen on the way: key frames with their surfels, and which of them to match."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from talus_localisation.graph.pose_graph import BELIEVED_WEIGHT, Edge, Solution, solve
from talus_localisation.level_pose import LevelPose
from talus_localisation.matching.surfels import Surfels


@dataclass(frozen=True)
class KeyFrame:
    """Holds what was seen around one place.

    Attributes:
        name: Its number, from 0 in the order of time.
        surfels: In its own level frame: a loop that moves the frame moves them along.
        path_m: Way walked when it was made, m.
    """

    name: int
    surfels: Surfels
    path_m: float


class KeyFrames:
    """Holds key frames, what was measured between them, and the poses that fit."""

    def __init__(self) -> None:
        self.frames: dict[int, KeyFrame] = {}
        self.poses: dict[int, LevelPose] = {}
        self.edges: list[Edge] = []
        self._linked: dict[int, set[int]] = {}

    def add(self, frame: KeyFrame, pose: LevelPose, edge: Edge | None) -> None:
        """Add a frame at a pose, with what was measured from the one before."""
        self.frames[frame.name] = frame
        self.poses[frame.name] = pose
        self._linked[frame.name] = set()
        if edge is not None:
            self._link(edge)

    def replace(self, frame: KeyFrame) -> None:
        """Replace what was seen from a frame that is there already."""
        self.frames[frame.name] = frame

    def close(self, loops: list[Edge]) -> tuple[Solution, list[Edge]]:
        """Fit all poses to what was measured and these loops.

        Loops that the others outvote are dropped; no pose moves for them.

        Returns:
            The solution, and the loops that were kept.
        """
        edges = self.edges + loops
        solution = solve(self.poses, edges, frozenset([min(self.poses)]))
        believed = [
            edge
            for edge, weight in zip(loops, solution.weights[len(self.edges) :], strict=True)
            if weight > BELIEVED_WEIGHT
        ]
        if len(believed) < len(loops):
            if not believed:
                return solution, []
            return self.close(believed)
        for edge in loops:
            self._link(edge)
        self.poses = dict(solution.poses)
        return solution, loops

    def near(self, place: np.ndarray, radius: float, names: Iterable[int]) -> list[int]:
        """Return which of these frames are within `radius`, m, of a (3,) place."""
        return [
            name for name in names if np.linalg.norm(self.poses[name].position - place) <= radius
        ]

    def consistent_with(self, name: int, recent: int) -> list[int]:
        """Return the last `recent` frames up to `name`, and those that loops tie to them.

        Others lie beside them by the drift that no loop has taken out yet, and would show each
        wall twice.
        """
        names = [number for number in range(max(0, name - recent + 1), name + 1)]
        tied = set(names)
        for number in names:
            for other in self._linked.get(number, ()):
                tied.update(range(other - recent // 2, other + recent // 2 + 1))
        return sorted(number for number in tied if number in self.frames)

    def surfels_in_map(self, names: Iterable[int], cell: float) -> Surfels:
        """Return the surfels of these frames in the map, one of each cell, m."""
        parts = [self.frames[name].surfels.at(self.poses[name]) for name in names]
        return Surfels.joined(parts).thinned(cell)

    def _link(self, edge: Edge) -> None:
        self.edges.append(edge)
        self._linked[edge.first].add(edge.second)
        self._linked[edge.second].add(edge.first)
