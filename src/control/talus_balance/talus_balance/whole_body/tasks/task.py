# SPDX-License-Identifier: Apache-2.0
"""Defines a task: rows that say which acceleration a part of the body should have."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from talus_dynamics.robot_dynamics import FrameTerms

from talus_balance.whole_body.motion_target import MotionTarget


class BodyTick(NamedTuple):
    """Holds what all tasks and limits of one tick may read; structural joints in Talus's order.

    Attributes:
        target: What the body must do.
        soles: Terms of the left and the right sole.
        joint_position: (joints,) joint angles, rad.
        joint_velocity: (joints,) joint speeds, rad/s.
        lift: Wanted upward acceleration of the centre of mass, m/s^2.
        held: (joints,) which joints of a leg in the air stay where they are; None where no joint
            is held.
    """

    target: MotionTarget
    soles: tuple[FrameTerms, FrameTerms]
    joint_position: np.ndarray
    joint_velocity: np.ndarray
    lift: float
    held: np.ndarray | None = None


class TaskRows(NamedTuple):
    """Gives a task its rows to write: `jacobian @ acceleration` should be `wanted`.

    Attributes:
        jacobian: (k, nv) Jacobian of the rows.
        wanted: (k,) wanted acceleration minus the drift.
        root_weight: (k,) square roots of the weights in the cost.
    """

    jacobian: np.ndarray
    wanted: np.ndarray
    root_weight: np.ndarray


class Task(Protocol):
    """Wants an acceleration of the body; a new task needs a file here, gains and a list entry.

    The gains go into `WholeBodyConfig`, the entry into `WholeBodyController`.
    """

    @property
    def most_rows(self) -> int:
        """Return the largest number of rows that it ever has."""
        ...

    def count(self, tick: BodyTick) -> int:
        """Return how many rows it has at this tick; with 0 it is absent and costs nothing."""
        ...

    def write(self, tick: BodyTick, rows: TaskRows) -> None:
        """Write all of `rows`, as many as `count` said; the model must be updated before."""
        ...
