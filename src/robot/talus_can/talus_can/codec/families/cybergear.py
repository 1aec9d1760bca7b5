# SPDX-License-Identifier: Apache-2.0
"""Speaks to Xiaomi CyberGear drives: RobStride's protocol with other faults, without a watchdog.

Sources: the CyberGear manual; CyberGearDriver 0.2.0.
"""

from __future__ import annotations

from talus_can.codec.drives import Drives
from talus_can.codec.families.robstride import (
    CYBERGEAR_FAULTS,
    CYBERGEAR_REGISTERS,
    RobstrideFamily,
    RobstrideKind,
)
from talus_can.codec.family import ControlMode, Family
from talus_can.codec.impedance import chosen_mode


def make(drives: Drives, mode: ControlMode | None) -> Family:
    """Return the codec; raises UnsupportedError for a mode that is not impedance."""
    chosen_mode("cybergear", mode, (ControlMode.IMPEDANCE,))
    return RobstrideFamily(drives, RobstrideKind(CYBERGEAR_REGISTERS, CYBERGEAR_FAULTS))
