# SPDX-License-Identifier: Apache-2.0
"""Convert the driver's data to and from ROS messages."""

from __future__ import annotations

from array import array

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import BatteryState
from talus_core.driver import Battery
from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_core.state import JointCommand, RobotState
from talus_core.words.stop_levels import StopLevel
from talus_safety.kernel.decide.gate.decision import GateDecision
from talus_safety.kernel.decide.gate.permit import TorquePermit

from talus_interfaces import msg


def time_message(seconds: float) -> Time:
    """Return the ROS time that is `seconds` after its epoch."""
    sec, nanosec = divmod(round(seconds * NANOSECONDS_PER_SECOND), NANOSECONDS_PER_SECOND)
    return Time(sec=sec, nanosec=nanosec)


def command_from_bytes(data: bytes) -> JointCommand:
    """Decode a command of any size: for frames that the codec refuses; the last gate judges it.

    Bytes that are no message become a command without joints, which the gate refuses.
    """
    try:
        message = deserialize_message(data, msg.JointCommand)
    except Exception:  # whatever rclpy raises at a stranger's bytes
        message = msg.JointCommand()
    arrays = (message.position, message.velocity, message.effort, message.kp, message.kd)
    return JointCommand(message.sequence, *(np.array(values) for values in arrays))


def permit_from_message(message: msg.SafetyState) -> TorquePermit:
    """Return what the last gate needs to know of the supervisor."""
    level = StopLevel.from_message(message.level)
    return TorquePermit(
        level=level,
        armed=message.armed,
        torque_permitted=message.torque_permitted,
        sequence=message.sequence,
        rule=message.rule,
    )


def battery_message(battery: Battery, time: float) -> BatteryState:
    """Return the pack's report at `time`, s, as its electronics would give it."""
    message = BatteryState()
    message.header.stamp = time_message(time)
    message.voltage = battery.voltage
    message.current = battery.current
    message.temperature = battery.temperature
    message.percentage = battery.charge_fraction
    message.charge = float("nan")  # the pack counts energy, not charge
    message.capacity = float("nan")
    message.design_capacity = float("nan")
    message.power_supply_status = BatteryState.POWER_SUPPLY_STATUS_DISCHARGING
    message.power_supply_health = BatteryState.POWER_SUPPLY_HEALTH_GOOD
    message.power_supply_technology = BatteryState.POWER_SUPPLY_TECHNOLOGY_LION
    message.present = True
    return message


def simulator_message(state: RobotState, qpos: np.ndarray) -> msg.SimulatorState:
    """Return the place of everything in the scene, in MuJoCo's order."""
    positions = array("d", qpos.tobytes())  # a list would be checked element by element
    return msg.SimulatorState(
        stamp=time_message(state.time), sequence=state.sequence, qpos=positions
    )


def gate_message(
    decision: GateDecision, sequence: int, stamp: Time, malformed: int, bundle: str
) -> msg.GateState:
    """Return the gate's account of itself.

    `malformed`: frames refused before the gate, because a sound one was there too; `bundle`: the
    SHA-256 of its limits.
    """
    counters = decision.counters
    return msg.GateState(
        stamp=stamp,
        sequence=sequence,
        phase=int(decision.phase),
        latched=decision.latched,
        at_rest=decision.at_rest,
        request=int(decision.request),
        reason=decision.reason,
        rule=decision.rule,
        command_sequence=counters.command_sequence,
        rejected=counters.rejected + malformed,
        rejected_in_row=counters.rejected_in_row,
        clamped=counters.clamped,
        unfelt=sorted(sense.value for sense in decision.unfelt),
        bundle=bundle,
    )
