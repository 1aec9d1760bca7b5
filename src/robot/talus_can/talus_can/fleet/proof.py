# SPDX-License-Identifier: Apache-2.0
"""Proves that drives are set as the codec believes: ranges, mode, watchdog, before any torque."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from talus_can.codec.feedback import DriveSetting, SettingReply
from talus_can.fleet.group import DriveGroup
from talus_can.frames import FrameBatch, joined, no_frames

# A register is a float of 32 bits or text of 7 digits; a wrong range differs by percents.
_SAME_SHARE = 1e-3
# Answers in a row by which a drive that was right is believed to be set otherwise: where answers do
# not say what they answer (moteus), one to an earlier question may come late.
_CONFIRMED = 3
_UNITS = {
    DriveSetting.WATCHDOG: "s",
    DriveSetting.POSITION_RANGE: "rad",
    DriveSetting.VELOCITY_RANGE: "rad/s",
    DriveSetting.EFFORT_RANGE: "N m",
    DriveSetting.EFFORT_LIMIT: "N m",
    DriveSetting.KP_RANGE: "N m/rad",
    DriveSetting.KD_RANGE: "N m s/rad",
    DriveSetting.MODE: "",
}
# Setting -> number of the motor's model that it must equal. Such a one is never written: it says
# which motor this is.
_OF_MODEL = {
    DriveSetting.POSITION_RANGE: "position",
    DriveSetting.VELOCITY_RANGE: "velocity",
    DriveSetting.EFFORT_RANGE: "effort",
    DriveSetting.KP_RANGE: "kp",
    DriveSetting.KD_RANGE: "kd",
}


class SettingsProof:
    """Asks the drives of a group for their settings, one after the other, and compares them.

    Attributes:
        is_proven: (n,) drives all of whose settings were read and are right.
    """

    def __init__(self, group: DriveGroup, watchdog_s: float, effort_limit: np.ndarray):
        """Take the watchdog's time and the torque limit of each joint, (n,), N m."""
        self._group = group
        capabilities = group.family.capabilities
        drives = group.family.drives
        count = len(group)
        self._expected: dict[DriveSetting, np.ndarray] = {
            setting: drives.scales(name)[0]
            for setting, name in _OF_MODEL.items()
            if setting in capabilities.readable
        }
        written = {
            DriveSetting.MODE: capabilities.mode_number,
            DriveSetting.EFFORT_LIMIT: self._drive_limits(effort_limit),
            DriveSetting.WATCHDOG: watchdog_s,
        }
        self._written = [
            setting
            for setting, value in written.items()
            if value is not None and setting in capabilities.readable & capabilities.writable
        ]
        for setting in self._written:
            value = written[setting]
            assert value is not None  # chosen so
            self._expected[setting] = np.broadcast_to(np.asarray(value, float), count)
        self._told = {setting: np.full(count, np.nan) for setting in self._expected}
        self._doubted: tuple[int, DriveSetting] | None = None
        self._doubts = 0
        self.is_proven = np.zeros(count, bool)
        self._judge()

    @property
    def sets_watchdog(self) -> bool:
        """Whether the drives' watchdog can be set and read back over the bus."""
        return DriveSetting.WATCHDOG in self._expected

    def forget(self, chosen: np.ndarray) -> None:
        """Prove drives (n,) anew, as after they had no power."""
        for told in self._told.values():
            told[chosen] = np.nan
        self._judge()

    def ask(self) -> FrameBatch:
        """Return frames that set and read, of each drive, the next setting that is not proven."""
        was_asked = np.zeros(len(self._group), bool)
        batches = []
        for setting in self._expected:
            wanting = ~(self._right(setting) | was_asked)
            was_asked |= wanting
            if wanting.any():
                batches.append(self._frames(setting, np.flatnonzero(wanting)))
        return joined(batches)

    def audit(self, turn: int) -> FrameBatch:
        """Return what asks one drive for one setting that was right, another at each turn.

        A drive that lost power while it had no torque tells otherwise then, and is set anew.
        """
        settings = list(self._expected)
        if not settings:
            return no_frames()
        joint, setting = self._doubted or (
            turn % len(self._group),
            settings[turn // len(self._group) % len(settings)],
        )
        return self._group.family.read_setting(setting, np.array([joint]))

    def take(self, replies: Iterable[SettingReply]) -> None:
        """Take in answers."""
        for reply in replies:
            if reply.setting in self._told and not self._is_doubtful(reply):
                self._told[reply.setting][reply.joint] = reply.value
        self._judge()

    def wrong(self) -> list[str]:
        """Return one line for each drive that is set otherwise or does not tell, with numbers."""
        lines = []
        joints = self._group.family.drives.joints
        models = self._group.family.drives.models
        for place in np.flatnonzero(~self.is_proven).tolist():
            setting = next(name for name in self._expected if not self._right(name)[place])
            words = setting.name.lower().replace("_", " ")
            told = self._told[setting][place]
            wanted = f"{self._expected[setting][place]:.6g} {_UNITS[setting]}".rstrip()
            if np.isnan(told):
                lines.append(f"joint '{joints[place]}': its drive does not tell its {words}")
            else:
                lines.append(
                    f"joint '{joints[place]}': its drive has {words} "
                    f"{told:.6g} {_UNITS[setting]}".rstrip()
                    + f", motor '{models[place].name}' in the configuration {wanted}"
                )
        return lines

    def _frames(self, setting: DriveSetting, joints: np.ndarray) -> FrameBatch:
        family = self._group.family
        question = family.read_setting(setting, joints)
        if setting not in self._written:
            return question
        writes = [
            family.write_setting(setting, float(self._expected[setting][joint]), np.array([joint]))
            for joint in joints
        ]
        return joined([*writes, question])

    def _is_doubtful(self, reply: SettingReply) -> bool:
        """Return whether an answer of a drive that was right must be asked for again."""
        wanted = self._expected[reply.setting][reply.joint]
        if not self.is_proven[reply.joint] or _same(reply.value, wanted):
            if self._doubted == (reply.joint, reply.setting):
                self._doubted = None
                self._doubts = 0
            return False
        self._doubted = (reply.joint, reply.setting)
        self._doubts += 1
        if self._doubts < _CONFIRMED:
            return True
        self._doubted = None
        self._doubts = 0
        return False

    def _right(self, setting: DriveSetting) -> np.ndarray:
        return np.asarray(_same(self._told[setting], self._expected[setting]))

    def _judge(self) -> None:
        right = [self._right(setting) for setting in self._expected]
        self.is_proven = np.logical_and.reduce(right) if right else np.ones(len(self._group), bool)

    def _drive_limits(self, effort_limit: np.ndarray) -> np.ndarray:
        """Return the torque limit of each drive's shaft: the joint's, within the motor's range."""
        at_shaft = np.asarray(effort_limit, float) / np.abs(self._group.scale.ratio)
        return np.minimum(at_shaft, self._group.family.drives.scales("effort")[0])


def _same(told: np.ndarray | float, wanted: np.ndarray | float) -> np.ndarray | bool:
    return np.abs(told - wanted) <= _SAME_SHARE * np.abs(wanted)
