# SPDX-License-Identifier: Apache-2.0
"""Finds where the ground is below a robot: a plane, box, mesh or height field, high, low or tilted.

Rays fall onto the fixed geoms that the robot collides with: the geom `floor`, and what lies on it.
"""

from __future__ import annotations

import mujoco
import numpy as np

from talus_description.world.errors import SceneError
from talus_description.world.joining import FLOOR, floor_of, meets

DOWN = np.array([0.0, 0.0, -1.0])
RAY_START_M = 1024.0  # above the origin, above every floor; a power of two keeps heights exact
# Above the floor, or above z = 0 where the floor is lower: what is higher than a knee is no ground
# to start on but something in the way, or a ceiling.
GROUND_HEIGHT_LIMIT_M = 0.5
# From the middle of a sole: half of the length and width of a grown-up's foot.
SOLE_REACH_M = np.array([[0.0, 0.0], [0.1, 0.05], [0.1, -0.05], [-0.1, 0.05], [-0.1, -0.05]])


class GroundBelow:
    """Tells how high the ground is and how it leans; flat at z = 0 in a scene without a floor."""

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
        """Return the ground's normal (3,) at the origin, upwards. Raises SceneError."""
        return self._top(np.zeros(2))[1]

    def height(self, at: np.ndarray) -> float:
        """Return the height of the ground at a place (2,) m. Raises SceneError."""
        return self._top(at)[0]

    def _top(self, at: np.ndarray) -> tuple[float, np.ndarray]:
        """Return height and normal of the highest surface that is low enough to start on."""
        if self._floor is None:
            return 0.0, -DOWN
        found = []
        floor = self._surface(self._floor, at, RAY_START_M)
        if floor is not None:
            found.append(floor)
        below = max(0.0, floor[0] if floor is not None else 0.0) + GROUND_HEIGHT_LIMIT_M
        for geom in self._others:
            surface = self._surface(geom, at, below)
            if surface is not None:
                found.append(surface)
        if not found:
            raise SceneError(
                f"geom '{FLOOR}' of the world is not below x {at[0]:.2f}, y {at[1]:.2f} m; the "
                "robot starts at the origin: put the floor there"
            )
        return max(found, key=lambda surface: surface[0])

    def _surface(self, geom: int, at: np.ndarray, below: float) -> tuple[float, np.ndarray] | None:
        """Return height and normal of a geom at a place and below a height; None beside it."""
        normal = np.zeros(3)
        distance = self._hit(geom, np.array([*at, below]), normal)
        if distance < 0.0:
            return None
        return below - distance, normal if normal[2] > 0.0 else -normal

    def _hit(self, geom: int, start: np.ndarray, normal: np.ndarray) -> float:
        """Return how far a ray falls onto a geom, m, below 0 where it misses; set the normal."""
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
