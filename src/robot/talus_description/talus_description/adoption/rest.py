# SPDX-License-Identifier: Apache-2.0
"""Tries whether a robot rests without torque in its lowest pose, and how it gets there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mujoco
import numpy as np

from talus_description.scene import pose_qpos

REST_ROWS = 17  # of the path, as talus40's
TRIAL_S = 3.0  # a pose that its brakes do not hold is left within a second
SUNK_M = 0.05  # of the base: brakes creep less, a robot that topples falls farther
TILTED_RAD = 0.2


def rests_limp(
    mjcf: str,
    joints: Sequence[str],
    pose: np.ndarray,
    soles: Sequence[str],
    brakes: Mapping[str, tuple[float, float]],
) -> bool:
    """Return whether the robot stays where it is on a flat floor, its motors without torque.

    Args:
        mjcf: Path of the robot alone.
        joints: Names of the joints in the order of `pose`.
        pose: rad. (n,)
        soles: Names of the sole sites.
        brakes: Dry friction N m and damping N m s/rad of each joint without power.
    """
    spec = mujoco.MjSpec.from_file(mjcf)
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_PLANE, size=(5.0, 5.0, 0.1), contype=1, conaffinity=1
    )
    for joint, (friction, damping) in brakes.items():
        spec.joint(joint).frictionloss += friction
        spec.joint(joint).damping[0] += damping
    model = spec.compile()
    data = mujoco.MjData(model)
    data.qpos[:] = pose_qpos(model, joints, pose, soles)
    mujoco.mj_forward(model, data)
    height = float(data.qpos[2])
    upright = data.xmat[1].reshape(3, 3)[2].copy()
    mujoco.mj_step(model, data, nstep=round(TRIAL_S / model.opt.timestep))
    turn = float(np.arccos(np.clip(upright @ data.xmat[1].reshape(3, 3)[2], -1.0, 1.0)))
    return bool(abs(data.qpos[2] - height) < SUNK_M and turn < TILTED_RAD)
