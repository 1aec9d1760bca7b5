# SPDX-License-Identifier: Apache-2.0
"""Lists which monitor asks what of a body, so that none judges a body by what it cannot say.

A simulated body may be unable to say something (`PartlyFelt` in talus_core). What needs that is
then not applied, which driver and supervisor tell in `diagnostics`. All others stay, and so do all
rules about commands, permits, nodes and operators. A real body is always asked everything.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

from talus_core.words.body_senses import BodySense


class Monitor(str, Enum):
    """Names the monitors that ask more than encoders, IMU and supply."""

    DRIVE_TORQUE = "drives give the torque that is asked"
    LOADED_JOINT = "joints that bear a load turn"
    FOOT_WEIGHT = "feet bear the weight"
    FEET_AND_LEGS = "feet and legs agree"
    IMU_AND_LEGS = "IMU and legs agree"


MONITOR_NEEDS = {
    Monitor.DRIVE_TORQUE: {BodySense.TORQUE},
    Monitor.LOADED_JOINT: {BodySense.TORQUE, BodySense.FOOT_FORCE, BodySense.LOAD},
    Monitor.FOOT_WEIGHT: {BodySense.FOOT_FORCE, BodySense.LOAD},
    Monitor.FEET_AND_LEGS: {BodySense.TORQUE, BodySense.FOOT_FORCE, BodySense.LOAD},
    Monitor.IMU_AND_LEGS: {BodySense.FOOT_FORCE},
}


def not_applied(unfelt: Collection[BodySense]) -> frozenset[Monitor]:
    """Return the monitors that a body which lacks these senses cannot be judged by."""
    return frozenset(monitor for monitor, needs in MONITOR_NEEDS.items() if needs & set(unfelt))
