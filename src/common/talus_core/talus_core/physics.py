# SPDX-License-Identifier: Apache-2.0
"""Defines constants of nature and of units that the whole tree shares."""

from __future__ import annotations

# m/s^2 in every simulated world, and what a robot assumes until it has measured its own: MuJoCo's
# default, and g to three digits at 45 degrees of latitude. The standard gravity is 9.80665 (CGPM
# 1901).
GRAVITY_MPS2 = 9.81

NANOSECONDS_PER_SECOND = 1_000_000_000
