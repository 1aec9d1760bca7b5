# SPDX-License-Identifier: Apache-2.0
"""Imitates the firmware of CubeMars (T-Motor) AK drives in their MIT mode.

Source: the AK series manual, chapter on the MIT mode. Its watchdog is set by the maker's tool.
"""

from __future__ import annotations

from collections.abc import Sequence

from talus_can.frames import EXTENDED, FLEXIBLE, REMOTE

from talus_drive_simulator.firmware.drive import DriveTrouble, Firmware, Law, Motion
from talus_drive_simulator.firmware.fields import from_field, to_byte, to_field
from talus_drive_simulator.wires.frame import WireFrame

_BYTES = 8
_ORDER_HEAD = b"\xff" * 7
_ENABLE = 0xFC
_DISABLE = 0xFD
_ZERO = 0xFE
_TEMPERATURE_OFFSET_C = 40
_CODES = {
    DriveTrouble.MOTOR_HOT: 1,
    DriveTrouble.STAGE_HOT: 1,
    DriveTrouble.OVER_CURRENT: 2,
    DriveTrouble.OVER_VOLTAGE: 3,
    DriveTrouble.UNDER_VOLTAGE: 4,
    DriveTrouble.ENCODER: 5,
}


class CubemarsMitFirmware(Firmware):
    """Answers each command by a report of eight bytes, from the host's identifier 0."""

    silence_is_trouble = False

    def listens(self, can_id: int, flags: int) -> bool:
        """Return whether it is this drive's identifier."""
        return not flags & (EXTENDED | REMOTE | FLEXIBLE) and can_id == self.spec.drive_id

    def hears(self, frame: WireFrame) -> bool:
        """Return whether it is a command for this drive."""
        return len(frame.data) == _BYTES and self.listens(frame.can_id, frame.flags)

    def receive(self, frame: WireFrame, now: float, motion: Motion) -> Sequence[WireFrame]:
        """Obey and report."""
        data = frame.data
        if data[:7] != _ORDER_HEAD:
            self._obey(self._decoded(data), now)
        elif data[7] == _ENABLE:
            self._go_on(now)
        elif data[7] == _DISABLE:
            self._go_off()
            self.trouble = None
        elif data[7] == _ZERO:
            self.zero = motion.position
        return (self._report(motion),)

    def _decoded(self, data: bytes) -> Law:
        bits = int.from_bytes(data, "big")
        model = self.spec.model
        return Law(
            from_field(bits >> 48, -model.position, model.position, 16),
            from_field(bits >> 36 & 0xFFF, -model.velocity, model.velocity, 12),
            from_field(bits >> 24 & 0xFFF, 0.0, model.kp, 12),
            from_field(bits >> 12 & 0xFFF, 0.0, model.kd, 12),
            from_field(bits & 0xFFF, -model.effort, model.effort, 12),
        )

    def _report(self, motion: Motion) -> WireFrame:
        model = self.spec.model
        bits = self.spec.drive_id & 0xFF
        bits = bits << 16 | to_field(
            motion.position - self.zero, -model.position, model.position, 16
        )
        bits = bits << 12 | to_field(motion.velocity, -model.velocity, model.velocity, 12)
        bits = bits << 12 | to_field(motion.effort, -model.effort, model.effort, 12)
        bits = bits << 8 | to_byte(motion.motor_temperature + _TEMPERATURE_OFFSET_C)
        bits = bits << 8 | (_CODES[self.trouble] if self.trouble else 0)
        can_id = 0 if self.spec.reply_id is None else self.spec.reply_id
        return WireFrame(can_id, 0, bits.to_bytes(_BYTES, "big"))
