# SPDX-License-Identifier: Apache-2.0
"""What the balance node tells of itself, each every so many control ticks: odometry, frames, its state, diagnostics."""

from __future__ import annotations

from collections import deque

import numpy as np
from nav_msgs.msg import Odometry
from rclpy.node import Node
from talus_core.robot import Foot
from talus_core.rotations import quat_xyzw_from_matrix
from talus_core.state import RobotState
from talus_ros.diagnostics_node import ERROR, OK, WARN, DiagnosticsPublisher
from talus_ros.trace_node import TracedPublisher, trace_of_node
from tf2_msgs.msg import TFMessage

from talus_balance import conversions
from talus_balance.controller import BalanceReport
from talus_balance.policy.policy_node import is_trouble
from talus_balance.policy.seat import PolicySeat
from talus_interfaces.msg import BalanceState

ODOMETRY_HZ, BALANCE_STATE_HZ, DIAGNOSTICS_HZ = 62.5, 50.0, 1.0
TRACE_SLOTS, TRACE_BYTES = 256, 1024  # 2 s in real time; odometry with its covariances is 0.7 kB


class BalanceReports:
    """Call `publish` every tick."""

    def __init__(self, node: Node, feet: tuple[Foot, Foot], control_rate_hz: float):
        self._feet = feet
        self._every = {hz: round(control_rate_hz / hz) for hz in (ODOMETRY_HZ, BALANCE_STATE_HZ, DIAGNOSTICS_HZ)}
        self._cpu: deque[float] = deque(maxlen=round(control_rate_hz))
        self._trace = trace_of_node(node, TRACE_SLOTS, TRACE_BYTES)
        self._odometry = TracedPublisher(node, Odometry, "odom", 10, self._trace)
        self._odometry_writer = conversions.OdometryWriter()
        self._transforms = node.create_publisher(TFMessage, "tf", 100)
        self._state = TracedPublisher(node, BalanceState, "balance/state", 10, self._trace)
        self._diagnostics = DiagnosticsPublisher(node)

    def close(self) -> None:
        """Take the trace away."""
        self._trace.close()

    def took(self, cpu: float) -> None:
        """A tick, s of CPU time."""
        self._cpu.append(cpu)

    def publish(self, state: RobotState, report: BalanceReport, seat: PolicySeat, rejected: int) -> None:
        """What is due at this tick; `rejected`: cmd_vel refused so far."""
        stamp = conversions.time_message(state.time)
        if report.base is not None and state.sequence % self._every[ODOMETRY_HZ] == 0:
            quat_xyzw = quat_xyzw_from_matrix(report.base.rotation)
            self._odometry.publish(self._odometry_writer.write(report.base, quat_xyzw, state.time))
            self._transforms.publish(conversions.transforms_message(report, quat_xyzw, stamp))
        if state.sequence % self._every[BALANCE_STATE_HZ] == 0:
            self._state.publish(conversions.balance_state_message(report, state, self._feet, stamp, seat.text))
        if state.sequence % self._every[DIAGNOSTICS_HZ] == 0:
            self._publish_diagnostics(stamp, report, seat, rejected)

    def _publish_diagnostics(self, stamp, report: BalanceReport, seat: PolicySeat, rejected: int) -> None:
        cpu_ms = 1e3 * np.array(self._cpu)
        has_trouble = rejected or report.solver_failures or is_trouble(seat)
        level = ERROR if report.base is None else WARN if has_trouble else OK
        values = {
            "mode": report.mode.name,
            "tick_cpu_ms_mean": float(cpu_ms.mean()),
            "tick_cpu_ms_p99": float(np.percentile(cpu_ms, 99)),
            "solver_failures": report.solver_failures,
            "rejected_cmd_vel": rejected,
            "carried_kg": report.carried,
            "policy": seat.text or "none",
        }
        doing = report.mode.name.lower().replace("_", " ")
        text = "waits for the robot to be at rest" if report.base is None else doing
        self._diagnostics.publish(stamp, level, text, values)
