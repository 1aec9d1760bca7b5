# SPDX-License-Identifier: Apache-2.0
"""See true depth by casting rays at the geometry of the physics: no graphics library."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from talus_core.errors import UnknownNameError
from talus_core.pinhole import Pinhole
from talus_core.transform import Transform

MUJOCO_CAMERA_AXES = np.diag(
    [1.0, -1.0, -1.0]
)  # its cameras look along -z, y up; optical frames along z, y down
SEEN_GEOM_GROUPS = np.array(
    [1, 1, 0, 1, 0, 0], np.uint8
)  # groups of geoms: the world and collision shapes, the robot's too
RAY_RANGE_M = 10.0  # m


class SceneSight:
    """Looks through the cameras of a scene."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, base: int):
        """Look at a scene; `base` is the number of the robot's base body."""
        self._model = model
        self._data = data
        self._of_world = model.body_rootid[model.geom_bodyid] != base
        self._names = [model.camera(number).name for number in range(model.ncam)]

    def intrinsics(self, camera: str, width: int, height: int) -> Pinhole:
        """Return the pinhole of an image of that size that sees as much from top to bottom.

        Raises UnknownNameError.
        """
        return Pinhole.from_fovy(
            width, height, math.radians(self._model.cam_fovy[self._id(camera)])
        )

    def pose(self, camera: str) -> Transform:
        """Return the pose of the camera's optical frame in the world."""
        number = self._id(camera)
        return Transform(
            self._data.cam_xmat[number].reshape(3, 3) @ MUJOCO_CAMERA_AXES,
            self._data.cam_xpos[number].copy(),
        )

    def depth(self, camera: str, eye: Pinhole) -> np.ndarray:
        """Return depth along the optical axis, (height, width) float32, m.

        It is +inf where nothing is, NaN on the robot itself.
        """
        pose = self.pose(camera)
        rays = eye.rays().astype(float)
        lengths = np.linalg.norm(rays, axis=2)
        directions = (rays / lengths[..., np.newaxis]) @ pose.rotation.T
        count = lengths.size
        hit = np.empty(count, np.int32)
        distance = np.empty(count)
        mujoco.mj_multiRay(
            self._model,
            self._data,
            pose.position,
            directions.ravel(),
            SEEN_GEOM_GROUPS,
            1,
            -1,
            hit,
            distance,
            None,
            count,
            RAY_RANGE_M,
        )
        depth = np.where(hit < 0, np.inf, distance / lengths.ravel())
        depth[(hit >= 0) & ~self._of_world[hit]] = np.nan
        return depth.reshape(lengths.shape).astype(np.float32)

    def _id(self, camera: str) -> int:
        if camera not in self._names:
            raise UnknownNameError("camera", camera, self._names)
        return self._names.index(camera)
