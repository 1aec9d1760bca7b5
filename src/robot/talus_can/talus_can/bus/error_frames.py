# SPDX-License-Identifier: Apache-2.0
"""Reads what a controller reports of itself by error frames, as Linux lays them out.

Source: linux/can/error.h; classes are in the identifier, the controller's state in the second byte.
"""

from __future__ import annotations

from dataclasses import replace

from talus_can.bus.seam import BusHealth, BusState
from talus_can.frames import ERROR_FRAME, FrameBatch

_CLASS_CONTROLLER = 0x004
_CLASS_BUS_OFF = 0x040
_CLASS_RESTARTED = 0x100
_CONTROLLER_OVERFLOW = 0x03
_CONTROLLER_PASSIVE = 0x30
_CONTROLLER_ACTIVE = 0x40


def sorted_out(frames: FrameBatch, health: BusHealth) -> tuple[FrameBatch, BusHealth]:
    """Return frames without error frames, and the health after all of them."""
    is_error = frames.flags & ERROR_FRAME != 0
    if is_error.any():
        for can_id, data in zip(frames.can_id[is_error], frames.data[is_error], strict=True):
            health = _noted(health, int(can_id), int(data[1]))
        frames = frames.rows(~is_error)
    return frames, health.counted(received=len(frames))


def _noted(health: BusHealth, classes: int, controller: int) -> BusHealth:
    """Return the health after one error frame."""
    state = health.state
    lost = 0
    if classes & _CLASS_CONTROLLER:
        lost = int(bool(controller & _CONTROLLER_OVERFLOW))
        if controller & _CONTROLLER_PASSIVE:
            state = BusState.PASSIVE
        if controller & _CONTROLLER_ACTIVE:
            state = BusState.ACTIVE
    if classes & _CLASS_BUS_OFF:
        state = BusState.OFF
    if classes & _CLASS_RESTARTED:
        state = BusState.ACTIVE
    return replace(health, state=state).counted(errors=1, lost=lost)
