# SPDX-License-Identifier: Apache-2.0
"""Publish the driver's standard topics, each every so many control ticks, spread over them."""

from __future__ import annotations

from collections.abc import Callable

from geometry_msgs.msg import WrenchStamped
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.publisher import Publisher
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, Imu, JointState
from talus_core.driver import Driver, Posable, Simulated
from talus_core.graph.trace import TRACE_KINDS, NoTrace, TraceWriter
from talus_core.robot import RobotDescription
from talus_core.state import RobotState
from talus_ros.trace_node import TracedPublisher

from talus_drivers import conversions
from talus_drivers.topics import sensor_writers_node as writers
from talus_interfaces.msg import SimulatorState

SENSOR_QUEUE_DEPTH = 10
# rad/s, m/s^2: noise and bias of config/drivers/mujoco.yaml together
GYROSCOPE_SIGMA_RAD_S = 0.005
ACCELEROMETER_SIGMA_MPS2 = 0.07

Make = Callable[[RobotState], object]  # a message, or its bytes


class SlowTopics:
    """Publishes what is due at a tick.

    Attributes:
        rates_hz: Topic by topic, as published, in simulated time.
    """

    def __init__(
        self,
        node: Node,
        driver: Driver,
        description: RobotDescription,
        trace: TraceWriter | NoTrace,
    ):
        self._node = node
        self._driver = driver
        self._trace = trace
        self._tasks: list[tuple[int, int, Publisher | TracedPublisher, Make]] = []
        self.rates_hz: dict[str, float] = {}
        frames = description.frames
        if isinstance(driver, Simulated):
            self._add("clock", Clock, 100.0, writers.clock_writer())
        self._add(
            "imu",
            Imu,
            125.0,
            writers.imu_writer(frames["imu"], GYROSCOPE_SIGMA_RAD_S, ACCELEROMETER_SIGMA_MPS2),
        )
        for row, (side, foot) in enumerate(zip(("left", "right"), description.feet, strict=True)):
            self._add(
                f"foot/{side}/wrench", WrenchStamped, 125.0, writers.wrench_writer(foot.frame, row)
            )
        self._add("joint_states", JointState, 62.5, writers.joint_state_writer(driver.joint_names))
        self._add("battery_state", BatteryState, 1.0, self._battery)
        if isinstance(driver, Simulated):
            self._add(
                "sim/ground_truth",
                Odometry,
                62.5,
                writers.truth_writer(frames["base"], driver.ground_truth),
            )
        if isinstance(driver, Posable):
            self._add("sim/state", SimulatorState, 30.0, _simulator_state_writer(driver))

    def publish(self, state: RobotState) -> None:
        """Publish everything that is due at this tick."""
        for every, phase, publisher, make in self._tasks:
            if state.sequence % every == phase:
                publisher.publish(make(state))

    def _add(self, topic: str, kind: type, rate_hz: float, make: Make) -> None:
        """Publish a topic at least at `rate_hz`.

        Where several topics share a divisor, each has a tick of its own.
        """
        every = max(1, int(1.0 / (rate_hz * self._driver.period) + 1e-9))
        publisher: Publisher | TracedPublisher
        if topic in TRACE_KINDS:
            publisher = TracedPublisher(self._node, kind, topic, SENSOR_QUEUE_DEPTH, self._trace)
        else:
            publisher = self._node.create_publisher(kind, topic, SENSOR_QUEUE_DEPTH)
        self._tasks.append((every, len(self._tasks) % every, publisher, make))
        self.rates_hz[topic] = 1.0 / (every * self._driver.period)

    def _battery(self, state: RobotState) -> BatteryState:
        return conversions.battery_message(self._driver.battery(), state.time)


def _simulator_state_writer(body: Posable) -> Make:
    return lambda state: conversions.simulator_message(state, body.qpos)
