# SPDX-License-Identifier: Apache-2.0
"""Plans no drive beyond its torque: rows of joints near it; all others are checked afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_dynamics.robot_dynamics import BASE, WholeBodyModel

from talus_balance.size.dimensions import SAME, sized
from talus_balance.whole_body.limits.limit import LimitBlock

_LIMP_SHARE = 0.01  # share of its limit planned of a dead drive: with 0 there is no solution
_NEAR_SHARE = 0.6  # share of the limit above which a joint's row is in the problem from the start
_VIOLATED_SHARE = 1.001  # share of the limit that counts as violated: the solver's tolerance


@dataclass(frozen=True)
class TorqueConfig:
    """Configures how much of the drives' torque is planned.

    Attributes:
        share: Share of the actuators' limit that may be planned; the rest is left to the drives'
            own damping.
    """

    share: float = sized(0.95, SAME)


class TorqueLimit:
    """Keeps |M_a a + h_a + d_a - J_a^T w| <= tau_max, with the joints' own drag d_a.

    Joints are in pinocchio's order unless said otherwise.

    Attributes:
        limit: (joints,) torque limits, N m.
    """

    def __init__(self, model: WholeBodyModel, config: TorqueConfig):
        self._model = model
        description = model.description
        self._full = (
            config.share
            * description.limits.effort[description.structural_indices][model.joints.order]
        )
        self.do_without(np.zeros(self._full.size, dtype=bool))

    def do_without(self, limp: np.ndarray) -> None:
        """Plan no torque of these drives from now on, (joints,) in Talus's order."""
        limp = limp[self._model.joints.order]
        self.limit = np.where(limp, _LIMP_SHARE, 1.0) * self._full
        self._near = np.where(limp, -1.0, _NEAR_SHARE * self.limit)
        self._violated = _VIOLATED_SHARE * self.limit

    def is_near(self, torque: np.ndarray) -> np.ndarray:
        """Return which joints (joints,) come near their limit with `torque` (joints,), N m."""
        return np.abs(torque) > self._near

    def is_violated(self, torque: np.ndarray) -> np.ndarray:
        """Return which joints (joints,) exceed their limit with `torque` (joints,), N m."""
        return np.abs(torque) > self._violated

    def torque(self, x: np.ndarray, wrench_jacobian: np.ndarray) -> np.ndarray:
        """Return the torque (joints,), N m, that accelerations and wrenches `x` (n,) need."""
        model = self._model
        nv = model.nv
        return (
            model.mass_matrix[BASE:] @ x[:nv]
            + model.bias[BASE:]
            + model.drag
            - x[nv:] @ wrench_jacobian[:, BASE:]
        )

    def write(self, block: LimitBlock, joints: np.ndarray) -> None:
        """Write the rows of the `joints` (k,); `block` has k rows for them."""
        model = self._model
        rows = BASE + joints
        block.matrix[:, : model.nv] = model.mass_matrix[rows]
        block.matrix[:, model.nv :] = -block.wrench_jacobian[:, rows].T
        bias = model.bias[rows] + model.drag[joints]
        limit = self.limit[joints]
        block.lower[:] = -limit - bias
        block.upper[:] = limit - bias
