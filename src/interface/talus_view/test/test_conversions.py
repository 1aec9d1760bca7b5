# SPDX-License-Identifier: Apache-2.0
"""Checks that messages become the data that widgets show."""

from array import array

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import OccupancyGrid
from sensor_msgs.msg import JointState, PointCloud2, PointField
from talus_view.conversions import mesh_file
from talus_view.drawing.shapes import MeshFileError
from talus_view.scene import BasePose
from talus_view.teleop import WalkVelocity
from talus_view.widgets.balance import MODE_TITLES, balance_from
from talus_view.widgets.ground import elevation_from, occupancy_from
from talus_view.widgets.map_points import voxels_from
from talus_view.widgets.push import fill_push
from talus_view.widgets.robot import joints_from
from talus_view.widgets.safety_level import LEVEL_TITLES
from talus_view.widgets.walk import fill_twist

from talus_interfaces.msg import BalanceState, ElevationMap, SafetyState
from talus_interfaces.srv import Push


def test_points_with_other_fields_between_and_holes():
    kind = np.dtype(
        [("x", "<f4"), ("intensity", "<f4"), ("y", "<f4"), ("z", "<f4"), ("pad", "<u4")]
    )
    data = np.zeros(4, dtype=kind)
    data["x"] = [0.1, 0.2, np.nan, 0.4]
    data["y"] = [1, 1, 1, 1.1]
    data["z"] = 0.5
    data["intensity"] = 99.0
    cloud = PointCloud2(height=1, width=4, point_step=kind.itemsize, row_step=4 * kind.itemsize)
    cloud.fields = [
        PointField(name=n, offset=kind.fields[n][1], datatype=7, count=1) for n in ("x", "y", "z")
    ]
    cloud.data = array("B", data.tobytes())
    voxels = voxels_from(cloud)
    np.testing.assert_allclose(
        voxels.centres, [[0.1, 1, 0.5], [0.2, 1, 0.5], [0.4, 1.1, 0.5]], atol=1e-6
    )
    assert voxels.size == pytest.approx(0.1)


def test_occupancy_rows_and_place():
    grid = OccupancyGrid(data=array("b", [-1, 0, 100, 0, 0, 0]))
    grid.info.width = 3
    grid.info.height = 2
    grid.info.resolution = 0.05
    grid.info.origin.position.x = 1.0
    grid.info.origin.orientation.z = grid.info.origin.orientation.w = np.sqrt(0.5)
    picture = occupancy_from(grid)
    assert picture.pixels.shape == (2, 3, 4)
    assert picture.pixels[0, 0, 3] == 0 and picture.pixels[0, 2, 3] > 0
    assert picture.yaw == pytest.approx(np.pi / 2)
    np.testing.assert_allclose(picture.corner, [1.0, 0.0, 0.0])


def test_elevation():
    elevation = ElevationMap(resolution=0.1, width=2, height=1, elevation=array("f", [0.3, np.nan]))
    elevation.origin.z = 5.0
    picture = elevation_from(elevation)
    assert picture.pixels[0, 0, 3] > 0 and picture.pixels[0, 1, 3] == 0
    assert picture.corner[2] == 0.0


def test_joints_by_name():
    message = JointState(name=["b", "a"], position=array("d", [1.0, 2.0]))
    assert joints_from(message, ("a", "b", "c")) == {"b": 1.0, "a": 2.0}


def test_balance_without_footsteps_has_empty_arrays():
    balance = balance_from(BalanceState(mode=BalanceState.STANDING))
    assert balance.footsteps.shape == (0, 3) and balance.support_polygon.shape == (0, 3)


def test_modes_are_those_of_the_message():
    constants = {
        n: v
        for n in dir(BalanceState)
        if n.isupper() and isinstance(v := getattr(BalanceState, n), int)
    }
    assert {MODE_TITLES[v].upper().replace(" ", "_") for v in constants.values()} == set(constants)


def test_levels_are_those_of_the_message():

    assert set(LEVEL_TITLES) == {
        getattr(SafetyState, n) for n in dir(SafetyState) if n.startswith("R") and n[1].isdigit()
    }


def test_push_goes_where_the_robot_faces():
    base = BasePose(
        np.zeros(3), np.array([0, 0, np.sqrt(0.5), np.sqrt(0.5)]), np.zeros(3), 0.0
    )  # facing +y
    request = Push.Request()
    fill_push((1.0, 0.0), 20.0, base, 0.1)(request)
    np.testing.assert_allclose(
        [request.impulse.x, request.impulse.y, request.impulse.z], [0, 20, 0], atol=1e-9
    )
    assert request.duration == 0.1 and request.link == ""


def test_twist():
    message = TwistStamped()
    fill_twist(WalkVelocity(0.1, 0.2, 0.3), Time(sec=4), "base_link")(message)
    assert (message.twist.linear.x, message.twist.linear.y, message.twist.angular.z) == (
        0.1,
        0.2,
        0.3,
    )
    assert (message.header.frame_id, message.header.stamp.sec) == ("base_link", 4)


def test_mesh_places():
    assert str(mesh_file("file:///a/b.stl")) == "/a/b.stl"
    assert str(mesh_file("file:///my%20robot/b.stl")) == "/my robot/b.stl"
    with pytest.raises(MeshFileError, match="no_such_package"):
        mesh_file("package://no_such_package/a.stl")
