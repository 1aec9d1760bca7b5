# SPDX-License-Identifier: Apache-2.0
"""Speaks to moteus drives: one CAN FD frame each way per tick, registers of 16 bits.

The identifier is source << 8 | destination; bit 15 asks for a reply. A frame is a row of
subframes, filled up with no-operations. Source: mjbots' protocol pages; moteus 1.1.1.
"""

from __future__ import annotations

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
from talus_can.codec.fault_words import names_of_code
from talus_can.codec.feedback import NOT_HEARD, DecodedFrames, DriveSetting, Feedback, SettingReply
from talus_can.codec.impedance import chosen_mode
from talus_can.codec.scaling import SignedFields, columns_of
from talus_can.codec.subframes import Subframes, read_subframes
from talus_can.codec.targets import CommandError, Quantity, Targets, checked_targets
from talus_can.frames import (
    EXTENDED,
    FLEXIBLE,
    FLEXIBLE_BYTES,
    RATE_SWITCH,
    FrameBatch,
    flexible_length,
)
from talus_can.load import FrameShape

_TOP_ID = 0x7F
_WANTS_REPLY = 0x8000
_NO_OPERATION = 0x50
_FLAGS = EXTENDED | FLEXIBLE | RATE_SWITCH
_TURN_RAD = 2.0 * np.pi
# Steps of registers of 16 bits, in the drive's units of turns, turns/s and N m.
_POSITION_STEP_TURNS = 1e-4
_VELOCITY_STEP_TURNS_S = 2.5e-4
_TORQUE_STEP_NM = 0.01
_SCALE_TOP = 32767  # of a gain scale: 1
_NO_NUMBER = -32768
_NO_NUMBER_8 = -128
# Write mode 10 (position); write five numbers from register 0x20 on.
_COMMAND_HEAD = bytes([0x01, 0x00, 0x0A, 0x04, 5, 0x20])
# Read four numbers of 16 bits from register 0 on, and six of 8 bits from register 0x0a on.
_QUERY = bytes([0x14, 4, 0x00, 0x10, 6, 0x0A])
# What the reply to it has at fixed places: the heads of its two subframes.
_HEAD_PLACES = np.array([0, 1, 2, 11, 12, 13])
_HEADS = np.array([0x24, 4, 0x00, 0x20, 6, 0x0A], np.uint8)
_WORDS = slice(3, 11)  # of a reply: mode, position, velocity, torque
_TEMPERATURE_PLACES = np.array([14, 18])  # of the motor, of the drive
_FAULT_PLACE = 19
_REPLY_BYTES = 20
_COMMAND_BYTES = int(flexible_length(len(_COMMAND_HEAD) + 10 + len(_QUERY)))
_WRITE_FLOAT = 0x0D
_SET_OUTPUT_EXACT = bytes([0xB1, 0x02])
_ORDERS = {
    Order.ENABLE: _COMMAND_HEAD + bytes(10),  # without gains and torque: it only goes on
    Order.DISABLE: bytes([0x01, 0x00, 0x00]),
    Order.CLEAR_FAULTS: bytes([0x01, 0x00, 0x00]),
    Order.BRAKE: bytes([0x01, 0x00, 0x0F]),
    Order.SET_ZERO: bytes([_WRITE_FLOAT, *_SET_OUTPUT_EXACT]) + bytes(4),
}
# Settings are text on a stream: name, and steps of it in one SI unit.
_SETTINGS = {
    DriveSetting.WATCHDOG: ("servo.default_timeout_s", 1.0),
    DriveSetting.KP_RANGE: ("servo.pid_position.kp", _TURN_RAD),  # N m a turn
    DriveSetting.KD_RANGE: ("servo.pid_position.kd", _TURN_RAD),
}
_STREAM = bytes([0x40, 0x01])  # to the drive, channel 1
_STREAM_POLL = bytes([0x42, 0x01, FLEXIBLE_BYTES - 4])  # from it: at most so many bytes
# Registers of a reply, and their steps in 8, 16 and 32 bits.
_MODE_REGISTER = 0x000
_POSITION_REGISTER = 0x001
_VELOCITY_REGISTER = 0x002
_TORQUE_REGISTER = 0x003
_MOTOR_TEMPERATURE_REGISTER = 0x00A
_TEMPERATURE_REGISTER = 0x00E
_FAULT_REGISTER = 0x00F
_POSITION_STEPS = (0.01 * _TURN_RAD, _POSITION_STEP_TURNS * _TURN_RAD, 1e-5 * _TURN_RAD)
_VELOCITY_STEPS = (0.1 * _TURN_RAD, _VELOCITY_STEP_TURNS_S * _TURN_RAD, 1e-5 * _TURN_RAD)
_TORQUE_STEPS = (0.5, _TORQUE_STEP_NM, 1e-3)
_TEMPERATURE_STEPS = (1.0, 0.1, 1e-3)
_WHOLE = (1.0, 1.0, 1.0)
_FAULT_MODE = 1
_TIMEOUT_MODE = 11
_STATES = {
    0: "off",
    _FAULT_MODE: "fault",
    2: "preparing",
    3: "preparing",
    4: "preparing",
    5: "PWM",
    6: "voltage",
    7: "voltage vector",
    8: "voltage in d and q",
    9: "current",
    10: "on",
    _TIMEOUT_MODE: "no command within the watchdog's time",
    12: "held at zero velocity",
    13: "held within bounds",
    14: "measuring inductance",
    15: "brake",
}
_ON = 10
_TOP_MODE = 127  # no mode of any firmware is above
_FAULTS = {
    1: "memory transfer",
    2: "memory transfer queue",
    3: "serial port overrun",
    4: "serial port framing",
    5: "serial port noise",
    6: "serial port buffer overrun",
    7: "serial port parity",
    32: "calibration: no magnet sensed",
    33: "gate driver, often from under-voltage",
    34: "over-voltage",
    35: "encoder",
    36: "motor not configured",
    37: "control cycle overrun",
    38: "too hot",
    39: "started outside the position bounds",
    40: "under-voltage",
    41: "configuration changed while on",
    42: "no valid commutation encoder",
    43: "no valid output encoder",
    44: "gate driver could not be enabled",
    45: "stop position used with limits",
    46: "timing violation",
    47: "back-EMF feed-forward without acceleration limit",
    48: "position bounds outside what can be measured",
}
_WARNINGS = {
    96: "limited by its highest velocity",
    97: "limited by its highest power",
    98: "limited by the supply voltage",
    99: "limited by its highest current",
    100: "limited by its temperature",
    101: "limited by the motor's temperature",
    102: "limited by the commanded torque limit",
    103: "limited by its position bounds",
}


class MoteusFamily(BareFamily):
    """Speaks to moteus drives in their position mode, which regulates impedance; see `Family`.

    Stiffness and damping are shares of what the drive is configured with; the damping's share is
    never above the stiffness's, by the drive itself.
    """

    frames_of_a_drive = (
        FrameShape(_COMMAND_BYTES, is_extended=True, is_flexible=True),
        FrameShape(_REPLY_BYTES, is_extended=True, is_flexible=True),
    )
    capabilities = Capabilities(
        ControlMode.IMPEDANCE,
        frozenset(Quantity),
        GainSupport.IN_EVERY_COMMAND,
        ReplyKind.ON_COMMAND,
        frozenset(Reported),
        frozenset({*_ORDERS, Order.POLL}),
        frozenset(_SETTINGS),
        frozenset(_SETTINGS),
    )

    def __init__(self, drives: Drives):
        drives.check_ids(1, _TOP_ID)
        self.drives = drives
        self._host = 0 if drives.host_id is None else drives.host_id
        ids = np.asarray(drives.drive_id, np.uint32)
        self._by_id = JointLookup(drives.bus, ids)
        asking = _WANTS_REPLY | self._host << 8 | ids
        self._to = Addressed(drives, asking, _FLAGS, _COMMAND_BYTES)
        self._silent_ids = np.asarray(self._host << 8 | ids, np.uint32)
        self._asking_ids = np.asarray(asking, np.uint32)
        gains = drives.scales("kp", "kd")
        ends = drives.scales("position", "velocity", "kp", "kd", "effort")
        count = len(drives)
        step = np.array(
            [
                np.full(count, _POSITION_STEP_TURNS * _TURN_RAD),
                np.full(count, _VELOCITY_STEP_TURNS_S * _TURN_RAD),
                gains[0] / _SCALE_TOP,
                gains[1] / _SCALE_TOP,
                np.full(count, _TORQUE_STEP_NM),
            ]
        )
        self._scale = SignedFields(step, ends, (16,) * len(Quantity))
        self._report_step = step[[Quantity.POSITION, Quantity.VELOCITY, Quantity.EFFORT]][:, 0]
        self._asked: dict[int, DriveSetting] = {}
        self._template = np.full((count, FLEXIBLE_BYTES), 0, np.uint8)
        self._template[:, :_COMMAND_BYTES] = _NO_OPERATION
        row = _COMMAND_HEAD + bytes(10) + _QUERY
        self._template[:, : len(row)] = np.frombuffer(row, np.uint8)

    def command(self, targets: Targets, feedback: Feedback) -> FrameBatch:
        """Return one frame for each drive, with a query of what it does."""
        values = checked_targets(targets, self.drives.joints)
        raw = self._scale.raw(values)
        # In the drive's order: torque before the gains; negative gains are none.
        words = raw[
            [Quantity.POSITION, Quantity.VELOCITY, Quantity.EFFORT, Quantity.KP, Quantity.KD]
        ]
        np.maximum(words[3:], 0, out=words[3:])
        data = self._template.copy()
        start = len(_COMMAND_HEAD)
        data[:, start : start + 10] = _little_words(words)
        return self._to.with_data(data)

    def meaning(self, frames: FrameBatch) -> Targets:
        """Return the targets that command frames mean."""
        joints = self._by_id.find(frames.bus, frames.can_id & _TOP_ID)
        head = np.frombuffer(_COMMAND_HEAD, np.uint8)
        start = len(head)
        is_ours = (joints >= 0) & (frames.data[:, :start] == head).all(axis=1)
        joints = joints[is_ours]
        raw = columns_of(frames.data[is_ours, start : start + 10], "<i2")
        # As `Targets` has them, and the damping's share within the stiffness's.
        raw = raw[[0, 1, 3, 4, 2]]
        raw[Quantity.KD] = np.minimum(raw[Quantity.KD], raw[Quantity.KP])
        values = np.full((len(Quantity), len(self.drives)), np.nan)
        values[:, joints] = self._scale.values(raw, joints)
        return Targets(values)

    def decode(self, frames: FrameBatch, feedback: Feedback) -> DecodedFrames:
        """Read replies to `command` all at once, any others one by one."""
        joints = self._by_id.find(frames.bus, frames.can_id >> 8)
        known = (joints >= 0) & (frames.can_id & 0xFF == self._host)
        is_fd = known & (frames.flags & (FLEXIBLE | RATE_SWITCH) != 0)
        is_usual = is_fd & (frames.length == _REPLY_BYTES) & _has_heads(frames.data)
        if is_usual.any():
            data, heard = chosen(is_usual, frames.data, joints)
            self._read_motion(data, heard, feedback)
        malformed = int(np.count_nonzero(known)) - int(np.count_nonzero(is_fd))
        settings: list[SettingReply] = []
        for row in np.flatnonzero(is_fd & ~is_usual):
            payload = frames.data[row, : frames.length[row]].tobytes()
            malformed += not self._read_other(payload, int(joints[row]), feedback, settings)
        return DecodedFrames(known, malformed, tuple(settings))

    def order(
        self, order: Order, feedback: Feedback, joints: np.ndarray | None = None
    ) -> FrameBatch:
        """Return a frame that wants no reply, or for POLL the query alone."""
        if order is Order.POLL:
            return self._frames(_QUERY, self._asking_ids, joints)
        if order not in _ORDERS:
            raise unsupported("order", order.name, self.capabilities.orders)
        return self._frames(_ORDERS[order], self._silent_ids, joints)

    def read_setting(self, setting: DriveSetting, joints: np.ndarray | None = None) -> FrameBatch:
        """Return a question in text, with a request for the answer to an earlier one.

        An answer is a number alone, so that the drive is asked for one setting at a time.
        """
        name, _ = self._named(setting)
        for joint in range(len(self.drives)) if joints is None else joints:
            self._asked[int(joint)] = setting
        return self._text(f"conf get {name}\n", joints)

    def write_setting(
        self, setting: DriveSetting, value: float, joints: np.ndarray | None = None
    ) -> FrameBatch:
        """Return a write in text, which lasts until the drive loses power."""
        name, per_unit = self._named(setting)
        if not np.isfinite(value):
            raise CommandError(f"setting {setting.name.lower()} is {value}; it must be finite")
        return self._text(f"conf set {name} {value * per_unit:.7g}\n", joints)

    def enabled(self, feedback: Feedback) -> np.ndarray:
        """Return which drives are in position mode."""
        return feedback.state == _ON

    def state_name(self, state: int) -> str:
        """Return the name of the drive's mode."""
        return _STATES.get(state, f"unknown state {state}")

    def fault_names(self, fault: int) -> tuple[str, ...]:
        """Return the fault of a code."""
        return names_of_code(fault, _FAULTS)

    def warning_names(self, warning: int) -> tuple[str, ...]:
        """Return what limits the drive."""
        return names_of_code(warning, _WARNINGS)

    def _named(self, setting: DriveSetting) -> tuple[str, float]:
        if setting not in _SETTINGS:
            raise unsupported("setting", setting.name, self.capabilities.readable)
        return _SETTINGS[setting]

    def _text(self, text: str, joints: np.ndarray | None) -> FrameBatch:
        words = text.encode()
        payload = _STREAM + bytes([len(words)]) + words + _STREAM_POLL
        return self._frames(payload, self._asking_ids, joints)

    def _frames(self, payload: bytes, can_id: np.ndarray, joints: np.ndarray | None) -> FrameBatch:
        size = int(flexible_length(len(payload)))
        frames = self._to.same(payload.ljust(size, bytes([_NO_OPERATION])))
        frames = self._to.with_data(frames.data, can_id)
        frames = FrameBatch(
            frames.bus, frames.can_id, frames.flags, np.full_like(frames.length, size), frames.data
        )
        return frames if joints is None else frames.rows(joints)

    def _read_motion(self, data: np.ndarray, joints: np.ndarray, feedback: Feedback) -> None:
        words = np.ascontiguousarray(data[:, _WORDS]).view("<i2")
        motion = words[:, 1:] * self._report_step
        motion[words[:, 1:] == _NO_NUMBER] = np.nan
        temperatures = data[:, _TEMPERATURE_PLACES].view(np.int8).astype(float)
        temperatures[temperatures == _NO_NUMBER_8] = np.nan
        reported = np.hstack([motion, temperatures])
        self._put(joints, words[:, 0], reported, data[:, _FAULT_PLACE], feedback)

    def _put(
        self,
        joints: np.ndarray,
        mode: np.ndarray,
        reported: np.ndarray,
        code: np.ndarray,
        feedback: Feedback,
    ) -> None:
        """Put mode and code (m,) in place, and (m, 5) of motion and temperatures."""
        is_fault = mode == _FAULT_MODE
        feedback.state[joints] = mode
        feedback.position[joints] = reported[:, 0]
        feedback.velocity[joints] = reported[:, 1]
        feedback.effort[joints] = reported[:, 2]
        feedback.motor_temperature[joints] = reported[:, 3]
        feedback.drive_temperature[joints] = reported[:, 4]
        feedback.fault[joints] = code * is_fault
        feedback.warning[joints] = code * ~is_fault
        feedback.count_replies(joints)

    def _read_other(
        self, payload: bytes, joint: int, feedback: Feedback, settings: list[SettingReply]
    ) -> bool:
        """Read a reply of another form; return whether it is one."""
        found = read_subframes(payload)
        if found is None:
            return False
        if found.text is not None:
            return self._read_text(found.text, joint, settings)
        mode = np.nan_to_num(found.value(_MODE_REGISTER, _WHOLE))
        code = np.nan_to_num(found.value(_FAULT_REGISTER, _WHOLE)) % 256
        self._put(
            np.array([joint]),
            np.array([np.clip(mode, NOT_HEARD, _TOP_MODE)]),
            _reported(found)[None],
            np.array([code], np.uint8),
            feedback,
        )
        return True

    def _read_text(self, text: bytes, joint: int, settings: list[SettingReply]) -> bool:
        setting = self._asked.get(joint)
        if setting is None or not text.strip():
            return True
        try:
            number = float(text)
        except ValueError:
            return text.strip() == b"OK"  # of a write
        settings.append(SettingReply(joint, setting, number / _SETTINGS[setting][1]))
        return True


def _little_words(words: np.ndarray) -> np.ndarray:
    """Return (n, 2 k) bytes of integers (k, n) of 16 bits."""
    return np.ascontiguousarray(words.T.astype("<i2")).view(np.uint8)


def _has_heads(data: np.ndarray) -> np.ndarray:
    """Return which payloads (m, width) are replies to the query of `command`."""
    if data.shape[1] < _REPLY_BYTES:
        return np.zeros(len(data), bool)
    return (data[:, _HEAD_PLACES] == _HEADS).all(axis=1)


def _reported(found: Subframes) -> np.ndarray:
    """Return motion and temperatures as `MoteusFamily._put` takes them, (5,)."""
    return np.array(
        [
            found.value(_POSITION_REGISTER, _POSITION_STEPS),
            found.value(_VELOCITY_REGISTER, _VELOCITY_STEPS),
            found.value(_TORQUE_REGISTER, _TORQUE_STEPS),
            found.value(_MOTOR_TEMPERATURE_REGISTER, _TEMPERATURE_STEPS),
            found.value(_TEMPERATURE_REGISTER, _TEMPERATURE_STEPS),
        ]
    )


def make(drives: Drives, mode: ControlMode | None) -> Family:
    """Return the codec; raises UnsupportedError for a mode that is not impedance."""
    chosen_mode("moteus", mode, (ControlMode.IMPEDANCE,))
    return MoteusFamily(drives)
