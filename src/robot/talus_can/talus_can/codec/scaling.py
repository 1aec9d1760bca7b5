# SPDX-License-Identifier: Apache-2.0
"""Turns quantities of all joints into whole numbers of a frame, and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Steps by which a value may lie below a whole number of them and still count as it: what a frame
# means, sent again, gives the same frame, whatever floating point makes of it.
_GUARD_STEPS = 1e-6


class UnsignedFields:
    """Maps k quantities of n joints onto unsigned integers: the ends of a range are 0 and all ones.

    It rounds down, as the makers' own libraries do, so that bytes are theirs bit by bit.
    """

    def __init__(self, low: np.ndarray, high: np.ndarray, bits: Sequence[int]):
        """Take the ends of the ranges, (k, n), and the bits of each quantity, (k,)."""
        top = (2.0 ** np.asarray(bits) - 1.0)[:, None]
        self._low = np.asarray(low, float)
        self._high = np.asarray(high, float)
        self._step = (self._high - self._low) / top
        self._per_unit = top / (self._high - self._low)

    def raw(self, values: np.ndarray) -> np.ndarray:
        """Return (k, n) integers, uint64, for finite values (k, n); out of range they saturate."""
        steps = np.maximum(values, self._low)
        np.minimum(steps, self._high, out=steps)
        steps -= self._low
        steps *= self._per_unit
        steps += _GUARD_STEPS
        return steps.astype(np.uint64)

    def values(self, raw: np.ndarray, joints: np.ndarray) -> np.ndarray:
        """Return (k, m) values that integers (k, m) mean for the joints (m,)."""
        values = raw.astype(float)
        values *= self._step.take(joints, axis=1)
        values += self._low.take(joints, axis=1)
        return values


class SignedFields:
    """Maps k quantities of n joints onto signed integers: so many steps, the nearest, clipped."""

    def __init__(self, step: np.ndarray, limit: np.ndarray, bits: Sequence[int]):
        """Take the size of a step and the most that may be sent, (k, n), and bits, (k,).

        The most negative integer is never sent: it means "no number" to some drives.
        """
        self._step = np.asarray(step, float)
        top = (2.0 ** (np.asarray(bits) - 1.0) - 1.0)[:, None]
        self._top = np.minimum(top, np.floor(np.asarray(limit) / self._step + _GUARD_STEPS))

    def raw(self, values: np.ndarray) -> np.ndarray:
        """Return (k, n) integers, int64, for finite values (k, n); out of range they saturate."""
        steps = np.rint(values / self._step)
        np.minimum(steps, self._top, out=steps)
        np.maximum(steps, -self._top, out=steps)
        return steps.astype(np.int64)

    def values(self, raw: np.ndarray, joints: np.ndarray) -> np.ndarray:
        """Return (k, m) values that integers (k, m) mean for the joints (m,)."""
        return raw * self._step.take(joints, axis=1)


class BigEndianWord:
    """Packs unsigned fields into eight bytes, the first in the highest bits, and unpacks them."""

    def __init__(self, bits: Sequence[int]):
        """Take the bits of the fields, which fill at most 64."""
        ends = np.cumsum(bits)
        self._shifts = (64 - ends).astype(np.uint64)[:, None]
        self._masks = ((1 << np.asarray(bits, object)) - 1).astype(np.uint64)[:, None]

    def bytes_of(self, raw: np.ndarray) -> np.ndarray:
        """Return (n, 8) bytes of fields (k, n), uint64."""
        words = np.bitwise_or.reduce(raw << self._shifts, axis=0)
        return words.astype(">u8").view(np.uint8).reshape(-1, 8)

    def fields_of(self, data: np.ndarray) -> np.ndarray:
        """Return fields (k, m), uint64, of the first eight bytes of (m, 8 or 64) payloads."""
        words = np.ascontiguousarray(data[:, :8]).view(">u8").ravel().astype(np.uint64)
        return (words >> self._shifts) & self._masks


def columns_of(data: np.ndarray, kind: str) -> np.ndarray:
    """Return numbers of a NumPy kind such as "<i2" that lie side by side in payloads.

    Args:
        data: (m, k times size) bytes.
        kind: NumPy's name of the number, with its byte order.

    Returns:
        (k, m) floats; NaN where a float is none or infinite.
    """
    numbers = np.ascontiguousarray(data).view(kind)
    if numbers.dtype.kind != "f":
        return numbers.T.astype(float)
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
        values = numbers.T.astype(float)
    return np.where(np.isfinite(values), values, np.nan)
