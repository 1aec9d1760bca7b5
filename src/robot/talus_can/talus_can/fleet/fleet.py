# SPDX-License-Identifier: Apache-2.0
"""Holds the drives of all families of a robot as one: joints in the robot's order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from talus_core.driver import COMMAND_ARRAYS
from talus_core.state import JointCommand

from talus_can.codec.feedback import DriveSetting
from talus_can.codec.targets import Targets
from talus_can.fleet.group import DriveGroup
from talus_can.fleet.proof import SettingsProof
from talus_can.frames import FrameBatch, joined, no_frames


class Fleet:
    """Spreads what the robot's joints shall do over the groups of drives, and gathers reports.

    Attributes:
        groups: The groups; together they have each joint once.
        proofs: What each group's drives must be set to.
        malformed: How many frames of the drives could not be read.
        voltage: Voltage at a drive that tells it, V; NaN before.
        unknown: Identifiers by bus of frames that came from none of the drives.
    """

    def __init__(self, groups: Sequence[DriveGroup], watchdog_s: float, effort_limit: np.ndarray):
        """Take the groups, their watchdog's time and the torque limits of all joints, (n,)."""
        self.groups = tuple(groups)
        self._size = len(effort_limit)
        self.proofs = tuple(
            SettingsProof(group, watchdog_s, effort_limit[group.joints]) for group in self.groups
        )
        self.malformed = 0
        self.voltage = float("nan")
        self.unknown: set[tuple[int, int]] = set()

    def __len__(self) -> int:
        return self._size

    def command(self, command: JointCommand, moved: np.ndarray) -> tuple[FrameBatch, JointCommand]:
        """Return the frames of a tick for drives `moved` (n,), and what they mean."""
        wanted = Targets.of(*(getattr(command, name) for name in COMMAND_ARRAYS)).values
        sent = np.empty_like(wanted)
        batches = []
        for group in self.groups:
            frames, meant = group.command(wanted[:, group.joints], moved[group.joints])
            sent[:, group.joints] = meant
            batches.append(frames)
        meaning = Targets(sent)
        return joined(batches), command.with_(
            **{name: getattr(meaning, name) for name in COMMAND_ARRAYS}
        )

    def each(
        self, frames_of: Callable[[DriveGroup, np.ndarray], FrameBatch], chosen: np.ndarray
    ) -> FrameBatch:
        """Return what a method of the groups, such as `DriveGroup.rest`, makes for joints (n,)."""
        return joined([frames_of(group, chosen[group.joints]) for group in self.groups])

    def questions(self, turn: int = 0) -> FrameBatch:
        """Return what asks drives that are not proven for their settings, and audits others."""
        return joined(
            [proof.audit(turn) if proof.is_proven.all() else proof.ask() for proof in self.proofs]
        )

    def voltage_question(self) -> FrameBatch:
        """Return what asks one drive for the voltage of its supply, where a family tells it."""
        for group in self.groups:
            if DriveSetting.BUS_VOLTAGE in group.family.capabilities.readable:
                return group.family.read_setting(DriveSetting.BUS_VOLTAGE, np.array([0]))
        return no_frames()

    def take(self, frames: FrameBatch) -> None:
        """Take in received frames."""
        if not len(frames):
            return
        is_known = np.zeros(len(frames), bool)
        for group, proof in zip(self.groups, self.proofs, strict=True):
            decoded = group.family.decode(frames, group.feedback)
            is_known |= decoded.known
            self.malformed += decoded.malformed
            if decoded.settings:
                proof.take(decoded.settings)
                for reply in decoded.settings:
                    if reply.setting is DriveSetting.BUS_VOLTAGE:
                        self.voltage = reply.value
        for bus, can_id in zip(frames.bus[~is_known], frames.can_id[~is_known], strict=True):
            self.unknown.add((int(bus), int(can_id)))

    def motion(self) -> np.ndarray:
        """Return (3, n) position, velocity and effort of the joints; NaN until heard."""
        motion = np.empty((3, self._size))
        for group in self.groups:
            motion[:, group.joints] = group.scale.motion(group.feedback)
        return motion

    def enabled(self, obeys: np.ndarray) -> np.ndarray:
        """Return which drives give torque, (n,); `obeys`: those that were told to."""
        return self._gathered(lambda group: group.enabled(obeys[group.joints])).astype(bool)

    @property
    def faulty(self) -> np.ndarray:
        """Return which drives report a fault, (n,)."""
        return self._gathered(lambda group: group.feedback.fault != 0).astype(bool)

    @property
    def replies(self) -> np.ndarray:
        """Return how many reports came from each, (n,)."""
        return self._gathered(lambda group: group.feedback.replies).astype(np.int64)

    @property
    def temperatures(self) -> np.ndarray:
        """Return the hottest part of each drive, (n,), C; NaN without reports."""
        return self._gathered(DriveGroup.temperature)

    @property
    def proven(self) -> np.ndarray:
        """Return which drives are set as they must be, (n,)."""
        proven = np.empty(self._size, bool)
        for group, proof in zip(self.groups, self.proofs, strict=True):
            proven[group.joints] = proof.is_proven
        return proven

    def forget(self, chosen: np.ndarray) -> None:
        """Prove drives (n,) anew."""
        for group, proof in zip(self.groups, self.proofs, strict=True):
            proof.forget(chosen[group.joints])

    def troubles(self, joint: int) -> tuple[str, ...]:
        """Return the faults of the drive of a joint."""
        for group in self.groups:
            places = np.flatnonzero(group.joints == joint)
            if len(places):
                return group.troubles(int(places[0]))
        return ()

    def _gathered(self, of_group: Callable[[DriveGroup], np.ndarray]) -> np.ndarray:
        values = np.empty(self._size)
        for group in self.groups:
            values[group.joints] = of_group(group)
        return values
