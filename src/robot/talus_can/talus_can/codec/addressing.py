# SPDX-License-Identifier: Apache-2.0
"""Finds the joint of a received frame, and addresses frames to some of the drives."""

from __future__ import annotations

import numpy as np

from talus_can.codec.drives import Drives
from talus_can.frames import CLASSIC_BYTES, FLEXIBLE, FLEXIBLE_BYTES, FrameBatch, flexible_length

_BUS_SHIFT = 40  # above every identifier with what a family adds to it


class JointLookup:
    """Finds joints by bus and a key that a family makes of a frame's identifier."""

    def __init__(self, bus: np.ndarray, keys: np.ndarray):
        """Take the bus and the key of each drive, (n,)."""
        joined_keys = self._joined(bus, np.asarray(keys))
        self._order = np.argsort(joined_keys)
        self._sorted = joined_keys[self._order]

    def find(self, bus: np.ndarray, keys: np.ndarray) -> np.ndarray:
        """Return (m,) joints of frames by bus and key (m,); -1 where there is none."""
        wanted = self._joined(bus, keys)
        places = np.searchsorted(self._sorted, wanted)
        places[places == len(self._sorted)] = 0
        if not len(self._sorted):
            return np.full(len(wanted), -1)
        return np.where(self._sorted[places] == wanted, self._order[places], -1)

    @staticmethod
    def _joined(bus: np.ndarray, keys: np.ndarray) -> np.ndarray:
        return (np.asarray(bus, np.int64) << _BUS_SHIFT) | keys.astype(np.int64)


def chosen(rows: np.ndarray, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the rows of a mask (m,) of each array (m, ...); the arrays themselves if it is all."""
    if np.count_nonzero(rows) == len(rows):
        return arrays
    return tuple(array[rows] for array in arrays)


class Addressed:
    """Makes batches whose frames go to the drives, one to each, with identifiers known before."""

    def __init__(self, drives: Drives, can_id: np.ndarray, flags: int, length: int):
        """Take an identifier for each drive (n,), the flags of all and the bytes of payload."""
        count = len(drives)
        self._is_flexible = bool(flags & FLEXIBLE)
        size = int(flexible_length(length)) if self._is_flexible else length
        self._bus = np.array(drives.bus, np.uint8)
        self._can_id = np.array(can_id, np.uint32)
        self._flags = np.full(count, flags, np.uint8)
        self._length = np.full(count, size, np.uint8)
        self._blank = np.zeros(
            (count, FLEXIBLE_BYTES if self._is_flexible else CLASSIC_BYTES), np.uint8
        )
        for shared in (self._bus, self._can_id, self._flags, self._length):
            shared.flags.writeable = False  # every batch has the same

    def with_data(self, data: np.ndarray, can_id: np.ndarray | None = None) -> FrameBatch:
        """Return one frame for each drive with payloads of full width, (n, 8 or 64).

        `can_id` (n,), uint32, stands in for the usual identifiers.
        """
        ids = self._can_id if can_id is None else can_id
        return FrameBatch(self._bus, ids, self._flags, self._length, data)

    def with_columns(self, data: np.ndarray) -> FrameBatch:
        """Return one frame for each drive with narrower payloads, (n, k)."""
        full = self._blank.copy()
        full[:, : data.shape[1]] = data
        return self.with_data(full)

    def same(self, payload: bytes, joints: np.ndarray | None = None) -> FrameBatch:
        """Return a frame with the same payload for some drives; all where `joints` is None."""
        full = self._blank.copy()
        full[:, : len(payload)] = np.frombuffer(payload, np.uint8)
        frames = self.with_data(full)
        return frames if joints is None else frames.rows(joints)
