# SPDX-License-Identifier: Apache-2.0
"""The phases of the last gate before the drives, once for everybody."""

from __future__ import annotations

from enum import IntEnum


class GatePhase(IntEnum):
    """What the gate does; the numbers are those of GateState.msg."""

    OFF = 0
    RUN = 1
    HOLD = 2
    SIT = 3
    FALL = 4
