# SPDX-License-Identifier: Apache-2.0
"""Lead between the `sit` and the `stand` pose on one path, with minimum jerk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pinocchio as pin

from talus_balance.model.robot_dynamics import WholeBodyModel


@dataclass(frozen=True)
class PoseFacts:
    """Describe a pose with flat soles.

    Attributes:
        com_height: m above the soles.
        pelvis_pitch, chest_pitch: rad, forward.
        joints: (n,) rad.
    """

    com_height: float
    pelvis_pitch: float
    chest_pitch: float
    joints: np.ndarray


def pose_facts(model: WholeBodyModel, joints: np.ndarray) -> PoseFacts:
    """Stand the model on flat soles in the pose `joints` (structural, Talus's order)."""
    data = model.model.createData()
    q = pin.neutral(model.model)
    q[model.q_index] = joints
    pin.framesForwardKinematics(model.model, data, q)
    sole = data.oMf[model.feet[0]]
    com = pin.centerOfMass(model.model, data, q)
    up = sole.rotation[:, 2]  # the sole's normal in base axes
    height = float(up @ (com - sole.translation))
    pelvis = pitch_of(sole.rotation.T)  # base to sole
    return PoseFacts(height, pelvis, pelvis + pitch_of(data.oMf[model.torso].rotation), joints)


def pitch_of(rotation: np.ndarray) -> float:
    """Return the pitch, rad, of a body with `rotation` (3, 3) to the world.

    It is more than a quarter turn where the head hangs down.
    """
    return float(np.arctan2(-rotation[2, 0], rotation[2, 2]))


class PostureReference(NamedTuple):
    """Describe a place on the path: as `PoseFacts`, with rate and acceleration of the height."""

    com_height: float
    com_speed: float
    com_acceleration: float
    pelvis_pitch: float
    chest_pitch: float
    joints: np.ndarray


class PostureMove:
    """Go from where the body is to a pose, in `duration` s."""

    def __init__(self, start: PoseFacts, end: PoseFacts, duration: float):
        self._start = start
        self._end = end
        self.duration = duration
        self.elapsed = 0.0

    @property
    def is_done(self) -> bool:
        """Tell whether the end was reached."""
        return self.elapsed >= self.duration

    def step_posture(self, dt: float, pace: float = 1.0) -> PostureReference:
        """Bring the path forward by `dt` s at `pace` 0..1 of its own time."""
        self.elapsed = min(self.elapsed + pace * dt, self.duration)
        t = self.duration
        a = self._start
        b = self._end
        s = self.elapsed / t
        share = s**3 * (10.0 - 15.0 * s + 6.0 * s * s)
        rate = pace * 30.0 * s * s * (1.0 - s) ** 2 / t
        curve = pace * pace * 60.0 * s * (1.0 - s) * (1.0 - 2.0 * s) / (t * t)
        rise = b.com_height - a.com_height
        return PostureReference(
            a.com_height + share * rise,
            rate * rise,
            curve * rise,
            a.pelvis_pitch + share * (b.pelvis_pitch - a.pelvis_pitch),
            a.chest_pitch + share * (b.chest_pitch - a.chest_pitch),
            a.joints + share * (b.joints - a.joints),
        )
