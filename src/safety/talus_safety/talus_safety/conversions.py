# SPDX-License-Identifier: Apache-2.0
"""Converts messages to the supervisor's dataclasses and back."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import PointCloud2
from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_core.words.gate_phases import GatePhase
from talus_core.words.stop_levels import StopLevel

from talus_interfaces.msg import GateState, SafetyState
from talus_safety.kernel.decide.supervisor.facts import Facts, GateReport
from talus_safety.kernel.decide.supervisor.supervisor import SupervisorState


def gate_report(message: GateState) -> GateReport:
    """Convert a report; an unknown phase reads as standby, since what is unknown must restrict."""
    known = {int(phase): phase for phase in GatePhase}
    return GateReport(
        phase=known.get(message.phase, GatePhase.HOLD),
        latched=message.latched,
        at_rest=message.at_rest,
        request=StopLevel.from_message(message.request),
        reason=message.reason,
        rule=message.rule,
        bundle=message.bundle,
    )


def moving_bodies(message: PointCloud2) -> tuple[np.ndarray, float]:
    """Return the bodies that move, (n, 4), and the time of their image, s.

    A malformed message yields no bodies.
    """
    stamp = message.header.stamp
    columns = {field.name: field.offset // 4 for field in message.fields}
    wanted = [columns.get(name, -1) for name in ("x", "y", "vx", "vy")]
    size = message.width * message.point_step
    is_sound = (
        min(wanted) >= 0 and max(wanted) * 4 < message.point_step and message.point_step % 4 == 0
    )
    if not is_sound or len(message.data) != size or message.height != 1:
        return np.zeros((0, 4)), stamp.sec + stamp.nanosec / NANOSECONDS_PER_SECOND
    rows = np.frombuffer(message.data, "<f4").reshape(message.width, -1)
    return rows[:, wanted].astype(float), stamp.sec + stamp.nanosec / NANOSECONDS_PER_SECOND


def safety_message(state: SupervisorState, robot_time: float, sequence: int) -> SafetyState:
    """Return the message of a state at `robot_time`, s, decided on RobotState number `sequence`."""
    return SafetyState(
        stamp=time_message(robot_time),
        level=int(state.level),
        cause=state.cause,
        rule=state.rule,
        since=time_message(robot_time - state.level_for),
        clears_by=state.clears_by,
        latched=state.latched,
        armed=state.armed,
        torque_permitted=state.torque_permitted,
        sequence=sequence,
    )


def time_message(seconds: float) -> Time:
    """Return ROS time; times before 0 become 0."""
    whole, nano = divmod(max(round(seconds * NANOSECONDS_PER_SECOND), 0), NANOSECONDS_PER_SECOND)
    return Time(sec=whole, nanosec=nano)


def diagnostic_values(
    state: SupervisorState, facts: Facts, bundle: str
) -> dict[str, str | float | bool]:
    """Return what the safety node reports in `diagnostics`, by key; `bundle` is its SHA-256."""
    return {
        "level": state.level.name,
        "latched": state.latched,
        "armed": state.armed,
        "torque_permitted": state.torque_permitted,
        "tilt_rad": facts.tilt,
        "battery": facts.battery,
        "absent": ", ".join(facts.nodes.absent),
        "bundle": bundle,
        "operator_age_s": facts.operator.age,
    }
