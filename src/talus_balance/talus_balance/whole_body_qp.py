# SPDX-License-Identifier: Apache-2.0
"""Joint torques that track weighted acceleration tasks within contact, torque and joint limits: one QP a tick.

Variables    x = (joint-space acceleration (nv), left sole wrench (6), right sole wrench (6)); wrenches in sole axes.
Objective    sum_i w_i |J_i a + drift_i - acc_i|^2 + posture + small regularisation of wrenches and accelerations
Constraints  floating-base rows of  M a + h = sum_f J_f^T w_f                      (6, equality)
             contact wrench cone of each sole, fz within [min, max]                 (16 rows + 1 bound a sole)
             torque limits  |M_a a + h_a - J_a^T w| <= tau_max                      (joints, two-sided)
             acceleration bounds that keep each joint within its range

Form: Herzog et al., "Momentum control with hierarchical inverse dynamics on a torque-controlled humanoid", 2016, with
soft priorities; solver: DAQP (Arnstrom et al. 2022), a dual active-set method, warm-started with the last active set.
"""

from __future__ import annotations

from dataclasses import dataclass

import daqp
import numpy as np

from talus_balance.model import BASE, WholeBodyModel
from talus_balance.wrench_cone import ROWS, wrench_cone

_WRENCHES = 12
_INFINITE = 1e30
_ACTIVE, _EQUALITY = 1, 5  # DAQP's constraint senses


@dataclass(frozen=True)
class QpConfig:
    """Limits and regularisation of the QP.

    Attributes:
        friction: Coulomb coefficient the controller dares to use (rubber on a dry floor has .8 and more).
        sole_shrink: m cut off each edge of the sole, for model error of the centre of pressure.
        min_force: N a loaded sole keeps, so that its cone stays well defined.
        wrench_regularisation: per N^2; 3e-5 makes 300 N cost as much as 1.6 m/s^2 of unit weight.
        acceleration_regularisation: per (rad/s^2)^2; strict convexity.
        limit_horizon: s ahead at which a joint must still be able to stop before its range ends.
        torque_share: of the actuators' limit that the QP may plan; the rest is left to the drives' own damping.
    """

    friction: float = 0.5
    sole_shrink: float = 0.008
    min_force: float = 10.0
    wrench_regularisation: float = 3e-5
    acceleration_regularisation: float = 1e-4
    limit_horizon: float = 0.05
    torque_share: float = 0.95


@dataclass(frozen=True)
class QpResult:
    """Accelerations (nv,), torques (joints,) in pinocchio's order, wrenches (2, 6) in sole axes; `solved` or the last held."""

    acceleration: np.ndarray
    torque: np.ndarray
    wrenches: np.ndarray
    solved: bool


class WholeBodyQp:
    """Holds the constant parts of the problem and the last active set."""

    def __init__(self, model: WholeBodyModel, config: QpConfig):
        self.config = config
        self.model = model
        nv, joints = model.nv, model.nv - BASE
        self._n = nv + _WRENCHES
        self._rows = BASE + 2 * ROWS + joints
        self._a = np.zeros((self._rows, self._n))
        for side, foot in enumerate(model.description.feet):
            cone = wrench_cone(
                0.5 * foot.length - config.sole_shrink, 0.5 * foot.width - config.sole_shrink, config.friction
            )
            rows = slice(BASE + side * ROWS, BASE + (side + 1) * ROWS)
            self._a[rows, nv + 6 * side : nv + 6 * side + 6] = cone / (config.friction * 100.0)
        self._upper = np.full(self._n + self._rows, _INFINITE)
        self._lower = np.full(self._n + self._rows, -_INFINITE)
        self._sense = np.zeros(self._n + self._rows, dtype=np.int32)
        self._h = np.zeros((self._n, self._n))
        self._regularisation = np.concatenate(
            [np.full(nv, config.acceleration_regularisation), np.full(_WRENCHES, config.wrench_regularisation)]
        )
        limits, chosen = model.description.limits, model.description.structural_indices
        order = np.argsort(model.v_index)
        self._torque_limit = config.torque_share * limits.effort[chosen][order]
        self._lower_joint, self._upper_joint = limits.lower[chosen][order], limits.upper[chosen][order]
        self._last = QpResult(np.zeros(nv), np.zeros(joints), np.zeros((2, 6)), False)
        self.failures = 0

    def solve(
        self, jacobian: np.ndarray, target: np.ndarray, diagonal: np.ndarray, posture: np.ndarray, max_force: np.ndarray
    ) -> QpResult:
        """One tick.

        Args:
            jacobian: (m, nv) stacked task Jacobians, each row times the square root of its weight.
            target: (m,) desired task acceleration minus drift, weighted likewise.
            diagonal: (nv,) posture weights.
            posture: (nv,) posture accelerations.
            max_force: (2,) N on the left and right sole; 0 = in the air.
        """
        nv = self.model.nv
        h, f = self._h, np.zeros(self._n)
        h[:nv, :nv] = jacobian.T @ jacobian
        f[:nv] = -(jacobian.T @ target) - diagonal * posture
        index = np.arange(self._n)
        h[nv:, nv:] = 0.0
        h[index, index] += self._regularisation
        h[index[:nv], index[:nv]] += diagonal
        self._constrain(max_force)
        x, _, flag, info = daqp.solve(h, f, self._a, self._upper, self._lower, self._sense.copy())
        if flag < 1 or not np.all(np.isfinite(x)):
            return self._failed()
        return self._solved(x, info)

    def _solved(self, x: np.ndarray, info: dict) -> QpResult:
        nv, model = self.model.nv, self.model
        torque_rows = self._a[BASE + 2 * ROWS :]
        torque = torque_rows @ x + model.bias[BASE:]
        inequality = self._sense != _EQUALITY
        self._sense[inequality] = 0
        self._sense[inequality & (np.abs(info["lam"]) > 1e-9)] = _ACTIVE
        self._last = QpResult(x[:nv], torque, x[nv:].reshape(2, 6), True)
        return self._last

    def _failed(self) -> QpResult:
        self.failures += 1
        self._sense[:] = 0
        last = self._last
        return QpResult(last.acceleration, last.torque, last.wrenches, False)

    def _constrain(self, max_force: np.ndarray) -> None:
        model, nv, n = self.model, self.model.nv, self._n
        a, lower, upper = self._a, self._lower, self._upper
        base, torque = slice(0, BASE), slice(BASE + 2 * ROWS, None)
        a[base, :nv] = model.mass_matrix[:BASE]
        a[torque, :nv] = model.mass_matrix[BASE:]
        for side in (0, 1):
            columns = slice(nv + 6 * side, nv + 6 * side + 6)
            jacobian = model.foot_jacobian_local(side)
            a[base, columns] = -jacobian[:, :BASE].T
            a[torque, columns] = -jacobian[:, BASE:].T
            self._bound_wrench(side, columns, max_force[side])
        lower[n : n + BASE] = upper[n : n + BASE] = -model.bias[:BASE]
        self._sense[n : n + BASE] = _EQUALITY
        lower[n + BASE + 2 * ROWS :] = -self._torque_limit - model.bias[BASE:]
        upper[n + BASE + 2 * ROWS :] = self._torque_limit - model.bias[BASE:]
        self._bound_accelerations()

    def _bound_wrench(self, side: int, columns: slice, max_force: float) -> None:
        lower, upper, n = self._lower, self._upper, self._n
        cone = slice(n + BASE + side * ROWS, n + BASE + (side + 1) * ROWS)
        if max_force <= 0.0:
            lower[columns] = upper[columns] = 0.0
            upper[cone] = _INFINITE
            self._sense[columns] = _EQUALITY
            self._sense[cone] = 0
            return
        lower[columns], upper[columns] = -_INFINITE, _INFINITE
        lower[columns.start + 2] = min(self.config.min_force, 0.5 * max_force)
        upper[columns.start + 2] = max_force
        upper[cone] = 0.0
        fixed = self._sense[columns] == _EQUALITY
        self._sense[columns][fixed] = 0

    def _bound_accelerations(self) -> None:
        """Reach the range's end no sooner than in `limit_horizon` at constant acceleration."""
        nv, horizon = self.model.nv, self.config.limit_horizon
        q = self.model._q[7:]
        v = self.model.velocity[BASE:]
        scale = 2.0 / (horizon * horizon)
        self._upper[BASE:nv] = np.maximum(scale * (self._upper_joint - q - horizon * v), -200.0)
        self._lower[BASE:nv] = np.minimum(scale * (self._lower_joint - q - horizon * v), 200.0)
