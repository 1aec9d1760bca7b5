# SPDX-License-Identifier: Apache-2.0
"""Scales the five quantities of drives that regulate impedance themselves (MIT-style frames)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from talus_can.codec.addressing import Addressed, JointLookup
from talus_can.codec.drives import Drives
from talus_can.codec.family import ControlMode, UnsupportedError
from talus_can.codec.scaling import BigEndianWord, UnsignedFields
from talus_can.codec.targets import Quantity, Targets, checked_targets
from talus_can.frames import FrameBatch

MIT_BITS = (16, 12, 12, 12, 12)  # position, velocity, kp, kd, torque: 64 together


class ImpedanceScale:
    """Maps targets onto the unsigned integers of a frame by the ranges of each motor's model."""

    def __init__(self, drives: Drives, bits: Sequence[int]):
        """Take the drives and the bits of each `Quantity`, in its order."""
        high = drives.scales("position", "velocity", "kp", "kd", "effort")
        is_signed = np.array([True, True, False, False, True])[:, None]
        self._fields = UnsignedFields(np.where(is_signed, -high, 0.0), high, bits)
        self._joints = drives.joints

    def raw(self, targets: Targets) -> np.ndarray:
        """Return (5, n) integers, uint64. Raises CommandError."""
        return self._fields.raw(checked_targets(targets, self._joints))

    def meaning(self, raw: np.ndarray, joints: np.ndarray) -> Targets:
        """Return what integers (5, m) mean to the joints (m,); NaN for all other joints."""
        values = np.full((len(Quantity), len(self._joints)), np.nan)
        values[:, joints] = self._fields.values(raw, joints)
        return Targets(values)


class MitCommands:
    """Makes and reads command frames of 64 bits, one for each drive: MIT_BITS in their order."""

    def __init__(self, drives: Drives, to: Addressed, by_id: JointLookup):
        """Take the drives, what addresses frames to them, and what finds them by identifier."""
        self._to = to
        self._by_id = by_id
        self._scale = ImpedanceScale(drives, MIT_BITS)
        self._word = BigEndianWord(MIT_BITS)

    def frames(self, targets: Targets) -> FrameBatch:
        """Return one frame for each drive. Raises CommandError."""
        return self._to.with_columns(self._word.bytes_of(self._scale.raw(targets)))

    def meaning(self, frames: FrameBatch) -> Targets:
        """Return the targets that command frames mean."""
        joints = self._by_id.find(frames.bus, frames.can_id)
        is_ours = joints >= 0
        raw = self._word.fields_of(frames.data[is_ours])
        return self._scale.meaning(raw, joints[is_ours])


def chosen_mode(family: str, mode: ControlMode | None, modes: Sequence[ControlMode]) -> ControlMode:
    """Return the mode, or the family's first for None. Raises UnsupportedError for another's."""
    if mode is None:
        return modes[0]
    if mode not in modes:
        listed = ", ".join(item.name.lower() for item in modes)
        raise UnsupportedError(
            f"a {family} drive has no mode '{mode.name.lower()}'; it has: {listed}"
        )
    return mode
