# SPDX-License-Identifier: Apache-2.0
"""Runs the localiser as a process: it says where odom is in the map, and obeys who knows better."""

import subprocess
import sys

import numpy as np
import pytest
from geometry_msgs.msg import PoseWithCovarianceStamped
from map_scene import FLOOR, WALL
from sim_assertions import observer, wait_until
from staged_eye import StagedEye
from tf2_msgs.msg import TFMessage

MAIN = "from talus_localisation.localisation_node import main; raise SystemExit(main())"
ONE_EYE = ("-p", "depth_cameras:=[eye]")
BOX = ((2.0, 0.5, 0.0), (2.6, 1.2, 0.8))


class Listener(StagedEye):
    """Also hears where the robot is said to be."""

    def __init__(self, node):
        super().__init__(node, (FLOOR, WALL, BOX))
        self.poses = []
        self.odom_in_map = []
        node.create_subscription(
            PoseWithCovarianceStamped, "localisation/pose", self.poses.append, 10
        )
        node.create_subscription(TFMessage, "tf", self._on_frames, 10)
        self.told = node.create_publisher(PoseWithCovarianceStamped, "initialpose", 10)

    def _on_frames(self, message):
        self.odom_in_map += [row for row in message.transforms if row.child_frame_id == "odom"]


@pytest.fixture
def robot(ros_domain):
    process = subprocess.Popen([sys.executable, "-c", MAIN, "--ros-args", *ONE_EYE])
    try:
        with observer() as node:
            yield Listener(node)
        process.terminate()
        assert process.wait(20.0) == 0
    finally:
        process.kill()


def test_it_tells_the_frame_and_obeys_who_says_where_the_robot_is(robot):
    node = robot.node
    wait_until(node, lambda: len(robot.poses) > 3 and robot.odom_in_map, "no pose in the map")
    assert robot.poses[-1].header.frame_id == "map"
    assert robot.odom_in_map[-1].header.frame_id == "map"
    place = robot.poses[-1].pose.pose.position
    assert (place.x, place.y) == pytest.approx((0.0, 0.0), abs=0.03)
    assert robot.poses[-1].pose.covariance[0] < 0.1**2

    wrong = PoseWithCovarianceStamped()
    wrong.header.frame_id = "map"
    wrong.pose.pose.position.x = np.nan
    robot.told.publish(wrong)  # refused
    told = PoseWithCovarianceStamped()
    told.header.frame_id = "map"
    told.pose.pose.position.x = 5.0
    told.pose.pose.orientation.w = 1.0
    robot.told.publish(told)
    wait_until(
        node,
        lambda: abs(robot.odom_in_map[-1].transform.translation.x - 5.0) < 0.05,
        "it does not obey",
    )
