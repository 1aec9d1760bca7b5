# SPDX-License-Identifier: Apache-2.0
"""Turns pelvis and chest to where the posture wants them: three rows each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_dynamics.robot_dynamics import WholeBodyModel

from talus_balance.whole_body.gains import Gains, orientation_acceleration
from talus_balance.whole_body.tasks.task import BodyTick, TaskRows


@dataclass(frozen=True)
class TrunkGains:
    """Holds weights and feedback of the trunk's orientations, from the walking study's table."""

    pelvis: Gains = Gains(4.0, 60.0, 14.0)
    chest: Gains = Gains(2.0, 60.0, 14.0)


class TrunkTask:
    """Writes the rows of the pelvis's rotation, then of the chest's."""

    most_rows = 6

    def __init__(self, model: WholeBodyModel, gains: TrunkGains):
        self._model = model
        self._gains = gains
        self._root_weight = np.sqrt(np.repeat([gains.pelvis.weight, gains.chest.weight], 3))

    def count(self, tick: BodyTick) -> int:
        """Return 6: the trunk always has an orientation."""
        return self.most_rows

    def write(self, tick: BodyTick, rows: TaskRows) -> None:
        """Write what turns both to their wanted rotations."""
        rows.root_weight[:] = self._root_weight
        self._turn(self._model.base, tick.target.pelvis, self._gains.pelvis, rows, slice(0, 3))
        self._turn(self._model.torso, tick.target.chest, self._gains.chest, rows, slice(3, 6))

    def _turn(
        self, frame: int, desired: np.ndarray, gains: Gains, rows: TaskRows, part: slice
    ) -> None:
        terms = self._model.frame(frame)
        rows.jacobian[part] = terms.jacobian[3:]
        wanted = orientation_acceleration(terms.rotation, terms.velocity[3:], desired, gains)
        rows.wanted[part] = wanted - terms.drift[3:]
