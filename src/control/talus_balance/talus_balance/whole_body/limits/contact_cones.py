# SPDX-License-Identifier: Apache-2.0
"""Keeps a carrying sole from sliding and tipping: a wrench cone and bounds of its force."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_dynamics.robot_dynamics import WholeBodyModel

from talus_balance.size.dimensions import BODY_WEIGHT, FOOT_WIDTH, SAME, sized
from talus_balance.whole_body.limits.limit import LimitBlock, SoleLoads
from talus_balance.whole_body.wrench_cone import CONE_ROWS, wrench_cone

_ROW_SCALE = 0.02  # scales the cone's rows to the other rows, for the solver's tolerance
# Change of friction from which on a cone is written anew: a tenth of what walking needs.
_FRICTION_STEP = 0.01


@dataclass(frozen=True)
class ContactConfig:
    """Configures how much a sole is trusted.

    Attributes:
        friction: Coulomb coefficient per axis that the controller uses; in the corner of the
            pyramid it is 0.85, which rubber on a dry floor gives.
        sole_shrink: Width cut off each edge of the sole, m, for model error of the centre of
            pressure.
        min_force: Least force on a loaded sole, N, so that its cone stays well defined.
    """

    friction: float = sized(0.6, SAME)
    sole_shrink: float = sized(0.008, FOOT_WIDTH)
    min_force: float = sized(10.0, BODY_WEIGHT)


class ContactCones:
    """Writes sixteen rows for each sole, and the bounds of its vertical force."""

    is_equality = False

    def __init__(self, model: WholeBodyModel, config: ContactConfig):
        self._config = config
        self._feet = model.description.feet
        self._nv = model.nv
        self._written: dict[
            tuple[int, ...], np.ndarray
        ] = {}  # by problem, the friction (2,) for which its cones are written

    def count(self, sides: tuple[int, ...]) -> int:
        """Return sixteen for each sole."""
        return CONE_ROWS * len(sides)

    def prepare(self, block: LimitBlock) -> None:
        """Bound the rows; the cones are written with the first friction."""
        block.upper[:] = 0.0
        self._written[block.sides] = np.zeros(2)

    def write(self, block: LimitBlock, loads: SoleLoads) -> None:
        """Write the cones whose friction has changed, and the bounds of the forces."""
        friction = np.minimum(loads.friction, self._config.friction)
        written = self._written[block.sides]
        for place, side in enumerate(block.sides):
            first = self._nv + 6 * place
            vertical = first + 2
            block.variable_lower[vertical] = min(
                self._config.min_force, 0.5 * loads.max_force[side]
            )
            block.variable_upper[vertical] = loads.max_force[side]
            if abs(friction[side] - written[side]) <= _FRICTION_STEP:
                continue
            written[side] = friction[side]
            rows = slice(CONE_ROWS * place, CONE_ROWS * (place + 1))
            block.matrix[rows, first : first + 6] = _ROW_SCALE * self._cone(
                side, float(friction[side])
            )

    def _cone(self, side: int, friction: float) -> np.ndarray:
        foot = self._feet[side]
        cut = self._config.sole_shrink
        return wrench_cone(0.5 * foot.length - cut, 0.5 * foot.width - cut, friction)
