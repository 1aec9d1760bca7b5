# SPDX-License-Identifier: Apache-2.0
"""Checks how key frames' poses are fitted to what was measured between them."""

import numpy as np
import pytest
from surfel_world import at, off
from talus_localisation.graph.pose_graph import BELIEVED_WEIGHT, Edge, solve
from talus_localisation.level_pose import LevelPose

FRAMES = 60
DEVIATIONS = np.array([0.02, 0.02, 0.01, 0.01])
KNOWN = np.diag(DEVIATIONS**-2)


class Round:
    """Twice round a circle, with noise, and honest loops from the second round to the first."""

    def __init__(self, seed=0):
        self.rng = np.random.default_rng(seed)
        self.truth = [LevelPose.identity()]
        turn = 4.0 * np.pi / FRAMES
        for _ in range(FRAMES - 1):
            self.truth.append(self.truth[-1] @ at(0.6, 0.0, turn))
        self.start = {0: self.truth[0]}
        self.edges = []
        for i in range(FRAMES - 1):
            edge = self.measured(i, i + 1)
            self.start[i + 1] = self.start[i] @ edge.second_in_first
            self.edges.append(edge)
        self.loops = [
            self.measured(i, i + FRAMES // 2, may_be_wrong=True) for i in range(0, FRAMES // 2, 5)
        ]

    def measured(self, first, second, may_be_wrong=False):
        """Return an edge with noise of its information."""
        true = self.truth[first].inverse() @ self.truth[second]
        noisy = true.moved(self.rng.normal(0.0, DEVIATIONS))
        return Edge(first, second, noisy, KNOWN, may_be_wrong)

    def lies(self, count):
        """Return loops that are wrong by metres."""
        pairs = self.rng.integers(0, FRAMES, (4 * count, 2))
        pairs = [pair for pair in pairs if abs(pair[0] - pair[1]) > 3][:count]
        return [
            Edge(
                int(i),
                int(j),
                at(*self.rng.normal(0.0, 2.0, 2), self.rng.uniform(-3, 3)),
                KNOWN,
                True,
            )
            for i, j in pairs
        ]

    def worst(self, poses):
        """Return the largest distance from the truth, m."""
        return max(off(poses[i], self.truth[i])[0] for i in range(FRAMES))


def test_loops_take_out_half_of_the_drift():
    shares = []
    for seed in range(6):
        walk = Round(seed)
        solution = solve(walk.start, [*walk.edges, *walk.loops], frozenset([0]))
        shares.append(walk.worst(solution.poses) / walk.worst(walk.start))
    assert np.mean(shares) < 0.5


@pytest.mark.parametrize("seed", range(3))
def test_as_many_wrong_loops_as_right_ones_are_outvoted(seed):
    walk = Round(seed)
    lies = walk.lies(len(walk.loops))
    honest = solve(walk.start, [*walk.edges, *walk.loops], frozenset([0]))
    solution = solve(walk.start, [*walk.edges, *lies, *walk.loops], frozenset([0]))
    believed = solution.weights[len(walk.edges) :] > BELIEVED_WEIGHT
    assert not believed[: len(lies)].any()
    assert (
        np.count_nonzero(~believed[len(lies) :]) <= 1
    )  # of twelve: one in a hundred is so far off
    gap = max(off(solution.poses[i], honest.poses[i])[0] for i in range(FRAMES))
    assert gap < 0.05


def test_without_loops_nothing_moves():
    walk = Round()
    solution = solve(walk.start, walk.edges, frozenset([0]))
    assert max(off(solution.poses[i], walk.start[i])[0] for i in range(FRAMES)) < 1e-6


def test_an_open_direction_of_an_edge_does_not_pull():
    poses = {0: at(0, 0), 1: at(1, 0)}
    only_y = np.diag([0.0, 1e4, 0.0, 0.0])
    edges = [Edge(0, 1, at(1, 0), KNOWN), Edge(0, 1, at(5, 0.1, 1.0), 100 * only_y)]
    found = solve(poses, edges, frozenset([0])).poses[1]
    assert found.position[0] == pytest.approx(1.0, abs=1e-6)
    assert found.position[1] == pytest.approx(0.1, abs=0.01)


def test_fixed_poses_stay_and_the_rest_is_laid_between_them():
    poses = {0: at(0, 0), 1: at(1.2, 0), 2: at(2, 0)}
    edges = [Edge(0, 1, at(1, 0), KNOWN), Edge(1, 2, at(1, 0), KNOWN)]
    found = solve(poses, edges, frozenset([0, 2])).poses
    assert off(found[0], poses[0]) == (0.0, 0.0)
    assert off(found[2], poses[2]) == (0.0, 0.0)
    assert found[1].position[0] == pytest.approx(1.0)


def test_a_turn_over_half_a_circle_is_no_leap():
    poses = {0: at(0, 0, 3.1), 1: at(-1, 0, -3.1)}
    edges = [Edge(0, 1, at(1, 0, 0.1), KNOWN)]
    found = solve(poses, edges, frozenset([0])).poses[1]
    assert abs(off(found, at(0, 0, 3.1) @ at(1, 0, 0.1))[1]) < 1e-6


@pytest.mark.parametrize(
    ("fixed", "edge", "words"),
    [
        (frozenset(), Edge(0, 1, at(1, 0), KNOWN), "no fixed one"),
        (frozenset([0]), Edge(0, 7, at(1, 0), KNOWN), r"not there: \[7\]"),
    ],
)
def test_a_graph_that_cannot_be_solved_says_why(fixed, edge, words):
    with pytest.raises(ValueError, match=words):
        solve({0: at(0, 0), 1: at(1, 0)}, [edge], fixed)
