# SPDX-License-Identifier: Apache-2.0
"""Turns the eyes in a direction: two rows while there is a target to look at, otherwise none."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from talus_core.rotations import cross
from talus_dynamics.robot_dynamics import WholeBodyModel

from talus_balance.whole_body.gains import Gains
from talus_balance.whole_body.tasks.task import BodyTick, TaskRows


@dataclass(frozen=True)
class GazeGains:
    """Holds weight and feedback of the eyes' direction.

    Attributes:
        direction: Gains with ten times the weight of the chest, which would rather be upright, and
            as stiff as the trunk's.
    """

    direction: Gains = Gains(20.0, 60.0, 14.0)


class GazeTask:
    """Writes the turns about the eyes' left and upward axes; the turn about the third is free."""

    most_rows = 2

    def __init__(self, model: WholeBodyModel, gains: GazeGains):
        self._model = model
        self._gains = gains.direction
        self._root_weight = math.sqrt(gains.direction.weight)

    def count(self, tick: BodyTick) -> int:
        """Return 2 while there is a direction to look in, otherwise 0."""
        return 0 if tick.target.gaze is None else self.most_rows

    def write(self, tick: BodyTick, rows: TaskRows) -> None:
        """Write what turns the axis of sight to the wanted direction, the shorter way."""
        reference = tick.target.gaze
        assert reference is not None  # `count` said so
        eyes = self._model.frame(self._model.frames.gaze)
        across = eyes.rotation[:, 1:].T  # left and upward axes, (2, 3)
        forward = eyes.rotation[:, 0]
        axis = cross(forward, reference.direction)
        sine = float(np.linalg.norm(axis))
        angle = math.atan2(sine, float(forward @ reference.direction))
        turn = axis * (
            angle / sine if sine > 1e-9 else 1.0
        )  # rad; about the axis of sight itself there is nothing to turn
        gains = self._gains
        soft = math.sqrt(reference.stiffness)
        wanted = (
            reference.stiffness * gains.kp * turn
            - soft * gains.kd * eyes.velocity[3:]
            - eyes.drift[3:]
        )
        rows.jacobian[:] = across @ eyes.jacobian[3:]
        rows.wanted[:] = across @ wanted
        rows.root_weight[:] = math.sqrt(reference.emphasis) * self._root_weight
