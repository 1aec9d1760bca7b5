# SPDX-License-Identifier: Apache-2.0
"""Solves one QP a tick: joint torques that track weighted acceleration tasks within limits.

Variables    x = (acceleration (nv), wrench (6) of each sole that carries, in and about the sole)
Objective    sum_i w_i |J_i a + drift_i - acc_i|^2 + posture
             + small regularisation of wrenches and accelerations
Constraints  rows and bounds of each limit (folder `limits`), in the order of their list;
             after them, torque limits of the joints that come near theirs

The form follows Herzog et al., "Momentum control with hierarchical inverse dynamics on a
torque-controlled humanoid", 2016, with soft priorities. The solver is DAQP (Arnstrom, Bemporad,
Axehill 2022), a dual active-set method. Most ticks end with only the equalities active, so its
set-up dominates: only the rows that can matter are given to it, and the rest is verified.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import daqp
import numpy as np
from talus_dynamics.robot_dynamics import BASE, WholeBodyModel

from talus_balance.size.dimensions import PER_BODY_WEIGHT_SQUARED, SAME, sized
from talus_balance.whole_body.limits.limit import Limit, LimitBlock, SoleLoads
from talus_balance.whole_body.limits.torque_limit import TorqueLimit
from talus_balance.whole_body.tasks.posture_task import JointCost

_INFINITE = 1e30
_EQUALITY = 5  # DAQP's constraint sense
_TORQUE_ROUNDS = 3  # rounds of adding violated torque rows


@dataclass(frozen=True)
class RegularisationConfig:
    """Configures the terms that keep the problem strictly convex.

    Attributes:
        wrench: Cost per N^2; with 3e-5 a force of 300 N costs as much as 1.6 m/s^2 of unit weight.
        acceleration: Cost per (rad/s^2)^2.
    """

    wrench: float = sized(3e-5, PER_BODY_WEIGHT_SQUARED)
    acceleration: float = sized(1e-4, SAME)


class QpResult(NamedTuple):
    """Holds accelerations (nv,), torques (joints,) in pinocchio's order, and sole wrenches (2, 6).

    Where there was no solution, they are those of the tick before.
    """

    acceleration: np.ndarray
    torque: np.ndarray
    wrenches: np.ndarray
    solved: bool


class _Solution(NamedTuple):
    """Holds the variables (n,), and the torques (joints,), N m, that they need."""

    x: np.ndarray
    torque: np.ndarray


class _Cost(NamedTuple):
    """Holds the objective 1/2 x^T h x + f^T x.

    Attributes:
        h: (n, n) matrix of the quadratic part.
        f: (n,) vector of the linear part.
    """

    h: np.ndarray
    f: np.ndarray


class _Constraints(NamedTuple):
    """Holds all bounds: first of the n variables, then of the rows.

    Attributes:
        rows: (m, n) rows of all limits.
        lower, upper: (n + m,) bounds.
        sense: (n + m,) kind of each constraint, for the solver.
    """

    rows: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    sense: np.ndarray


class _Problem:
    """Holds the memory for one set of carrying soles; what is constant is written once."""

    def __init__(self, model: WholeBodyModel, limits: Sequence[Limit], sides: tuple[int, ...]):
        joints = model.nv - BASE
        counts = [limit.count(sides) for limit in limits]
        self.sides = sides
        self.n = model.nv + 6 * len(sides)
        self.fixed_rows = sum(counts)
        rows = self.fixed_rows + joints
        self.cost = _Cost(np.zeros((self.n, self.n)), np.zeros(self.n))
        self.constraints = _Constraints(
            rows=np.zeros((rows, self.n)),
            lower=np.full(self.n + rows, -_INFINITE),
            upper=np.full(self.n + rows, _INFINITE),
            sense=np.zeros(self.n + rows, dtype=np.int32),
        )
        self.wrench_jacobian = np.zeros((6 * len(sides), model.nv))
        self._blocks: list[tuple[Limit, LimitBlock]] = []
        first = 0
        for limit, count in zip(limits, counts, strict=True):
            self._add(limit, first, count)
            first += count

    def _add(self, limit: Limit, first: int, count: int) -> None:
        block = self.block(first, count)
        if limit.is_equality:
            self.constraints.sense[self.n + first : self.n + first + count] = _EQUALITY
        limit.prepare(block)
        self._blocks.append((limit, block))

    def block(self, first: int, count: int) -> LimitBlock:
        """Return `count` rows from the row `first` on."""
        rows = slice(first, first + count)
        bounds = slice(self.n + first, self.n + first + count)
        constraints = self.constraints
        return LimitBlock(
            sides=self.sides,
            matrix=constraints.rows[rows],
            lower=constraints.lower[bounds],
            upper=constraints.upper[bounds],
            variable_lower=constraints.lower[: self.n],
            variable_upper=constraints.upper[: self.n],
            wrench_jacobian=self.wrench_jacobian,
        )

    def write_limits(self, loads: SoleLoads) -> None:
        """Let every limit write this tick's rows and bounds."""
        for limit, block in self._blocks:
            limit.write(block, loads)


class WholeBodyQp:
    """Holds one problem for each set of carrying soles.

    Attributes:
        failures: Number of ticks without a solution so far.
    """

    def __init__(
        self,
        model: WholeBodyModel,
        config: RegularisationConfig,
        limits: Sequence[Limit],
        torque: TorqueLimit,
    ):
        self.failures = 0
        self._model = model
        self._config = config
        self._limits = tuple(limits)
        self._torque = torque
        self._problems: dict[tuple[int, ...], _Problem] = {}
        self._last = QpResult(
            np.zeros(model.nv), np.zeros(model.nv - BASE), np.zeros((2, 6)), False
        )

    def solve(
        self, jacobian: np.ndarray, target: np.ndarray, posture: JointCost, loads: SoleLoads
    ) -> QpResult:
        """Solve one tick.

        Args:
            jacobian: (m, nv) stacked task Jacobians, each row times the square root of its weight.
            target: (m,) desired task acceleration minus drift, weighted likewise.
            posture: Weights and wanted accelerations of the velocities themselves.
            loads: What the soles may be asked for.
        """
        model = self._model
        problem = self._problem(loads)
        for place, side in enumerate(problem.sides):
            problem.wrench_jacobian[6 * place : 6 * place + 6] = model.foot_jacobian_local(side)
        self._write_cost(problem.cost, jacobian, target, posture)
        problem.write_limits(loads)
        solution = self._within_torque(problem)
        if solution is None:
            return self._failed()
        wrenches = np.zeros((2, 6))
        for place, side in enumerate(problem.sides):
            wrenches[side] = solution.x[model.nv + 6 * place : model.nv + 6 * place + 6]
        self._last = QpResult(solution.x[: model.nv], solution.torque, wrenches, True)
        return self._last

    def _problem(self, loads: SoleLoads) -> _Problem:
        sides = tuple(side for side in (0, 1) if loads.max_force[side] > 0.0)
        known = self._problems.get(sides)
        if known is None:
            known = _Problem(self._model, self._limits, sides)
            self._problems[sides] = known
        return known

    def _write_cost(
        self, cost: _Cost, jacobian: np.ndarray, target: np.ndarray, posture: JointCost
    ) -> None:
        nv = self._model.nv
        np.matmul(jacobian.T, jacobian, out=cost.h[:nv, :nv])
        curve = cost.h.ravel()[:: cost.f.size + 1]
        curve[:nv] += posture.weights + self._config.acceleration
        curve[nv:] = self._config.wrench
        cost.f[:nv] = -(target @ jacobian) - posture.weights * posture.accelerations

    def _within_torque(self, problem: _Problem) -> _Solution | None:
        """Solve with the torque rows that the last tick needed, then with those it violates."""
        limit = self._torque
        near = limit.is_near(self._last.torque)
        solution: _Solution | None = None
        for _ in range(_TORQUE_ROUNDS):
            x = self._attempt(problem, near.nonzero()[0])
            if x is None:
                return None
            solution = _Solution(x, limit.torque(x, problem.wrench_jacobian))
            missing = limit.is_violated(solution.torque)
            missing &= ~near
            if not np.count_nonzero(missing):
                break
            near |= missing
        return solution

    def _attempt(self, problem: _Problem, joints: np.ndarray) -> np.ndarray | None:
        """Return the solution with the torque rows of `joints` (k,); None where there is none."""
        n = problem.n
        end = problem.fixed_rows + joints.size
        if joints.size:
            self._torque.write(problem.block(problem.fixed_rows, joints.size), joints)
        cost = problem.cost
        constraints = problem.constraints
        x, _, flag, _ = daqp.solve(
            cost.h,
            cost.f,
            constraints.rows[:end],
            constraints.upper[: n + end],
            constraints.lower[: n + end],
            constraints.sense[: n + end].copy(),
            eq_reduction=daqp.EQ_REDUCTION_OFF,  # it costs more than it saves: 51 us against 47 us
        )
        return x if flag >= 1 and math.isfinite(x @ x) else None

    def _failed(self) -> QpResult:
        self.failures += 1
        last = self._last
        return QpResult(last.acceleration, last.torque, last.wrenches, False)
