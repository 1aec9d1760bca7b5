# SPDX-License-Identifier: Apache-2.0
"""Converts what the messages of all packages have in common."""

from __future__ import annotations

from builtin_interfaces.msg import Time
from talus_core.physics import NANOSECONDS_PER_SECOND


def seconds(stamp: Time) -> float:
    """Return a ROS time in s."""
    return stamp.sec + stamp.nanosec / NANOSECONDS_PER_SECOND
