# SPDX-License-Identifier: Apache-2.0
"""Checks the elevation map: known heights, honest variances, unknown cells, and a moving grid."""

import numpy as np
import pytest
from map_scene import CAMERA, FLOOR, depth_of_boxes, pose_looking
from talus_core.vision.depth_view import DepthView
from talus_map.layers.elevation import ElevationConfig, ElevationGrid
from talus_map.mapper import MapConfig, Mapper

STEP = ((0.8, -20.0, -1.0), (4.0, 20.0, 0.08))
EYE = pose_looking((0.0, 0.0, 1.5), pitch=0.9)


def height_at(grid, x, y):
    column, row = np.floor((np.array([x, y]) - grid.origin) / grid.resolution).astype(int)
    return grid.elevation[row, column]


def flat(height, count=8_000, spread=0.5, seed=0):
    """Return points at one height, around the origin."""
    xy = np.random.default_rng(seed).uniform(-spread, spread, (count, 2))
    return np.column_stack([xy, np.full(count, height)]).astype(np.float32)


def integrate(grid, points, deviation=0.005, ground=0.0, now=0.0):
    grid.integrate(points, np.full(len(points), deviation**2, np.float32), ground, now)


def test_a_step_of_8_cm_is_measured_to_1_cm_through_noise():
    mapper = Mapper()
    random = np.random.default_rng(3)
    for k in range(10):
        depth = depth_of_boxes([FLOOR, STEP], EYE)
        depth += (
            MapConfig().noise_per_m2
            * depth**2
            * random.standard_normal(depth.shape).astype(np.float32)
        )
        mapper.integrate(DepthView(depth, CAMERA, EYE, {}, np.zeros(3), 0.1 * k))
    grid = mapper.elevation
    x = grid.origin[0] + (np.arange(grid.cells) + 0.5) * grid.resolution
    near = np.abs(grid.origin[1] + (np.arange(grid.cells) + 0.5) * grid.resolution) < 0.4
    floor, step = (
        grid.elevation[np.ix_(near, inside)]
        for inside in ((x > 0.5) & (x < 0.76), (x > 0.84) & (x < 1.3))
    )
    assert np.isfinite(floor).mean() > 0.95 and np.isfinite(step).mean() > 0.95
    assert np.nanmax(np.abs(floor)) < 0.01
    assert np.nanmax(np.abs(step - 0.08)) < 0.01


def test_what_was_never_seen_is_nan():
    grid = ElevationGrid()
    integrate(grid, flat(0.0))
    assert np.isnan(height_at(grid, 1.5, 1.5)) and np.isfinite(height_at(grid, 0.1, 0.1))
    np.testing.assert_array_equal(np.isnan(grid.elevation), np.isnan(grid.variance))


def test_variance_shrinks_with_measurements_and_grows_with_time():
    grid = ElevationGrid()
    variances = []
    for now in (0.0, 0.1, 0.2):
        integrate(grid, flat(0.1), now=now)
        variances.append(np.nanmedian(grid.variance))
    assert variances[0] > variances[1] > variances[2] > 0.0
    integrate(grid, flat(0.0)[:0], now=10.2)
    assert np.nanmedian(grid.variance) - variances[2] == pytest.approx(10.0 * 0.005**2, rel=1e-3)


def test_the_estimate_is_the_mean_of_noisy_measurements():
    grid = ElevationGrid(ElevationConfig(drift_mm_per_root_s=0.0))
    random = np.random.default_rng(1)
    for _ in range(200):
        points = flat(0.05)
        points[:, 2] += random.normal(0.0, 0.01)
        integrate(grid, points, deviation=0.02)
    assert np.nanmedian(grid.elevation) == pytest.approx(0.05, abs=0.005)


@pytest.mark.parametrize("change", [0.15, -0.15], ids=["put there", "taken away"])
def test_another_surface_replaces_the_old_one(change):
    grid = ElevationGrid()
    for now in (0.0, 0.1):
        integrate(grid, flat(0.2), now=now)
    integrate(grid, flat(0.2 + change), now=0.2)
    assert height_at(grid, 0.1, 0.1) == pytest.approx(0.2 + change, abs=1e-3)


def test_of_two_surfaces_in_a_cell_the_upper_counts():
    grid = ElevationGrid()
    integrate(grid, np.concatenate([flat(0.0), flat(0.2)]))
    assert np.nanmax(np.abs(grid.elevation - 0.2)) < 0.005


def test_what_hangs_above_is_no_ground():
    grid = ElevationGrid()
    integrate(grid, np.concatenate([flat(0.3), flat(1.3)]), ground=0.3)
    assert height_at(grid, 0.1, 0.1) == pytest.approx(0.3, abs=1e-3)


def test_moving_keeps_heights_at_their_place_and_forgets_what_leaves():
    grid = ElevationGrid()
    points = flat(0.0, count=80_000, spread=1.9)
    points[:, 2] = 0.1 * points[:, 0]  # a slope: every place has its height
    integrate(grid, points)
    grid.centre_on([0.83, -0.41])
    assert grid.origin == pytest.approx([0.83 - 2.0, -0.41 - 2.0], abs=0.021)
    for x, y in ((-1.0, -1.5), (0.0, 0.0), (1.7, 1.2)):
        assert height_at(grid, x, y) == pytest.approx(0.1 * x, abs=0.005)
    assert np.isnan(height_at(grid, 2.5, 0.0))
    grid.centre_on([50.0, 0.0])
    assert np.isnan(grid.elevation).all()
