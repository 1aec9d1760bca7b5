# SPDX-License-Identifier: Apache-2.0
"""Talus's driver data to and from ROS messages."""

from __future__ import annotations

from array import array

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import WrenchStamped
from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import BatteryState, Imu, JointState
from talus_core.driver import Battery, GroundTruth
from talus_core.state import JointCommand, RobotState
from talus_safety.gate import GateDecision
from talus_safety.ladder import StopLevel
from talus_safety.permit import TorquePermit

from talus_drivers.faults.injector import Injection
from talus_interfaces import msg

NANO = 1_000_000_000


def time_message(seconds: float) -> Time:
    """ROS time of s since its epoch."""
    sec, nanosec = divmod(round(seconds * NANO), NANO)
    return Time(sec=sec, nanosec=nanosec)


def doubles(values: np.ndarray) -> array:
    """For a float64[] field: a list would be checked element by element."""
    return array("d", np.ascontiguousarray(values, dtype=np.float64).tobytes())


def command_from_bytes(data: bytes) -> JointCommand:
    """A command of whatever size: the slow road, for frames that the codec refuses; the last gate judges them."""
    message = deserialize_message(data, msg.JointCommand)
    arrays = (message.position, message.velocity, message.effort, message.kp, message.kd)
    return JointCommand(message.sequence, *(np.array(values) for values in arrays))


def permit_from_message(message: msg.SafetyState) -> TorquePermit:
    """What the last gate needs of the supervisor."""
    level = StopLevel.from_message(message.level)
    return TorquePermit(level, message.armed, message.torque_permitted, message.sequence)


def fill_joint_state(message: JointState, state: RobotState) -> None:
    """Names stay as they are."""
    message.position = doubles(state.position)
    message.velocity = doubles(state.velocity)
    message.effort = doubles(state.effort)


def imu_message(frame: str, gyroscope_sigma: float, accelerometer_sigma: float) -> Imu:
    """Covariances per REP-145: orientation is not measured (first element -1); standard deviations in rad/s, m/s^2."""
    message = Imu()
    message.header.frame_id = frame
    message.orientation_covariance[0] = -1.0
    message.angular_velocity_covariance[[0, 4, 8]] = gyroscope_sigma**2
    message.linear_acceleration_covariance[[0, 4, 8]] = accelerometer_sigma**2
    return message


def fill_imu(message: Imu, state: RobotState) -> None:
    """Covariances stay as they are."""
    _fill_vector(message.angular_velocity, state.angular_velocity)
    _fill_vector(message.linear_acceleration, state.linear_acceleration)


def fill_wrench(message: WrenchStamped, wrench: np.ndarray) -> None:
    """(6,) force N, torque N m."""
    _fill_vector(message.wrench.force, wrench[:3])
    _fill_vector(message.wrench.torque, wrench[3:])


def battery_message(battery: Battery) -> BatteryState:
    """As the pack's electronics report it; charge by the mean voltage of a discharge."""
    message = BatteryState()
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


def fill_odometry(message: Odometry, truth: GroundTruth, rotation_world_to_base: np.ndarray) -> None:
    """Twist in the child frame, as nav_msgs/Odometry asks."""
    pose, twist = message.pose.pose, message.twist.twist
    _fill_vector(pose.position, truth.position)
    x, y, z, w = truth.quat_xyzw.tolist()
    pose.orientation.x, pose.orientation.y, pose.orientation.z, pose.orientation.w = x, y, z, w
    _fill_vector(twist.linear, rotation_world_to_base @ truth.linear_velocity)
    _fill_vector(twist.angular, truth.angular_velocity)


def gate_message(decision: GateDecision, sequence: int, stamp: Time, malformed: int) -> msg.GateState:
    """`malformed`: frames refused before the gate, because a sound one was there too."""
    counters = decision.counters
    return msg.GateState(
        stamp=stamp,
        sequence=sequence,
        phase=int(decision.phase),
        latched=decision.latched,
        at_rest=decision.at_rest,
        request=int(decision.request),
        reason=decision.reason,
        command_sequence=counters.command_sequence,
        rejected=counters.rejected + malformed,
        rejected_in_row=counters.rejected_in_row,
        clamped=counters.clamped,
    )


def fault_message(injection: Injection) -> msg.Fault:
    """Its onset or its end."""
    return msg.Fault(
        onset=time_message(injection.time),
        sequence=injection.tick,
        name=injection.name,
        target=injection.target,
        severity=injection.severity,
        duration=injection.duration,
        active=injection.active,
    )


def _fill_vector(message: object, vector: np.ndarray) -> None:
    message.x, message.y, message.z = vector.tolist()
