# SPDX-License-Identifier: Apache-2.0
"""Notices that the drives' torque was cut from outside."""

from __future__ import annotations


class TorqueWatch:
    """Watches the torque; call `was_cut` in every tick in which the controller moves the body."""

    def __init__(self) -> None:
        self._had_torque = False

    def reset(self) -> None:
        """Expect no torque."""
        self._had_torque = False

    def was_cut(self, is_enabled: bool, counts: bool = True) -> bool:
        """Tell whether torque has gone since the last tick.

        Args:
            is_enabled: Whether the drives have torque.
            counts: Whether a loss of torque counts from now on.
        """
        was_cut = self._had_torque and not is_enabled
        self._had_torque = is_enabled and counts
        return was_cut
