# SPDX-License-Identifier: Apache-2.0
"""Imitates the firmware of ODrive drives by CAN Simple: cyclic reports, turns, little-endian.

Source: the CAN protocol page of ODrive 0.6. Gains and watchdog are set by the maker's tool.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

from talus_can.frames import EXTENDED, FLEXIBLE

from talus_drive_simulator.firmware.drive import DriveTrouble, Firmware, Law, Motion
from talus_drive_simulator.wires.frame import WireFrame

_TURN_RAD = 2.0 * math.pi
_COMMAND_BITS = 5
_HEARTBEAT = 0x01
_EMERGENCY_STOP = 0x02
_ERRORS = 0x03
_SET_STATE = 0x07
_ESTIMATES = 0x09
_SET_MODE = 0x0B
_SET_POSITION = 0x0C
_SET_VELOCITY = 0x0D
_SET_TORQUE = 0x0E
_TEMPERATURES = 0x15
_CLEAR_ERRORS = 0x18
_SET_ZERO = 0x19
_POSITION_GAIN = 0x1A
_VELOCITY_GAINS = 0x1B
_TORQUES = 0x1C
_IDLE = 1
_CLOSED_LOOP = 8
_TORQUE_MODE = 1
_VELOCITY_MODE = 2
_POSITION_MODE = 3
_SIDE_STEP = 1e-3  # of velocity, turns/s, and torque, N m, beside a position
_HEARTBEAT_S = 0.1  # the maker's default
_LEAST_BYTES = {
    _SET_STATE: 4,
    _SET_MODE: 8,
    _SET_POSITION: 8,
    _SET_VELOCITY: 8,
    _SET_TORQUE: 4,
    _SET_ZERO: 4,
    _POSITION_GAIN: 4,
    _VELOCITY_GAINS: 8,
}
_FAULTS = {
    DriveTrouble.OVER_VOLTAGE: 1 << 8,
    DriveTrouble.UNDER_VOLTAGE: 1 << 9,
    DriveTrouble.OVER_CURRENT: 1 << 12,
    DriveTrouble.MOTOR_HOT: 1 << 13,
    DriveTrouble.STAGE_HOT: 1 << 14,
    DriveTrouble.SILENCE: 1 << 24,
    DriveTrouble.ENCODER: 1 << 3,
}


class OdriveFirmware(Firmware):
    """Reports by its own clock, and answers no command."""

    def reboot(self) -> None:
        """Begin anew, idle, with the gains of its model."""
        super().reboot()
        model = self.spec.model
        kd = model.kd if math.isfinite(model.kd) else 1.0
        kp = model.kp if math.isfinite(model.kp) else 0.0
        self._outer = kp / kd  # 1/s
        self._inner = kd * _TURN_RAD  # N m s a turn
        self._mode = _POSITION_MODE
        self._next_report = 0.0
        self._next_heartbeat = 0.0

    def listens(self, can_id: int, flags: int) -> bool:
        """Return whether it is this node's."""
        return not flags & (EXTENDED | FLEXIBLE) and can_id >> _COMMAND_BITS == self.spec.drive_id

    def hears(self, frame: WireFrame) -> bool:
        """Return whether it is a command for this node."""
        return self.listens(frame.can_id, frame.flags)

    def receive(self, frame: WireFrame, now: float, motion: Motion) -> Sequence[WireFrame]:
        """Obey; a frame that is too short is none."""
        command = frame.can_id & 0x1F
        data = frame.data
        if len(data) < _LEAST_BYTES.get(command, 0):
            return ()
        if command == _SET_STATE:
            self._change_state(int.from_bytes(data[:4], "little"), now)
        elif command == _SET_MODE:
            self._mode = int.from_bytes(data[:4], "little")
        elif command == _EMERGENCY_STOP:
            self._go_off()
        elif command == _CLEAR_ERRORS:
            self.trouble = None
        elif command == _SET_ZERO:
            self.zero = motion.position - _number(data) * _TURN_RAD
        elif command == _POSITION_GAIN:
            self._outer = max(_number(data), 0.0)
        elif command == _VELOCITY_GAINS:
            self._inner = max(_number(data), 0.0)
        else:
            self._follow(command, data, now)
        return ()

    def tick(self, now: float, motion: Motion) -> Sequence[WireFrame]:
        """Look after the watchdog, and report what is due."""
        super().tick(now, motion)
        frames = []
        if now >= self._next_report:
            self._next_report = now + self.spec.report_s - 1e-9
            place = (motion.position - self.zero) / _TURN_RAD
            frames.append(self._frame(_ESTIMATES, _pair(place, motion.velocity / _TURN_RAD)))
            frames.append(self._frame(_TORQUES, _pair(motion.effort, motion.effort)))
        if now >= self._next_heartbeat:
            self._next_heartbeat = now + _HEARTBEAT_S - 1e-9
            state = _CLOSED_LOOP if self.is_on else _IDLE
            word = _FAULTS.get(self.trouble, 0) if self.trouble else 0
            frames.append(self._frame(_HEARTBEAT, struct.pack("<IBBB", word, state, 0, 0)))
            warm = _pair(motion.stage_temperature, motion.motor_temperature)
            frames.append(self._frame(_TEMPERATURES, warm))
        return frames

    def _change_state(self, state: int, now: float) -> None:
        if state == _CLOSED_LOOP:
            self._go_on(now)
        elif state == _IDLE:
            self._go_off()
        self._next_heartbeat = now  # a change is told at once

    def _follow(self, command: int, data: bytes, now: float) -> None:
        kd = self._inner / _TURN_RAD
        if command == _SET_POSITION and self._mode == _POSITION_MODE:
            place, velocity, torque = struct.unpack_from("<fhh", data)
            target = Law(
                _finite(place) * _TURN_RAD,
                velocity * _SIDE_STEP * _TURN_RAD,
                self._outer * kd,
                kd,
                torque * _SIDE_STEP,
            )
        elif command == _SET_VELOCITY and self._mode == _VELOCITY_MODE:
            velocity, torque = struct.unpack_from("<ff", data)
            target = Law(0.0, _finite(velocity) * _TURN_RAD, 0.0, kd, _finite(torque))
        elif command == _SET_TORQUE and self._mode == _TORQUE_MODE:
            target = Law(0.0, 0.0, 0.0, 0.0, _number(data))
        else:
            return
        most = self.spec.model.effort
        self._obey(target._replace(effort=min(max(target.effort, -most), most)), now)

    def _frame(self, command: int, data: bytes) -> WireFrame:
        return WireFrame(self.spec.drive_id << _COMMAND_BITS | command, 0, data)


def _pair(first: float, second: float) -> bytes:
    return struct.pack("<ff", first, second)


def _number(data: bytes) -> float:
    return _finite(struct.unpack_from("<f", data)[0])


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0
