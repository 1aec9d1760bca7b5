# SPDX-License-Identifier: Apache-2.0
"""Bridge ticks without a new command: targets stay while the feed-forward torque fades."""

from __future__ import annotations

from math import exp

from talus_core.state import JointCommand

FEED_FORWARD_FADE_S = (
    0.04  # the controller's own targets lean on the measured posture with this time constant
)


class Coast:
    """Fades the feed-forward torque of a command that no newer one follows.

    Feed-forward belongs to one instant and soon pushes the wrong way; position targets stay right
    for longer.
    """

    def __init__(self, period: float):
        """Begin with no tick missed; `period`: s per tick."""
        self._period = period
        self._missed = 0

    def __call__(self, command: JointCommand, is_new: bool) -> JointCommand:
        """Return what the drives get of `command` now; `is_new`: it came or was made now."""
        self._missed = 0 if is_new else self._missed + 1
        if is_new:
            return command
        return command.with_(
            effort=exp(-self._missed * self._period / FEED_FORWARD_FADE_S) * command.effort
        )
