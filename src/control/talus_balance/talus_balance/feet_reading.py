# SPDX-License-Identifier: Apache-2.0
"""Reads both feet once a tick, for everything that needs to know of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from talus_core.rotations import yaw_of
from talus_dynamics.robot_dynamics import FrameTerms


class FeetReading(NamedTuple):
    """Holds where the soles are in odom, and what they feel, left first.

    Attributes:
        positions: (2, 3) m.
        velocities: (2, 3) m/s.
        yaws: (2,) rad.
        forces: (2, 3) force of the ground on each sole, N.
    """

    positions: np.ndarray
    velocities: np.ndarray
    yaws: np.ndarray
    forces: np.ndarray


def read_feet(soles: Sequence[FrameTerms], wrenches: np.ndarray) -> FeetReading:
    """Turn the terms of both soles, and their (2, 6) wrenches in their own axes, to odom."""
    pairs = zip(soles, wrenches, strict=True)
    return FeetReading(
        positions=np.array([sole.position for sole in soles]),
        velocities=np.array([sole.velocity[:3] for sole in soles]),
        yaws=np.array([yaw_of(sole.rotation) for sole in soles]),
        forces=np.array([sole.rotation @ wrench[:3] for sole, wrench in pairs]),
    )
