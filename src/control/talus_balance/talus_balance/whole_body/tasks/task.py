# SPDX-License-Identifier: Apache-2.0
"""Define a task: rows that say which acceleration a part of the body shall have."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from talus_dynamics.robot_dynamics import FrameTerms

from talus_balance.whole_body.motion_target import MotionTarget


class BodyTick(NamedTuple):
    """Hold what all tasks and limits of one tick may read; joints structural, in Talus's order.

    Attributes:
        target: What the body shall do.
        soles: Terms of the left and the right sole.
        joint_position: (joints,) rad.
        joint_velocity: (joints,) rad/s.
        lift: m/s^2 that the centre of mass shall accelerate upwards.
        held: (joints,) which joints of a leg in the air stay where they are; None: no drive holds
            one.
    """

    target: MotionTarget
    soles: tuple[FrameTerms, FrameTerms]
    joint_position: np.ndarray
    joint_velocity: np.ndarray
    lift: float
    held: np.ndarray | None = None


class TaskRows(NamedTuple):
    """Give a task its rows to write: `jacobian @ acceleration` shall be `wanted`.

    Attributes:
        jacobian: (k, nv).
        wanted: (k,) acceleration less the drift.
        root_weight: (k,) square roots of the weights in the cost.
    """

    jacobian: np.ndarray
    wanted: np.ndarray
    root_weight: np.ndarray


class Task(Protocol):
    """Want something of the body; a new task is a file here, gains and an entry in the list.

    Gains go into `WholeBodyConfig`, the entry into `WholeBodyController`.
    """

    @property
    def most_rows(self) -> int:
        """Return how many rows it ever has."""
        ...

    def count(self, tick: BodyTick) -> int:
        """Return how many rows it has at this tick; 0: it is absent, and costs nothing."""
        ...

    def write(self, tick: BodyTick, rows: TaskRows) -> None:
        """Write all of `rows`, as many as `count` said; the model was updated."""
        ...
