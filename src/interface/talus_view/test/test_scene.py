# SPDX-License-Identifier: Apache-2.0
"""Checks snapshots and the geometry of what is drawn on the ground."""

import numpy as np
import pytest
from talus_view.scene import Scene
from talus_view.widgets.balance import outline, rectangle
from talus_view.widgets.battery import BatteryReport
from talus_view.widgets.map_points import spacing


def test_newest_value_and_its_age():
    scene = Scene()
    assert scene.get(BatteryReport, 0.0) is None
    scene.put(BatteryReport(0.5, 52.0, 0.0), 1.0)
    scene.put(BatteryReport(0.4, 51.0, 0.0), 2.0)
    assert scene.get(BatteryReport, 2.5, at_most=0.5).charge == 0.4
    assert scene.get(BatteryReport, 2.6, at_most=0.5) is None
    assert scene.get(BatteryReport, 99.0).charge == 0.4


@pytest.mark.parametrize("size", [0.02, 0.05, 0.1])
def test_spacing_finds_the_voxel_size(size):
    rng = np.random.default_rng(1)
    centres = (rng.integers(0, 40, (500, 3)) + 0.5) * size
    assert spacing(centres.astype(np.float32)) == pytest.approx(size, rel=0.01)


def test_spacing_of_nothing_is_a_usable_size():
    assert spacing(np.zeros((0, 3))) > 0.0
    assert spacing(np.zeros((1, 3))) > 0.0


def test_outline_closes_the_polygon():
    segments = outline(np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=float))
    np.testing.assert_array_equal(segments[:, 1], np.roll(segments[:, 0], -1, axis=0))


def test_rectangle_turns_with_yaw():
    corners = rectangle(np.array([1.0, 2.0, 0.0]), np.pi / 2, length=0.24, width=0.11)
    np.testing.assert_allclose(np.ptp(corners, axis=0), [0.11, 0.24, 0.0], atol=1e-12)
    np.testing.assert_allclose(corners.mean(axis=0), [1.0, 2.0, 0.0])
