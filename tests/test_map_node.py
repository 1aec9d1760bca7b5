# SPDX-License-Identifier: Apache-2.0
"""Runs the map's node as a process and checks its topics, files and error messages."""

import subprocess
import sys

import numpy as np
import pytest
from map_scene import FLOOR, WALL
from nav_msgs.msg import OccupancyGrid
from rclpy.qos import QoSProfile
from sensor_msgs.msg import PointCloud2
from sim_assertions import LATCHED, observer, wait_until
from staged_eye import StagedEye
from std_srvs.srv import Trigger

from talus_interfaces.msg import ElevationMap
from talus_interfaces.srv import MapFile

MAIN = "from talus_map.map_node import main; raise SystemExit(main())"
ONE_EYE = ("-p", "depth_cameras:=[eye]", "-p", "depth_rates_hz:=[30.0]")
OUTPUTS = {"map/points": PointCloud2, "map/occupancy": OccupancyGrid, "map/elevation": ElevationMap}


class Robot(StagedEye):
    """Looks at a wall over a floor, and keeps what the map says."""

    def __init__(self, node):
        super().__init__(node, (FLOOR, WALL))
        self.received = {}
        for topic, kind in OUTPUTS.items():
            node.create_subscription(
                kind, topic, lambda m, t=topic: self.received.update({t: m}), LATCHED_OR_NOT[topic]
            )

    def cell(self, x, y):
        """Return a cell of the newest occupancy grid."""
        grid = self.received["map/occupancy"]
        column = int((x - grid.info.origin.position.x) / grid.info.resolution)
        row = int((y - grid.info.origin.position.y) / grid.info.resolution)
        is_inside = 0 <= row < grid.info.height and 0 <= column < grid.info.width
        return grid.data[row * grid.info.width + column] if is_inside else -1

    def height(self, x, y):
        """Return a height of the newest elevation map."""
        grid = self.received["map/elevation"]
        column, row = (
            int((x - grid.origin.x) / grid.resolution),
            int((y - grid.origin.y) / grid.resolution),
        )
        return grid.elevation[row * grid.width + column]

    def call(self, kind, name, **fields):
        """Return the answer of a service."""
        client = self.node.create_client(kind, name)
        wait_until(self.node, client.service_is_ready, f"no service {name}")
        future = client.call_async(kind.Request(**fields))
        wait_until(self.node, future.done, f"no answer from {name}")
        return future.result()


LATCHED_OR_NOT = {
    "map/points": QoSProfile(depth=1),
    "map/elevation": QoSProfile(depth=1),
    "map/occupancy": LATCHED,
}


@pytest.fixture
def robot(ros_domain):
    process = subprocess.Popen([sys.executable, "-c", MAIN, "--ros-args", *ONE_EYE])
    try:
        with observer() as node:
            yield Robot(node)
        process.terminate()
        assert process.wait(20.0) == 0
    finally:
        process.kill()


def occupied(robot):
    message = robot.received["map/points"]
    return np.frombuffer(message.data, np.float32).reshape(-1, 4)[:, :3]


def test_the_map_node_maps_saves_clears_and_loads(robot, tmp_path):
    wait_until(
        robot.node,
        lambda: set(robot.received) == set(OUTPUTS) and len(occupied(robot)) > 1000,
        "no map",
    )
    frames = {topic: robot.received[topic].header.frame_id for topic in OUTPUTS}
    assert frames == {"map/points": "map", "map/occupancy": "map", "map/elevation": "odom"}

    points = occupied(robot)
    is_floor = np.abs(points[:, 2]) <= 0.05
    assert np.abs(points[~is_floor, 0] - 3.0).max() <= 0.05

    wait_until(robot.node, lambda: robot.cell(3.02, 0.0) == 100, "no wall in the occupancy grid")
    assert (robot.cell(2.0, 0.0), robot.cell(3.3, 0.0)) == (0, -1)
    wait_until(
        robot.node, lambda: np.isfinite(robot.height(1.5, 0.0)), "no ground in the elevation map"
    )
    assert robot.height(1.5, 0.0) == pytest.approx(0.0, abs=0.01) and np.isnan(
        robot.height(-1.0, 0.0)
    )

    saved = robot.call(MapFile, "map/save", path=str(tmp_path / "room.npz"))
    assert saved.success, saved.message
    (tmp_path / "wrong.npz").write_bytes(b"no map")
    refused = robot.call(MapFile, "map/load", path=str(tmp_path / "wrong.npz"))
    assert not refused.success and "is no map" in refused.message
    assert not robot.call(MapFile, "map/save", path="room.npz").success
    assert robot.call(Trigger, "map/clear").success
    loaded = robot.call(MapFile, "map/load", path=str(tmp_path / "room.npz"))
    assert loaded.success, loaded.message


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*ONE_EYE, "-p", "map.resolution_m:=9.0"), "'map.resolution_m' is 9.0; it must be from"),
        ((), "parameter 'robot' is empty; it must be the folder of a robot"),
        (("-p", "robot:=/nowhere"), "/nowhere/robot.yaml: no 'cameras' to read"),
    ],
)
def test_what_it_cannot_use_ends_it_with_one_line(ros_domain, arguments, said):
    ended = subprocess.run(
        [sys.executable, "-c", MAIN, "--ros-args", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 2
    assert said in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
