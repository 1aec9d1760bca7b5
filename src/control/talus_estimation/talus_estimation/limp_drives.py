# SPDX-License-Identifier: Apache-2.0
"""Finds drives that give no torque though they are asked for it, so that plans avoid them."""

from __future__ import annotations

import numpy as np

# Shares of a drive's peak torque, whose sensor is accurate to 0.002.
SILENT_SHARE = 0.01  # given at most by a drive that is silent
ASKED_SHARE = 0.1  # asked at least of a drive that is silent
LITTLE_ASKED_SHARE = 0.01  # asked at least of a drive whose joint does not move as planned
# Largest share of the asked torque that such a drive gives.
GIVEN_IN_VAIN_SHARE = 0.4
# s for which a drive must fail to be found: as long as the driver's gate waits for a command
FOUND_AFTER_S = 0.02
COMPARED_OVER_S = 0.1  # s over which a joint's change of speed is compared with the plan's
# rad/s: a joint whose speed should have changed by less in that time is not judged
TELLING_CHANGE_RADPS = 0.5
# A joint that changes its speed by less than this share of the plan's change does not follow: the
# models of legs and loads are accurate to a tenth.
FOLLOWED_SHARE = 0.3


class LimpDrives:
    """Finds limp drives; call `observe_drives` every tick on the feet, `reset` before standing up.

    Attributes:
        limp: (n,) drives found limp since the last `reset`.
        held: (n,) limp drives that stay where a joint without torque would move: their windings
            are shorted, or a brake holds them.
    """

    def __init__(self, effort_limit: np.ndarray, dt: float):
        """Judge drives with peak torques `effort_limit` (n,), N m, every `dt` s."""
        self._peak = effort_limit
        self._dt = dt
        self._forget = dt / COMPARED_OVER_S
        self.reset()

    def reset(self) -> None:
        """Believe all drives anew."""
        n = len(self._peak)
        self.limp = np.zeros(n, dtype=bool)
        self.held = np.zeros(n, dtype=bool)
        self._silent_for = np.zeros(n)
        self._planned_change = np.zeros(n)  # rad/s over the compared time, fading
        self._slow_velocity = np.zeros(n)  # rad/s, measured some of that time ago

    def observe_drives(
        self, *, asked: np.ndarray, given: np.ndarray, planned: np.ndarray, velocity: np.ndarray
    ) -> bool:
        """Judge all drives by one tick; tell whether `limp` or `held` changed.

        Args:
            asked: (n,) torque commanded with the drives' own stiffness and damping, N m.
            given: (n,) measured torque, N m.
            planned: (n,) planned joint accelerations, rad/s^2.
            velocity: (n,) joint speeds, rad/s.
        """
        is_judged, stays = self._compare(planned, velocity)
        found = self._count_silent(np.abs(asked), np.abs(given), is_judged & stays)
        if not np.count_nonzero(found | self.limp):
            return False
        self.limp |= found
        strayed = np.abs(velocity - self._slow_velocity)
        still_held = self.held & (strayed < 2.0 * TELLING_CHANGE_RADPS)
        held = np.where(is_judged, stays, still_held) & self.limp
        changed = bool(found.any() or (held != self.held).any())
        self.held = held
        return changed

    def _count_silent(
        self, asked: np.ndarray, given: np.ndarray, does_not_follow: np.ndarray
    ) -> np.ndarray:
        """Count how long each drive is silent; return which ones (n,) are found limp now.

        `asked` and `given` are absolute values, (n,), N m.
        """
        silent = (asked > ASKED_SHARE * self._peak) & (given < SILENT_SHARE * self._peak)
        asked_a_little = asked > LITTLE_ASKED_SHARE * self._peak
        in_vain = does_not_follow & asked_a_little & (given < GIVEN_IN_VAIN_SHARE * asked)
        self._silent_for += self._dt
        self._silent_for *= silent | in_vain
        return (self._silent_for >= FOUND_AFTER_S) & ~self.limp

    def _compare(self, planned: np.ndarray, velocity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compare the joints' changes of speed with the planned ones; both fade alike.

        Returns:
            Which joints (n,) should have changed their speed by enough to be judged, and which
            joints (n,) have not followed.
        """
        self._planned_change += self._dt * planned - self._forget * self._planned_change
        self._slow_velocity += self._forget * (velocity - self._slow_velocity)
        size = np.abs(self._planned_change)
        followed = (velocity - self._slow_velocity) * np.sign(self._planned_change)
        return size > TELLING_CHANGE_RADPS, followed < FOLLOWED_SHARE * size
