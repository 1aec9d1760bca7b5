# SPDX-License-Identifier: Apache-2.0
"""Gives scenarios ears and hands on a running graph: topics, services and process ids."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import rclpy
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from rclpy.client import Client
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future
from rosgraph_msgs.msg import Clock
from talus_cli.run.operating.conversions import stamp, twist
from talus_cli.run.operating.observation import WalkingVelocity
from talus_core.errors import TalusError
from talus_ros.conversions import seconds
from talus_ros.fast_link_node import FastLink
from talus_ros.heartbeat_node import HEARTBEAT_QOS, HEARTBEAT_TOPIC
from talus_ros.intake.executor_node import IntakeExecutor

from talus_interfaces.msg import BalanceState, GateState, Heartbeat, SafetyState

HEARD_TOPICS = {
    "safety/state": SafetyState,
    "balance/state": BalanceState,
    "sim/ground_truth": Odometry,
    "gate/state": GateState,
}
PATIENCE_S = 60.0  # wall: longest silence of a graph, its start and a service's answer included
CMD_VEL_PERIOD_S = 0.05  # simulated: a tenth of the age at which it is stale
SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
EVERY_MESSAGE_QOS = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)
FOREVER_S = float("inf")
REMEMBERED = 500  # messages of a topic: 1 s of ticks, by which this process may be late


class SilenceError(TalusError):
    """Raised when a node or a service is silent that should speak."""


@dataclass(frozen=True)
class FalseClock:
    """Describes a false ROS time: `offset` s late until `until`, simulated s."""

    offset: float = 0.0
    until: float = 0.0


class GraphLink:
    """Listens and speaks on the graph of a simulated robot; used from one thread.

    Attributes:
        patience: Longest silence that is borne, s of the wall.
        newest: Newest message by topic.
        past: The last messages by topic, newest last.
        speed: m/s forward, sent on cmd_vel.
    """

    def __init__(self, on_gate: Callable[[GateState], None]):
        """Join the graph; `on_gate`: called at each gate/state, in order."""
        self.patience = PATIENCE_S
        self.newest: dict[str, Any] = {}
        self.past = {topic: deque[Any](maxlen=REMEMBERED) for topic in HEARD_TOPICS}
        self.speed = 0.0
        self._context = rclpy.Context()
        rclpy.init(args=[], context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("scenario", context=self._context)
        self._link = FastLink(self._node)
        self._on_gate = on_gate
        self._processes: dict[str, int] = {}
        self._stopped: list[tuple[float, int]] = []
        self._sent_at = 0.0
        self._false_clock = FalseClock()
        for topic, kind in HEARD_TOPICS.items():
            self._link.subscribe(kind, topic, partial(self._hear, topic), EVERY_MESSAGE_QOS)
        self._link.subscribe(Heartbeat, HEARTBEAT_TOPIC, self._on_heartbeat, HEARTBEAT_QOS)
        self._cmd_vel = self._node.create_publisher(TwistStamped, "cmd_vel", 1)
        self._clock = self._node.create_publisher(Clock, "clock", 10)
        self._executor = IntakeExecutor(self._node)

    def close(self) -> None:
        """Leave the graph; every process that is still stopped goes on."""
        self._resume(FOREVER_S)
        rclpy.shutdown(context=self._context)

    @property
    def time(self) -> float:
        """Simulated time by the driver, s: `clock` may be told lies."""
        return seconds(self.newest["gate/state"].stamp)

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Serve the topics until something is so. Raises SilenceError after long."""
        deadline = time.monotonic() + self.patience
        while not is_so():
            if time.monotonic() > deadline:
                raise SilenceError(f"{what} for {self.patience:g} s")
            self._link.wait(0.05)
            if "gate/state" in self.newest:
                self._resume(self.time)
                self._send_velocity()
                self._send_false_clock()

    def is_up(self) -> bool:
        """Tell whether every topic has spoken."""
        return self.newest.keys() >= HEARD_TOPICS.keys()

    def client(self, kind: type, name: str) -> Client:
        """Return a client of an offered service. Raises SilenceError where none offers it."""
        client: Client = self._node.create_client(kind, name)
        self.wait_until(client.service_is_ready, f"nobody offered {name}")
        return client

    def call(self, kind: type, name: str, request: Any) -> Any:
        """Return the answer of a service. Raises SilenceError where none comes."""
        client = self.client(kind, name)
        answer = self.answer(client.call_async(request), name)
        self._node.destroy_client(client)
        return answer

    def answer(self, future: Future, name: str) -> Any:
        """Return the service's answer once it has come. Raises SilenceError where it does not."""

        def is_done() -> bool:
            self._executor.spin_once(timeout_sec=0.0)
            return future.done()

        self.wait_until(is_done, f"{name} did not answer")
        return future.result()

    def harm(self, node: str, how: str, duration: float) -> None:
        """Kill a node, or stop it for `duration` simulated s, 0 = for good. Raises TalusError."""
        if how not in SIGNALS:
            raise TalusError(
                f"process.{how} cannot be staged from outside a process; use process.stop"
            )
        self.wait_until(
            lambda: node in self._processes, f"{node} sent no heartbeat that tells its process"
        )
        process = self._processes[node]
        os.kill(process, SIGNALS[how])
        if how == "stop":
            self._stopped.append((self.time + (duration or FOREVER_S), process))

    def jump(self, seconds: float, duration: float) -> None:
        """Say beside the true clock that ROS time is `seconds` later; `duration`: simulated s."""
        self._false_clock = FalseClock(seconds, self.time + (duration or FOREVER_S))

    def _send_false_clock(self) -> None:
        if self.time < self._false_clock.until:
            lie = max(self.time + self._false_clock.offset, 0.0)
            self._clock.publish(Clock(clock=stamp(lie)))

    def _resume(self, now: float) -> None:
        for until, process in [item for item in self._stopped if item[0] <= now]:
            os.kill(process, signal.SIGCONT)
            self._stopped.remove((until, process))

    def _send_velocity(self) -> None:
        if self.speed and self.time >= self._sent_at + CMD_VEL_PERIOD_S:
            self._sent_at = self.time
            self._cmd_vel.publish(twist(WalkingVelocity(self.speed, 0.0, 0.0), self.time))

    def _hear(self, topic: str, message: Any) -> None:
        self.newest[topic] = message
        self.past[topic].append(message)
        if topic == "gate/state" and self.is_up():
            self._on_gate(message)

    def _on_heartbeat(self, message: Heartbeat) -> None:
        self._processes[message.node] = message.process
