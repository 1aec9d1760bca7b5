# SPDX-License-Identifier: Apache-2.0
"""Speaks to Damiao drives: one standard frame each way per tick, registers by identifier 0x7FF.

The same eight bytes go in classic or FD frames, as the drives are set.

Sources: the DM-J4310 manual; damiao-motor 1.0.6.
"""

from __future__ import annotations

import numpy as np

from talus_can.codec.addressing import Addressed, JointLookup, chosen
from talus_can.codec.drives import Drives, DriveSetupError, refuse_twins
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
from talus_can.codec.fault_words import names_of_code
from talus_can.codec.feedback import DecodedFrames, DriveSetting, Feedback, SettingReply
from talus_can.codec.impedance import MitCommands, chosen_mode
from talus_can.codec.registers import Register, RegisterMap
from talus_can.codec.scaling import BigEndianWord, UnsignedFields
from talus_can.codec.targets import Quantity, Targets
from talus_can.frames import (
    ERROR_FRAME,
    EXTENDED,
    FLEXIBLE,
    RATE_SWITCH,
    REMOTE,
    FrameBatch,
)
from talus_can.load import FrameShape

_TOP_ID = 0x7FE
_REGISTER_ID = 0x7FF
_READ = 0x33
_WRITE = 0x55
_REFRESH = 0xCC
_USUAL_REPLY_OFFSET = 0x10  # what users give MST_ID beyond the drive's own id (OpenArm)
_ORDERS = {
    Order.ENABLE: 0xFC,
    Order.DISABLE: 0xFD,
    Order.SET_ZERO: 0xFE,
    Order.CLEAR_FAULTS: 0xFB,
}
_REGISTERS = RegisterMap(
    {
        DriveSetting.REPLY_ID: Register(7, "<u4"),
        DriveSetting.WATCHDOG: Register(9, "<u4", per_unit=20_000.0),  # steps of 50 us
        DriveSetting.MODE: Register(10, "<u4"),
        DriveSetting.POSITION_RANGE: Register(21, "<f4"),
        DriveSetting.VELOCITY_RANGE: Register(22, "<f4"),
        DriveSetting.EFFORT_RANGE: Register(23, "<f4"),
        DriveSetting.BUS_VOLTAGE: Register(60, "<f4", is_writable=False),
    }
)
_STATES = {0: "off", 1: "on"}
_ON = 1
_FAULTS = {
    0x8: "over-voltage",
    0x9: "under-voltage",
    0xA: "over-current",
    0xB: "power stage too hot",
    0xC: "motor too hot",
    0xD: "no command within the watchdog's time",
    0xE: "overload",
}
_FEEDBACK_BITS = (4, 4, 16, 12, 12, 8, 8)  # state, id, position, velocity, torque, temperatures
_BYTES = 8
_FOREIGN_FLAGS = EXTENDED | REMOTE | ERROR_FRAME  # replies are classic or FD, as the drive is set


class DamiaoFamily(BareFamily):
    """Speaks to Damiao drives in their impedance mode; see `Family`."""

    capabilities = Capabilities(
        ControlMode.IMPEDANCE,
        frozenset(Quantity),
        GainSupport.IN_EVERY_COMMAND,
        ReplyKind.ON_COMMAND,
        frozenset(Reported),
        frozenset({*_ORDERS, Order.POLL}),
        _REGISTERS.readable,
        _REGISTERS.writable,
        mode_number=1.0,
    )

    def __init__(self, drives: Drives):
        drives.check_ids(1, _TOP_ID)
        self.drives = drives
        self.frames_of_a_drive = (FrameShape(_BYTES, is_flexible=drives.is_flexible),) * 2
        flags = FLEXIBLE | RATE_SWITCH if drives.is_flexible else 0
        ids = np.asarray(drives.drive_id)
        replies = ids + _USUAL_REPLY_OFFSET if drives.reply_id is None else drives.reply_id
        # Several drives may reply with one identifier; the low half of the first byte tells them.
        keys = self._key(np.asarray(replies), ids)
        refuse_twins(drives.joints, list(zip(drives.bus.tolist(), keys.tolist(), strict=True)))
        self._from = JointLookup(drives.bus, keys)
        self._by_id = JointLookup(drives.bus, ids)
        self._check_replies(np.asarray(replies))
        self._to = Addressed(drives, ids, flags, _BYTES)
        self._to_registers = Addressed(drives, np.full(len(drives), _REGISTER_ID), flags, _BYTES)
        self._commands = MitCommands(drives, self._to, self._by_id)
        ends = drives.scales("position", "velocity", "effort")
        self._feedback_scale = UnsignedFields(-ends, ends, (16, 12, 12))
        self._feedback_word = BigEndianWord(_FEEDBACK_BITS)

    def command(self, targets: Targets, feedback: Feedback) -> FrameBatch:
        """Return one frame for each drive."""
        return self._commands.frames(targets)

    def meaning(self, frames: FrameBatch) -> Targets:
        """Return the targets that command frames mean."""
        return self._commands.meaning(frames)

    def decode(self, frames: FrameBatch, feedback: Feedback) -> DecodedFrames:
        """Read feedback and answers of registers."""
        joints = self._from.find(frames.bus, self._key(frames.can_id, frames.data[:, 0]))
        known = joints >= 0
        is_whole = known & (frames.length == _BYTES) & (frames.flags & _FOREIGN_FLAGS == 0)
        is_answer = is_whole & self._is_answer(frames.data, joints)
        settings = self._answers(frames, joints, np.flatnonzero(is_answer))
        is_motion = is_whole & ~is_answer
        data, heard = chosen(is_motion, frames.data, joints)
        self._read_motion(data, heard, feedback)
        malformed = int(np.count_nonzero(known)) - int(np.count_nonzero(is_whole))
        return DecodedFrames(known, malformed, settings)

    def order(
        self, order: Order, feedback: Feedback, joints: np.ndarray | None = None
    ) -> FrameBatch:
        """Return a frame of all ones but for the last byte, or a request to report."""
        if order is Order.POLL:
            return self._register_frames(_REFRESH, 0, bytes(4), joints)
        if order not in _ORDERS:
            raise unsupported("order", order.name, self.capabilities.orders)
        return self._to.same(bytes([*[0xFF] * 7, _ORDERS[order]]), joints)

    def read_setting(self, setting: DriveSetting, joints: np.ndarray | None = None) -> FrameBatch:
        """Return requests for a register."""
        return self._register_frames(_READ, _REGISTERS.find(setting).address, bytes(4), joints)

    def write_setting(
        self, setting: DriveSetting, value: float, joints: np.ndarray | None = None
    ) -> FrameBatch:
        """Return writes of a register, which last until the drive loses power."""
        payload = _REGISTERS.to_write(setting, value)
        return self._register_frames(_WRITE, _REGISTERS.find(setting).address, payload, joints)

    def enabled(self, feedback: Feedback) -> np.ndarray:
        """Return which drives are on."""
        return feedback.state == _ON

    def state_name(self, state: int) -> str:
        """Return "on", "off" or the fault that a drive is in."""
        return _STATES.get(state, "".join(names_of_code(state, _FAULTS)))

    def fault_names(self, fault: int) -> tuple[str, ...]:
        """Return the fault of a code."""
        return names_of_code(fault, _FAULTS)

    def _check_replies(self, replies: np.ndarray) -> None:
        """Raise DriveSetupError for a reply with an identifier that the host sends itself."""
        drives = self.drives
        for joint, reply, taken in zip(
            drives.joints, replies, self._by_id.find(drives.bus, replies), strict=True
        ):
            if not 0 <= reply <= _TOP_ID:
                raise DriveSetupError(
                    f"joint '{joint}': reply id {reply} is none; 0 to {_TOP_ID} would do"
                )
            if taken >= 0:
                raise DriveSetupError(
                    f"joint '{joint}' replies with id {reply}, which is that of joint "
                    f"'{drives.joints[taken]}' on the same bus; give one of them another"
                )

    @staticmethod
    def _key(can_id: np.ndarray, first_byte: np.ndarray) -> np.ndarray:
        return (can_id.astype(np.int64) << 4) | (first_byte & 0xF)

    def _is_answer(self, data: np.ndarray, joints: np.ndarray) -> np.ndarray:
        """Return which payloads answer a register request: they repeat the drive's whole id."""
        ids = np.asarray(self.drives.drive_id)[joints]
        repeats_id = (data[:, 0] == (ids & 0xFF)) & (data[:, 1] == ids >> 8)
        return repeats_id & ((data[:, 2] == _READ) | (data[:, 2] == _WRITE))

    def _answers(
        self, frames: FrameBatch, joints: np.ndarray, rows: np.ndarray
    ) -> tuple[SettingReply, ...]:
        replies = []
        for row in rows:
            address = int(frames.data[row, 3])
            if found := _REGISTERS.from_read(address, frames.data[row, 4:8].tobytes()):
                replies.append(SettingReply(int(joints[row]), *found))
        return tuple(replies)

    def _read_motion(self, data: np.ndarray, joints: np.ndarray, feedback: Feedback) -> None:
        raw = self._feedback_word.fields_of(data)
        values = self._feedback_scale.values(raw[2:5], joints)
        feedback.position[joints] = values[0]
        feedback.velocity[joints] = values[1]
        feedback.effort[joints] = values[2]
        feedback.drive_temperature[joints] = raw[5]
        feedback.motor_temperature[joints] = raw[6]
        feedback.state[joints] = raw[0]
        feedback.fault[joints] = np.where(raw[0] > _ON, raw[0], 0)
        feedback.count_replies(joints)

    def _register_frames(
        self, what: int, address: int, payload: bytes, joints: np.ndarray | None
    ) -> FrameBatch:
        ids = np.asarray(self.drives.drive_id)
        frames = self._to_registers.same(bytes([0, 0, what, address]) + payload)
        frames.data[:, 0] = ids & 0xFF
        frames.data[:, 1] = ids >> 8
        return frames if joints is None else frames.rows(joints)


def make(drives: Drives, mode: ControlMode | None) -> Family:
    """Return the codec; raises UnsupportedError for a mode that is not impedance."""
    chosen_mode("damiao", mode, (ControlMode.IMPEDANCE,))
    return DamiaoFamily(drives)
