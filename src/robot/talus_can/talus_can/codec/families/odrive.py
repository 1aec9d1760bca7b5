# SPDX-License-Identifier: Apache-2.0
"""Speaks to ODrive drives by CAN Simple, firmware 0.6: identifier node << 5 | command.

Units of the bus are turns; a drive regulates position by a cascade of two gains, which is an
impedance as long as its integrator is off. Sources: the DBC of odrive-can 2.1.0 (firmware 0.6.10)
and its enumerations.
"""

from __future__ import annotations

import numpy as np

from talus_can.codec.addressing import Addressed, JointLookup
from talus_can.codec.drives import Drives
from talus_can.codec.family import (
    BareFamily,
    Capabilities,
    ControlMode,
    Family,
    GainSupport,
    Order,
    ReplyKind,
    Reported,
    unsupported,
)
from talus_can.codec.fault_words import names_of_bits
from talus_can.codec.feedback import DecodedFrames, DriveSetting, Feedback
from talus_can.codec.impedance import chosen_mode
from talus_can.codec.scaling import SignedFields, columns_of
from talus_can.codec.targets import CommandError, Quantity, Targets, checked_targets
from talus_can.frames import FrameBatch, joined
from talus_can.load import FrameShape

_TOP_ID = 0x3E  # 0x3F is for drives without an address yet
_COMMAND_BITS = 5
_COMMAND_MASK = 0x1F
_HEARTBEAT = 0x01
_ERRORS = 0x03
_SET_STATE = 0x07
_ESTIMATES = 0x09
_SET_MODE = 0x0B
_SET_POSITION = 0x0C
_SET_VELOCITY = 0x0D
_SET_TORQUE = 0x0E
_TEMPERATURES = 0x15
_CLEAR_ERRORS = 0x18
_SET_ZERO = 0x19
_POSITION_GAIN = 0x1A
_VELOCITY_GAINS = 0x1B
_TORQUES = 0x1C
# Bytes of payload of what a drive sends.
_REPORT_BYTES = {_HEARTBEAT: 7, _ERRORS: 8, _ESTIMATES: 8, _TEMPERATURES: 8, _TORQUES: 8}
# The same by command; 0 for what is no report.
_LEAST_TABLE = np.array([_REPORT_BYTES.get(kind, 0) for kind in range(32)], np.uint8)
_BYTES = 8
_OFF = 1
_CLOSED_LOOP = 8
_PASS_THROUGH = 1
_MODE_NUMBERS = {ControlMode.POSITION: 3, ControlMode.VELOCITY: 2, ControlMode.EFFORT: 1}
_COMMANDS = {
    ControlMode.POSITION: _SET_POSITION,
    ControlMode.VELOCITY: _SET_VELOCITY,
    ControlMode.EFFORT: _SET_TORQUE,
}
_TAKES = {
    ControlMode.POSITION: frozenset({Quantity.POSITION, Quantity.VELOCITY, Quantity.EFFORT}),
    ControlMode.VELOCITY: frozenset({Quantity.VELOCITY, Quantity.EFFORT}),
    ControlMode.EFFORT: frozenset({Quantity.EFFORT}),
}
_ORDERS = frozenset({Order.ENABLE, Order.DISABLE, Order.CLEAR_FAULTS, Order.SET_ZERO})
_TURN_RAD = 2.0 * np.pi
# Of velocity, turns/s, and torque, N m, beside a position: the drive's default scales.
_SIDE_STEP = 1e-3
_STATES = {
    0: "undefined",
    _OFF: "off",
    2: "starting up",
    3: "calibrating",
    4: "calibrating the motor",
    6: "searching the encoder index",
    7: "calibrating the encoder",
    _CLOSED_LOOP: "on",
    9: "open loop",
    10: "finding the encoder direction",
    11: "homing",
    12: "calibrating Hall polarity",
    13: "calibrating Hall phases",
    14: "calibrating against cogging",
}
_FAULTS = {
    0: "still starting",
    1: "system level",
    2: "timing",
    3: "estimate missing",
    4: "bad configuration",
    5: "gate driver",
    6: "input missing",
    8: "over-voltage",
    9: "under-voltage",
    10: "over-current of the supply",
    11: "over-current into the supply",
    12: "motor over-current",
    13: "motor too hot",
    14: "power stage too hot",
    15: "too fast",
    16: "position out of bounds",
    24: "no command within the watchdog's time",
    25: "emergency stop asked for",
    26: "spins without load or encoder slips",
    27: "brake resistor off",
    28: "thermistor disconnected",
    30: "calibration",
}


class OdriveFamily(BareFamily):
    """Speaks to ODrive drives; see `Family`."""

    # Command, estimates and torques.
    frames_of_a_drive = (FrameShape(_BYTES),) * 3

    def __init__(self, drives: Drives, mode: ControlMode):
        drives.check_classic("ODrive")
        drives.check_ids(0, _TOP_ID)
        self.drives = drives
        self.capabilities = Capabilities(
            mode,
            _TAKES[mode],
            GainSupport.BY_SEPARATE_FRAMES if mode is ControlMode.POSITION else GainSupport.NONE,
            ReplyKind.CYCLIC,
            frozenset(Reported),
            _ORDERS,
            writable=frozenset({DriveSetting.MODE}),
        )
        ids = np.asarray(drives.drive_id, np.uint32) << _COMMAND_BITS
        self._ids = ids
        self._by_id = JointLookup(drives.bus, np.asarray(drives.drive_id))
        size = 4 if mode is ControlMode.EFFORT else _BYTES
        self._to = Addressed(drives, ids | _COMMANDS[mode], 0, size)
        ends = drives.scales("position", "velocity", "effort")
        self._ends = ends
        step = np.array([np.full(len(drives), _SIDE_STEP * unit) for unit in (_TURN_RAD, 1.0)])
        self._side_scale = SignedFields(step, ends[1:], (16, 16))

    def command(self, targets: Targets, feedback: Feedback) -> FrameBatch:
        """Return one frame for each drive."""
        values = checked_targets(targets, self.drives.joints)
        wanted = values[[Quantity.POSITION, Quantity.VELOCITY, Quantity.EFFORT]]
        clipped = np.minimum(np.maximum(wanted, -self._ends), self._ends)
        if self.capabilities.mode is ControlMode.POSITION:
            side = self._side_scale.raw(clipped[1:])
            turns = _bytes_of(clipped[:1] / _TURN_RAD, "<f4")
            return self._to.with_data(np.hstack([turns, _bytes_of(side, "<i2")]))
        if self.capabilities.mode is ControlMode.VELOCITY:
            clipped[1] /= _TURN_RAD
            return self._to.with_data(_bytes_of(clipped[1:], "<f4"))
        return self._to.with_columns(_bytes_of(clipped[2:], "<f4"))

    def meaning(self, frames: FrameBatch) -> Targets:
        """Return the targets that command frames mean."""
        mode = self.capabilities.mode
        joints = self._by_id.find(frames.bus, frames.can_id >> _COMMAND_BITS)
        is_ours = (joints >= 0) & (frames.can_id & _COMMAND_MASK == _COMMANDS[mode])
        joints = joints[is_ours]
        data = frames.data[is_ours]
        values = np.full((len(Quantity), len(self.drives)), np.nan)
        first = columns_of(data[:, :4], "<f4")[0]
        if mode is ControlMode.POSITION:
            side = self._side_scale.values(columns_of(data[:, 4:8], "<i2"), joints)
            values[Quantity.POSITION, joints] = first * _TURN_RAD
            values[Quantity.VELOCITY, joints] = side[0]
            values[Quantity.EFFORT, joints] = side[1]
        elif mode is ControlMode.VELOCITY:
            values[Quantity.VELOCITY, joints] = first * _TURN_RAD
            values[Quantity.EFFORT, joints] = columns_of(data[:, 4:8], "<f4")[0]
        else:
            values[Quantity.EFFORT, joints] = first
        return Targets(values)

    def decode(self, frames: FrameBatch, feedback: Feedback) -> DecodedFrames:
        """Read heartbeats, estimates, torques, temperatures and errors."""
        joints = self._by_id.find(frames.bus, frames.can_id >> _COMMAND_BITS)
        kinds = frames.can_id & _COMMAND_MASK
        least = _LEAST_TABLE[kinds]
        known = (joints >= 0) & (least > 0) & (frames.can_id >> 11 == 0)
        is_whole = known & (frames.flags == 0) & (frames.length >= least)
        for kind, read in (
            (_ESTIMATES, self._read_estimates),
            (_TORQUES, self._read_torques),
            (_HEARTBEAT, self._read_heartbeat),
            (_TEMPERATURES, self._read_temperatures),
            (_ERRORS, self._read_errors),
        ):
            rows = np.flatnonzero(is_whole & (kinds == kind))
            if len(rows):
                read(frames.data[rows, :_BYTES], joints[rows], feedback)
        malformed = int(np.count_nonzero(known)) - int(np.count_nonzero(is_whole))
        return DecodedFrames(known, malformed)

    def order(
        self, order: Order, feedback: Feedback, joints: np.ndarray | None = None
    ) -> FrameBatch:
        """Return the frames of an order; to enable, the mode goes before the state."""
        if order is Order.ENABLE:
            state = self._frames(_SET_STATE, _CLOSED_LOOP.to_bytes(4, "little"), joints)
            return joined([self._mode_frames(joints), state])
        if order is Order.DISABLE:
            return self._frames(_SET_STATE, _OFF.to_bytes(4, "little"), joints)
        if order is Order.CLEAR_FAULTS:
            return self._frames(_CLEAR_ERRORS, b"\0", joints)
        if order is Order.SET_ZERO:
            return self._frames(_SET_ZERO, bytes(4), joints)
        raise unsupported("order", order.name, self.capabilities.orders)

    def gain_frames(self, kp: np.ndarray, kd: np.ndarray) -> FrameBatch:
        """Return the gains of both loops: torque = kd (kp / kd (p - q) + v - dq)."""
        if self.capabilities.gains is not GainSupport.BY_SEPARATE_FRAMES:
            raise unsupported("order", "SET_GAINS", self.capabilities.orders)
        for joint, stiffness, damping in zip(self.drives.joints, kp, kd, strict=True):
            is_finite = np.isfinite(stiffness) and np.isfinite(damping)
            if not (is_finite and stiffness >= 0 and (damping > 0 or stiffness == damping == 0)):
                raise CommandError(
                    f"joint '{joint}': kp {stiffness} with kd {damping} cannot be; an ODrive "
                    "needs kd above 0 for a kp above 0"
                )
        ratio = np.divide(kp, kd, out=np.zeros(len(self.drives)), where=np.asarray(kd) > 0)
        outer = _bytes_of(ratio[None], "<f4")
        inner = _bytes_of(np.array([np.asarray(kd) * _TURN_RAD, np.zeros(len(ratio))]), "<f4")
        return joined(
            [
                Addressed(self.drives, self._ids | _POSITION_GAIN, 0, 4).with_columns(outer),
                Addressed(self.drives, self._ids | _VELOCITY_GAINS, 0, _BYTES).with_columns(inner),
            ]
        )

    def write_setting(
        self, setting: DriveSetting, value: float, joints: np.ndarray | None = None
    ) -> FrameBatch:
        """Return frames that set the mode that this codec is for; nothing else can be written."""
        if setting is not DriveSetting.MODE:
            raise unsupported("setting", setting.name, self.capabilities.writable)
        number = _MODE_NUMBERS[self.capabilities.mode]
        if value != number:
            raise CommandError(f"setting mode is {value}; this codec is for {number}")
        return self._mode_frames(joints)

    def enabled(self, feedback: Feedback) -> np.ndarray:
        """Return which drives are in closed loop."""
        return feedback.state == _CLOSED_LOOP

    def state_name(self, state: int) -> str:
        """Return the name of the drive's state."""
        return _STATES.get(state, f"unknown state {state}")

    def fault_names(self, fault: int) -> tuple[str, ...]:
        """Return the faults of a word."""
        return names_of_bits(fault, _FAULTS)

    def warning_names(self, warning: int) -> tuple[str, ...]:
        """Return why the drive went off last, which is no fault any more."""
        return tuple(f"went off: {name}" for name in names_of_bits(warning, _FAULTS))

    def _mode_frames(self, joints: np.ndarray | None) -> FrameBatch:
        number = _MODE_NUMBERS[self.capabilities.mode]
        words = number.to_bytes(4, "little") + _PASS_THROUGH.to_bytes(4, "little")
        return self._frames(_SET_MODE, words, joints)

    def _frames(self, command: int, payload: bytes, joints: np.ndarray | None) -> FrameBatch:
        return Addressed(self.drives, self._ids | command, 0, len(payload)).same(payload, joints)

    def _read_estimates(self, data: np.ndarray, joints: np.ndarray, feedback: Feedback) -> None:
        values = columns_of(data, "<f4") * _TURN_RAD
        feedback.position[joints] = values[0]
        feedback.velocity[joints] = values[1]
        feedback.count_replies(joints)

    def _read_torques(self, data: np.ndarray, joints: np.ndarray, feedback: Feedback) -> None:
        feedback.effort[joints] = columns_of(data, "<f4")[1]

    def _read_heartbeat(self, data: np.ndarray, joints: np.ndarray, feedback: Feedback) -> None:
        feedback.fault[joints] = columns_of(data[:, :4], "<u4")[0].astype(np.uint64)
        feedback.state[joints] = data[:, 4]

    def _read_temperatures(self, data: np.ndarray, joints: np.ndarray, feedback: Feedback) -> None:
        values = columns_of(data, "<f4")
        feedback.drive_temperature[joints] = values[0]
        feedback.motor_temperature[joints] = values[1]

    def _read_errors(self, data: np.ndarray, joints: np.ndarray, feedback: Feedback) -> None:
        words = columns_of(data, "<u4").astype(np.uint64)
        feedback.fault[joints] = words[0]
        feedback.warning[joints] = words[1]


def _bytes_of(rows: np.ndarray, kind: str) -> np.ndarray:
    """Return (n, bytes) of numbers (k, n) side by side, in NumPy's `kind`."""
    return np.ascontiguousarray(rows.T.astype(kind)).view(np.uint8)


def make(drives: Drives, mode: ControlMode | None) -> Family:
    """Return the codec; raises UnsupportedError for a mode that there is not."""
    return OdriveFamily(drives, chosen_mode("odrive", mode, tuple(_COMMANDS)))
