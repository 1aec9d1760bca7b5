# SPDX-License-Identifier: Apache-2.0
"""The driver's standard topics, each every so many control ticks, spread over the ticks."""

from __future__ import annotations

from collections.abc import Callable

from builtin_interfaces.msg import Time
from geometry_msgs.msg import WrenchStamped
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, JointState
from talus_core.driver import Driver, SimulatedDriver
from talus_core.robot import RobotDescription
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.state import RobotState

from talus_drivers import conversions
from talus_interfaces.msg import SimulatorState

SENSOR_DEPTH = 10
GYROSCOPE_SIGMA, ACCELEROMETER_SIGMA = (
    0.005,
    0.07,
)  # rad/s, m/s^2: noise and bias of config/drivers/mujoco.yaml together


class SlowTopics:
    """Publishes what is due at a tick. `rates_hz`: topic by topic, as published, in simulated time."""

    def __init__(self, node: Node, driver: Driver, description: RobotDescription):
        self._node, self._driver = node, driver
        self._tasks: list[tuple[int, int, Callable[[RobotState, Time], None]]] = []
        self.rates_hz: dict[str, float] = {}
        if isinstance(driver, SimulatedDriver):
            self._add("clock", Clock, 100.0, self._clock_publisher)
        self._add("imu", conversions.Imu, 125.0, lambda p: self._imu_publisher(p, description))
        for index, (side, foot) in enumerate(zip(("left", "right"), description.feet, strict=True)):
            self._add(f"foot/{side}/wrench", WrenchStamped, 125.0, self._wrench_maker(index, foot.frame))
        self._add("joint_states", JointState, 62.5, self._joint_state_publisher)
        self._add("battery_state", BatteryState, 1.0, self._battery_publisher)
        if isinstance(driver, SimulatedDriver):
            self._add("sim/ground_truth", Odometry, 62.5, lambda p: self._truth_publisher(p, description))
        if hasattr(driver, "qpos"):
            self._add("sim/state", SimulatorState, 30.0, self._simulator_state_publisher)

    def publish(self, state: RobotState) -> None:
        """Everything that is due at this tick."""
        tick, stamp = state.sequence, None
        for every, phase, task in self._tasks:
            if tick % every == phase:
                stamp = stamp or conversions.time_message(state.time)
                task(state, stamp)

    def _add(self, topic: str, kind: type, rate_hz: float, make: Callable) -> None:
        """At least `rate_hz`; where several topics share a divisor, each has a tick of its own."""
        every = max(1, int(1.0 / (rate_hz * self._driver.period) + 1e-9))
        publisher = self._node.create_publisher(kind, topic, SENSOR_DEPTH)
        self._tasks.append((every, len(self._tasks) % every, make(publisher)))
        self.rates_hz[topic] = 1.0 / (every * self._driver.period)

    @staticmethod
    def _clock_publisher(publisher):
        message = Clock()

        def publish(state: RobotState, stamp: Time) -> None:
            message.clock = stamp
            publisher.publish(message)

        return publish

    @staticmethod
    def _imu_publisher(publisher, description: RobotDescription):
        message = conversions.imu_message(description.frames["imu"], GYROSCOPE_SIGMA, ACCELEROMETER_SIGMA)

        def publish(state: RobotState, stamp: Time) -> None:
            message.header.stamp = stamp
            conversions.fill_imu(message, state)
            publisher.publish(message)

        return publish

    @staticmethod
    def _wrench_maker(index: int, frame: str):
        def make(publisher):
            message = WrenchStamped()
            message.header.frame_id = frame

            def publish(state: RobotState, stamp: Time) -> None:
                message.header.stamp = stamp
                conversions.fill_wrench(message, state.foot_wrenches[index])
                publisher.publish(message)

            return publish

        return make

    def _joint_state_publisher(self, publisher):
        message = JointState(name=list(self._driver.joint_names))

        def publish(state: RobotState, stamp: Time) -> None:
            message.header.stamp = stamp
            conversions.fill_joint_state(message, state)
            publisher.publish(message)

        return publish

    def _battery_publisher(self, publisher):
        def publish(state: RobotState, stamp: Time) -> None:
            message = conversions.battery_message(self._driver.battery())
            message.header.stamp = stamp
            publisher.publish(message)

        return publish

    def _truth_publisher(self, publisher, description: RobotDescription):
        message = Odometry(child_frame_id=description.frames["base"])
        message.header.frame_id = "world"

        def publish(state: RobotState, stamp: Time) -> None:
            truth = self._driver.ground_truth()
            message.header.stamp = stamp
            conversions.fill_odometry(message, truth, matrix_from_quat_xyzw(truth.quat_xyzw).T)
            publisher.publish(message)

        return publish

    def _simulator_state_publisher(self, publisher):
        message = SimulatorState()

        def publish(state: RobotState, stamp: Time) -> None:
            message.stamp, message.sequence = stamp, state.sequence
            message.qpos = conversions.doubles(self._driver.qpos)
            publisher.publish(message)

        return publish
