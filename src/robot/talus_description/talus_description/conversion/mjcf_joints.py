# SPDX-License-Identifier: Apache-2.0
"""Reads what a compiled MuJoCo model says of its joints: torque limits, and who follows whom."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from talus_core.errors import TalusError

ENDLESS_TURN_RAD = math.pi  # either way of a joint without stops


def joint_effort(model: mujoco.MjModel, joint: str) -> float:
    """Return the most that the joint's motor gives, N m. Raises TalusError where it is not said."""
    at = model.joint(joint).id
    if model.jnt_actfrclimited[at]:
        return float(np.abs(model.jnt_actfrcrange[at]).min())
    for motor in np.flatnonzero(model.actuator_trnid[:, 0] == at):
        gear = abs(model.actuator_gear[motor, 0])
        for limited, limit in (
            (model.actuator_forcelimited[motor], model.actuator_forcerange[motor]),
            (
                model.actuator_ctrllimited[motor] and not model.actuator_biastype[motor],
                model.actuator_ctrlrange[motor],
            ),
        ):
            if limited:
                return float(gear * np.abs(limit).min())
    raise TalusError(f"joint {joint} has no torque limit: give it an actuatorfrcrange")


def followers(model: mujoco.MjModel) -> dict[str, tuple[str, float, float]]:
    """Return leader, multiplier and offset, rad, of each joint that an equality lets follow one."""
    found = {}
    for at in np.flatnonzero(model.eq_type == mujoco.mjtEq.mjEQ_JOINT):
        leader = int(model.eq_obj2id[at])
        if leader < 0:
            continue
        name, other = (model.joint(int(j)) for j in (model.eq_obj1id[at], leader))
        constant, multiplier = model.eq_data[at][:2]
        # MuJoCo's polynomial is one of the ways from `ref`; URDF's mimic, of the angles.
        offset = model.qpos0[name.qposadr[0]] + constant
        offset -= multiplier * model.qpos0[other.qposadr[0]]
        found[name.name] = (other.name, float(multiplier), float(offset))
    return found
