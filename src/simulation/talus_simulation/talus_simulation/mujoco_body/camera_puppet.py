# SPDX-License-Identifier: Apache-2.0
"""Shows what the cameras of a robot see anywhere in a world, without physics."""

# B base, W world, L the robot's level frame at its footprint

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np
from talus_core.robot import load_robot
from talus_core.transform import Transform
from talus_core.vision.self_filter import SelfFilter
from talus_description.scene import base_of, load_scene, pose_qpos
from talus_perception.camera_model import Camera, load_cameras

from talus_simulation.cameras.rendering import SceneRenderer
from talus_simulation.mujoco_body.sight import SceneSight


class CameraPuppet:
    """Holds a standing robot in a world, to be put anywhere in it, and what its cameras see there.

    Attributes:
        cameras: Those with depth.
        own_body: The shapes of its URDF.
    """

    def __init__(self, folder: Path, world: str | Path, worlds: Path | None = None):
        robot = load_robot(folder)
        self._model = load_scene(folder, world, worlds)
        self._data = mujoco.MjData(self._model)
        soles = [foot.frame for foot in robot.feet]
        self._qpos = pose_qpos(self._model, robot.joint_names, robot.poses["stand"], soles)
        self._base = base_of(self._model, soles[0])
        self._at = int(self._model.jnt_qposadr[self._model.body_jntadr[self._base]])
        self._sight = SceneSight(self._model, self._data, self._base)
        self.own_body = SelfFilter.from_urdf(robot.urdf.read_text())
        self.cameras = tuple(camera for camera in load_cameras(folder) if camera.has_depth)
        sizes = [(camera.pinhole.width, camera.pinhole.height) for camera in self.cameras]
        self._renderer = SceneRenderer(
            self._model, max(width for width, _ in sizes), max(height for _, height in sizes)
        )

    def close(self) -> None:
        """Free the renderer."""
        self._renderer.close()

    def put(self, level: Transform, sway: Transform) -> Transform:
        """Put the robot at a pose of L in W, swaying, and return the pose of B in L."""
        height = np.array([0.0, 0.0, float(self._qpos[self._at + 2])])
        base_in_level = Transform(sway.rotation, sway.position + height)
        base = level @ base_in_level
        qpos = self._qpos.copy()
        qpos[self._at : self._at + 3] = base.position
        mujoco.mju_mat2Quat(qpos[self._at + 3 : self._at + 7], base.rotation.ravel())
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        self._renderer.pose(qpos)
        return base_in_level

    def depth(self, camera: Camera) -> np.ndarray:
        """Return the true depth that a camera sees, (height, width) m."""
        return self._renderer.render(camera.name, camera.pinhole, with_colour=False)[1]

    def in_base(self, camera: Camera) -> Transform:
        """Return the pose of a camera's optical frame in B."""
        return self._base_in_world().inverse() @ self._sight.pose(camera.name)

    def links_in_base(self) -> dict[str, Transform]:
        """Return the poses of the links that the self filter needs, in B."""
        world_in_base = self._base_in_world().inverse()
        return {
            name: world_in_base @ self._body_in_world(self._model.body(name).id)
            for name in self.own_body.links
        }

    def _base_in_world(self) -> Transform:
        return self._body_in_world(self._base)

    def _body_in_world(self, number: int) -> Transform:
        return Transform(
            self._data.xmat[number].reshape(3, 3).copy(), self._data.xpos[number].copy()
        )
