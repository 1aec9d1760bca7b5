# SPDX-License-Identifier: Apache-2.0
"""Decides which drives are to give torque, and notices those that drop out by themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_NS = 1e9
# A report that was under way, or waited for the wire, when its drive came on still says "off":
# two of the longest control periods.
_STALE_REPORT_NS = 20_000_000


class TorqueSwitch:
    """Follows n drives from the first command on until torque is taken away again.

    A drive that was on and reports a fault or no torque has dropped out: it rebooted, tripped or
    lost our commands. It is not switched on again while the others hold the robot, since nobody
    knows what it holds in its registers, or which turn it counts.

    Attributes:
        is_wanted: Whether torque was commanded since the last `release`.
        dropped: (n,) drives that dropped out, or did not come on in time.
        is_cut: (n,) drives that are to give none by themselves.
    """

    def __init__(self, count: int, enable_s: float):
        """Take the time that a drive has to come on, s."""
        self._enable_ns = enable_s * _NS
        self.is_wanted = False
        self.dropped = np.zeros(count, bool)
        self.is_cut = np.zeros(count, bool)
        self._is_on = np.zeros(count, bool)
        self._asked_ns = np.zeros(count, np.int64)
        self._sound_ns = np.zeros(count, np.int64)

    def want(self, now_ns: int) -> bool:
        """Ask for torque; return whether it was off."""
        was_off = not self.is_wanted
        if was_off:
            self.is_wanted = True
            self.dropped[:] = False
            self._begin(np.ones_like(self.dropped), now_ns)
        return was_off

    def release(self) -> None:
        """Ask for no torque."""
        self.is_wanted = False
        self._is_on[:] = False

    def cut(self, joints: Sequence[int], now_ns: int) -> None:
        """Ask for no torque of these joints, and for that of all others."""
        before = self.is_cut
        self.is_cut = np.zeros_like(before)
        self.is_cut[list(joints)] = True
        self._begin(before & ~self.is_cut, now_ns)

    @property
    def moved(self) -> np.ndarray:
        """Return which drives are to get commands, (n,)."""
        return ~(self.dropped | self.is_cut) if self.is_wanted else np.zeros_like(self.dropped)

    @property
    def to_enable(self) -> np.ndarray:
        """Return which drives have still to come on, (n,)."""
        return self.moved & ~self._is_on

    def step(self, enabled: np.ndarray, faulty: np.ndarray, now_ns: int) -> np.ndarray:
        """Take in which drives report torque and a fault, (n,); return which drop out now."""
        moved = self.moved
        is_sound = enabled & ~faulty
        self._sound_ns[is_sound] = now_ns
        off = self._is_on & (now_ns - self._sound_ns >= _STALE_REPORT_NS)
        late = ~self._is_on & (now_ns - self._asked_ns > self._enable_ns)
        drops = moved & (off | late)
        self.dropped |= drops
        self._is_on = (self._is_on | is_sound) & self.moved
        return drops

    def _begin(self, joints: np.ndarray, now_ns: int) -> None:
        self._is_on[joints] = False
        self._asked_ns[joints] = now_ns
