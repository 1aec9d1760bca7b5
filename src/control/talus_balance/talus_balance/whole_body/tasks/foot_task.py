# SPDX-License-Identifier: Apache-2.0
"""Keeps a carrying sole where it is, and leads one in the air along its swing: six rows each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_dynamics.robot_dynamics import BASE, FrameTerms, WholeBodyModel

from talus_balance.stepping.swing_foot import FootReference
from talus_balance.whole_body.gains import Gains, orientation_acceleration
from talus_balance.whole_body.tasks.task import BodyTick, TaskRows

LEG_GROUPS = ("left_leg", "right_leg")
# Share of the root of a swing foot's weights where its knee is held: with more the body follows it.
HELD_SWING_SHARE = 0.3


@dataclass(frozen=True)
class FeetGains:
    """Holds weights and feedback of the soles, from the walking study's table.

    Attributes:
        contact: Gains of a sole that carries and stays where it is: acc = -kd velocity.
        swing_position: Gains so stiff that the drives' friction leaves an error of 2 mm and
            touchdown comes when planned.
        swing_rotation: Gains far below the centre of mass's; given up where the ankle's range ends.
    """

    contact: Gains = Gains(1000.0, 0.0, 20.0)
    swing_position: Gains = Gains(60.0, 700.0, 50.0)
    swing_rotation: Gains = Gains(3.0, 700.0, 50.0)


@dataclass(frozen=True)
class _Ankle:
    """Describes one of the two last joints of a leg.

    Attributes:
        column: Place of the joint among the velocities.
        lower, upper: Range of the joint, rad.
    """

    column: int
    lower: float
    upper: float


class FootTask:
    """Writes the rows of one sole: linear, then angular."""

    most_rows = 6

    def __init__(self, model: WholeBodyModel, gains: FeetGains, side: int):
        """Make the task of the foot `side`: 0 left, 1 right."""
        self._model = model
        self._gains = gains
        self._side = side
        self._leg = model.joints_of(LEG_GROUPS[side])
        self._ankles = self._ankle_joints(LEG_GROUPS[side])
        self._root_contact = np.sqrt(np.full(self.most_rows, gains.contact.weight))
        swing = [gains.swing_position.weight, gains.swing_rotation.weight]
        self._root_swing = np.sqrt(np.repeat(swing, 3))

    def count(self, tick: BodyTick) -> int:
        """Return 6: a sole stands or swings at every tick."""
        return self.most_rows

    def write(self, tick: BodyTick, rows: TaskRows) -> None:
        """Write what keeps the sole in place, or what moves it along its swing."""
        side = self._side
        sole = tick.soles[side]
        rows.jacobian[:] = sole.jacobian
        if tick.target.in_contact[side]:
            rows.root_weight[:] = self._root_contact
            np.multiply(sole.velocity, -self._gains.contact.kd, out=rows.wanted)
        else:
            rows.root_weight[:] = self._root_swing
            if tick.held is not None and (tick.held & self._leg).any():
                rows.root_weight[:] *= HELD_SWING_SHARE
            reference = tick.target.swing[side]
            assert reference is not None  # a foot that does not carry has a swing
            self._follow(reference, sole, rows.wanted)
        rows.wanted[:] -= sole.drift

    def _follow(self, reference: FootReference, sole: FrameTerms, wanted: np.ndarray) -> None:
        gains = self._gains.swing_position
        wanted[:3] = (
            reference.acceleration
            + gains.kp * (reference.position - sole.position)
            + gains.kd * (reference.velocity - sole.velocity[:3])
        )
        rotation_gains = self._gains.swing_rotation
        wanted[3:] = orientation_acceleration(
            sole.rotation, sole.velocity[3:], reference.rotation, rotation_gains
        )
        self._yield_to_ankle(sole, wanted[3:])

    def _yield_to_ankle(self, sole: FrameTerms, wanted: np.ndarray) -> None:
        """Take from `wanted` (3,), rad/s^2, in place, what would turn an ankle beyond its range.

        Beyond it only the rest of the body could turn that foot, and it would throw itself up for
        it. The ankle stops at its end with the gains of the task.
        """
        gains = self._gains.swing_rotation
        position = self._model.joint_position
        velocity = self._model.velocity
        for ankle in self._ankles:
            axis = sole.jacobian[3:, ankle.column]
            angle = float(position[ankle.column - BASE])
            braking = -gains.kd * float(velocity[ankle.column])
            along = float(axis @ wanted)
            most = gains.kp * (ankle.upper - angle) + braking
            kept = min(max(along, gains.kp * (ankle.lower - angle) + braking), most)
            wanted += (kept - along) * axis

    def _ankle_joints(self, leg: str) -> tuple[_Ankle, ...]:
        description = self._model.description
        limits = description.limits
        ankles = []
        for joint in description.indices(leg)[-2:]:
            place = np.flatnonzero(description.structural_indices == joint)[0]
            column = int(self._model.v_index[place])
            ankles.append(_Ankle(column, float(limits.lower[joint]), float(limits.upper[joint])))
        return tuple(ankles)
