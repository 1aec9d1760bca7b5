# SPDX-License-Identifier: Apache-2.0
"""Tell the robot from all else in a scene: what is its own, and what the world has that moves."""

from __future__ import annotations

import mujoco
import numpy as np
from talus_core.driver import DriverError

# By how much parts may be inside each other at the start: soft ground gives 5 mm way under a
# seated robot, and a rough one has grains.
START_OVERLAP_LIMIT_M = 0.03


class Surroundings:
    """Knows the robot by its base; everything that does not hang on that is the world's.

    Attributes:
        world: Name or file of the world, for messages.
        base: Number of the robot's base body.
        base_qpos_at: Place of its free joint in the generalised positions.
        robot_qpos: (nq,) which generalised positions are the robot's.
        robot_dofs: (nv,) which generalised velocities are the robot's.
    """

    def __init__(self, model: mujoco.MjModel, base: int, world: str):
        """Sort the joints of a scene by whose they are."""
        self.world = world
        self._model = model
        self.base = base
        self.base_qpos_at = int(model.jnt_qposadr[model.body_jntadr[base]])
        self.robot_dofs = model.body_rootid[model.dof_bodyid] == base
        ends = [*model.jnt_qposadr[1:], model.nq]
        sizes = np.array(ends) - model.jnt_qposadr
        self.robot_qpos = np.repeat(model.body_rootid[model.jnt_bodyid] == base, sizes)
        self._has_moving = not self.robot_qpos.all()
        self._kept = np.zeros(0)

    def keep(self, data: mujoco.MjData) -> None:
        """Remember where all that is not the robot's is now, for `put_back`."""
        self._kept = data.qpos[~self.robot_qpos]

    def put_back(self, data: mujoco.MjData) -> None:
        """Put what the world moves back to where it was kept, at rest."""
        if not self._has_moving:
            return
        data.qpos[~self.robot_qpos] = self._kept
        data.qvel[~self.robot_dofs] = 0.0

    def refuse_overlap(self, qpos: np.ndarray) -> None:
        """Raise DriverError where something of the world is where the robot starts."""
        model = self._model
        data = mujoco.MjData(model)
        data.qpos[:] = qpos
        mujoco.mj_forward(model, data)
        for contact in np.flatnonzero(data.contact.dist < -START_OVERLAP_LIMIT_M):
            geoms = data.contact.geom[contact]
            ours = model.body_rootid[model.geom_bodyid[geoms]] == self.base
            if ours.sum() != 1:
                continue
            other = model.geom(int(geoms[~ours][0]))
            body = model.body(int(other.bodyid[0])).name
            hint = (
                "; meshes collide as their convex hulls: split it, or use a height field"
                if other.type[0] == mujoco.mjtGeom.mjGEOM_MESH
                else ""
            )
            raise DriverError(
                f"world {self.world}: geom '{other.name}' of body '{body}' is where the robot "
                f"starts, at the origin; move it away{hint}"
            )
