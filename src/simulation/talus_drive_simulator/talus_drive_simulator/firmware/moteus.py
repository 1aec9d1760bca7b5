# SPDX-License-Identifier: Apache-2.0
"""Imitates the firmware of moteus drives: registers by subframes, settings as text.

The identifier is source << 8 | destination; bit 15 asks for a reply. Source: mjbots' protocol and
register pages (docs/protocol).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from talus_can.frames import EXTENDED, FLEXIBLE, FLEXIBLE_LENGTHS

from talus_drive_simulator.firmware.drive import DriveSpec, DriveTrouble, Firmware, Law, Motion
from talus_drive_simulator.firmware.moteus_words import (
    NO_OPERATION,
    MalformedSubframeError,
    Query,
    StreamPoll,
    StreamText,
    Write,
    read_commands,
    value_bytes,
    varuint_bytes,
)
from talus_drive_simulator.wires.frame import WireFrame

_WANTS_REPLY = 0x80
_TURN_RAD = 2.0 * math.pi
_OFF_MODE = 0
_FAULT_MODE = 1
_POSITION_MODE = 10
_TIMEOUT_MODE = 11
_BRAKE_MODE = 15
_STREAM_REPLY = 0x41
_STREAM_CHANNEL = 1
_MODE_REGISTER = 0x000
_COMMAND_POSITION = 0x020
_COMMAND_VELOCITY = 0x021
_COMMAND_TORQUE = 0x022
_COMMAND_KP_SCALE = 0x023
_COMMAND_KD_SCALE = 0x024
_COMMAND_MOST_TORQUE = 0x025
_COMMAND_TIMEOUT = 0x027
_SET_OUTPUT_EXACT = 0x131
_USUAL_TIMEOUT_S = 0.1  # servo.default_timeout_s of the maker's firmware
_FAULTS = {
    DriveTrouble.MOTOR_HOT: 38,
    DriveTrouble.STAGE_HOT: 38,
    DriveTrouble.OVER_VOLTAGE: 34,
    DriveTrouble.UNDER_VOLTAGE: 40,
    DriveTrouble.OVER_CURRENT: 33,
    DriveTrouble.ENCODER: 35,
}


class MoteusFirmware(Firmware):
    """Regulates position, velocity and torque by shares of its own gains."""

    def __init__(self, spec: DriveSpec):
        """Begin as after power-on; without a watchdog of its own it has the maker's."""
        super().__init__(
            spec if spec.watchdog_s else DriveSpec(**{**vars(spec), "watchdog_s": _USUAL_TIMEOUT_S})
        )

    def reboot(self) -> None:
        """Begin anew, stopped."""
        super().reboot()
        self._mode = _OFF_MODE
        self._commands: dict[int, float] = {}
        self._text_in = b""
        self._text_out = b""
        self._held_position = 0.0

    def listens(self, can_id: int, flags: int) -> bool:
        """Return whether it is for this drive; classic frames are obeyed as well."""
        return can_id & 0x7F == self.spec.drive_id and can_id >> 16 == 0

    def hears(self, frame: WireFrame) -> bool:
        """Return whether it is for this drive."""
        return self.listens(frame.can_id, frame.flags)

    def receive(self, frame: WireFrame, now: float, motion: Motion) -> Sequence[WireFrame]:
        """Obey all subframes in their order; what cannot be read ends the frame."""
        reply = b""
        try:
            for command in read_commands(frame.data):
                if isinstance(command, Write):
                    self._write(command, now, motion)
                elif isinstance(command, Query):
                    reply += self._answer(command, motion)
                elif isinstance(command, StreamText):
                    self._text_in += command.text
                elif isinstance(command, StreamPoll):
                    reply += self._polled(command)
        except MalformedSubframeError:
            pass
        self._obey_text()
        source = frame.can_id >> 8
        if not source & _WANTS_REPLY:
            return ()
        size = min(room for room in FLEXIBLE_LENGTHS if room >= len(reply))
        can_id = self.spec.drive_id << 8 | source & 0x7F
        # As it was asked: FD or not, with the faster rate or not.
        flags = frame.flags if frame.flags & FLEXIBLE else frame.flags & EXTENDED
        return (WireFrame(can_id, flags, reply.ljust(size, bytes([NO_OPERATION]))),)

    def tick(self, now: float, motion: Motion) -> Sequence[WireFrame]:
        """Look after the watchdog, whose time a command may have of its own."""
        limit = self._commands.get(_COMMAND_TIMEOUT, math.nan)
        limit = self.spec.watchdog_s if math.isnan(limit) else limit
        if self.is_on and limit and now - self._heard_at > limit:
            self._go_off()
            self._mode = _TIMEOUT_MODE  # until it is told to stop
        return ()

    def trip(self, trouble: DriveTrouble) -> None:
        """Go into its fault mode until it is told to stop."""
        super().trip(trouble)
        self._mode = _FAULT_MODE

    def law(self, now: float) -> Law | None:
        """Return what it regulates: its position moves on with its velocity until the next."""
        if self._mode != _POSITION_MODE:
            return None
        get = self._commands.get
        model = self.spec.model
        kp_share = _share(get(_COMMAND_KP_SCALE, math.nan))
        kd_share = min(_share(get(_COMMAND_KD_SCALE, math.nan)), kp_share)
        velocity = _or_zero(get(_COMMAND_VELOCITY, 0.0)) * _TURN_RAD
        start = get(_COMMAND_POSITION, math.nan) * _TURN_RAD
        start = self._held_position if math.isnan(start) else start + self.zero
        most = get(_COMMAND_MOST_TORQUE, math.nan)
        effort = _or_zero(get(_COMMAND_TORQUE, 0.0))
        if not math.isnan(most):
            effort = min(max(effort, -most), most)
        moved = velocity * max(0.0, now - self._heard_at)
        return Law(start + moved, velocity, kp_share * model.kp, kd_share * model.kd, effort)

    def _write(self, command: Write, now: float, motion: Motion) -> None:
        for register, value in zip(
            range(command.start, command.start + len(command.values)), command.values, strict=True
        ):
            if register == _MODE_REGISTER:
                self._change_mode(int(value), now, motion)
            elif _COMMAND_POSITION <= register <= _COMMAND_TIMEOUT:
                self._commands[register] = value * command.unit(register)
            elif register == _SET_OUTPUT_EXACT and not math.isnan(value):
                self.zero = motion.position - value * command.unit(register) * _TURN_RAD

    def _change_mode(self, mode: int, now: float, motion: Motion) -> None:
        if mode in (_OFF_MODE, _BRAKE_MODE):
            self.trouble = None if mode == _OFF_MODE else self.trouble
            self._go_off()
            can_brake = self.trouble is None and self._mode != _TIMEOUT_MODE
            self._mode = mode if mode == _OFF_MODE or can_brake else self._mode
        elif mode == _POSITION_MODE and self._mode not in (_FAULT_MODE, _TIMEOUT_MODE):
            self._commands.clear()  # each command begins with the defaults
            if self._mode != _POSITION_MODE:
                self._held_position = motion.position
            self._mode = mode
            self._go_on(now)

    def _answer(self, query: Query, motion: Motion) -> bytes:
        place = motion.position - self.zero
        values = {
            _MODE_REGISTER: float(self._mode),
            0x001: place / _TURN_RAD,
            0x002: motion.velocity / _TURN_RAD,
            0x003: motion.effort,
            0x00A: motion.motor_temperature,
            0x00D: motion.voltage,
            0x00E: motion.stage_temperature,
            0x00F: float(_FAULTS.get(self.trouble, 0) if self.trouble else 0),
        }
        head = bytes([0x20 | query.kind << 2 | (query.registers if query.registers < 4 else 0)])
        head += b"" if query.registers < 4 else varuint_bytes(query.registers)
        body = b"".join(
            value_bytes(register, values.get(register, 0.0), query.kind)
            for register in range(query.start, query.start + query.registers)
        )
        return head + varuint_bytes(query.start) + body

    def _polled(self, poll: StreamPoll) -> bytes:
        text = self._text_out[: poll.most]
        self._text_out = self._text_out[poll.most :]
        return bytes([_STREAM_REPLY, _STREAM_CHANNEL, len(text)]) + text

    def _obey_text(self) -> None:
        """Answer whole lines; the answer waits for the next poll."""
        while b"\n" in self._text_in:
            line, self._text_in = self._text_in.split(b"\n", 1)
            self._text_out += self._line(line.decode("ascii", "replace").split())

    def _line(self, words: list[str]) -> bytes:
        model = self.spec.model
        values = {
            "servo.default_timeout_s": self.spec.watchdog_s,
            "servo.pid_position.kp": model.kp * _TURN_RAD,  # N m a turn
            "servo.pid_position.kd": model.kd * _TURN_RAD,
        }
        if words[:2] == ["conf", "get"] and len(words) == 3 and words[2] in values:
            return f"{values[words[2]]:.6f}\r\n".encode()
        if words[:2] == ["conf", "set"] and len(words) == 4 and words[2] in values:
            return self._configure(words[2], words[3])
        return b"ERR unknown command\r\n"

    def _configure(self, name: str, text: str) -> bytes:
        try:
            value = float(text)
        except ValueError:
            return b"ERR error setting\r\n"
        if name == "servo.default_timeout_s":
            self._set(watchdog_s=value)
        elif name == "servo.pid_position.kp":
            self._scale(kp=value / _TURN_RAD)
        else:
            self._scale(kd=value / _TURN_RAD)
        return b"OK\r\n"


def _share(scale: float) -> float:
    """Return a gain scale; what is not told is 1."""
    return 1.0 if math.isnan(scale) else min(max(scale, 0.0), 1.0)


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value
