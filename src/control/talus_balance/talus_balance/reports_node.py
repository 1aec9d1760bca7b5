# SPDX-License-Identifier: Apache-2.0
"""Publishes what the balance node reports: odometry, frames, its state and diagnostics."""

from __future__ import annotations

from collections import deque

import numpy as np
from builtin_interfaces.msg import Time
from nav_msgs.msg import Odometry
from rclpy.node import Node
from talus_core.robot import RobotDescription
from talus_core.state import RobotState
from talus_dynamics.rotation_vectors import quat_xyzw_from_rotation
from talus_ros.diagnostics_node import ERROR, OK, WARN, DiagnosticsPublisher
from talus_ros.trace_node import TracedPublisher, trace_of_node
from tf2_msgs.msg import TFMessage

from talus_balance import conversions
from talus_balance.balance_types import BalanceReport
from talus_balance.policy.policy_node import is_trouble
from talus_balance.policy.seat import PolicySeat
from talus_interfaces.msg import BalanceState

ODOMETRY_HZ = 62.5
BALANCE_STATE_HZ = 50.0
DIAGNOSTICS_HZ = 1.0
BALANCE_TRACE_SLOTS = 256  # 2 s in real time
TRACE_SLOT_BYTES = 1024  # odometry with its covariances is 700


class BalanceReports:
    """Publishes the node's reports; call `publish` every tick."""

    def __init__(self, node: Node, description: RobotDescription, control_rate_hz: float):
        self._feet = description.feet
        self._base_link = description.frames["base"]
        self._every = {
            hz: round(control_rate_hz / hz)
            for hz in (ODOMETRY_HZ, BALANCE_STATE_HZ, DIAGNOSTICS_HZ)
        }
        self._cpu: deque[float] = deque(maxlen=round(control_rate_hz))
        self._trace = trace_of_node(node, BALANCE_TRACE_SLOTS, TRACE_SLOT_BYTES)
        self._odometry = TracedPublisher(node, Odometry, "odom", 10, self._trace)
        self._odometry_writer = conversions.OdometryWriter()
        self._transforms = node.create_publisher(TFMessage, "tf", 100)
        self._state = TracedPublisher(node, BalanceState, "balance/state", 10, self._trace)
        self._diagnostics = DiagnosticsPublisher(node)

    def close(self) -> None:
        """Remove the trace."""
        self._trace.close()

    def took(self, cpu: float) -> None:
        """Count a tick that took `cpu`, s of computing time."""
        self._cpu.append(cpu)

    def publish(
        self, state: RobotState, report: BalanceReport, seat: PolicySeat, rejected: int
    ) -> None:
        """Publish what is due at this tick; `rejected`: number of cmd_vel refused so far."""
        stamp = conversions.time_message(state.time)
        base = report.base
        if base is not None and state.sequence % self._every[ODOMETRY_HZ] == 0:
            quat_xyzw = quat_xyzw_from_rotation(base.rotation)
            self._odometry.publish(self._odometry_writer.write(base, quat_xyzw, state.time))
            soles = report.sole_positions
            frames = conversions.transforms_message(
                base, soles, quat_xyzw, stamp, link=self._base_link
            )
            self._transforms.publish(frames)
        if state.sequence % self._every[BALANCE_STATE_HZ] == 0:
            self._state.publish(
                conversions.balance_state_message(report, state, self._feet, stamp, seat.text)
            )
        if state.sequence % self._every[DIAGNOSTICS_HZ] == 0:
            self._publish_diagnostics(stamp, report, seat, rejected)

    def _publish_diagnostics(
        self, stamp: Time, report: BalanceReport, seat: PolicySeat, rejected: int
    ) -> None:
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
            "refused_footstep": _refused_footstep(report),
        }
        waits = "waits for the robot to be at rest"
        text = waits if report.base is None else report.mode.words
        self._diagnostics.publish(stamp, level, text, values)


def _refused_footstep(report: BalanceReport) -> str:
    """Say why the next proposed footstep is refused; "none" if it is not, or there is none."""
    refusal = None if report.gait is None else report.gait.refusal
    return "none" if refusal is None else refusal.value
