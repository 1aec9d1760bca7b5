# SPDX-License-Identifier: Apache-2.0
"""The driver process: reads the body, publishes it, lets commands through the last gate; in lock-step or real time."""

from __future__ import annotations

import gc
import sys
import time
from threading import Event

from talus_core.channel import Channel
from talus_core.driver import FaultStage, Simulated
from talus_core.node_table import NODES
from talus_core.state import RobotState
from talus_core.trace import COMMAND_KIND, STATE_KIND
from talus_ros.cdr import JointCommandCodec, RobotStateCodec
from talus_ros.fast_link_node import FAST_QOS, FastLink
from talus_ros.heartbeat_node import HEARTBEAT_QOS, HEARTBEAT_TOPIC, HeartbeatThread
from talus_ros.parameters_node import declare_config, given_parameters
from talus_ros.run_node import (
    CONTROL_NICENESS,
    WAKE_PERIOD_S,
    ExecutorThread,
    create_clockless_node,
    run_node,
)
from talus_ros.trace_node import trace_of_node
from talus_safety.bundle import limited
from talus_safety.gate import LastGate

from talus_drivers import conversions
from talus_drivers.driver_config import TRACE_SLOTS, DriverNodeConfig, load_body, trace_room
from talus_drivers.driver_report_node import DriverReport
from talus_drivers.driver_services_node import ServiceContext, offer_plugin_services
from talus_drivers.errands import Errands
from talus_drivers.gated_drives_node import ReportedDrives
from talus_drivers.lockstep import BALANCE, LockStep
from talus_drivers.pace import FAST, REAL_TIME, Pace
from talus_drivers.process_watch import is_runnable
from talus_drivers.slow_topics_node import SlowTopics
from talus_interfaces import msg

LET_DOWN_WITHIN_S = 10.0  # of the body's time: standby holds for 2 s at most and sits in 4


class DriverNode:
    """One tick: read, publish, wait for the command, last gate, write or stop, advance."""

    def __init__(self) -> None:
        self._node = create_clockless_node("driver")
        bundle, values = limited("driver", given_parameters(self._node))
        self._config = config = declare_config(self._node, DriverNodeConfig, values)
        description, self._driver = load_body(config)
        size, period = len(self._driver.joint_names), self._driver.period
        self._link = FastLink(self._node)
        self._command_codec, self._state_codec = JointCommandCodec(size), RobotStateCodec(size)
        step = config.step
        leashes = step.leashes(NODES.with_file(config.nodes), period)
        self._lockstep = LockStep(leashes, step.silent_after_s, step.stuck_after_s, is_runnable)
        self._body = self._driver if isinstance(self._driver, Simulated) else None
        self._is_lockstep = config.lockstep and self._body is not None
        delay = step.delay_ticks if self._is_lockstep else 0
        gate, digest = LastGate(description, period, config.gate), bundle.digest(description)
        self._trace = trace_of_node(self._node, TRACE_SLOTS, trace_room(size))
        self._drives = ReportedDrives(self._node, self._driver, gate, delay, digest, self._trace)
        self._tick = self._sent = 0
        self._states = (
            self._driver.faults.states if isinstance(self._driver, FaultStage) else Channel()
        )
        self._connect_topics(description)

    def run(self, ended: Event) -> None:
        """Until `ended`."""
        self._driver.connect()
        executor = ExecutorThread(self._node, ended, self._link.wake)
        kind = FAST if self._config.pace == FAST and self._is_lockstep else REAL_TIME
        self._pace = Pace(kind, time.monotonic(), 0.0)
        gc.collect()
        gc.freeze()  # what lives now lives on: keeps later collections short
        try:
            while not ended.is_set():
                self._run_tick(ended)
            executor.raise_error()
            self._let_down()
        finally:
            executor.close()

    def _let_down(self) -> None:
        """Asked to end while the drives hold the robot up: no more commands, so that the gate sits it down first."""
        self._drives.refuse_commands()
        until, never = self._now() + LET_DOWN_WITHIN_S, Event()
        while self._drives.is_holding and self._now() < until:
            self._run_tick(never)

    def close(self) -> None:
        """Torque off, bus free, threads ended."""
        self._driver.stop()
        self._driver.close()
        self._heartbeat.close()
        self._trace.close()

    def _connect_topics(self, description) -> None:
        node, link = self._node, self._link
        self._state_publisher = node.create_publisher(msg.RobotState, "robot_state", FAST_QOS)
        self._slow = SlowTopics(node, self._driver, description, self._trace)
        self._errands = Errands(link.wake)
        offer_plugin_services(
            ServiceContext(node, self._driver, self._errands, self._drives.relocated)
        )
        self._heartbeat = HeartbeatThread(node, "driver")
        self._report = DriverReport(node, self._driver)
        link.subscribe(msg.JointCommand, "joint_command", self._on_command, raw=True)
        link.subscribe(msg.SafetyState, "safety/state", self._on_safety)
        link.subscribe(msg.Heartbeat, HEARTBEAT_TOPIC, self._on_heartbeat, HEARTBEAT_QOS)

    def _on_command(self, data: bytes) -> None:
        self._trace.put(COMMAND_KIND, time.monotonic_ns(), data)
        command = self._command_codec.decode(data) or conversions.command_from_bytes(data)
        self._drives.put_command(command)
        self._lockstep.heard(BALANCE, command.sequence, self._tick, time.monotonic())

    def _on_safety(self, message: msg.SafetyState) -> None:
        self._drives.put_permit(conversions.permit_from_message(message))
        self._lockstep.heard("safety", message.sequence, self._tick, time.monotonic())

    def _on_heartbeat(self, message: msg.Heartbeat) -> None:
        self._lockstep.lives_in(message.node, message.process)
        self._lockstep.heard(message.node, message.sequence, self._tick, time.monotonic())

    def _run_tick(self, ended: Event) -> None:
        self._errands.run()
        state = self._driver.read(self._now())
        self._tick = self._heartbeat.sequence = state.sequence
        self._send(state)
        self._slow.publish(state)
        if not self._wait(state, ended):
            return
        self._drives.step(state, self._body.time if self._body is not None else time.monotonic())
        if self._body is not None:
            self._body.advance()
        self._report.tick(state, self._drives.decision, self._drives.mailbox, self._lockstep)

    def _send(self, state: RobotState) -> None:
        self._states.put(state)
        for sent in self._states.take(state.sequence):
            data = self._state_codec.encode(sent, self._drives.standby_active)
            self._state_publisher.publish(data)
            self._trace.put(STATE_KIND, time.monotonic_ns(), data)
            self._sent = max(self._sent, sent.sequence)
        self._lockstep.sent(BALANCE, self._sent)
        self._lockstep.sent("safety", self._sent)

    def _wait(self, state: RobotState, ended: Event) -> bool:
        """For those in lock-step, then for the wall; False when the process ends."""
        has_listened = False
        while self._is_lockstep and self._lockstep.waits_for(state.sequence, time.monotonic()):
            has_listened = True
            self._link.wait(WAKE_PERIOD_S)
            if ended.is_set():
                return False
        if not has_listened:
            self._link.wait(0.0)
        may_run_free = bool(self._lockstep.present())
        due = (state.sequence + 1) * self._driver.period
        while (
            wait := self._pace.wait(time.monotonic(), due, may_run_free)
        ) > 0.0 and not ended.is_set():
            self._link.wait(min(wait, WAKE_PERIOD_S))
        return True

    def _now(self) -> float:
        """ROS time in s: simulated, or the node's clock on hardware."""
        if self._body is not None:
            return self._body.time
        return self._node.get_clock().now().nanoseconds * 1e-9


def main() -> None:
    """Entry point."""
    sys.exit(run_node(DriverNode, niceness=CONTROL_NICENESS))


if __name__ == "__main__":
    main()
