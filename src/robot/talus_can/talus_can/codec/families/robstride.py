# SPDX-License-Identifier: Apache-2.0
"""Speaks to RobStride drives by their private protocol: everything is in 29 bits and 8 bytes.

The identifier is kind << 24 | extra << 8 | drive; a command carries its torque in `extra`.
Sources: manuals of RS00 to RS06; robstride-dynamics 0.0.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from talus_can.codec.addressing import Addressed, JointLookup, chosen
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
from talus_can.codec.feedback import DecodedFrames, DriveSetting, Feedback, SettingReply
from talus_can.codec.impedance import ImpedanceScale, chosen_mode
from talus_can.codec.registers import Register, RegisterMap
from talus_can.codec.scaling import BigEndianWord, UnsignedFields, columns_of
from talus_can.codec.targets import Quantity, Targets
from talus_can.frames import EXTENDED, FrameBatch
from talus_can.load import FrameShape

_TOP_ID = 0x7F
_USUAL_HOST = 0xFD
_COMMAND = 1
_REPORT = 2
_STOP = 4
_READ = 17
_WRITE = 18
_FAULT_REPORT = 21
_OWN_REPORT = 24  # as _REPORT, by the drive's own clock
# Kind of the frame and its first byte.
_ORDERS = {
    Order.ENABLE: (3, 0),
    Order.DISABLE: (_STOP, 0),
    Order.CLEAR_FAULTS: (_STOP, 1),
    Order.SET_ZERO: (6, 1),
}
_SHARED_REGISTERS = {
    DriveSetting.MODE: Register(0x7005, "u1"),
    DriveSetting.EFFORT_LIMIT: Register(0x700B, "<f4"),
    DriveSetting.VELOCITY_LIMIT: Register(0x7017, "<f4"),
    DriveSetting.BUS_VOLTAGE: Register(0x701C, "<f4", is_writable=False),
}
ROBSTRIDE_REGISTERS = RegisterMap(
    {**_SHARED_REGISTERS, DriveSetting.WATCHDOG: Register(0x7028, "<u4", per_unit=20_000.0)}
)
CYBERGEAR_REGISTERS = RegisterMap(_SHARED_REGISTERS)
_STATES = {0: "off", 1: "calibrating", 2: "on"}
_ON = 2
# A fault word is the drive's own word of 32 bits, with the six bits of every report above it.
_REPORT_SHIFT = 32
_DETAIL_MASK = np.uint64(0xFFFF_FFFF)
_SHARED_FAULTS = {
    0: "motor too hot",
    1: "gate driver",
    2: "under-voltage",
    3: "over-voltage",
    4: "over-current in phase B",
    5: "over-current in phase C",
    7: "encoder not calibrated",
    16: "over-current in phase A",
    _REPORT_SHIFT: "under-voltage (report)",
    _REPORT_SHIFT + 1: "over-current (report)",
    _REPORT_SHIFT + 2: "too hot (report)",
    _REPORT_SHIFT + 3: "magnetic encoder (report)",
    _REPORT_SHIFT + 5: "encoder not calibrated (report)",
}
ROBSTRIDE_FAULTS = {
    **_SHARED_FAULTS,
    6: "encoder lost",
    8: "hardware not recognised",
    9: "position at start unknown",
    14: "stalled and overloaded",
    _REPORT_SHIFT + 4: "stalled and overloaded (report)",
}
CYBERGEAR_FAULTS = {
    **_SHARED_FAULTS,
    **{bit: f"overload, stage {bit - 7}" for bit in range(8, 16)},
    _REPORT_SHIFT + 4: "Hall encoder (report)",
}
_WARNINGS = {0: "motor hot"}
_COMMAND_BITS = (16, 16, 16, 16)
_QUANTITY_BITS = (16, 16, 16, 16, 16)
_BYTES = 8
_TEMPERATURE_STEP_C = 0.1


@dataclass(frozen=True)
class RobstrideKind:
    """Holds in what CyberGear and RobStride drives differ.

    Attributes:
        registers: Their registers.
        faults: Names of the bits of a fault word.
    """

    registers: RegisterMap
    faults: Mapping[int, str]


class RobstrideFamily(BareFamily):
    """Speaks to RobStride drives in their impedance mode; see `Family`."""

    frames_of_a_drive = (FrameShape(_BYTES, is_extended=True),) * 2

    def __init__(self, drives: Drives, kind: RobstrideKind):
        drives.check_classic("RobStride")
        drives.check_ids(0, _TOP_ID)
        self.drives = drives
        self.capabilities = Capabilities(
            ControlMode.IMPEDANCE,
            frozenset(Quantity),
            GainSupport.IN_EVERY_COMMAND,
            ReplyKind.ON_COMMAND,
            frozenset(Reported) - {Reported.DRIVE_TEMPERATURE},
            frozenset(_ORDERS),
            kind.registers.readable,
            kind.registers.writable,
            mode_number=0.0,
        )
        self._kind = kind
        self._host = _USUAL_HOST if drives.host_id is None else drives.host_id
        self._ids = np.asarray(drives.drive_id, np.uint32)
        self._from = JointLookup(drives.bus, self._ids)
        self._to = Addressed(drives, self._ids, EXTENDED, _BYTES)
        self._scale = ImpedanceScale(drives, _QUANTITY_BITS)
        self._word = BigEndianWord(_COMMAND_BITS)
        ends = drives.scales("position", "velocity", "effort")
        self._feedback_scale = UnsignedFields(-ends, ends, (16, 16, 16))

    def command(self, targets: Targets, feedback: Feedback) -> FrameBatch:
        """Return one frame for each drive."""
        raw = self._scale.raw(targets)
        torque = raw[Quantity.EFFORT].astype(np.uint32)
        ids = (_COMMAND << 24) | (torque << 8) | self._ids
        return self._to.with_data(self._word.bytes_of(raw[: Quantity.EFFORT]), ids)

    def meaning(self, frames: FrameBatch) -> Targets:
        """Return the targets that command frames mean."""
        joints = self._from.find(frames.bus, frames.can_id & 0xFF)
        is_ours = (joints >= 0) & (frames.can_id >> 24 == _COMMAND)
        fields = self._word.fields_of(frames.data[is_ours])
        torque = frames.can_id[is_ours] >> 8 & 0xFFFF
        raw = np.vstack([fields, torque[None].astype(np.uint64)])
        return self._scale.meaning(raw, joints[is_ours])

    def decode(self, frames: FrameBatch, feedback: Feedback) -> DecodedFrames:
        """Read reports, fault reports and answers of registers."""
        kinds = frames.can_id >> 24
        joints = self._from.find(frames.bus, frames.can_id >> 8 & 0xFF)
        is_report = (kinds == _REPORT) | (kinds == _OWN_REPORT)
        is_read = kinds == _READ
        is_fault = kinds == _FAULT_REPORT
        is_for_us = (frames.can_id & 0xFF) == self._host
        known = (joints >= 0) & is_for_us & (is_report | is_read | is_fault)
        known &= frames.flags & EXTENDED != 0
        is_whole = known & (frames.length == _BYTES) & (frames.flags == EXTENDED)
        self._read_motion(frames, joints, is_whole & is_report, feedback)
        self._read_faults(frames.data, joints, is_whole & is_fault, feedback)
        settings = self._answers(frames, joints, np.flatnonzero(is_whole & is_read))
        malformed = int(np.count_nonzero(known)) - int(np.count_nonzero(is_whole))
        return DecodedFrames(known, malformed, settings)

    def order(
        self, order: Order, feedback: Feedback, joints: np.ndarray | None = None
    ) -> FrameBatch:
        """Return one frame for each drive."""
        if order not in _ORDERS:
            raise unsupported("order", order.name, self.capabilities.orders)
        kind, first = _ORDERS[order]
        return self._host_frames(kind, bytes([first, *bytes(7)]), joints)

    def read_setting(self, setting: DriveSetting, joints: np.ndarray | None = None) -> FrameBatch:
        """Return requests for a register."""
        address = self._kind.registers.find(setting).address
        return self._host_frames(_READ, address.to_bytes(2, "little") + bytes(6), joints)

    def write_setting(
        self, setting: DriveSetting, value: float, joints: np.ndarray | None = None
    ) -> FrameBatch:
        """Return writes of a register, which last until the drive loses power."""
        payload = self._kind.registers.to_write(setting, value)
        address = self._kind.registers.find(setting).address
        return self._host_frames(_WRITE, address.to_bytes(2, "little") + bytes(2) + payload, joints)

    def enabled(self, feedback: Feedback) -> np.ndarray:
        """Return which drives are on."""
        return feedback.state == _ON

    def state_name(self, state: int) -> str:
        """Return the name of a mode that a report holds."""
        return _STATES.get(state, f"unknown state {state}")

    def fault_names(self, fault: int) -> tuple[str, ...]:
        """Return the faults of a word; what only its own report tells stays until the next one."""
        return names_of_bits(fault, self._kind.faults)

    def warning_names(self, warning: int) -> tuple[str, ...]:
        """Return the warnings of a word."""
        return names_of_bits(warning, _WARNINGS)

    def _host_frames(self, kind: int, payload: bytes, joints: np.ndarray | None) -> FrameBatch:
        frames = self._to.same(payload)
        ids = np.uint32(kind << 24 | self._host << 8) | self._ids
        frames = self._to.with_data(frames.data, ids)
        return frames if joints is None else frames.rows(joints)

    def _read_motion(
        self, frames: FrameBatch, every_joint: np.ndarray, rows: np.ndarray, feedback: Feedback
    ) -> None:
        joints, can_id, data = chosen(rows, every_joint, frames.can_id, frames.data)
        raw = self._word.fields_of(data)
        values = self._feedback_scale.values(raw[:3], joints)
        feedback.position[joints] = values[0]
        feedback.velocity[joints] = values[1]
        feedback.effort[joints] = values[2]
        feedback.motor_temperature[joints] = raw[3] * _TEMPERATURE_STEP_C
        feedback.state[joints] = can_id >> 22 & 0x3
        bits = (can_id >> 16 & 0x3F).astype(np.uint64) << np.uint64(_REPORT_SHIFT)
        feedback.fault[joints] = (feedback.fault[joints] & _DETAIL_MASK) | bits
        feedback.count_replies(joints)

    def _read_faults(
        self, data: np.ndarray, every_joint: np.ndarray, rows: np.ndarray, feedback: Feedback
    ) -> None:
        if not rows.any():
            return
        joints = every_joint[rows]
        words = columns_of(data[rows, :_BYTES], "<u4").astype(np.uint64)
        feedback.fault[joints] = (feedback.fault[joints] & ~_DETAIL_MASK) | words[0]
        feedback.warning[joints] = words[1]

    def _answers(
        self, frames: FrameBatch, joints: np.ndarray, rows: np.ndarray
    ) -> tuple[SettingReply, ...]:
        replies = []
        for row in rows:
            payload = frames.data[row, :_BYTES].tobytes()
            failed = frames.can_id[row] >> 16 & 0xFF
            found = self._kind.registers.from_read(
                int.from_bytes(payload[:2], "little"), payload[4:]
            )
            if found and not failed:
                replies.append(SettingReply(int(joints[row]), *found))
        return tuple(replies)


def make(drives: Drives, mode: ControlMode | None) -> Family:
    """Return the codec; raises UnsupportedError for a mode that is not impedance."""
    chosen_mode("robstride", mode, (ControlMode.IMPEDANCE,))
    return RobstrideFamily(drives, RobstrideKind(ROBSTRIDE_REGISTERS, ROBSTRIDE_FAULTS))
