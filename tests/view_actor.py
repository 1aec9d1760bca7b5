# SPDX-License-Identifier: Apache-2.0
"""Acts as the robot that the web view sees.

It sends real messages of a standing talus40, and its services write down their calls.
"""

from __future__ import annotations

from array import array
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import NamedTuple

import numpy as np
import rclpy
from geometry_msgs.msg import Point, Point32, TwistStamped
from nav_msgs.msg import Odometry
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import BatteryState, Image, JointState, PointCloud2, PointField
from std_msgs.msg import String
from std_srvs.srv import Trigger
from talus_core.robot import load_robot
from talus_ros.command_path_node import SealedPublisher

from talus_interfaces.msg import BalanceState, Heartbeat, SafetyState
from talus_interfaces.srv import Push

ROBOT = load_robot(Path(__file__).parents[1] / "urdf" / "talus40")
SERVICES = ("safety/stop", "safety/arm", "safety/reset", "balance/stand", "balance/sit")
CAMERA, DEPTH = "camera/front_left/image_raw", "camera/front_left/depth/image_raw"
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
PERIOD = 0.05  # s of wall time between two rounds of messages
VOXEL = 0.05  # m
BEATING = ("driver", "balance", "safety", "camera", "map")  # nodes that send heartbeats
HIP_HEIGHT = 0.84  # m of base_link in the pose `stand`


class Command(NamedTuple):
    """Is a velocity as the robot got it: wall time, s; round of the actor; m/s, m/s and rad/s."""

    wall: float
    round: int
    forward: float
    left: float
    turn: float

    @property
    def is_walk(self) -> bool:
        """Whether it is no standstill."""
        return (self.forward, self.left, self.turn) != (0.0, 0.0, 0.0)


class Actor:
    """Use as a context.

    `calls` are the services called so far, `commands` the messages of cmd_vel, `rounds` how often
    it sent its own messages; nodes in `silent` send no heartbeat.
    """

    def __enter__(self) -> Actor:
        self.calls: list[str] = []
        self.pushes: list[tuple[float, float]] = []
        self.commands: list[Command] = []
        self.silent: set[str] = set()
        self.rounds = 0
        self._context = rclpy.Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("actor", context=self._context)
        self._offer()
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = Thread(target=self._executor.spin, name="actor", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()
        self._thread.join(timeout=10.0)
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)

    def listeners(self, topic: str) -> int:
        """Return how many subscribe to a topic."""
        return self._node.count_subscribers(topic)

    def _offer(self) -> None:
        node = self._node
        self._publishers = {
            name: SealedPublisher(node, kind, name, 1)
            for name, kind in {
                "joint_states": JointState,
                "odom": Odometry,
                "safety/state": SafetyState,
                "balance/state": BalanceState,
                "battery_state": BatteryState,
                "map/points": PointCloud2,
                CAMERA: Image,
                DEPTH: Image,
            }.items()
        }
        self._beats = SealedPublisher(node, Heartbeat, "heartbeat", 20)
        self._description = node.create_publisher(String, "robot_description", LATCHED)
        self._description.publish(String(data=ROBOT.urdf.read_text()))
        for name in SERVICES:
            node.create_service(Trigger, name, self._answer(name))
        node.create_service(Push, "sim/push", self._push)
        node.create_subscription(TwistStamped, "cmd_vel", self._command, 10)
        self._messages = {
            "joint_states": JointState(
                name=ROBOT.joint_names, position=array("d", ROBOT.poses["stand"])
            ),
            "odom": odometry(),
            "safety/state": SafetyState(
                level=SafetyState.R0_RUN, armed=True, torque_permitted=True
            ),
            "balance/state": balance(),
            "battery_state": BatteryState(percentage=0.8, voltage=52.0, current=-4.0),
            "map/points": cloud(block_of_voxels()),
            CAMERA: Image(
                height=240,
                width=320,
                step=960,
                encoding="rgb8",
                data=bytes([20, 200, 90] * 240 * 320),
            ),
            DEPTH: Image(
                height=240,
                width=320,
                step=1280,
                encoding="32FC1",
                data=np.full(76800, 2.0, "f4").tobytes(),
            ),
        }
        node.create_timer(PERIOD, self._publish)

    def _publish(self) -> None:
        for name, message in self._messages.items():
            self._publishers[name].publish(message)
        for name in BEATING:
            if name not in self.silent:
                self._beats.publish(Heartbeat(node=name))
        self.rounds += 1

    def _answer(self, name: str):
        def answer(request: Trigger.Request, reply: Trigger.Response) -> Trigger.Response:
            self.calls.append(name)
            reply.success, reply.message = True, "done"
            return reply

        return answer

    def _push(self, request: Push.Request, reply: Push.Response) -> Push.Response:
        self.pushes.append((request.impulse.x, request.impulse.y))
        reply.success = True
        return reply

    def _command(self, message: TwistStamped) -> None:
        twist = message.twist
        speeds = (twist.linear.x, twist.linear.y, twist.angular.z)
        self.commands.append(Command(monotonic(), self.rounds, *speeds))


def odometry() -> Odometry:
    """Return odometry of a robot that stands at the origin."""
    message = Odometry()
    message.header.frame_id, message.child_frame_id = "odom", "base_link"
    message.pose.pose.position.z = HIP_HEIGHT
    message.pose.pose.orientation.w = 1.0
    return message


def balance() -> BalanceState:
    """Return the balance of a robot that stands on both feet."""
    message = BalanceState(
        mode=BalanceState.STANDING, left_contact=True, right_contact=True, capture_margin=0.05
    )
    message.capture_point, message.centre_of_pressure = Point(x=0.05), Point(x=0.04)
    corners = ((0.17, 0.145), (0.17, -0.145), (-0.07, -0.145), (-0.07, 0.145))
    message.support_polygon.points = [Point32(x=x, y=y) for x, y in corners]
    return message


def block_of_voxels() -> np.ndarray:
    """Return centres (n, 3) m of a box of voxels to the robot's left.

    It is 0.4 x 0.4 x 0.9 m, where the page's first camera sees it.
    """
    axes = (np.arange(0.2, 0.6, VOXEL), np.arange(0.7, 1.1, VOXEL), np.arange(0.0, 0.9, VOXEL))
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3) + VOXEL / 2.0


def cloud(centres: np.ndarray) -> PointCloud2:
    """Return points as the map publishes them."""
    message = PointCloud2(
        height=1, width=len(centres), point_step=12, row_step=12 * len(centres), is_dense=True
    )
    message.header.frame_id = "odom"
    message.fields = [
        PointField(name=n, offset=4 * i, datatype=7, count=1) for i, n in enumerate("xyz")
    ]
    message.data = array("B", centres.astype("<f4").tobytes())
    return message
