# SPDX-License-Identifier: Apache-2.0
"""Imitates the firmware of RobStride drives, and of CyberGear, by their private protocol.

The identifier is kind << 24 | extra << 8 | drive. Sources: manuals of RS00 to RS06 and CyberGear.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from talus_can.frames import EXTENDED

from talus_drive_simulator.firmware.drive import DriveTrouble, Firmware, Law, Motion
from talus_drive_simulator.firmware.fields import (
    float_bytes,
    float_of,
    from_field,
    to_field,
    to_word,
    word_of,
)
from talus_drive_simulator.wires.frame import WireFrame

_ANNOUNCE = 0
_COMMAND = 1
_REPORT = 2
_ENABLE = 3
_STOP = 4
_ZERO = 6
_SET_ID = 7
_READ = 17
_WRITE = 18
_FAULT_REPORT = 21
_SAVE = 22
_USUAL_HOST = 0xFD
_BYTES = 8
_ON_STATE = 2
_FIELD_BITS = 16
_TIMEOUT_STEPS_PER_S = 20_000
_TEMPERATURE_STEPS_PER_C = 10
_MODE_REGISTER = 0x7005
_EFFORT_REGISTER = 0x700B
_VELOCITY_REGISTER = 0x7017
_POSITION_NOW_REGISTER = 0x7019
_VELOCITY_NOW_REGISTER = 0x701B
_VOLTAGE_REGISTER = 0x701C
_TIMEOUT_REGISTER = 0x7028  # of RobStride alone
_NOT_FOUND = 0x01
# Bits of every report, by bits 16 to 21 of its identifier.
_REPORT_BITS = {
    DriveTrouble.UNDER_VOLTAGE: 1 << 0,
    DriveTrouble.OVER_CURRENT: 1 << 1,
    DriveTrouble.MOTOR_HOT: 1 << 2,
    DriveTrouble.STAGE_HOT: 1 << 2,
    DriveTrouble.ENCODER: 1 << 3,
}
# Bits of the word of a fault report.
_FAULT_BITS = {
    DriveTrouble.MOTOR_HOT: 1 << 0,
    DriveTrouble.STAGE_HOT: 1 << 1,
    DriveTrouble.UNDER_VOLTAGE: 1 << 2,
    DriveTrouble.OVER_VOLTAGE: 1 << 3,
    DriveTrouble.OVER_CURRENT: 1 << 16,
    DriveTrouble.ENCODER: 1 << 7,
}


class RobstrideFirmware(Firmware):
    """Answers each frame by a report; a fault is told once by a frame of its own."""

    silence_is_trouble = False
    has_watchdog_register = True

    def reboot(self) -> None:
        """Begin anew in impedance mode, with the usual host."""
        super().reboot()
        self._host = _USUAL_HOST
        self._mode = 0
        self._has_told = True
        self._limits = {
            _EFFORT_REGISTER: self.spec.model.effort,
            _VELOCITY_REGISTER: self.spec.model.velocity,
        }

    def listens(self, can_id: int, flags: int) -> bool:
        """Return whether the lowest byte is this drive."""
        return flags == EXTENDED and can_id & 0xFF == self.spec.drive_id

    def hears(self, frame: WireFrame) -> bool:
        """Return whether it is for this drive."""
        return len(frame.data) == _BYTES and self.listens(frame.can_id, frame.flags)

    def receive(self, frame: WireFrame, now: float, motion: Motion) -> Sequence[WireFrame]:
        """Obey and report."""
        kind = frame.can_id >> 24
        extra = frame.can_id >> 8 & 0xFFFF
        data = frame.data
        if kind == _COMMAND:
            if self._mode == 0:
                self._obey(self._decoded(extra, data), now)
            return (self._report(motion),)
        self._host = extra & 0xFF
        if kind == _ANNOUNCE:
            return (self._frame(_ANNOUNCE, self.spec.drive_id, 0xFE, bytes(range(_BYTES))),)
        if kind == _READ:
            return (self._read(data, motion),)
        if kind == _ENABLE:
            self._go_on(now)
        elif kind == _STOP:
            self._go_off()
            if data[0] == 1:
                self.trouble = None
        elif kind == _ZERO and data[0] == 1:
            self.zero = motion.position
        elif kind == _WRITE:
            self._write(data)
        elif kind == _SET_ID:
            self._set(drive_id=extra >> 8 & 0x7F)
        elif kind == _SAVE:
            self.rebuild(self.spec)
        else:
            return ()
        return (self._report(motion),)

    def tick(self, now: float, motion: Motion) -> Sequence[WireFrame]:
        """Look after the watchdog, and tell a new fault."""
        super().tick(now, motion)
        if self._has_told:
            return ()
        self._has_told = True
        word = _FAULT_BITS.get(self.trouble, 0) if self.trouble else 0
        data = struct.pack("<II", word, 0)
        return (self._frame(_FAULT_REPORT, self.spec.drive_id, self._host, data),)

    def trip(self, trouble: DriveTrouble) -> None:
        """Go off, and tell why in the next tick; silence is no fault to it."""
        super().trip(trouble)
        self._has_told = self.trouble is None

    def _decoded(self, torque: int, data: bytes) -> Law:
        model = self.spec.model
        position, velocity, kp, kd = struct.unpack(">4H", data)
        return Law(
            from_field(position, -model.position, model.position, _FIELD_BITS),
            from_field(velocity, -model.velocity, model.velocity, _FIELD_BITS),
            from_field(kp, 0.0, model.kp, _FIELD_BITS),
            from_field(kd, 0.0, model.kd, _FIELD_BITS),
            from_field(torque, -model.effort, model.effort, _FIELD_BITS),
        )

    def _report(self, motion: Motion) -> WireFrame:
        model = self.spec.model
        data = struct.pack(
            ">4H",
            to_field(motion.position - self.zero, -model.position, model.position, _FIELD_BITS),
            to_field(motion.velocity, -model.velocity, model.velocity, _FIELD_BITS),
            to_field(motion.effort, -model.effort, model.effort, _FIELD_BITS),
            min(max(round(motion.motor_temperature * _TEMPERATURE_STEPS_PER_C), 0), 0xFFFF),
        )
        state = _ON_STATE if self.is_on else 0
        bits = _REPORT_BITS.get(self.trouble, 0) if self.trouble else 0
        return self._frame(_REPORT, (state << 6 | bits) << 8 | self.spec.drive_id, self._host, data)

    def _read(self, data: bytes, motion: Motion) -> WireFrame:
        address = data[0] | data[1] << 8
        value = self._value(address, motion)
        failed = 0 if value is not None else _NOT_FOUND
        payload = data[:2] + bytes(2) + (value or bytes(4))
        return self._frame(_READ, failed << 8 | self.spec.drive_id, self._host, payload)

    def _value(self, address: int, motion: Motion) -> bytes | None:
        if address == _MODE_REGISTER:
            return bytes([self._mode, 0, 0, 0])
        if address == _TIMEOUT_REGISTER and self.has_watchdog_register:
            steps = to_word(self.spec.watchdog_s * _TIMEOUT_STEPS_PER_S)
            return steps.to_bytes(4, "little")
        floats = {
            **self._limits,
            _POSITION_NOW_REGISTER: motion.position - self.zero,
            _VELOCITY_NOW_REGISTER: motion.velocity,
            _VOLTAGE_REGISTER: motion.voltage,
        }
        return float_bytes(floats[address]) if address in floats else None

    def _write(self, data: bytes) -> None:
        address = data[0] | data[1] << 8
        value = data[4:]
        if address == _MODE_REGISTER:
            self._mode = value[0]
        elif address == _TIMEOUT_REGISTER and self.has_watchdog_register:
            self._set(watchdog_s=word_of(value) / _TIMEOUT_STEPS_PER_S)
        elif address in self._limits:
            most = {
                _EFFORT_REGISTER: self.spec.model.effort,
                _VELOCITY_REGISTER: self.spec.model.velocity,
            }[address]
            number = float_of(value)
            if 0.0 <= number <= most:
                self._limits[address] = number

    def law(self, now: float) -> Law | None:
        """Return what it regulates, with its feed-forward within its torque limit."""
        law = super().law(now)
        if law is None:
            return None
        most = self._limits[_EFFORT_REGISTER]
        return law._replace(effort=min(max(law.effort, -most), most))

    def _frame(self, kind: int, extra: int, low: int, data: bytes) -> WireFrame:
        return WireFrame(kind << 24 | extra << 8 | low, EXTENDED, data)


class CybergearFirmware(RobstrideFirmware):
    """Has no register for a watchdog, else as RobStride."""

    has_watchdog_register = False
