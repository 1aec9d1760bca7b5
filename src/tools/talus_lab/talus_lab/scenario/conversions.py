# SPDX-License-Identifier: Apache-2.0
"""Makes of the graph's messages what a scenario judges."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from talus_cli.run.operating.conversions import pose
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.words.falls import has_fallen

from talus_interfaces.msg import GateState
from talus_lab.scenario.record import SEAT_HEIGHT_M, Look, of_gate


def look_at(gate: GateState, newest: Mapping[str, Any], origin: np.ndarray) -> Look:
    """Return what is to be seen of the robot at a gate/state.

    Args:
        gate: Message of the last gate.
        newest: Newest message of each topic by its name.
        origin: Place of the pelvis, m, from which its way is measured. (3,)
    """
    truth = pose(newest["sim/ground_truth"])
    twist = newest["sim/ground_truth"].twist.twist.linear
    up = float(matrix_from_quat_xyzw(truth.quat_xyzw)[2, 2])
    height = float(truth.position[2])
    gate_level = of_gate(gate.phase >= GateState.HOLD, gate.latched, gate.request)
    return Look(
        tick=gate.sequence,
        level=max(newest["safety/state"].level, gate_level),
        refusals=gate.rejected,
        torque=gate.phase != GateState.OFF,
        touching={"base_link"} if has_fallen(up, height, SEAT_HEIGHT_M) else (),
        speed=math.hypot(twist.x, twist.y, twist.z),
        height=height,
        up=up,
        moved=float(np.abs(truth.position - origin).max()),
    )
