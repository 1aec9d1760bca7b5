# SPDX-License-Identifier: Apache-2.0
"""Speaks to CubeMars (T-Motor) AK drives in their MIT mode: a standard frame each way per tick.

Sources: the AK series manual (layout, temperature offset, faults); TMotorCANControl 1.2.6.
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
from talus_can.codec.feedback import DecodedFrames, Feedback
from talus_can.codec.impedance import MitCommands, chosen_mode
from talus_can.codec.registers import RegisterMap
from talus_can.codec.scaling import BigEndianWord, UnsignedFields
from talus_can.codec.targets import Quantity, Targets
from talus_can.frames import FrameBatch
from talus_can.load import FrameShape

_TOP_ID = 0xFF  # a reply names its drive in one byte
_USUAL_HOST = 0
_ORDERS = {Order.ENABLE: 0xFC, Order.DISABLE: 0xFD, Order.SET_ZERO: 0xFE}
_REGISTERS = RegisterMap({})  # the maker's programmer alone reads and writes them
CUBEMARS_FAULTS = {
    1: "motor too hot",
    2: "over-current",
    3: "over-voltage",
    4: "under-voltage",
    5: "encoder",
    6: "phase currents unbalanced, the drive may be damaged",
}
_FEEDBACK_BITS = (8, 16, 12, 12, 8, 8)  # id, position, velocity, torque, temperature, fault
_BYTES = 8
_BYTES_WITHOUT_TEMPERATURE = 6  # of older firmware
_TEMPERATURE_OFFSET_C = 40.0


class CubemarsMitFamily(BareFamily):
    """Speaks to CubeMars drives in their MIT mode; see `Family`."""

    frames_of_a_drive = (FrameShape(_BYTES), FrameShape(_BYTES))
    capabilities = Capabilities(
        ControlMode.IMPEDANCE,
        frozenset(Quantity),
        GainSupport.IN_EVERY_COMMAND,
        ReplyKind.ON_COMMAND,
        frozenset({Reported.EFFORT, Reported.MOTOR_TEMPERATURE, Reported.FAULT}),
        frozenset(_ORDERS),
    )

    def __init__(self, drives: Drives):
        drives.check_classic("CubeMars")
        drives.check_ids(1, _TOP_ID)
        self.drives = drives
        self._ids = np.asarray(drives.drive_id)
        self._host = _USUAL_HOST if drives.host_id is None else drives.host_id
        self._by_id = JointLookup(drives.bus, self._ids)
        self._to = Addressed(drives, self._ids, 0, _BYTES)
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
        """Read feedback, which comes from the host's identifier or from the drive's own."""
        joints = self._by_id.find(frames.bus, frames.data[:, 0])
        is_own = frames.can_id == self._ids[joints]
        known = (joints >= 0) & ((frames.can_id == self._host) | is_own)
        is_full = frames.length == _BYTES
        is_whole = known & (is_full | (frames.length == _BYTES_WITHOUT_TEMPERATURE))
        is_whole &= frames.flags == 0
        data, heard, with_rest = chosen(is_whole, frames.data, joints, is_full)
        self._read_motion(data, heard, with_rest, feedback)
        malformed = int(np.count_nonzero(known)) - int(np.count_nonzero(is_whole))
        return DecodedFrames(known, malformed)

    def order(
        self, order: Order, feedback: Feedback, joints: np.ndarray | None = None
    ) -> FrameBatch:
        """Return a frame of all ones but for the last byte."""
        if order not in _ORDERS:
            raise unsupported("order", order.name, self.capabilities.orders)
        return self._to.same(bytes([*[0xFF] * 7, _ORDERS[order]]), joints)

    def fault_names(self, fault: int) -> tuple[str, ...]:
        """Return the fault of a code."""
        return names_of_code(fault, CUBEMARS_FAULTS)

    def _read_motion(
        self, data: np.ndarray, joints: np.ndarray, is_full: np.ndarray, feedback: Feedback
    ) -> None:
        raw = self._feedback_word.fields_of(data)
        values = self._feedback_scale.values(raw[1:4], joints)
        feedback.position[joints] = values[0]
        feedback.velocity[joints] = values[1]
        feedback.effort[joints] = values[2]
        full = joints[is_full]
        feedback.motor_temperature[full] = raw[4, is_full] - _TEMPERATURE_OFFSET_C
        feedback.fault[full] = raw[5, is_full]
        feedback.count_replies(joints)


def make(drives: Drives, mode: ControlMode | None) -> Family:
    """Return the codec; raises UnsupportedError for a mode that is not impedance."""
    chosen_mode("cubemars_mit", mode, (ControlMode.IMPEDANCE,))
    return CubemarsMitFamily(drives)
