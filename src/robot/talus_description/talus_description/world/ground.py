# SPDX-License-Identifier: Apache-2.0
"""Finds where the ground is below a robot: a plane, box, mesh or height field, high, low or tilted.

Rays fall onto the fixed geoms that the robot collides with. The geom `floor` decides how the ground
leans; steps and plates on it only raise it.
"""

from __future__ import annotations

import mujoco
import numpy as np

from talus_description.world.errors import SceneError
from talus_description.world.joining import FLOOR, floor_of, meets

DOWN = np.array([0.0, 0.0, -1.0])
RAY_START_M = 1000.0  # above the origin: above every world
# Above the floor: what is higher than a knee is no ground to stand on but something in the way.
GROUND_HEIGHT_LIMIT_M = 0.4
# From the middle of a sole: half of the length and width of a grown-up's foot.
SOLE_REACH_M = np.array([[0.0, 0.0], [0.1, 0.05], [0.1, -0.05], [-0.1, 0.05], [-0.1, -0.05]])


class GroundBelow:
    """Tells heights of the ground and how the floor leans; flat at z = 0 without a floor."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, root: int):
        """See a scene whose kinematics are computed; `root` is the robot's base body."""
        self._model = model
        self._data = data
        self._floor = floor_of(model)
        robot = np.flatnonzero(model.body_rootid[model.geom_bodyid] == root)
        fixed = np.flatnonzero(model.body_weldid[model.geom_bodyid] == 0)
        self._others = [
            geom
            for geom in map(int, fixed)
            if geom != self._floor and meets(model, geom, robot).any()
        ]

    def normal(self) -> np.ndarray:
        """Return the floor's normal (3,) at the origin, upwards. Raises SceneError."""
        normal = np.array([0.0, 0.0, 1.0])
        if self._floor is not None:
            self._floor_below(np.zeros(2), normal)
        return normal if normal[2] > 0.0 else -normal

    def height(self, at: np.ndarray) -> float:
        """Return the height of the ground at a place (2,) m. Raises SceneError."""
        if self._floor is None:
            return 0.0
        height = self._floor_below(at)
        top = height + GROUND_HEIGHT_LIMIT_M
        below = (self._hit(geom, np.array([*at, top])) for geom in self._others)
        return max([height, *(top - distance for distance in below if distance >= 0.0)])

    def _floor_below(self, at: np.ndarray, normal: np.ndarray | None = None) -> float:
        assert self._floor is not None
        distance = self._hit(self._floor, np.array([*at, RAY_START_M]), normal)
        if distance < 0.0:
            raise SceneError(
                f"geom '{FLOOR}' of the world is not below x {at[0]:.2f}, y {at[1]:.2f} m; the "
                "robot starts at the origin: put the floor there"
            )
        return RAY_START_M - distance

    def _hit(self, geom: int, start: np.ndarray, normal: np.ndarray | None = None) -> float:
        """Return how far a ray falls onto a geom, m; below 0 where it misses."""
        model = self._model
        data = self._data
        kind = model.geom_type[geom]
        if kind == mujoco.mjtGeom.mjGEOM_MESH:
            return mujoco.mj_rayMesh(model, data, geom, start, DOWN, normal)
        if kind == mujoco.mjtGeom.mjGEOM_HFIELD:
            return mujoco.mj_rayHfield(model, data, geom, start, DOWN, normal)
        return mujoco.mju_rayGeom(
            data.geom_xpos[geom],
            data.geom_xmat[geom],
            model.geom_size[geom],
            start,
            DOWN,
            kind,
            normal,
        )
