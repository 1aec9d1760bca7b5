# SPDX-License-Identifier: Apache-2.0
"""Holds the state machine of CiA 402 drives: statusword to state, and the controlword to the next.

Source: IEC 61800-7-201 (CiA 402 part 2), tables of statusword, controlword and transitions.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class PowerState(IntEnum):
    """Names the states of the drive's power stage."""

    NOT_READY = 0
    SWITCH_ON_DISABLED = 1
    READY_TO_SWITCH_ON = 2
    SWITCHED_ON = 3
    OPERATION_ENABLED = 4
    QUICK_STOP = 5
    FAULT_REACTION = 6
    FAULT = 7


DISABLE_VOLTAGE = 0x0000
SHUTDOWN = 0x0006
SWITCH_ON = 0x0007
ENABLE_OPERATION = 0x000F
FAULT_RESET = 0x0080

# State, mask and value of the statusword, the most particular last.
_STATUSWORDS = (
    (PowerState.NOT_READY, 0x4F, 0x00),
    (PowerState.SWITCH_ON_DISABLED, 0x4F, 0x40),
    (PowerState.READY_TO_SWITCH_ON, 0x6F, 0x21),
    (PowerState.SWITCHED_ON, 0x6F, 0x23),
    (PowerState.OPERATION_ENABLED, 0x6F, 0x27),
    (PowerState.QUICK_STOP, 0x6F, 0x07),
    (PowerState.FAULT_REACTION, 0x4F, 0x0F),
    (PowerState.FAULT, 0x4F, 0x08),
)
# Towards "operation enabled"; a fault stays until somebody resets it.
_TOWARDS_ON = {
    PowerState.NOT_READY: DISABLE_VOLTAGE,
    PowerState.SWITCH_ON_DISABLED: SHUTDOWN,
    PowerState.READY_TO_SWITCH_ON: SWITCH_ON,
    PowerState.SWITCHED_ON: ENABLE_OPERATION,
    PowerState.OPERATION_ENABLED: ENABLE_OPERATION,
    PowerState.QUICK_STOP: DISABLE_VOLTAGE,
    PowerState.FAULT_REACTION: DISABLE_VOLTAGE,
    PowerState.FAULT: DISABLE_VOLTAGE,
}
_STATUS_BITS = 0x6F


def _state_table() -> np.ndarray:
    """Return the state of each value of the statusword's low seven bits, (128,)."""
    words = np.arange(_STATUS_BITS + 0x11)
    table = np.full(len(words), int(PowerState.NOT_READY))
    for state, mask, value in _STATUSWORDS:
        table[words & mask == value] = state
    return table


_STATE_OF = _state_table()
_CONTROL_OF = np.array([_TOWARDS_ON[state] for state in PowerState])


def power_states(statusword: np.ndarray) -> np.ndarray:
    """Return the `PowerState` of statuswords (n,); a word that is none counts as not ready."""
    return _STATE_OF[statusword & (len(_STATE_OF) - 1)]


def control_towards_on(states: np.ndarray) -> np.ndarray:
    """Return the controlword (n,) that leads one step nearer to "operation enabled"."""
    return _CONTROL_OF[states]


def control_while_on(states: np.ndarray) -> np.ndarray:
    """Return the controlword (n,) of a tick's command: it keeps on what is on, and no more."""
    return np.where(states == PowerState.OPERATION_ENABLED, ENABLE_OPERATION, SHUTDOWN)
