# SPDX-License-Identifier: Apache-2.0
"""Draws all joints to a posture by a weight and an acceleration for each velocity, without rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from talus_dynamics.robot_dynamics import WholeBodyModel

from talus_balance.size.dimensions import SAME, sized
from talus_balance.whole_body.gains import Gains
from talus_balance.whole_body.tasks.foot_task import LEG_GROUPS
from talus_balance.whole_body.tasks.task import BodyTick


@dataclass(frozen=True)
class PostureGains:
    """Holds weights and feedback of the joints, from the walking study's table.

    Attributes:
        joints: Gains of all joints; the legs use their feedback with another weight.
        leg_weight: Weight of leg joints, which the other tasks already determine.
    """

    joints: Gains = Gains(0.3, 60.0, 12.0)
    leg_weight: float = sized(0.03, SAME)


class JointCost(NamedTuple):
    """Holds weights (nv,) and wanted accelerations (nv,) of the velocities themselves."""

    weights: np.ndarray
    accelerations: np.ndarray


class PostureTask:
    """Decides what no other task does; joints that something holds stay, whatever it costs."""

    def __init__(self, model: WholeBodyModel, gains: PostureGains, held: Gains):
        """Take the gains, and in `held` weight and damping of joints that stay where they are."""
        self._model = model
        self._gains = gains.joints
        self._held_gains = held
        legs = model.joints_of(*LEG_GROUPS)
        self._weights = np.zeros(model.nv)
        self._weights[model.v_index] = np.where(legs, gains.leg_weight, gains.joints.weight)

    def cost(self, tick: BodyTick) -> JointCost:
        """Return weights and accelerations of this tick."""
        model = self._model
        gains = self._gains
        wanted = np.zeros(model.nv)
        wanted[model.v_index] = (
            gains.kp * (tick.target.posture - tick.joint_position) - gains.kd * tick.joint_velocity
        )
        if tick.held is None:
            return JointCost(self._weights, wanted)
        columns = model.v_index[tick.held]
        weights = self._weights.copy()
        wanted[columns] = -self._held_gains.kd * model.velocity[columns]
        weights[columns] = self._held_gains.weight
        return JointCost(weights, wanted)
