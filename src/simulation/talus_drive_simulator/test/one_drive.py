# SPDX-License-Identifier: Apache-2.0
"""One simulated drive and the codec of its family, frame by frame without a wire."""

from __future__ import annotations

import numpy as np
from talus_can.codec.drives import Drives
from talus_can.codec.family import Order
from talus_can.codec.feedback import DriveSetting, Feedback, SettingReply
from talus_can.codec.registry import make_family
from talus_can.codec.targets import Targets
from talus_can.frames import FrameBatch
from talus_can.models import load_motor_models
from talus_drive_simulator.firmware.drive import DriveSpec, Law, Motion
from talus_drive_simulator.firmware.registry import make_firmware
from talus_drive_simulator.wires.frame import WireFrame, frames_of

MODELS = load_motor_models()
DRIVE = 5
TICK_S = 0.002
AT_REST = Motion(0.0, 0.0, 0.0)


def batch_of(frames: list[WireFrame], bus: int = 0) -> FrameBatch:
    width = 64 if any(len(frame.data) > 8 for frame in frames) else 8
    data = b"".join(frame.data.ljust(width, b"\0") for frame in frames)
    return FrameBatch(
        np.full(len(frames), bus, np.uint8),
        np.array([frame.can_id for frame in frames], np.uint32),
        np.array([frame.flags for frame in frames], np.uint8),
        np.array([len(frame.data) for frame in frames], np.uint8),
        np.frombuffer(data, np.uint8).reshape(len(frames), width),
    )


class OneDrive:
    """Talks to one firmware by the codec of its family."""

    def __init__(self, name: str, model: str = "", **setup: object):
        found = MODELS.find(name, model) if model else MODELS.of_family(name)[0]
        is_flexible = bool(setup.get("is_flexible", False))
        drives = Drives(
            ("knee",), np.array([0]), np.array([DRIVE]), (found,), is_flexible=is_flexible
        )
        self.model = found
        self.family = make_family(name, drives, None)
        self.firmware = make_firmware(name, DriveSpec(DRIVE, found, **setup))
        self.seen = Feedback.unheard(1)
        self.now = 0.0
        self.motion = AT_REST
        self.settings: list[SettingReply] = []

    def hand(self, frames: list[WireFrame]) -> list[WireFrame]:
        """Give frames to the drive; read its answers, all of which the codec must know."""
        answers = []
        for frame in frames:
            if self.firmware.hears(frame):
                answers += self.firmware.receive(frame, self.now, self.motion)
        self.read(answers)
        return answers

    def read(self, frames: list[WireFrame]) -> None:
        if frames:
            decoded = self.family.decode(batch_of(frames), self.seen)
            assert (decoded.unknown, decoded.malformed) == (0, 0), frames
            self.settings += decoded.settings

    def send(self, batch: FrameBatch) -> list[WireFrame]:
        return self.hand(frames_of(batch))

    def order(self, order: Order) -> list[WireFrame]:
        return self.send(self.family.order(order, self.seen))

    def command(self, *targets: float) -> list[WireFrame]:
        """Send position, velocity, kp, kd and torque."""
        return self.send(self.family.command(Targets(np.array(targets)[:, None]), self.seen))

    def law(self) -> Law | None:
        return self.firmware.law(self.now)

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            self.now += TICK_S
            self.read(list(self.firmware.tick(self.now, self.motion)))

    def setting(self, setting: DriveSetting) -> float | None:
        """Read a setting back; None where the drive does not answer."""
        self.settings.clear()
        for _ in range(2):  # a text answer waits for the next request
            self.send(self.family.read_setting(setting))
        return self.settings[-1].value if self.settings else None

    def is_on(self) -> bool:
        return bool(self.family.enabled(self.seen)[0])
