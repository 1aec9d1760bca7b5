# SPDX-License-Identifier: Apache-2.0
"""Run the driver process: read the body, publish it, let commands through the last gate."""

from __future__ import annotations

import gc
import sys
import time
from threading import Event

from talus_core.driver import Simulated
from talus_core.graph.node_table import NODES
from talus_core.graph.trace import COMMAND_KIND
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand
from talus_ros.cdr import JointCommandCodec
from talus_ros.fast_link_node import LOOP_QOS, FastLink
from talus_ros.heartbeat_node import HEARTBEAT_QOS, HEARTBEAT_TOPIC, HeartbeatThread
from talus_ros.parameters_node import declare_config, given_parameters
from talus_ros.run_node import CONTROL_NICENESS, ExecutorThread, create_clockless_node, run_node
from talus_ros.trace_node import trace_of_node
from talus_safety.bundle import limited
from talus_safety.gate import LastGate

from talus_drivers import conversions
from talus_drivers.commands.gated_drives_node import ReportedDrives
from talus_drivers.driver_config import DRIVER_TRACE_SLOTS, DriverNodeConfig, load_body, trace_room
from talus_drivers.driver_services_node import ServiceContext, offer_plugin_services
from talus_drivers.errands import Errands
from talus_drivers.lockstep.lockstep import BALANCE_NODE, SAFETY_NODE, create_lockstep
from talus_drivers.lockstep.tick_wait_node import TickWait
from talus_drivers.topics.driver_report_node import DriverReport
from talus_drivers.topics.slow_topics_node import SlowTopics
from talus_drivers.topics.state_sender_node import StateSender
from talus_interfaces import msg

LET_DOWN_TIMEOUT_S = 10.0  # of the body's time: standby holds for 2 s at most and sits in 4


class DriverNode:
    """Owns the body; a tick reads, publishes, waits for the command, passes the gate, advances."""

    def __init__(self) -> None:
        self._node = create_clockless_node("driver")
        bundle, values = limited("driver", given_parameters(self._node))
        self._config = config = declare_config(self._node, DriverNodeConfig, values)
        description, self._driver = load_body(config)
        size = len(self._driver.joint_names)
        period = self._driver.period
        self._link = FastLink(self._node, config.authenticated)
        self._codec = JointCommandCodec(size)
        self._lockstep = create_lockstep(config.step, NODES.with_file(config.nodes), period)
        self._body = self._driver if isinstance(self._driver, Simulated) else None
        gate = LastGate(description, period, config.gate)
        self._trace = trace_of_node(self._node, DRIVER_TRACE_SLOTS, trace_room(size))
        self._drives = ReportedDrives(
            node=self._node,
            driver=self._driver,
            gate=gate,
            delay_ticks=config.step.delay_ticks if self._is_lockstep else 0,
            bundle=bundle.digest(description),
            trace=self._trace,
        )
        self._tick = 0
        self._connect_topics(description)

    def run(self, ended: Event) -> None:
        """Run ticks until `ended`."""
        self._driver.connect()
        executor = ExecutorThread(self._node, ended, self._link.wake)
        self._tick_end = TickWait(
            link=self._link,
            period=self._driver.period,
            lockstep=self._lockstep,
            is_lockstep=self._is_lockstep,
            pace=self._config.pace,
        )
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
        """Let the gate sit the robot down before the end, where the drives hold it up."""
        self._drives.refuse_commands()
        until = self._now() + LET_DOWN_TIMEOUT_S
        never = Event()
        while self._drives.is_holding and self._now() < until:
            self._run_tick(never)

    def close(self) -> None:
        """Switch torque off, free the bus and end the threads."""
        self._driver.stop()
        self._driver.close()
        self._heartbeat.close()
        self._trace.close()

    def _connect_topics(self, description: RobotDescription) -> None:
        node = self._node
        link = self._link
        self._states = StateSender(node, self._driver, self._trace)
        self._slow = SlowTopics(node, self._driver, description, self._trace)
        self._errands = Errands(link.wake)
        offer_plugin_services(
            ServiceContext(node, self._driver, self._errands, self._drives.relocated)
        )
        self._heartbeat = HeartbeatThread(node, "driver")
        self._report = DriverReport(node, self._driver)
        # First: read after the answers, a heartbeat could end a tick whose answer has just come.
        link.subscribe(msg.Heartbeat, HEARTBEAT_TOPIC, self._on_heartbeat, HEARTBEAT_QOS)
        link.subscribe_loop(msg.JointCommand, "joint_command", self._read_command, self._on_command)
        link.subscribe(msg.SafetyState, "safety/state", self._on_safety, LOOP_QOS)

    def _read_command(self, data: bytes) -> JointCommand:
        self._trace.put(COMMAND_KIND, time.monotonic_ns(), data)
        return self._codec.decode(data) or conversions.command_from_bytes(data)

    def _on_command(self, command: JointCommand) -> None:
        self._drives.put_command(command)
        self._lockstep.heard(BALANCE_NODE, command.sequence, self._tick, time.monotonic())

    def _on_safety(self, message: msg.SafetyState) -> None:
        self._drives.put_permit(conversions.permit_from_message(message))
        self._lockstep.heard(SAFETY_NODE, message.sequence, self._tick, time.monotonic())

    def _on_heartbeat(self, message: msg.Heartbeat) -> None:
        self._lockstep.lives_in(message.node, message.process)
        self._lockstep.heard(message.node, message.sequence, self._tick, time.monotonic())

    def _run_tick(self, ended: Event) -> None:
        self._errands.run()
        state = self._driver.read(self._now())
        self._tick = state.sequence
        self._heartbeat.sequence = state.sequence
        self._states.send(state, self._drives.standby_active)
        self._lockstep.sent(BALANCE_NODE, self._states.newest)
        self._lockstep.sent(SAFETY_NODE, self._states.newest)
        self._slow.publish(state)
        if not self._tick_end.wait(state.sequence, ended):
            return
        self._drives.step_drives(
            state, self._body.time if self._body is not None else time.monotonic()
        )
        if self._body is not None:
            self._body.advance()
        decision = self._drives.decision
        assert decision is not None  # the step above decided
        self._report.tick(state, decision, self._drives.mailbox, self._lockstep)

    @property
    def _is_lockstep(self) -> bool:
        """Whether simulated time waits for the nodes; nobody can halt the time of a real body."""
        return self._config.lockstep and self._body is not None

    def _now(self) -> float:
        """Return ROS time in s: simulated, or the node's clock on hardware."""
        if self._body is not None:
            return self._body.time
        return self._node.get_clock().now().nanoseconds * 1e-9


def main() -> None:
    """Start the driver process: the entry point `driver_node`."""
    sys.exit(run_node(DriverNode, niceness=CONTROL_NICENESS))


if __name__ == "__main__":
    main()
