# SPDX-License-Identifier: Apache-2.0
"""Convert the simulator's own messages."""

from __future__ import annotations

import numpy as np
from talus_core.driver import Injection
from talus_core.errors import RefusedInputError
from talus_drivers.conversions import time_message

from talus_interfaces import msg


def qpos_of(state: msg.SimulatorState, size: int) -> np.ndarray:
    """Return MuJoCo's generalised positions, (size,).

    Raises RefusedInputError for those of another model, or what is no number.
    """
    qpos = np.asarray(state.qpos)
    if qpos.shape != (size,):
        raise RefusedInputError(f"{qpos.size} positions, of another model; {size} work")
    if not np.isfinite(qpos).all():
        raise RefusedInputError("a position is not finite")
    return qpos


def fault_message(injection: Injection) -> msg.Fault:
    """Return the message that tells the onset of a fault, or its end."""
    return msg.Fault(
        onset=time_message(injection.time),
        sequence=injection.tick,
        name=injection.name,
        target=injection.target,
        severity=injection.severity,
        duration=injection.duration,
        active=injection.active,
    )
