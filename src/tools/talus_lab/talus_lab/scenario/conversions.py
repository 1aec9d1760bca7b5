# SPDX-License-Identifier: Apache-2.0
"""Makes of the graph's messages what a scenario judges."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from talus_cli.run.operating.conversions import pose
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.words.falls import has_fallen
from talus_ros.conversions import seconds

from talus_interfaces.msg import GateState
from talus_lab.scenario.record import SEAT_HEIGHT_M, Look, of_gate


def look_at(gate: GateState, past: Mapping[str, Sequence[Any]], origin: np.ndarray) -> Look:
    """Return what was to be seen of the robot when the gate spoke.

    Who listens late hears many messages at once: the newest of another topic is then of a later
    tick than the gate's, and may not be taken for what was known at it.

    Args:
        gate: Message of the last gate.
        past: Last messages of safety/state and of sim/ground_truth, newest last.
        origin: Place of the pelvis, m, from which its way is measured. (3,)
    """
    spoke_at = seconds(gate.stamp)
    odometry = _newest(past["sim/ground_truth"], lambda one: seconds(one.header.stamp) <= spoke_at)
    safety = _newest(past["safety/state"], lambda one: one.sequence <= gate.sequence)
    truth = pose(odometry)
    twist = odometry.twist.twist.linear
    up = float(matrix_from_quat_xyzw(truth.quat_xyzw)[2, 2])
    height = float(truth.position[2])
    gate_level = of_gate(gate.phase >= GateState.HOLD, gate.latched, gate.request)
    return Look(
        tick=gate.sequence,
        level=max(safety.level, gate_level),
        refusals=gate.rejected,
        torque=gate.phase != GateState.OFF,
        touching={"base_link"} if has_fallen(up, height, SEAT_HEIGHT_M) else (),
        speed=math.hypot(twist.x, twist.y, twist.z),
        height=height,
        up=up,
        moved=float(np.abs(truth.position - origin).max()),
    )


def _newest(heard: Sequence[Any], was_known: Callable[[Any], bool]) -> Any:
    """Return the newest message that was known then; the oldest where all came later."""
    return next((message for message in reversed(heard) if was_known(message)), heard[0])
