# SPDX-License-Identifier: Apache-2.0
"""Measure what a pose makes of the body: heights and pitches over flat soles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pinocchio as pin

from talus_dynamics.robot_dynamics import WholeBodyModel


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
