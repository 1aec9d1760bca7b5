# SPDX-License-Identifier: Apache-2.0
"""Tracks where the robot's base is; shows speed and distance walked, and tells other widgets."""

from __future__ import annotations

import numpy as np

from talus_view.gauges import Odometer
from talus_view.page.card import NO_DATA, STALE_AFTER_S, CardPart, line
from talus_view.scene import BasePose, Scene
from talus_view.widget import Delivery, Hearing, Message, PageTopic, Site, Widget

LEAST_SHOWN_TURN_RADPS = 0.1  # less is the sway of a step


class OdometryWidget(Widget):
    """Shows speed and distance on the status card; shares the pose of the base."""

    place = 100
    topics = (PageTopic("odom", "nav_msgs/msg/Odometry", Delivery.NEWEST, Hearing.ALWAYS),)

    def __init__(self, site: Site):
        self._scene = site.scene
        self._odometer = Odometer()

    def hear(self, topic: PageTopic, message: Message, wall: float) -> None:
        """Pass the pose on, and count the way."""
        pose = base_from(message)
        self._scene.put(pose, wall)
        self._odometer.add(pose.position)

    def card(self, wall: float) -> tuple[CardPart, ...]:
        """Show speed and distance walked."""
        return (
            line(30, "Speed", speed_text(self._scene, wall)),
            line(40, "Walked", f"{self._odometer.distance:.1f} m"),
        )


def speed_text(scene: Scene, wall: float) -> str:
    """Write the ground speed, and the turning where it turns."""
    pose = scene.get(BasePose, wall, STALE_AFTER_S)
    if pose is None:
        return NO_DATA
    is_turning = abs(pose.yaw_rate) > LEAST_SHOWN_TURN_RADPS
    turn = f", {np.degrees(pose.yaw_rate):+.0f}°/s" if is_turning else ""
    return f"{np.linalg.norm(pose.velocity[:2]):.2f} m/s{turn}"


def base_from(message: Message) -> BasePose:
    """Read the pose of base_link in odom from an Odometry."""
    p = message.pose.pose.position
    q = message.pose.pose.orientation
    twist = message.twist.twist
    return BasePose(
        position=np.array([p.x, p.y, p.z]),
        quat_xyzw=np.array([q.x, q.y, q.z, q.w]),
        velocity=np.array([twist.linear.x, twist.linear.y, twist.linear.z]),
        yaw_rate=twist.angular.z,
    )
