# SPDX-License-Identifier: Apache-2.0
"""Runs the supervisor: wakes on gate/state, judges, publishes safety/state."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from threading import Event

from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import BatteryState
from std_srvs.srv import Trigger
from talus_core.graph.node_table import NODES
from talus_core.robot import RobotDescription, RobotDescriptionError, load_robot
from talus_core.words.stop_levels import StopLevel
from talus_ros.cdr import RobotStateCodec
from talus_ros.diagnostics_node import ERROR, OK, WARN, DiagnosticsPublisher
from talus_ros.fast_link_node import LOOP_QOS, FastLink
from talus_ros.heartbeat_node import HEARTBEAT_QOS, HEARTBEAT_TOPIC, HeartbeatThread
from talus_ros.intake.intake_node import intakes_of
from talus_ros.parameters_node import declare_config, given_parameters
from talus_ros.run_node import CONTROL_NICENESS, ExecutorThread, create_clockless_node, run_node
from talus_ros.trace_node import TracedPublisher, trace_of_node
from talus_ros.transport.transport_check_node import check_node_transport

from talus_interfaces.msg import BalanceState, GateState, Heartbeat, RobotState, SafetyState
from talus_safety.bundle import limited
from talus_safety.config import SupervisorConfig
from talus_safety.conversions import charge_of, diagnostic_values, gate_report, safety_message
from talus_safety.frame_inputs_node import FrameInputs
from talus_safety.kernel.decide.supervisor.supervisor import Supervisor, Wish
from talus_safety.operator_inputs_node import OperatorInputs
from talus_safety.supervision.judgement import Judgement
from talus_safety.supervision.watch import Watch

# Deep enough that a stranger at the same rate pushes nothing of ours out between two judgements.
STATE_QOS = QoSProfile(depth=20, reliability=ReliabilityPolicy.BEST_EFFORT)
IDLE_PERIOD_S = 0.05  # of the steady clock: how often it judges while the driver is silent
SAFETY_DIAGNOSTICS_PERIOD_S = 1.0
# 2.5 s in real time; a cause in words is below 0.2 kB
SAFETY_TRACE_SLOTS = 256
SAFETY_TRACE_BYTES = 1024


class SupervisorNode:
    """Stores what arrives; `gate/state` and operators make it judge."""

    def __init__(self) -> None:
        self._node = node = create_clockless_node("safety")
        bundle, values = limited("safety", given_parameters(node))
        self._config = declare_config(node, SupervisorConfig, values)
        if not self._config.robot:
            raise RobotDescriptionError(
                "parameter 'robot' is empty; it must be the folder of a robot, with its robot.yaml"
            )
        robot = load_robot(Path(self._config.robot))
        self._bundle = bundle.digest(robot)
        self._watch = Watch(robot, self._config, self._bundle, NODES.with_file(self._config.nodes))
        self._judgement = Judgement(
            Supervisor(self._config, check_node_transport(node).refusal, robot.keeps_torque),
            self._watch.facts(time.monotonic()),
        )
        self._codec = RobotStateCodec(len(robot.joint_names))
        self._robot_time = 0.0  # s
        self._passed = 0.0  # s of robot time since it judged last
        self._is_due = False
        self._trace = trace_of_node(node, SAFETY_TRACE_SLOTS, SAFETY_TRACE_BYTES)
        self._publisher = TracedPublisher(node, SafetyState, "safety/state", 10, self._trace)
        self._diagnostics = DiagnosticsPublisher(node)
        self._connect(robot)
        self._heartbeat = HeartbeatThread(node, "safety")

    def run(self, ended: Event) -> None:
        """Judge until `ended`."""
        executor = ExecutorThread(self._node, ended, self._link.wake)
        judged_at = diagnosed_at = time.monotonic()
        try:
            while not ended.is_set():
                self._link.wait(IDLE_PERIOD_S)
                now = time.monotonic()
                if self._is_due or now - judged_at >= IDLE_PERIOD_S:
                    self._judge(now)
                    judged_at = now
                if now - diagnosed_at >= SAFETY_DIAGNOSTICS_PERIOD_S:
                    self._diagnose()
                    diagnosed_at = now
            executor.raise_error()
        finally:
            executor.close()

    def close(self) -> None:
        """End the heartbeat: the driver then sits the robot down by itself."""
        self._heartbeat.close()
        self._operator.close()
        self._trace.close()

    def _connect(self, robot: RobotDescription) -> None:
        self._link = FastLink(self._node, self._config.authenticated)
        self._link.subscribe(GateState, "gate/state", self._on_gate, LOOP_QOS)
        self._link.subscribe(Heartbeat, HEARTBEAT_TOPIC, self._on_heartbeat, HEARTBEAT_QOS)
        # Read when due, so that hundreds of messages a second wake no thread.
        self._inputs = FastLink(self._node)
        self._operator = OperatorInputs(self._node, self._inputs, self._config)
        self._inputs.subscribe(BalanceState, "balance/state", self._on_balance, STATE_QOS, newest=1)
        self._inputs.subscribe(BatteryState, "battery_state", self._on_battery, owner="driver")
        self._inputs.subscribe(
            RobotState, "robot_state", self._on_state, STATE_QOS, raw=True, newest=1
        )
        if self._config.perception:
            FrameInputs(self._inputs, self._watch, robot)
        for wish in Wish:
            intakes_of(self._node).serve(Trigger, f"safety/{wish.value}", self._answerer(wish))

    def _on_gate(self, message: GateState) -> None:
        self._watch.on_gate(gate_report(message), time.monotonic())
        self._is_due = True

    def _on_heartbeat(self, message: Heartbeat) -> None:
        self._watch.on_beat(message.node, message.sequence, time.monotonic(), message.strangers)

    def _on_balance(self, message: BalanceState) -> None:
        self._watch.on_balance(message.mode, message.capture_margin)

    def _on_state(self, data: bytes) -> None:
        state, _ = self._codec.read(data)  # of another robot: absent, so nothing can be armed
        self._robot_time = state.time
        self._passed += self._watch.on_state(state, time.monotonic())

    def _on_battery(self, message: BatteryState) -> None:
        self._watch.on_battery(charge_of(message))

    def _answerer(self, wish: Wish):
        def answer(_: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            answer = self._judgement.ask(wish)
            self._is_due = True
            self._link.wake()
            self._node.get_logger().info(f"{wish.value}: {answer.message}")
            response.success = answer.success
            response.message = answer.message
            return response

        return answer

    def _judge(self, now: float) -> None:
        """Read what else has come, step, publish."""
        self._is_due = False
        self._inputs.wait(0.0)
        self._watch.on_operator(self._operator.word(now, self._judgement.state.level))
        before, state = self._judgement.step_judgement(self._watch.facts(now), self._passed)
        self._passed = 0.0
        self._publisher.publish(safety_message(state, self._robot_time, self._watch.sequence))
        self._heartbeat.sequence = self._watch.sequence
        if (state.level, state.cause) != (before.level, before.cause):
            self._node.get_logger().warning(f"{state.level.name}: {state.cause or 'armed'}")

    def _diagnose(self) -> None:
        state = self._judgement.state
        facts = self._judgement.facts
        level = ERROR if state.latched else WARN
        if state.level is StopLevel.R0_RUN:
            level = OK
        values = diagnostic_values(state, facts, self._bundle)
        stamp = safety_message(state, self._robot_time, 0).stamp
        self._diagnostics.publish(stamp, level, state.cause or "running", values)


def main() -> None:
    """Run the safety node until it is ended."""
    sys.exit(run_node(SupervisorNode, niceness=CONTROL_NICENESS))


if __name__ == "__main__":
    main()
