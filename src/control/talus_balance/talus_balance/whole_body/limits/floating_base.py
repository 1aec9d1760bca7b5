# SPDX-License-Identifier: Apache-2.0
"""Moves the base by the soles' wrenches alone: six rows of M a + h = sum_f J_f^T w_f."""

from __future__ import annotations

from talus_dynamics.robot_dynamics import BASE, WholeBodyModel

from talus_balance.whole_body.limits.limit import LimitBlock, SoleLoads


class FloatingBase:
    """Writes Newton's and Euler's equations of the whole body, as equalities."""

    is_equality = True

    def __init__(self, model: WholeBodyModel):
        self._model = model

    def count(self, sides: tuple[int, ...]) -> int:
        """Return the number of the base's equations, six."""
        return BASE

    def prepare(self, block: LimitBlock) -> None:
        """Do nothing: every row changes at each tick."""

    def write(self, block: LimitBlock, loads: SoleLoads) -> None:
        """Write the dynamics of this tick."""
        model = self._model
        block.matrix[:, : model.nv] = model.mass_matrix[:BASE]
        block.matrix[:, model.nv :] = -block.wrench_jacobian[:, :BASE].T
        block.lower[:] = -model.bias[:BASE]
        block.upper[:] = -model.bias[:BASE]
