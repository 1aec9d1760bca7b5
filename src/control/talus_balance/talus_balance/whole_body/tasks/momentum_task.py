# SPDX-License-Identifier: Apache-2.0
"""Moves the centre of mass, and damps the angular momentum about it: six rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_dynamics.robot_dynamics import WholeBodyModel

from talus_balance.size.dimensions import PER_MOMENTUM_SQUARED, PER_TIME, SAME, sized
from talus_balance.whole_body.gains import Gains
from talus_balance.whole_body.motion_target import MotionTarget
from talus_balance.whole_body.tasks.task import BodyTick, TaskRows


@dataclass(frozen=True)
class MomentumGains:
    """Holds weights and feedback of the momentum, from the walking study's table.

    Attributes:
        com_horizontal_weight: Weight of the horizontal acceleration, which comes from the centre
            of pressure and so needs no feedback.
        com_height: Gains of the centre of mass's height in odom.
        angular_weight: Weight of the angular momentum, per (N m)^2.
        angular_damping: Damping of the angular momentum, acc = -kd L, 1/s.
    """

    com_horizontal_weight: float = sized(20.0, SAME)
    com_height: Gains = Gains(30.0, 60.0, 14.0)
    angular_weight: float = sized(0.003, PER_MOMENTUM_SQUARED)
    angular_damping: float = sized(4.0, PER_TIME)


class MomentumTask:
    """Writes linear momentum, weighted as the centre of mass's motion, then angular momentum."""

    most_rows = 6

    def __init__(self, model: WholeBodyModel, gains: MomentumGains):
        self._model = model
        self._gains = gains
        weights = np.zeros(self.most_rows)
        horizontal = gains.com_horizontal_weight
        weights[:3] = np.array([horizontal, horizontal, gains.com_height.weight]) / model.mass**2
        weights[3:6] = gains.angular_weight
        self._root_weight = np.sqrt(weights)

    def lift(self, target: MotionTarget) -> float:
        """Return the wanted vertical acceleration of the centre of mass, m/s^2."""
        model = self._model
        gains = self._gains.com_height
        return (
            target.com_vertical_acceleration
            + gains.kp * (target.com_height - model.com.item(2))
            + gains.kd * (target.com_vertical_speed - model.com_velocity.item(2))
        )

    def count(self, tick: BodyTick) -> int:
        """Return 6: the body always has a momentum."""
        return self.most_rows

    def write(self, tick: BodyTick, rows: TaskRows) -> None:
        """Write mass times acceleration, and the damping of the angular momentum."""
        model = self._model
        wanted = rows.wanted
        rows.root_weight[:] = self._root_weight
        rows.jacobian[:] = model.momentum_matrix
        wanted[:2] = model.mass * tick.target.com_acceleration
        wanted[2] = model.mass * tick.lift
        wanted[3:6] = -self._gains.angular_damping * model.momentum[3:]
        wanted -= model.momentum_drift
