# SPDX-License-Identifier: Apache-2.0
"""Names what a body may be unable to say of itself, so that nobody concludes anything from it."""

from __future__ import annotations

from enum import Enum


class BodySense(str, Enum):
    """Names what most bodies feel; the words are those of GateState.msg.

    Attributes:
        TORQUE: The drives measure the torque that they give.
        FOOT_FORCE: The soles measure the wrench of the ground, or at least which of them carries.
        LOAD: Torques and foot forces are those that bear the body's weight and move its mass, so
            that one follows from the other.
    """

    TORQUE = "torque"
    FOOT_FORCE = "foot_force"
    LOAD = "load"
