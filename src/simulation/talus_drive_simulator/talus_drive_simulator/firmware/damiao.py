# SPDX-License-Identifier: Apache-2.0
"""Imitates the firmware of Damiao drives in their impedance mode.

Source: the DM-J4310 manual: frames of the MIT mode, feedback, registers by identifier 0x7FF.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from talus_can.frames import EXTENDED, FLEXIBLE, RATE_SWITCH, REMOTE

from talus_drive_simulator.firmware.drive import DriveTrouble, Firmware, Law, Motion
from talus_drive_simulator.firmware.fields import (
    float_bytes,
    float_of,
    from_field,
    to_byte,
    to_field,
    to_word,
    word_of,
)
from talus_drive_simulator.wires.frame import WireFrame

_REGISTER_ID = 0x7FF
_USUAL_REPLY_OFFSET = 0x10
_BYTES = 8
_ORDER_HEAD = b"\xff" * 7
_CLEAR = 0xFB
_ENABLE = 0xFC
_DISABLE = 0xFD
_ZERO = 0xFE
_READ = 0x33
_WRITE = 0x55
_STORE = 0xAA
_REFRESH = 0xCC
_MASTER_REGISTER = 7
_ID_REGISTER = 8
_TIMEOUT_REGISTER = 9
_MODE_REGISTER = 10
_POSITION_REGISTER = 21
_VELOCITY_REGISTER = 22
_EFFORT_REGISTER = 23
_VOLTAGE_REGISTER = 60
_TIMEOUT_STEPS_PER_S = 20_000  # of 50 us
_IMPEDANCE_MODE = 1
_KP_TOP_BITS = 12
_STATES = {
    DriveTrouble.OVER_VOLTAGE: 0x8,
    DriveTrouble.UNDER_VOLTAGE: 0x9,
    DriveTrouble.OVER_CURRENT: 0xA,
    DriveTrouble.STAGE_HOT: 0xB,
    DriveTrouble.MOTOR_HOT: 0xC,
    DriveTrouble.SILENCE: 0xD,
    DriveTrouble.ENCODER: 0xE,
}


class DamiaoFirmware(Firmware):
    """Answers each command by a report of eight bytes; registers last until power-off."""

    def reboot(self) -> None:
        """Begin anew in impedance mode."""
        super().reboot()
        self._mode = _IMPEDANCE_MODE

    def listens(self, can_id: int, flags: int) -> bool:
        """Return whether it is this drive's identifier, or that of all drives' registers."""
        return not flags & (EXTENDED | REMOTE) and can_id in (self.spec.drive_id, _REGISTER_ID)

    def hears(self, frame: WireFrame) -> bool:
        """Return whether it is a command for this drive or a request for its registers."""
        data = frame.data
        if len(data) != _BYTES or not self.listens(frame.can_id, frame.flags):
            return False
        is_register = frame.can_id == _REGISTER_ID
        return not is_register or data[0] | data[1] << 8 == self.spec.drive_id

    def receive(self, frame: WireFrame, now: float, motion: Motion) -> Sequence[WireFrame]:
        """Obey and report."""
        data = frame.data
        if frame.can_id == _REGISTER_ID:
            return self._registers(data, motion)
        if data[:7] == _ORDER_HEAD:
            self._order(data[7], now, motion)
        elif self._mode == _IMPEDANCE_MODE:
            self._obey(self._decoded(data), now)
        else:
            return ()  # such frames belong to another mode
        return (self._report(motion),)

    def _order(self, order: int, now: float, motion: Motion) -> None:
        if order == _ENABLE:
            self._go_on(now)
        elif order == _DISABLE:
            self._go_off()
        elif order == _CLEAR:
            self.trouble = None
        elif order == _ZERO:
            self.zero = motion.position

    def _decoded(self, data: bytes) -> Law:
        model = self.spec.model
        position = data[0] << 8 | data[1]
        velocity = data[2] << 4 | data[3] >> 4
        kp = (data[3] & 0xF) << 8 | data[4]
        kd = data[5] << 4 | data[6] >> 4
        effort = (data[6] & 0xF) << 8 | data[7]
        return Law(
            from_field(position, -model.position, model.position, 16),
            from_field(velocity, -model.velocity, model.velocity, 12),
            from_field(kp, 0.0, model.kp, _KP_TOP_BITS),
            from_field(kd, 0.0, model.kd, _KP_TOP_BITS),
            from_field(effort, -model.effort, model.effort, 12),
        )

    def _report(self, motion: Motion) -> WireFrame:
        model = self.spec.model
        position = to_field(motion.position - self.zero, -model.position, model.position, 16)
        velocity = to_field(motion.velocity, -model.velocity, model.velocity, 12)
        effort = to_field(motion.effort, -model.effort, model.effort, 12)
        state = _STATES[self.trouble] if self.trouble else int(self.is_on)
        return self._reply(
            bytes(
                (
                    state << 4 | self.spec.drive_id & 0xF,
                    position >> 8,
                    position & 0xFF,
                    velocity >> 4,
                    (velocity & 0xF) << 4 | effort >> 8,
                    effort & 0xFF,
                    to_byte(motion.stage_temperature),
                    to_byte(motion.motor_temperature),
                )
            )
        )

    def _reply(self, data: bytes) -> WireFrame:
        spec = self.spec
        usual = spec.drive_id + _USUAL_REPLY_OFFSET
        can_id = usual if spec.reply_id is None else spec.reply_id
        return WireFrame(can_id, FLEXIBLE | RATE_SWITCH if spec.is_flexible else 0, data)

    def _registers(self, data: bytes, motion: Motion) -> Sequence[WireFrame]:
        kind = data[2]
        register = data[3]
        if kind == _REFRESH:
            return (self._report(motion),)
        if kind == _WRITE:
            self._write(register, data[4:])
        elif kind == _STORE:
            self.rebuild(self.spec)
            return (self._reply(data[:4] + b"\x01\0\0\0"),)
        elif kind != _READ:
            return ()
        return (self._reply(data[:4] + self._read(register, motion)),)

    def _read(self, register: int, motion: Motion) -> bytes:
        spec = self.spec
        reply_id = spec.drive_id + _USUAL_REPLY_OFFSET if spec.reply_id is None else spec.reply_id
        words = {
            _MASTER_REGISTER: reply_id,
            _ID_REGISTER: spec.drive_id,
            _TIMEOUT_REGISTER: to_word(spec.watchdog_s * _TIMEOUT_STEPS_PER_S),
            _MODE_REGISTER: self._mode,
        }
        floats = {
            _POSITION_REGISTER: spec.model.position,
            _VELOCITY_REGISTER: spec.model.velocity,
            _EFFORT_REGISTER: spec.model.effort,
            _VOLTAGE_REGISTER: motion.voltage,
        }
        if register in floats:
            return float_bytes(floats[register])
        return words.get(register, 0).to_bytes(4, "little")

    def _write(self, register: int, data: bytes) -> None:
        word = word_of(data)
        number = float_of(data)
        is_range = math.isfinite(number) and number > 0.0
        if register == _TIMEOUT_REGISTER:
            self._set(watchdog_s=word / _TIMEOUT_STEPS_PER_S)
        elif register == _MODE_REGISTER and 1 <= word <= 4:
            self._mode = word
        elif register == _MASTER_REGISTER and word < _REGISTER_ID:
            self._set(reply_id=word)
        elif register == _ID_REGISTER and 0 < word < _REGISTER_ID:
            self._set(drive_id=word)
        elif register == _POSITION_REGISTER and is_range:
            self._scale(position=number)
        elif register == _VELOCITY_REGISTER and is_range:
            self._scale(velocity=number)
        elif register == _EFFORT_REGISTER and is_range:
            self._scale(effort=number)
