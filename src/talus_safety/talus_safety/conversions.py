# SPDX-License-Identifier: Apache-2.0
"""Messages to the supervisor's dataclasses and back."""

from __future__ import annotations

from builtin_interfaces.msg import Time

from talus_interfaces.msg import GateState, SafetyState
from talus_safety.decision import GatePhase
from talus_safety.facts import GateReport
from talus_safety.ladder import StopLevel
from talus_safety.supervisor import SupervisorState

NANO = 1_000_000_000


def gate_report(message: GateState) -> GateReport:
    """An unknown phase reads as standby: what is not understood restricts."""
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


def safety_message(state: SupervisorState, robot_time: float, sequence: int) -> SafetyState:
    """At `robot_time` s, having seen RobotState `sequence`."""
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
    """ROS time; what is before its beginning becomes 0."""
    whole, nano = divmod(max(round(seconds * NANO), 0), NANO)
    return Time(sec=whole, nanosec=nano)
