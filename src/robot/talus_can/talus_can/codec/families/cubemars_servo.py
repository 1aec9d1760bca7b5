# SPDX-License-Identifier: Apache-2.0
"""Speaks to CubeMars (T-Motor) AK drives in their servo mode, and in the force mode of firmware 3.

The identifier is mode << 8 | drive. Sources: the AK series manuals, before and of version 3;
TMotorCANControl 1.2.6; motor-python 0.0.11 (force mode).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talus_can.codec.addressing import Addressed, JointLookup, chosen
from talus_can.codec.drives import Drives
from talus_can.codec.families.cubemars_mit import CUBEMARS_FAULTS
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
from talus_can.codec.impedance import MIT_BITS, ImpedanceScale, chosen_mode
from talus_can.codec.scaling import BigEndianWord, SignedFields, columns_of
from talus_can.codec.targets import Quantity, Targets, checked_targets
from talus_can.frames import EXTENDED, FrameBatch
from talus_can.load import FrameShape

_TOP_ID = 0xFF
_CURRENT = 1
_VELOCITY = 3
_POSITION = 4
_ORIGIN = 5
_FORCE = 8
_REPORT = 0x29
_AMPERES_PER_STEP = 1e-3
_RPM_PER_RAD_S = 60.0 / (2.0 * np.pi)
_RAD_PER_DEGREE = np.pi / 180.0
# Of the feedback: position, velocity, current.
_REPORT_DEGREES = 0.1
_REPORT_ERPM = 10.0
_REPORT_AMPERES = 0.01
_BYTES = 8
_ORDERS = frozenset({Order.DISABLE, Order.SET_ZERO})
_REPORTS = frozenset({Reported.EFFORT, Reported.MOTOR_TEMPERATURE, Reported.FAULT})
# Where the force mode has its quantities: stiffness and damping first.
_FORCE_ORDER = (Quantity.KP, Quantity.KD, Quantity.POSITION, Quantity.VELOCITY, Quantity.EFFORT)
_FORCE_BITS = tuple(MIT_BITS[quantity] for quantity in _FORCE_ORDER)
_BACK = np.argsort(_FORCE_ORDER)


@dataclass(frozen=True)
class _SingleTarget:
    """Describes a mode whose command is one number of 32 bits.

    Attributes:
        number: Number of the mode in the identifier.
        quantity: What it is.
    """

    number: int
    quantity: Quantity


_SINGLE = {
    ControlMode.EFFORT: _SingleTarget(_CURRENT, Quantity.EFFORT),
    ControlMode.VELOCITY: _SingleTarget(_VELOCITY, Quantity.VELOCITY),
    ControlMode.POSITION: _SingleTarget(_POSITION, Quantity.POSITION),
}
_MODES = (ControlMode.EFFORT, ControlMode.VELOCITY, ControlMode.POSITION, ControlMode.IMPEDANCE)


class CubemarsServoFamily(BareFamily):
    """Speaks to CubeMars drives in servo mode; see `Family`."""

    frames_of_a_drive = (FrameShape(_BYTES, is_extended=True),) * 2

    def __init__(self, drives: Drives, mode: ControlMode):
        drives.check_classic("CubeMars")
        drives.check_ids(0, _TOP_ID)
        self.drives = drives
        is_impedance = mode is ControlMode.IMPEDANCE
        self.capabilities = Capabilities(
            mode,
            frozenset(Quantity) if is_impedance else frozenset({_SINGLE[mode].quantity}),
            GainSupport.IN_EVERY_COMMAND if is_impedance else GainSupport.NONE,
            ReplyKind.CYCLIC,
            _REPORTS,
            _ORDERS,
        )
        ids = np.asarray(drives.drive_id, np.uint32)
        self._by_id = JointLookup(drives.bus, ids)
        number = _FORCE if is_impedance else _SINGLE[mode].number
        self._number = number
        self._to = Addressed(drives, number << 8 | ids, EXTENDED, _BYTES if is_impedance else 4)
        self._to_current = Addressed(drives, _CURRENT << 8 | ids, EXTENDED, 4)
        self._to_origin = Addressed(drives, _ORIGIN << 8 | ids, EXTENDED, 1)
        constants = drives.scales("electrical_ratio", "torque_constant")
        rad_s_per_erpm = 1.0 / (_RPM_PER_RAD_S * constants[0])
        self._report_scale = np.array(
            [
                np.full(len(drives), _REPORT_DEGREES * _RAD_PER_DEGREE),
                _REPORT_ERPM * rad_s_per_erpm,
                _REPORT_AMPERES * constants[1],
            ]
        )
        if is_impedance:
            self._force_scale = ImpedanceScale(drives, MIT_BITS)
            self._force_word = BigEndianWord(_FORCE_BITS)
        else:
            self._single_scale = self._scale_of(mode, rad_s_per_erpm, constants[1])

    def command(self, targets: Targets, feedback: Feedback) -> FrameBatch:
        """Return one frame for each drive."""
        if self.capabilities.mode is ControlMode.IMPEDANCE:
            raw = self._force_scale.raw(targets)
            return self._to.with_data(self._force_word.bytes_of(raw[list(_FORCE_ORDER)]))
        values = checked_targets(targets, self.drives.joints)
        quantity = _SINGLE[self.capabilities.mode].quantity
        steps = self._single_scale.raw(values[quantity : quantity + 1])[0]
        return self._to.with_columns(steps.astype(">i4").view(np.uint8).reshape(-1, 4))

    def meaning(self, frames: FrameBatch) -> Targets:
        """Return the targets that command frames mean."""
        joints = self._by_id.find(frames.bus, frames.can_id & 0xFF)
        is_ours = (joints >= 0) & (frames.can_id >> 8 == self._number)
        joints = joints[is_ours]
        if self.capabilities.mode is ControlMode.IMPEDANCE:
            raw = self._force_word.fields_of(frames.data[is_ours])
            return self._force_scale.meaning(raw[_BACK], joints)
        values = np.full((len(Quantity), len(self.drives)), np.nan)
        steps = columns_of(frames.data[is_ours, :4], ">i4")
        quantity = _SINGLE[self.capabilities.mode].quantity
        values[quantity, joints] = self._single_scale.values(steps, joints)[0]
        return Targets(values)

    def decode(self, frames: FrameBatch, feedback: Feedback) -> DecodedFrames:
        """Read feedback, which the drives send by their own clock."""
        joints = self._by_id.find(frames.bus, frames.can_id & 0xFF)
        is_extended = frames.flags & EXTENDED != 0
        known = (joints >= 0) & is_extended & (frames.can_id >> 8 == _REPORT)
        is_whole = known & (frames.length == _BYTES) & (frames.flags == EXTENDED)
        data, heard = chosen(is_whole, frames.data, joints)
        self._read_motion(data, heard, feedback)
        malformed = int(np.count_nonzero(known)) - int(np.count_nonzero(is_whole))
        return DecodedFrames(known, malformed)

    def order(
        self, order: Order, feedback: Feedback, joints: np.ndarray | None = None
    ) -> FrameBatch:
        """Return a command of no current, or one that sets the origin for good.

        There is no frame to enable: a drive in servo mode obeys its first command.
        """
        if order is Order.DISABLE:
            return self._to_current.same(bytes(4), joints)
        if order is Order.SET_ZERO:
            return self._to_origin.same(b"\1", joints)
        raise unsupported("order", order.name, self.capabilities.orders)

    def fault_names(self, fault: int) -> tuple[str, ...]:
        """Return the fault of a code."""
        return names_of_code(fault, CUBEMARS_FAULTS)

    def _scale_of(
        self, mode: ControlMode, rad_s_per_erpm: np.ndarray, torque_constant: np.ndarray
    ) -> SignedFields:
        quantity = _SINGLE[mode].quantity
        if quantity is Quantity.POSITION:
            step = _RAD_PER_DEGREE / self.drives.scales("steps_per_degree")[0]
        elif quantity is Quantity.VELOCITY:
            step = rad_s_per_erpm
        else:
            step = _AMPERES_PER_STEP * torque_constant
        return SignedFields(step[None], self.drives.scales(quantity.name.lower()), (32,))

    def _read_motion(self, data: np.ndarray, joints: np.ndarray, feedback: Feedback) -> None:
        values = columns_of(data[:, :6], ">i2") * self._report_scale.take(joints, axis=1)
        feedback.position[joints] = values[0]
        feedback.velocity[joints] = values[1]
        feedback.effort[joints] = values[2]
        feedback.motor_temperature[joints] = data[:, 6].view(np.int8)
        feedback.fault[joints] = data[:, 7]
        feedback.count_replies(joints)


def make(drives: Drives, mode: ControlMode | None) -> Family:
    """Return the codec; raises UnsupportedError for a mode that there is not."""
    return CubemarsServoFamily(drives, chosen_mode("cubemars_servo", mode, _MODES))
