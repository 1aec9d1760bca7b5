# SPDX-License-Identifier: Apache-2.0
"""Converts messages to the supervisor's dataclasses and back."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import BatteryState, PointCloud2, PointField
from talus_core.errors import RefusedInputError
from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_core.words.body_senses import BodySense
from talus_core.words.gate_phases import GatePhase
from talus_core.words.stop_levels import StopLevel
from talus_ros.conversions import seconds

from talus_interfaces.msg import GateState, SafetyState
from talus_safety.kernel.decide.supervisor.facts import Facts, GateReport
from talus_safety.kernel.decide.supervisor.supervisor import SupervisorState
from talus_safety.monitors import not_applied

MOVING_FIELDS = ("x", "y", "vx", "vy")  # float32 each, of `map/moving`
MOST_BODIES = 10_000  # a hundred times a crowd that fits around a robot
LONGEST_TEXT = 200  # characters of a reason, which is shown and recorded again and again


def gate_report(message: GateState) -> GateReport:
    """Convert a report; what is unknown must restrict.

    So an unknown phase reads as standby, and an unknown sense leaves no monitor out.
    """
    known = {int(phase): phase for phase in GatePhase}
    return GateReport(
        phase=known.get(message.phase, GatePhase.HOLD),
        latched=message.latched,
        at_rest=message.at_rest,
        request=StopLevel.from_message(message.request),
        reason=message.reason[:LONGEST_TEXT],
        rule=message.rule[:LONGEST_TEXT],
        bundle=message.bundle,
        unfelt=frozenset(sense for sense in BodySense if sense in message.unfelt),
    )


def moving_bodies(message: PointCloud2) -> tuple[np.ndarray, float]:
    """Return the bodies that move, (n, 4) x, y, vx, vy in m and m/s, and their image's time, s.

    Raises RefusedInputError for a cloud whose fields and sizes are others.
    """
    fields = {field.name: field for field in message.fields}
    missing = [name for name in MOVING_FIELDS if name not in fields]
    if missing:
        raise RefusedInputError(f"a cloud without {', '.join(missing)}; x, y, vx and vy work")
    wanted = [fields[name] for name in MOVING_FIELDS]
    step = message.point_step
    are_floats = all(
        field.datatype == PointField.FLOAT32
        and field.count <= 1
        and field.offset % 4 == 0
        and field.offset + 4 <= step
        for field in wanted
    )
    if not are_floats or step % 4 or message.is_bigendian:
        raise RefusedInputError(
            f"a cloud with steps of {step} bytes whose x, y, vx and vy are no float32 within them"
        )
    if message.height != 1 or message.width > MOST_BODIES:
        raise RefusedInputError(
            f"a cloud of {message.width} x {message.height} points; up to {MOST_BODIES} x 1 work"
        )
    if len(message.data) != message.width * step:
        raise RefusedInputError(
            f"a cloud of {message.width} points in {len(message.data)} bytes; {step} each work"
        )
    rows = np.frombuffer(message.data, "<f4").reshape(message.width, step // 4)
    bodies = rows[:, [field.offset // 4 for field in wanted]].astype(float)
    return bodies, seconds(message.header.stamp)


def charge_of(message: BatteryState) -> float:
    """Return the charge, 0 to 1. Raises RefusedInputError for another number, or none."""
    if not 0.0 <= message.percentage <= 1.0:  # NaN is refused too
        raise RefusedInputError(f"a charge of {message.percentage}; a share 0 to 1 works")
    return message.percentage


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
        "not_judged": "; ".join(sorted(not_applied(facts.gate.unfelt))),
        "operator_age_s": facts.operator.age,
    }
