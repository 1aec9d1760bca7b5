# SPDX-License-Identifier: Apache-2.0
"""Joint torques that track weighted acceleration tasks within contact, torque and joint limits: one QP a tick.

Variables    x = (acceleration (nv), wrench (6) of each sole that carries, in and about the sole)
Objective    sum_i w_i |J_i a + drift_i - acc_i|^2 + posture + small regularisation of wrenches and accelerations
Constraints  floating-base rows of  M a + h = sum_f J_f^T w_f                      (6, equality)
             contact wrench cone of each carrying sole, fz within [min, max]       (16 rows + 1 bound a sole)
             torque limits  |M_a a + h_a - J_a^T w| <= tau_max                      (joints near their limit)
             acceleration bounds that keep each joint within its range

Form: Herzog et al., "Momentum control with hierarchical inverse dynamics on a torque-controlled humanoid", 2016, with
soft priorities; solver: DAQP (Arnstrom, Bemporad, Axehill 2022), a dual active-set method. Most ticks end with the
equalities alone active, so its set-up dominates: only the rows that can matter are given to it, the rest is verified.
"""

from __future__ import annotations

from dataclasses import dataclass

import daqp
import numpy as np

from talus_balance.model.robot_dynamics import BASE, WholeBodyModel
from talus_balance.whole_body.wrench_cone import ROWS, wrench_cone

_INFINITE = 1e30
_EQUALITY = 5  # DAQP's constraint sense
_CONE_SCALE = 0.02  # rows of the cone in units like the other rows', for the solver's tolerance
_LIMP = 0.01  # of its limit, that is planned of a drive that gives nothing: none at all could not be solved
_NEAR_LIMIT = 0.6  # share of the torque limit above which a joint's row is in the problem from the start
_SAME_FRICTION = 0.01  # a tenth of what walking needs
_SOLVES = 3  # rounds of adding violated torque rows


@dataclass(frozen=True)
class QpConfig:
    """Limits and regularisation of the QP.

    Attributes:
        friction: Coulomb coefficient per axis that the controller dares to use; in the corner of the pyramid .85,
            what rubber on a dry floor gives.
        sole_shrink: m cut off each edge of the sole, for model error of the centre of pressure.
        min_force: N a loaded sole keeps, so that its cone stays well defined.
        wrench_regularisation: per N^2; 3e-5 makes 300 N cost as much as 1.6 m/s^2 of unit weight.
        acceleration_regularisation: per (rad/s^2)^2; strict convexity.
        limit_horizon: s ahead at which a joint must still be able to stop before its range ends.
        torque_share: of the actuators' limit that the QP may plan; the rest is left to the drives' own damping.
    """

    friction: float = 0.6
    sole_shrink: float = 0.008
    min_force: float = 10.0
    wrench_regularisation: float = 3e-5
    acceleration_regularisation: float = 1e-4
    limit_horizon: float = 0.05
    torque_share: float = 0.95


@dataclass(frozen=True)
class QpResult:
    """Accelerations (nv,), torques (joints,) in pinocchio's order, wrenches (2, 6) in sole axes; else the last held."""

    acceleration: np.ndarray
    torque: np.ndarray
    wrenches: np.ndarray
    solved: bool


class _Problem:
    """Arrays of one set of carrying soles; the constant parts are written once."""

    def __init__(self, model: WholeBodyModel, config: QpConfig, sides: tuple[int, ...]):
        nv, joints = model.nv, model.nv - BASE
        self.sides = sides
        self.n = nv + 6 * len(sides)
        self.fixed_rows = BASE + ROWS * len(sides)
        rows = self.fixed_rows + joints
        self.h = np.zeros((self.n, self.n))
        self.f = np.zeros(self.n)
        self.a = np.zeros((rows, self.n))
        self.upper = np.full(self.n + rows, _INFINITE)
        self.lower = np.full(self.n + rows, -_INFINITE)
        self.sense = np.zeros(self.n + rows, dtype=np.int32)
        self.sense[self.n : self.n + BASE] = _EQUALITY
        self.upper[self.n + BASE : self.n + self.fixed_rows] = 0.0
        self.wrench_jacobian = np.zeros((6 * len(sides), nv))
        self._feet, self._cut, self._nv = model.description.feet, config.sole_shrink, nv
        self._friction = np.zeros(2)  # that the cones are written for

    def write_cones(self, friction: np.ndarray) -> None:
        """With (2,) Coulomb coefficients; those that have not changed stand."""
        for k, side in enumerate(self.sides):
            if abs(friction[side] - self._friction[side]) <= _SAME_FRICTION:
                continue
            self._friction[side] = friction[side]
            foot, cut = self._feet[side], self._cut
            cone = wrench_cone(0.5 * foot.length - cut, 0.5 * foot.width - cut, float(friction[side]))
            rows = slice(BASE + ROWS * k, BASE + ROWS * (k + 1))
            self.a[rows, self._nv + 6 * k : self._nv + 6 * k + 6] = _CONE_SCALE * cone


class WholeBodyQp:
    """Holds one problem for each set of carrying soles."""

    def __init__(self, model: WholeBodyModel, config: QpConfig):
        self.config = config
        self.model = model
        self._problems: dict[tuple[int, ...], _Problem] = {}
        limits, chosen = model.description.limits, model.description.structural_indices
        self._order = order = np.argsort(model.v_index)
        self._full_torque = config.torque_share * limits.effort[chosen][order]
        self.do_without(np.zeros(len(chosen), dtype=bool))
        self._lower_joint, self._upper_joint = limits.lower[chosen][order], limits.upper[chosen][order]
        joints = model.nv - BASE
        self._last = QpResult(np.zeros(model.nv), np.zeros(joints), np.zeros((2, 6)), False)
        self.failures = 0

    def do_without(self, limp: np.ndarray) -> None:
        """From now on no torque is planned of these drives, (joints,) in Talus's order."""
        limp = limp[self._order]
        self._torque_limit = limit = np.where(limp, _LIMP, 1.0) * self._full_torque
        self._near_limit, self._violated = np.where(limp, -1.0, _NEAR_LIMIT * limit), 1.001 * limit

    def solve(
        self,
        jacobian: np.ndarray,
        target: np.ndarray,
        diagonal: np.ndarray,
        posture: np.ndarray,
        max_force: np.ndarray,
        friction: np.ndarray,
    ) -> QpResult:
        """One tick.

        Args:
            jacobian: (m, nv) stacked task Jacobians, each row times the square root of its weight.
            target: (m,) desired task acceleration minus drift, weighted likewise.
            diagonal: (nv,) posture weights.
            posture: (nv,) posture accelerations.
            max_force: (2,) N on the left and right sole; 0 = in the air.
            friction: (2,) Coulomb coefficients per axis of the soles; more than the configured one is not dared.
        """
        problem = self._problem(max_force)
        problem.write_cones(np.minimum(friction, self.config.friction))
        self._write_cost(problem, jacobian, target, diagonal, posture)
        self._write_dynamics(problem)
        self._write_bounds(problem, max_force)
        near = np.abs(self._last.torque) > self._near_limit
        for _ in range(_SOLVES):
            x = self._attempt(problem, np.flatnonzero(near))
            if x is None:
                return self._failed()
            torque = self._torque(problem, x)
            missing = np.abs(torque) > self._violated
            missing &= ~near
            if not np.count_nonzero(missing):
                break
            near |= missing
        wrenches = np.zeros((2, 6))
        for k, side in enumerate(problem.sides):
            wrenches[side] = x[self.model.nv + 6 * k : self.model.nv + 6 * k + 6]
        self._last = QpResult(x[: self.model.nv], torque, wrenches, True)
        return self._last

    def _problem(self, max_force: np.ndarray) -> _Problem:
        sides = tuple(side for side in (0, 1) if max_force[side] > 0.0)
        if sides not in self._problems:
            self._problems[sides] = _Problem(self.model, self.config, sides)
        return self._problems[sides]

    def _write_cost(self, problem: _Problem, jacobian, target, diagonal, posture) -> None:
        nv, c = self.model.nv, self.config
        np.matmul(jacobian.T, jacobian, out=problem.h[:nv, :nv])
        curve = problem.h.ravel()[:: problem.n + 1]
        curve[:nv] += diagonal + c.acceleration_regularisation
        curve[nv:] = c.wrench_regularisation
        problem.f[:nv] = -(target @ jacobian) - diagonal * posture

    def _write_dynamics(self, problem: _Problem) -> None:
        model, nv = self.model, self.model.nv
        for k, side in enumerate(problem.sides):
            problem.wrench_jacobian[6 * k : 6 * k + 6] = model.foot_jacobian_local(side)
        problem.a[:BASE, :nv] = model.mass_matrix[:BASE]
        problem.a[:BASE, nv:] = -problem.wrench_jacobian[:, :BASE].T
        base = slice(problem.n, problem.n + BASE)
        problem.lower[base] = problem.upper[base] = -model.bias[:BASE]

    def _write_bounds(self, problem: _Problem, max_force: np.ndarray) -> None:
        """Forces of the soles; and joints reach their range's end no sooner than in `limit_horizon`."""
        model, nv, horizon = self.model, self.model.nv, self.config.limit_horizon
        for k, side in enumerate(problem.sides):
            problem.lower[nv + 6 * k + 2] = min(self.config.min_force, 0.5 * max_force[side])
            problem.upper[nv + 6 * k + 2] = max_force[side]
        ahead = model.joint_position + horizon * model.velocity[BASE:]
        scale = 2.0 / (horizon * horizon)
        problem.upper[BASE:nv] = np.maximum(scale * (self._upper_joint - ahead), -200.0)
        problem.lower[BASE:nv] = np.minimum(scale * (self._lower_joint - ahead), 200.0)

    def _attempt(self, problem: _Problem, rows: np.ndarray) -> np.ndarray | None:
        """Solve with the torque rows of the joints `rows`; None without a solution."""
        n, end = problem.n, problem.fixed_rows + rows.size
        if rows.size:
            self._write_torque_rows(problem, rows)
        x, _, flag, _ = daqp.solve(
            problem.h,
            problem.f,
            problem.a[:end],
            problem.upper[: n + end],
            problem.lower[: n + end],
            problem.sense[: n + end].copy(),
            eq_reduction=daqp.EQ_REDUCTION_OFF,  # reducing costs more than it saves at this size: 51 against 47 us
        )
        return x if flag >= 1 and np.isfinite(x).all() else None

    def _write_torque_rows(self, problem: _Problem, rows: np.ndarray) -> None:
        model, nv, first = self.model, self.model.nv, problem.fixed_rows
        torque = slice(first, first + rows.size)
        problem.a[torque, :nv] = model.mass_matrix[BASE + rows]
        problem.a[torque, nv:] = -problem.wrench_jacobian[:, BASE + rows].T
        bias, limit = model.bias[BASE + rows], self._torque_limit[rows]
        bounds = slice(problem.n + torque.start, problem.n + torque.stop)
        problem.lower[bounds] = -limit - bias
        problem.upper[bounds] = limit - bias

    def _torque(self, problem: _Problem, x: np.ndarray) -> np.ndarray:
        model, nv = self.model, self.model.nv
        return model.mass_matrix[BASE:] @ x[:nv] + model.bias[BASE:] - x[nv:] @ problem.wrench_jacobian[:, BASE:]

    def _failed(self) -> QpResult:
        self.failures += 1
        last = self._last
        return QpResult(last.acceleration, last.torque, last.wrenches, False)
