# SPDX-License-Identifier: Apache-2.0
"""Defines the numbers that the rig, scenarios and benchmarks have in common."""

from __future__ import annotations

from talus_lab.rig.checkout import WORLDS_FOLDER

TICK_S = 0.002  # 1 / control_rate_hz, as shipped
# World for falls: a pushed body flies 2 m, and what its head strikes there shall be the floor.
OPEN_WORLD = str(WORLDS_FOLDER / "open.xml")
HEAD_LINK = "head"  # of talus40: what must not strike the ground
