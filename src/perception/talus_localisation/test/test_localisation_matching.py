# SPDX-License-Identifier: Apache-2.0
"""Checks surfels, and where a view is found on a map."""

import numpy as np
import pytest
from surfel_world import at, box, floor, off, room, view, wall
from talus_core.rotations import matrix_from_rpy
from talus_localisation.level_pose import LevelPose
from talus_localisation.matching.matcher import SurfelIndex, match
from talus_localisation.matching.surfels import Surfels, surfels_of

HALL = room(8.0, 6.0, [(3.0, 2.0, 0.3), (5.5, 4.0, 0.4)])


@pytest.fixture
def rng():
    return np.random.default_rng(4)


def test_poses_compose_and_invert():
    a = at(1.0, 2.0, 2.5, z=0.3)
    b = at(-0.5, 0.7, 1.9, z=-0.1)
    points = np.random.default_rng(0).normal(size=(5, 3))
    assert np.allclose((a @ b).apply(points), a.apply(b.apply(points)))
    assert off(a @ a.inverse(), LevelPose.identity()) == pytest.approx((0.0, 0.0), abs=1e-12)
    assert off(a.moved(a.change_to(b)), b) == pytest.approx((0.0, 0.0), abs=1e-12)
    assert off(LevelPose.of(a.transform()), a) == pytest.approx((0.0, 0.0), abs=1e-12)


@pytest.mark.parametrize("tilt", [0.0, 0.4, 1.5])
def test_a_plane_becomes_surfels_with_its_normal_towards_the_eye(rng, tilt):
    turn = matrix_from_rpy(0.2, tilt, 0.7)
    flat = np.column_stack([rng.uniform(-1, 1, (4000, 2)), rng.normal(0.0, 0.003, 4000)])
    eye = turn @ np.array([0.3, 0.2, 2.0])
    surfels = surfels_of(flat @ turn.T, eye, 0.15, 0.0017)
    assert len(surfels) > 100
    angles = np.arccos(np.clip(surfels.normals @ turn[:, 2], -1.0, 1.0))
    assert np.quantile(angles, 0.95) < 0.1
    assert np.quantile(np.abs(surfels.points @ turn[:, 2]), 0.95) < 0.003


@pytest.mark.parametrize(
    "points",
    [
        np.zeros((0, 3)),
        np.full((50, 3), np.nan),
        np.column_stack([np.linspace(0, 2, 400), np.zeros(400), np.zeros(400)]),  # a rod
    ],
)
def test_what_has_no_plane_has_no_surfel(points):
    assert len(surfels_of(points, np.array([0.0, 0.0, 1.0]), 0.15, 0.0017)) == 0


def test_a_ball_of_points_has_hardly_a_surfel(rng):
    cloud = rng.uniform(0.0, 1.0, (5000, 3))
    assert len(surfels_of(cloud, np.array([0.0, 0.0, 3.0]), 0.15, 0.0017)) < 30  # of 343 cells


def test_of_one_cell_the_most_exact_surfel_is_kept_whatever_the_order():
    points = np.array([[0.01, 0.01, 0.01], [0.02, 0.02, 0.02], [0.55, 0.0, 0.0]])
    normals = np.tile([1.0, 0.0, 0.0], (3, 1))
    all_three = Surfels(points, normals, np.array([0.02, 0.01, 0.03]))
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        thin = all_three.chosen(np.array(order)).thinned(0.1)
        assert sorted(thin.deviations) == [0.01, 0.03]


def test_few_surfels_of_a_wall_are_kept_beside_many_of_a_floor():
    scene = Surfels.joined([floor((0, 0), (9, 9), 0.1), wall((2, 5), (4, 5), 0.6)])
    chosen = scene.balanced(300)
    assert len(chosen) <= 300
    walls = np.count_nonzero(np.abs(scene.normals[:, 2]) < 0.5)
    assert np.count_nonzero(np.abs(chosen.normals[:, 2]) < 0.5) == walls


@pytest.mark.parametrize("error", [(0.1, -0.08, 0.03, 0.05), (-0.15, 0.1, -0.05, -0.08)])
def test_a_view_is_found_from_a_wrong_start(rng, error):
    true = at(2.0, 3.0, 0.6)
    fit = match(view(HALL, true, rng), true.moved(np.array(error)), SurfelIndex(HALL))
    assert fit is not None and fit.is_converged
    way, turn = off(fit.pose, true)
    assert way < 0.01 and turn < 0.005
    assert len(fit.open_directions) == 0
    assert fit.inlier_share > 0.9


def test_a_corridor_says_nothing_of_the_way_along_it(rng):
    corridor = Surfels.joined(
        [wall((-20, -1), (20, -1)), wall((20, 1), (-20, 1)), floor((-20, -1), (20, 1))]
    )
    true = at(0.0, 0.1, 0.05)
    start = true.moved(np.array([0.2, 0.1, 0.05, 0.03]))
    fit = match(view(corridor, true, rng), start, SurfelIndex(corridor))
    assert fit is not None
    assert len(fit.open_directions) == 1
    assert abs(fit.open_directions[0][0]) > 0.99
    assert fit.pose.position[0] == pytest.approx(start.position[0], abs=0.01)
    assert fit.pose.position[1] == pytest.approx(true.position[1], abs=0.01)
    assert fit.pose.yaw == pytest.approx(true.yaw, abs=0.005)
    along = np.array([1.0, 0.0, 0.0, 0.0])
    assert along @ fit.information @ along < 1e-6 * fit.information[1, 1]


def test_a_cart_that_was_moved_does_not_pull(rng):
    true = at(2.0, 3.0, 0.4)
    with_cart = Surfels.joined([HALL, box(4.0, 3.2, 0.35)])
    moved = Surfels.joined([HALL, box(4.12, 3.3, 0.35)])
    fit = match(view(moved, true, rng), true.moved(np.full(4, 0.03)), SurfelIndex(with_cart))
    assert fit is not None
    way, turn = off(fit.pose, true)
    assert way < 0.02 and turn < 0.01


def test_the_reported_deviation_is_that_of_many_tries(rng):
    true = at(2.0, 3.0, 0.6)
    index = SurfelIndex(HALL)
    fits = [match(view(HALL, true, rng), true, index) for _ in range(40)]
    errors = np.array([true.change_to(fit.pose) for fit in fits])
    told = np.sqrt(np.diag(np.linalg.inv(fits[0].information)))
    assert (np.sqrt(np.mean(errors**2, axis=0)) < 2.0 * told).all()


def test_a_view_of_nothing_known_has_no_fit(rng):
    elsewhere = view(HALL, at(2.0, 3.0, 0.6), rng)
    assert match(elsewhere, at(200.0, 3.0), SurfelIndex(HALL)) is None
    assert match(elsewhere, at(2.0, 3.0), SurfelIndex(Surfels.none())) is None
    assert match(Surfels.none(), at(2.0, 3.0), SurfelIndex(HALL)) is None
