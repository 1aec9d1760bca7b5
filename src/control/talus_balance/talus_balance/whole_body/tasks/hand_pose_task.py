# SPDX-License-Identifier: Apache-2.0
"""Leads a hand to a pose of its own: six rows while it has a target, otherwise none."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from talus_core.clamp import clamp_norm
from talus_dynamics.robot_dynamics import WholeBodyModel
from talus_dynamics.rotation_vectors import vector_from_rotation

from talus_balance.size.dimensions import LEG_LENGTH, SAME, sized
from talus_balance.whole_body.gains import Gains
from talus_balance.whole_body.tasks.task import BodyTick, TaskRows


@dataclass(frozen=True)
class HandPoseGains:
    """Holds weights and feedback of the pose of a hand.

    Attributes:
        position: Gains with a weight below the centre of mass's 20, so that no reach is worth a
            fall, and ten times the posture's.
        rotation: Gains below the position's: where the wrist's range ends, the hand is at least in
            its place.
        most_offset: Largest position error that is fed back at a time, m.
        most_turn: Largest rotation error that is fed back at a time, rad.
    """

    position: Gains = Gains(10.0, 300.0, 30.0)
    rotation: Gains = Gains(1.0, 300.0, 30.0)
    most_offset: float = sized(0.05, LEG_LENGTH)
    most_turn: float = sized(0.3, SAME)


class HandPoseTask:
    """Writes the rows of one hand: linear, then angular."""

    most_rows = 6

    def __init__(self, model: WholeBodyModel, gains: HandPoseGains, side: int):
        """Make the task of the hand `side`: 0 left, 1 right."""
        self._model = model
        self._gains = gains
        self._side = side
        self._root_weight = np.sqrt(np.repeat([gains.position.weight, gains.rotation.weight], 3))

    def count(self, tick: BodyTick) -> int:
        """Return 6 while the hand has a reference, otherwise 0."""
        return 0 if tick.target.hands[self._side] is None else self.most_rows

    def write(self, tick: BodyTick, rows: TaskRows) -> None:
        """Write what moves the hand along its reference."""
        reference = tick.target.hands[self._side]
        frame = self._model.frames.hands[self._side]
        assert (
            reference is not None and frame is not None
        )  # `count` checked that; a robot without that hand has no reference
        hand = self._model.frame(frame)
        gains = self._gains
        soft = math.sqrt(
            reference.stiffness
        )  # damping scales with the root of the stiffness, so that the hand never rings
        offset = clamp_norm(reference.position - hand.position, gains.most_offset)
        turn = clamp_norm(
            vector_from_rotation(reference.rotation @ hand.rotation.T), gains.most_turn
        )
        behind = reference.velocity - hand.velocity
        wanted = reference.acceleration - hand.drift
        wanted[:3] += (
            reference.stiffness * gains.position.kp * offset + soft * gains.position.kd * behind[:3]
        )
        wanted[3:] += (
            reference.stiffness * gains.rotation.kp * turn + soft * gains.rotation.kd * behind[3:]
        )
        rows.jacobian[:] = hand.jacobian
        rows.wanted[:] = wanted
        rows.root_weight[:] = math.sqrt(reference.emphasis) * self._root_weight
