# SPDX-License-Identifier: Apache-2.0
"""Defines the phases of the last gate before the drives, for all packages."""

from __future__ import annotations

from enum import IntEnum


class GatePhase(IntEnum):
    """Names what the gate does; the numbers are those of GateState.msg."""

    OFF = 0
    RUN = 1
    HOLD = 2
    SIT = 3
    FALL = 4
