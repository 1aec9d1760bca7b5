# SPDX-License-Identifier: Apache-2.0
"""Subscriptions that live only while somebody looks: nothing is sent, converted or rendered for an empty room."""

from __future__ import annotations

from nav_msgs.msg import OccupancyGrid, Odometry
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import BatteryState, Image, JointState, PointCloud2
from talus_ros.fast_link_node import FastLink

from talus_interfaces.msg import BalanceState, ElevationMap, SafetyState
from talus_view.events import NO_CAMERA, Choices

STREAM = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)  # only the newest one is drawn
RELIABLE = QoSProfile(depth=1)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


Topic = tuple[type, QoSProfile]

ALWAYS: dict[str, Topic] = {"odom": (Odometry, STREAM)}  # for the odometer
WHILE_WATCHED: dict[str, Topic] = {
    "joint_states": (JointState, STREAM),
    "safety/state": (SafetyState, STREAM),
    "balance/state": (BalanceState, STREAM),
    "battery_state": (BatteryState, RELIABLE),
}
VOXELS: dict[str, Topic] = {"map/points": (PointCloud2, RELIABLE)}
GROUND: dict[str, dict[str, Topic]] = {
    "occupancy": {"map/occupancy": (OccupancyGrid, LATCHED)},
    "elevation": {"map/elevation": (ElevationMap, RELIABLE)},
}


def topics_of_page(choices: Choices) -> dict[str, Topic]:
    """What the page needs as its switches are set, by topic name."""
    topics = {**ALWAYS, **WHILE_WATCHED, **GROUND.get(choices.ground, {})}
    if choices.has_voxels:
        topics |= VOXELS
    if choices.camera != NO_CAMERA:
        topics |= {picture_topic(choices.camera): (Image, STREAM), depth_topic(choices.camera): (Image, STREAM)}
    return topics


def picture_topic(camera: str) -> str:
    """Colour picture of a camera."""
    return f"camera/{camera}/image_raw"


def depth_topic(camera: str) -> str:
    """Depth picture of a camera, where it has depth."""
    return f"camera/{camera}/depth/image_raw"


class Inbox:
    """Keeps exactly the wanted subscriptions, and the newest message of each."""

    def __init__(self, link: FastLink):
        self._link = link
        self._subscriptions: dict[str, Subscription] = {}
        self._newest: dict[str, object] = {}

    def want(self, topics: dict[str, Topic]) -> None:
        """Subscribe to what is new in `topics`, end what is no longer there."""
        for name in self._subscriptions.keys() - topics.keys():
            self._link.unsubscribe(self._subscriptions.pop(name))
            self._newest.pop(name, None)
        for name in topics.keys() - self._subscriptions.keys():
            kind, qos = topics[name]
            self._subscriptions[name] = self._link.subscribe(kind, name, self._keep(name), qos)

    def poll(self) -> None:
        """Take what has come since the last call; does not wait."""
        self._link.wait(0.0)

    def take(self, name: str):
        """The newest message of a topic that was not taken yet, or None."""
        return self._newest.pop(name, None)

    def _keep(self, name: str):
        def keep(message: object) -> None:
            self._newest[name] = message

        return keep
