# SPDX-License-Identifier: Apache-2.0
"""Reads what a controller reports of itself by error frames, as Linux lays them out.

Source: linux/can/error.h; classes are in the identifier, the controller's state in the second byte.
"""

from __future__ import annotations

from talus_can.bus.seam import BusState

_CLASS_CONTROLLER = 0x004
_CLASS_BUS_OFF = 0x040
_CLASS_RESTARTED = 0x100
_CONTROLLER_OVERFLOW = 0x03
_CONTROLLER_PASSIVE = 0x30
_CONTROLLER_ACTIVE = 0x40


def heard_of(classes: int, controller: int) -> tuple[BusState | None, bool]:
    """Return the state that an error frame tells, None for none, and whether a frame was lost."""
    state = None
    has_lost = False
    if classes & _CLASS_CONTROLLER:
        has_lost = bool(controller & _CONTROLLER_OVERFLOW)
        if controller & _CONTROLLER_PASSIVE:
            state = BusState.PASSIVE
        if controller & _CONTROLLER_ACTIVE:
            state = BusState.ACTIVE
    if classes & _CLASS_BUS_OFF:
        state = BusState.OFF
    if classes & _CLASS_RESTARTED:
        state = BusState.ACTIVE
    return state, has_lost
