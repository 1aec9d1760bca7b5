# SPDX-License-Identifier: Apache-2.0
"""Depth by rays: what the cameras see of a floor, of the robot itself and of a wall."""

import numpy as np
import pytest
from talus_core.driver import DriverSetup
from talus_core.errors import UnknownNameError
from talus_simulation.mujoco_body.driver import MujocoDriver

PERIOD = 0.002


@pytest.fixture(scope="module")
def sight(robot):
    driver = MujocoDriver(DriverSetup(robot, PERIOD, "flat", 0, {}))
    driver.connect()
    driver.advance()
    yield driver.sight
    driver.close()


def test_the_floor_lies_at_zero(sight):
    eye = sight.intrinsics("down", 40, 30)
    depth = sight.depth("down", eye).ravel()
    seen = np.isfinite(depth)
    assert seen.mean() > 0.5
    points = sight.pose("down").apply(
        eye.rays().reshape(-1, 3)[seen].astype(float) * depth[seen, None]
    )
    np.testing.assert_allclose(points[:, 2], 0.0, atol=1e-4)


def test_the_robot_does_not_take_itself_for_ground(sight):
    assert np.isnan(sight.depth("down", sight.intrinsics("down", 40, 30))).any()


def test_a_wall_ahead_has_one_depth_along_a_row(sight):
    row = sight.depth("front_left", sight.intrinsics("front_left", 40, 30))[0]
    assert row[0] > 1.0
    np.testing.assert_allclose(row, row[0], rtol=1e-5)


def test_an_unknown_camera_names_those_that_are_there(sight):
    with pytest.raises(UnknownNameError, match="front_left"):
        sight.pose("nose")
