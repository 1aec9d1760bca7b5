# SPDX-License-Identifier: Apache-2.0
"""Drives that answer on a bus in memory, written from the makers' documents, without a codec.

They keep registers, give torque while they are on, and go off where commands stay away.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

EXTENDED, FLEXIBLE, RATE_SWITCH = 1, 8, 16
REPLY_OFFSET = 0x10
HOST = 0xFD
BOOT_NS = 60_000_000
TURN = 2 * math.pi
Reply = tuple[int, int, bytes]  # identifier, flags, payload


@dataclass
class ScriptedDrive:
    """One drive. `ranges` are the ends of position, velocity, effort, kp and kd of its motor."""

    drive_id: int
    ranges: tuple[float, float, float, float, float]
    position: float = 0.0
    velocity: float = 0.0
    effort: float = 0.0
    is_on: bool = False
    fault: int = 0
    temperature: float = 30.0
    registers: dict = field(default_factory=dict)
    commanded: tuple[float, ...] = ()
    heard_ns: int = 0
    now_ns: int = 0
    ready_ns: int = 0

    def __post_init__(self):
        self.power_up()

    @property
    def watchdog_s(self) -> float:
        raise NotImplementedError

    def power_up(self) -> None:
        """Lose everything that a loss of power loses."""
        self.is_on = False
        self.fault = 0
        self.effort = 0.0

    def reboot(self, now_ns: int) -> None:
        """Lose power for a moment; it listens again when its firmware runs."""
        self.power_up()
        self.ready_ns = now_ns + BOOT_NS

    def handle(self, can_id: int, flags: int, data: bytes, now_ns: int) -> list[Reply]:
        if now_ns < self.ready_ns:
            return []
        late = now_ns - self.heard_ns > 1e9 * self.watchdog_s > 0
        if self.is_on and late:
            self.off()
        self.now_ns = now_ns
        return self.answer(can_id, flags, data)

    def answer(self, can_id: int, flags: int, data: bytes) -> list[Reply]:
        raise NotImplementedError

    def on(self) -> None:
        self.is_on = not self.fault
        self.heard_ns = self.now_ns

    def off(self) -> None:
        self.is_on = False
        self.effort = 0.0

    def obey(self, position: float, velocity: float, kp: float, kd: float, effort: float) -> None:
        self.commanded = (position, velocity, effort, kp, kd)
        self.heard_ns = self.now_ns
        law = effort + kp * (position - self.position) + kd * (velocity - self.velocity)
        self.effort = max(-self.ranges[2], min(self.ranges[2], law)) if self.is_on else 0.0


def unsigned(value: float, low: float, high: float, bits: int) -> int:
    share = (min(max(value, low), high) - low) / (high - low)
    return int(share * (2**bits - 1) + 1e-6)


def scaled(raw: int, low: float, high: float, bits: int) -> float:
    return low + raw * (high - low) / (2**bits - 1)


class DamiaoDrive(ScriptedDrive):
    """State 0 off, 1 on, else a fault; registers by identifier 0x7FF."""

    def power_up(self) -> None:
        super().power_up()
        p, v, t = self.ranges[:3]
        self.registers = {7: self.drive_id + REPLY_OFFSET, 9: 0, 10: 2, 21: p, 22: v, 23: t, 60: 48}

    @property
    def watchdog_s(self) -> float:
        return self.registers[9] / 20_000

    def answer(self, can_id, flags, data):
        if can_id == 0x7FF and int.from_bytes(data[:2], "little") == self.drive_id:
            return self._register(data)
        if can_id != self.drive_id:
            return []
        if data[:7] == b"\xff" * 7:
            {0xFC: self.on, 0xFD: self.off, 0xFB: self._clear}[data[7]]()
            return [self._report(flags)]
        word = int.from_bytes(data, "big")
        fields = [word >> 48, word >> 36 & 0xFFF, word >> 24 & 0xFFF, word >> 12 & 0xFFF]
        fields.append(word & 0xFFF)
        bits = (16, 12, 12, 12, 12)
        p, v, t, kp, kd = self.ranges
        ends = ((-p, p), (-v, v), (0, kp), (0, kd), (-t, t))
        self.obey(*(scaled(raw, *end, n) for raw, end, n in zip(fields, ends, bits, strict=True)))
        return [self._report(flags)]

    def _clear(self):
        self.fault = 0

    def _register(self, data):
        what, number = data[2], data[3]
        if what == 0xCC:
            return [self._report(0)]
        kind = "<f" if number in (21, 22, 23, 60) else "<I"
        if what == 0x55:
            self.registers[number] = struct.unpack(kind, data[4:8])[0]
        value = struct.pack(kind, self.registers[number])
        return [(self.drive_id + REPLY_OFFSET, 0, data[:4] + value)]

    def _report(self, flags):
        p, v, t = self.ranges[:3]
        state = self.fault or int(self.is_on)
        fields = (
            unsigned(self.position, -p, p, 16) << 40
            | unsigned(self.velocity, -v, v, 12) << 28
            | unsigned(self.effort, -t, t, 12) << 16
        )
        word = (state << 4 | self.drive_id & 0xF) << 56 | fields | int(self.temperature) << 8 | 30
        return (self.drive_id + REPLY_OFFSET, flags, word.to_bytes(8, "big"))


class RobstrideDrive(ScriptedDrive):
    """Identifier kind << 24 | extra << 8 | drive; modes 0 off, 2 on."""

    def power_up(self) -> None:
        super().power_up()
        self.registers = {0x7005: 1, 0x700B: self.ranges[2], 0x7028: 0, 0x701C: 48.0}

    @property
    def watchdog_s(self) -> float:
        return self.registers[0x7028] / 20_000

    def answer(self, can_id, flags, data):
        kind, extra = can_id >> 24, can_id >> 8 & 0xFFFF
        if can_id & 0xFF != self.drive_id or not flags & EXTENDED:
            return []
        if kind == 17:
            number = int.from_bytes(data[:2], "little")
            value = struct.pack(self._kind(number), self.registers[number]).ljust(4, b"\0")
            return [(17 << 24 | self.drive_id << 8 | HOST, EXTENDED, data[:4] + value)]
        if kind == 18:
            number = int.from_bytes(data[:2], "little")
            form = self._kind(number)
            self.registers[number] = struct.unpack_from(form, data, 4)[0]
        elif kind == 3:
            self.on()
        elif kind == 4:
            self.off()
            self.fault = 0 if data[0] else self.fault
        elif kind == 1:
            raw = (*struct.unpack(">4H", data), extra)
            p, v, t, kp, kd = self.ranges
            ends = ((-p, p), (-v, v), (0, kp), (0, kd), (-t, t))
            self.obey(*(scaled(n, *end, 16) for n, end in zip(raw, ends, strict=True)))
        return [self._report()]

    @staticmethod
    def _kind(number):
        return {0x7005: "<B", 0x7028: "<I"}.get(number, "<f")

    def _report(self):
        ends = self.ranges[:3]
        values = (self.position, self.velocity, self.effort)
        raw = [unsigned(value, -end, end, 16) for value, end in zip(values, ends, strict=True)]
        mode = 2 if self.is_on else 0
        can_id = 2 << 24 | mode << 22 | self.fault << 16 | self.drive_id << 8 | HOST
        return (can_id, EXTENDED, struct.pack(">4H", *raw, int(10 * self.temperature)))


class MoteusDrive(ScriptedDrive):
    """Registers of 16 bits; settings as text. Ranges: kp and kd are its own gains."""

    def power_up(self) -> None:
        super().power_up()
        self.registers = {
            "servo.default_timeout_s": 0.1,
            "servo.pid_position.kp": self.ranges[3] * TURN,
            "servo.pid_position.kd": self.ranges[4] * TURN,
        }
        self.mode = 0
        self.text: list[bytes] = []

    @property
    def watchdog_s(self) -> float:
        return self.registers["servo.default_timeout_s"]

    def off(self) -> None:
        super().off()
        self.mode = 0

    def answer(self, can_id, flags, data):
        if can_id & 0x7F != self.drive_id or not flags & FLEXIBLE:
            return []
        if data[:2] == b"\x40\x01":
            return self._console(data[3 : 3 + data[2]].decode())
        if data[:2] == b"\x01\x00":
            self._go(data)
        return [self._report()] if can_id & 0x8000 else []

    def _go(self, data):
        self.mode = data[2]
        if self.mode != 10:
            self.off()
            self.mode = data[2]
            self.fault = 0 if self.mode == 0 else self.fault
            return
        self.on()
        p, v, t, kp, kd = struct.unpack_from("<5h", data, 6)
        gains = self.ranges[3] * kp / 32767, self.ranges[4] * min(kd, kp) / 32767
        self.obey(p * 1e-4 * TURN, v * 2.5e-4 * TURN, *gains, t * 0.01)

    def _console(self, line):
        words = line.split()
        if words[1] == "set":
            self.registers[words[2]] = float(words[3])
            self.text.append(b"OK\r\n")
        else:
            self.text.append(f"{self.registers[words[2]]:.7g}\r\n".encode())
        text = self.text.pop(0)
        return [self._padded(bytes([0x41, 1, len(text)]) + text)]

    def _report(self):
        mode = 1 if self.fault else 10 if self.is_on else self.mode
        motion = (
            round(self.position / TURN / 1e-4),
            round(self.velocity / TURN / 2.5e-4),
            round(self.effort / 0.01),
        )
        head = struct.pack("<3B4h3B", 0x24, 4, 0, mode, *motion, 0x20, 6, 0x0A)
        return self._padded(head + bytes([int(self.temperature), 0, 0, 96, 30, self.fault]))

    def _padded(self, payload):
        size = next(n for n in (8, 12, 16, 20, 24, 32, 48, 64) if n >= len(payload))
        flags = EXTENDED | FLEXIBLE | RATE_SWITCH
        return (self.drive_id << 8, flags, payload.ljust(size, b"\x50"))
