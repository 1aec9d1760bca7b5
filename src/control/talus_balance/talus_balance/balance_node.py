# SPDX-License-Identifier: Apache-2.0
"""Runs the balance node: answers every `robot_state` with a `joint_command`, sends odometry."""

from __future__ import annotations

import gc
import time
from threading import Event

from geometry_msgs.msg import PointStamped, TwistStamped
from rclpy.qos import QoSProfile
from std_srvs.srv import Trigger
from talus_core.robot import load_robot
from talus_core.rotations import matrix_from_yaw, yaw_of
from talus_core.state import RobotState
from talus_core.words.modes import Mode
from talus_ros.cdr import JointCommandCodec, RobotStateCodec
from talus_ros.command_path_node import SealedPublisher
from talus_ros.fast_link_node import FAST_QOS, FastLink
from talus_ros.heartbeat_node import HeartbeatThread
from talus_ros.intake.intake_node import intakes_of
from talus_ros.parameters_node import declare_config
from talus_ros.run_node import CONTROL_NICENESS, create_clockless_node, run_node, serve_link

from talus_balance import conversions
from talus_balance.balance_types import BalanceReport
from talus_balance.controller import BalanceController
from talus_balance.intent import IntentKeeper
from talus_balance.node_config import BalanceNodeConfig, intent_config
from talus_balance.policy.policy_node import policy_seat
from talus_balance.reports_node import BalanceReports
from talus_balance.size.scaling import config_for, slow_legs
from talus_balance.whole_body.limbs.limb_reference import limbs_of
from talus_interfaces.msg import ElevationMap, JointCommand, LimbTargets, SafetyState
from talus_interfaces.msg import RobotState as RobotStateMsg

QUEUE_QOS = QoSProfile(depth=10)
ELEVATION_QOS = QoSProfile(depth=1)


class BalanceNode:
    """Reads messages, calls the controller and publishes its answers.

    All subscriptions share the fast link's thread.
    """

    def __init__(self):
        node = create_clockless_node("balance")
        self._node = node
        config = declare_config(node, BalanceNodeConfig)
        self._description = load_robot(config.robot)
        dt = 1.0 / config.control_rate_hz
        sized = config_for(self._description)
        self._controller = BalanceController(self._description, sized, dt)
        intent = intent_config(config)
        self._keeper = IntentKeeper(intent, dt, limbs_of(self._description))
        if bound := slow_legs(sized, intent.velocity_limits[0], intent.velocity_limits[2]):
            node.get_logger().warning(f"{self._description.name} {bound}")
        self._seat = policy_seat(node, config.policy, self._description, dt)
        joints = len(self._description.joint_names)
        self._read = RobotStateCodec(joints).read
        self._encode = JointCommandCodec(joints).encode
        self._now = 0.0  # s, time of the newest state
        self._report: BalanceReport | None = None
        self._link = FastLink(node, config.authenticated)
        self._intakes = intakes_of(node)
        self._command = SealedPublisher(node, JointCommand, "joint_command", FAST_QOS)
        self._reports = BalanceReports(node, self._description, config.control_rate_hz)
        self._heartbeat = HeartbeatThread(node, "balance")
        self._link.subscribe_loop(RobotStateMsg, "robot_state", self._read, self._on_state)
        self._link.subscribe(TwistStamped, "cmd_vel", self._on_velocity, QUEUE_QOS)
        self._link.subscribe(SafetyState, "safety/state", self._on_safety, QUEUE_QOS)
        self._link.subscribe(PointStamped, "gaze/target", self._on_gaze, QUEUE_QOS)
        self._link.subscribe(LimbTargets, "balance/limb_targets", self._on_limb_targets, QUEUE_QOS)
        self._link.subscribe(ElevationMap, "map/elevation", self._on_elevation, ELEVATION_QOS)
        self._intakes.serve(Trigger, "balance/stand", self._on_stand)
        self._intakes.serve(Trigger, "balance/sit", self._on_sit)
        self._intakes.serve(Trigger, "balance/get_up", self._on_get_up)

    def run(self, ended: Event) -> None:
        """Serve the link until `ended` is set; services run beside it."""
        gc.collect()
        gc.freeze()  # objects that live now stay alive: later collections skip them
        serve_link(self._node, self._link, ended)

    def close(self) -> None:
        """Close all that was opened; the driver's standby takes over from here."""
        self._heartbeat.close()
        self._reports.close()
        self._node.destroy_node()

    def _on_state(self, read: tuple[RobotState, bool]) -> None:
        state, standby_active = read
        started = time.thread_time()
        self._heartbeat.busy = True
        self._now = state.time
        intent = self._keeper.intent(state.time, standby_active)
        command, report = self._controller.step_balance(state, intent)
        command = self._seat.step_seat(state, intent, report, command)
        self._controller.sends(command)
        self._report = report
        if report.mode is Mode.STANDING:
            self._keeper.is_up()
        self._reports.took(time.thread_time() - started)
        self._command.publish(self._encode(command))
        self._heartbeat.sequence = state.sequence
        self._heartbeat.busy = False
        rejected = self._intakes.ledger.count("cmd_vel")
        self._reports.publish(state, report, self._seat, rejected)

    def _on_velocity(self, message: TwistStamped) -> None:
        most = self._keeper.config.stale_after
        self._keeper.velocity(*conversions.velocity(message, self._now, most))

    def _on_safety(self, message: SafetyState) -> None:
        self._keeper.safety(message.level, message.torque_permitted, message.rule)

    def _on_gaze(self, message: PointStamped) -> None:
        base = self._report.base if self._report else None
        if base is not None:
            point = conversions.gaze_point(message, base)
            head = base.position + base.rotation @ self._controller.gaze_in_base
            self._keeper.gaze_at(matrix_from_yaw(yaw_of(base.rotation)).T @ (point - head))

    def _on_limb_targets(self, message: LimbTargets) -> None:
        for target in conversions.limb_targets(message):
            refusal = self._keeper.limb_target(target, self._now)
            if refusal is not None:
                self._intakes.refuse("balance/limb_targets", refusal)

    def _on_elevation(self, message: ElevationMap) -> None:
        self._controller.see_ground(conversions.height_grid(message))

    def _on_stand(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return conversions.answered(response, self._keeper.request_stand(), "standing up")

    def _on_get_up(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        refusal = self._keeper.request_get_up(self._controller.lies, self._controller.can_get_up)
        return conversions.answered(response, refusal, "getting up")

    def _on_sit(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._keeper.stand_wanted = False
        return conversions.answered(response, None, "sitting down")


def main() -> int:
    """Run the node until it is told to end."""
    return run_node(BalanceNode, niceness=CONTROL_NICENESS)
