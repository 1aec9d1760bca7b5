# SPDX-License-Identifier: Apache-2.0
"""Joins a firmware to its wire: a short queue in, a little time to answer, a short queue out."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from talus_drive_simulator.firmware.drive import DriveTrouble, Firmware, Motion
from talus_drive_simulator.heat import HOT_C
from talus_drive_simulator.wires.controller import Controller
from talus_drive_simulator.wires.frame import WireFrame
from talus_drive_simulator.wires.wire import Wire

# Of a drive's controller, either way: three mailboxes, as in the bxCAN and FDCAN of STM32.
DRIVE_FRAMES = 3
# From the end of a frame to the answer in the mailbox: one turn of a loop at 20 kHz.
ANSWER_S = 50e-6


class DriveNode:
    """Is one drive on a wire.

    Attributes:
        joint: Name of the joint that it moves.
        bus: Name of its bus.
        firmware: What runs in it.
        motion: What it measures now.
        lost: Frames for it that came faster than it could take them.
        is_mute: Whether it neither hears nor says anything, without losing torque.
        back_at: When it has booted, s; it is dead until then.
    """

    def __init__(self, joint: str, bus: str, firmware: Firmware, wire: Wire, number: int):
        """Take the wire and the drive's number among its nodes."""
        self.joint = joint
        self.bus = bus
        self.firmware = firmware
        self.motion = Motion(0.0, 0.0, 0.0)
        self.lost = 0
        self.is_mute = False
        self.back_at = 0.0
        self.number = number
        self._wire = wire
        self._busy_until: deque[float] = deque()

    @staticmethod
    def controller() -> Controller:
        """Return the controller of a drive, which leaves bus-off by itself."""
        return Controller(DRIVE_FRAMES, restarts_itself=True)

    def hear(self, frame: WireFrame, now: float) -> None:
        """Take a frame from the wire, and answer it."""
        if self.is_mute or now < self.back_at or not self.firmware.hears(frame):
            return
        busy = self._busy_until
        while busy and busy[0] <= now:
            busy.popleft()
        if len(busy) >= DRIVE_FRAMES:
            self.lost += 1
            return
        done = max(now, busy[-1] if busy else now) + ANSWER_S
        busy.append(done)
        self._say(self.firmware.receive(frame, done, self.motion), done)

    def measure(self, motion: Motion) -> None:
        """Take what the drive measures; without an angle or too hot it goes off by itself."""
        firmware = self.firmware
        if motion.position != motion.position:  # not a number
            if firmware.trouble is None:
                firmware.trip(DriveTrouble.ENCODER)
            return  # it reports what it knew last
        self.motion = motion
        if motion.motor_temperature > HOT_C and firmware.trouble is None:
            firmware.trip(DriveTrouble.MOTOR_HOT)

    def tick(self, now: float) -> None:
        """Let the firmware's own clock pass."""
        if now < self.back_at:
            return
        frames = self.firmware.tick(now, self.motion)
        if frames and not self.is_mute:
            self._say(frames, now)

    def reboot(self, now: float, seconds: float) -> None:
        """Lose power for a moment: torque off, registers forgotten, silent until it has booted."""
        self.firmware.reboot()
        self._busy_until.clear()
        self._wire.nodes[self.number].clear()
        self.back_at = now + seconds

    def _say(self, frames: Sequence[WireFrame], ready: float) -> None:
        for frame in frames:
            self._wire.put(self.number, frame, ready)
