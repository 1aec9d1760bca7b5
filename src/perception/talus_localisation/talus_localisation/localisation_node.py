# SPDX-License-Identifier: Apache-2.0
"""Publishes where the odometry's frame is in the map, by what the depth cameras see."""

from __future__ import annotations

from functools import partial
from threading import Event

import rclpy
from geometry_msgs.msg import PoseWithCovarianceStamped
from talus_core.errors import RefusedInputError
from talus_core.schedule import Schedule
from talus_core.transform_buffer import TransformError
from talus_core.vision.depth_inbox import DepthInbox
from talus_core.vision.depth_view import DepthView
from talus_core.vision.self_filter import SelfFilter
from talus_ros.diagnostics_node import ERROR, OK, WARN, DiagnosticsPublisher
from talus_ros.fast_link_node import FastLink
from talus_ros.heartbeat_node import HeartbeatThread
from talus_ros.intake.intake_node import intakes_of
from talus_ros.parameters_node import declare_config
from talus_ros.run_node import ExecutorThread, run_node
from talus_ros.vision.depth_intake_node import FRAMES_QOS, NEWEST_QOS, DepthIntake
from tf2_msgs.msg import TFMessage

from talus_localisation.config import LocalisationNodeConfig
from talus_localisation.conversions import frame_message, pose_message, told_pose
from talus_localisation.level_pose import LevelPose
from talus_localisation.status import status_of
from talus_localisation.tracking.follower import Follower


class LocalisationNode:
    """Follows the robot by views of the images' time; tells `map -> odom` at the rate of tf's."""

    def __init__(self):
        self._node = rclpy.create_node("localisation")
        self._config = declare_config(self._node, LocalisationNodeConfig)
        cameras = self._config.cameras()
        rates = dict.fromkeys(cameras, self._config.view_rate_hz)
        self._inbox = DepthInbox(self._config.odometry_frame, self._config.footprint_frame, rates)
        self._follower = Follower(len(cameras), self._config.follower)
        self._frame_due = Schedule(self._config.frame_rate_hz)
        self._frame = self._node.create_publisher(TFMessage, "tf", FRAMES_QOS)
        self._pose = self._node.create_publisher(
            PoseWithCovarianceStamped, "localisation/pose", NEWEST_QOS
        )
        self._diagnostics = DiagnosticsPublisher(self._node)
        self._node.create_timer(1.0, self._diagnose)
        self._beat = HeartbeatThread(self._node, "localisation")
        self._link = FastLink(self._node)
        self._intakes = intakes_of(self._node)
        self._executor: ExecutorThread | None = None
        self._intake = DepthIntake(
            self._link, self._inbox, cameras, self._on_body, self._tell_frame
        )
        self._link.subscribe(
            PoseWithCovarianceStamped, "initialpose", self._on_told_pose, NEWEST_QOS
        )

    def run(self, ended: Event) -> None:
        """Look and tell until `ended` is set."""
        self._executor = ExecutorThread(self._node, ended, on_error=self._link.wake)
        while not ended.is_set():
            self._link.wait(0.05)
            self._intakes.attempt("depth images", self._look_at_ready)
            if self._inbox.is_empty:
                self._beat.sequence = self._intake.newest_state
        self._executor.raise_error()

    def close(self) -> None:
        """End the threads of the node."""
        self._beat.close()
        if self._executor is not None:
            self._executor.close()

    def _look_at_ready(self) -> None:
        """See the images whose frames are known; one that fails takes no other with it."""
        for image in self._inbox.take_ready():
            self._intakes.attempt("depth images", partial(self._see, image))

    def _see(self, image: DepthView) -> None:
        robot_in_odom = LevelPose.of(image.links_in_odom[self._config.footprint_frame])
        estimate = self._follower.see(image, robot_in_odom)
        if estimate is None:
            return
        pose = estimate.odom_in_map @ robot_in_odom
        self._pose.publish(
            pose_message(
                pose, estimate.covariance, estimate.is_lost, image.time, self._config.map_frame
            )
        )

    def _tell_frame(self) -> None:
        """Say where the odometry's frame is in the map, where others have said what they know."""
        config = self._config
        time = self._inbox.frames.newest_time_of(config.footprint_frame)
        if self._frame_due.is_due(time) and (robot := self._robot_in_odom()) is not None:
            odom_in_map = self._follower.step(time, robot)
            self._frame.publish(
                frame_message(
                    odom_in_map, time + config.ahead_s, config.map_frame, config.odometry_frame
                )
            )

    def _robot_in_odom(self) -> LevelPose | None:
        """Return where the robot stands by its odometry; None before tf says so."""
        footprint = self._config.footprint_frame
        try:
            poses = self._inbox.frames.lookup_many(self._config.odometry_frame, (footprint,))
        except TransformError:
            return None
        return LevelPose.of(poses[footprint])

    def _on_told_pose(self, message: PoseWithCovarianceStamped) -> None:
        told = told_pose(message, self._config.map_frame)
        robot_in_odom = self._robot_in_odom()
        if robot_in_odom is None:
            raise RefusedInputError("a pose, but tf has not yet said where the robot is in odom")
        self._follower.place(told, robot_in_odom)

    def _on_body(self, body: SelfFilter) -> None:
        self._follower.own_body = body

    def _diagnose(self) -> None:
        status = status_of(self._follower, self._inbox)
        level = OK if status.is_well else ERROR if status.is_lost else WARN
        self._diagnostics.publish(
            self._node.get_clock().now().to_msg(), level, status.message, status.values
        )


def main() -> int:
    """Run the node as a process: the entry point `localisation_node`."""
    return run_node(LocalisationNode)
