# SPDX-License-Identifier: Apache-2.0
"""Defines a limit: rows that accelerations and wrenches obey, and bounds of these variables."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from talus_balance.whole_body.motion_target import MotionTarget


class SoleLoads(NamedTuple):
    """Says what the soles may be asked for at this tick.

    Attributes:
        max_force: (2,) largest force on the left and right sole, N; 0 for one in the air.
        friction: (2,) Coulomb coefficients per axis.
    """

    max_force: np.ndarray
    friction: np.ndarray

    @staticmethod
    def of(target: MotionTarget, most: float) -> SoleLoads:
        """Return the loads of `target`, each sole's at most `most`, N."""
        return SoleLoads(np.minimum(target.max_force, most), target.friction)


class LimitBlock(NamedTuple):
    """Gives a limit its part of a problem: `lower <= matrix @ x <= upper`.

    The variables x are accelerations (nv), then the wrench (6) of each sole that carries.

    Attributes:
        sides: Soles that carry.
        matrix: (k, n) rows of this limit.
        lower, upper: (k,) bounds of the rows, infinite until written.
        variable_lower, variable_upper: (n,) bounds of the variables, infinite until written; all
            limits share them.
        wrench_jacobian: (6 sides, nv) Jacobian of the soles that carry, in their own axes.
    """

    sides: tuple[int, ...]
    matrix: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    variable_lower: np.ndarray
    variable_upper: np.ndarray
    wrench_jacobian: np.ndarray


class Limit(Protocol):
    """Holds at every tick; a new limit needs a file here, a configuration and a list entry."""

    @property
    def is_equality(self) -> bool:
        """Tell whether its rows hold with lower = upper."""
        ...

    def count(self, sides: tuple[int, ...]) -> int:
        """Return how many rows it has while the soles `sides` carry."""
        ...

    def prepare(self, block: LimitBlock) -> None:
        """Write once what is the same at every tick in which these soles carry."""
        ...

    def write(self, block: LimitBlock, loads: SoleLoads) -> None:
        """Write what this tick changes; the model was updated."""
        ...
