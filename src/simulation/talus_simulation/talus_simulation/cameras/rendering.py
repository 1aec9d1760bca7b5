# SPDX-License-Identifier: Apache-2.0
"""Render a MuJoCo scene through the robot's cameras, offscreen, as cheaply as can be."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from talus_core.errors import UnknownNameError
from talus_core.pinhole import Pinhole
from talus_description.scene import SceneError, load_scene
from talus_perception.camera_model import Camera
from talus_perception.offscreen import RenderingError, open_context

NEAR_CLIP_M = 0.02  # m, clipping planes: nearer than the shortest range of a depth camera
FAR_CLIP_M = 60.0  # m, beyond every world's walls
SCENE_GEOM_LIMIT = 5000
# Fewer facets on round shapes, and half the time per picture on a software renderer.
ROUND_SHAPE_SLICES = 12
ROUND_SHAPE_STACKS = 6
FACE_QUADS = 1


class SceneRenderer:
    """Holds a scene and an offscreen context; use and close it in the thread that made it."""

    def __init__(self, model: mujoco.MjModel, width: int, height: int):
        """Make a context for pictures of at most `width` by `height`.

        This changes the model's visual quality.
        """
        _make_cheap(model, width, height)
        self._model = model
        self._data = mujoco.MjData(model)
        self._scene = mujoco.MjvScene(model, maxgeom=SCENE_GEOM_LIMIT)
        for flag in (
            mujoco.mjtRndFlag.mjRND_SHADOW,
            mujoco.mjtRndFlag.mjRND_REFLECTION,
            mujoco.mjtRndFlag.mjRND_HAZE,
        ):
            self._scene.flags[flag] = False
        self._options = mujoco.MjvOption()
        self._options.sitegroup[:] = 0
        self._options.geomgroup[3:] = 0  # collision shapes
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._gl = open_context(width, height)
        self._gl.make_current()
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50.value)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)
        self._context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR

    @property
    def position_size(self) -> int:
        """Count of numbers that `pose` needs."""
        return self._model.nq

    def pose(self, qpos: np.ndarray) -> None:
        """Put every body where the generalised positions (nq,) say."""
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)  # lights and cameras that follow a centre of mass
        mujoco.mj_camlight(self._model, self._data)
        self._camera.fixedcamid = 0
        mujoco.mjv_updateScene(
            self._model,
            self._data,
            self._options,
            None,
            self._camera,
            mujoco.mjtCatBit.mjCAT_ALL.value,
            self._scene,
        )

    def render(
        self, name: str, pinhole: Pinhole, with_colour: bool = True
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """Return colour (height, width, 3) uint8 and depth (height, width) float32 of a picture.

        Depth is in m along the optical axis, `FAR_CLIP_M` where nothing is. Without colour, no
        light and no texture is computed: half the time.
        Raises UnknownNameError, RenderingError.
        """
        self._camera.fixedcamid = self._camera_number(name, pinhole)
        mujoco.mjv_updateCamera(self._model, self._data, self._camera, self._scene)
        for flag in (mujoco.mjtRndFlag.mjRND_SEGMENT, mujoco.mjtRndFlag.mjRND_IDCOLOR):
            self._scene.flags[flag] = not with_colour
        rectangle = mujoco.MjrRect(0, 0, pinhole.width, pinhole.height)
        colour = np.empty((pinhole.height, pinhole.width, 3), np.uint8) if with_colour else None
        raw = np.empty((pinhole.height, pinhole.width), np.float32)
        mujoco.mjr_render(rectangle, self._scene, self._context)
        mujoco.mjr_readPixels(colour, raw, rectangle, self._context)
        return None if colour is None else colour[::-1], _metres(raw[::-1])

    def close(self) -> None:
        """Free the context. Idempotent."""
        if self._gl is not None:
            self._context.free()
            self._gl.free()
            self._gl = None

    def _camera_number(self, name: str, pinhole: Pinhole) -> int:
        number = mujoco.mj_name2id(self._model, mujoco.mjtObj.mjOBJ_CAMERA, name)
        if number < 0:
            raise UnknownNameError(
                "camera", name, (self._model.camera(i).name for i in range(self._model.ncam))
            )
        fovy = math.degrees(2.0 * math.atan(0.5 * pinhole.height / pinhole.fy))
        if abs(self._model.cam_fovy[number] - fovy) > 0.01:
            raise RenderingError(
                f"camera '{name}' has {self._model.cam_fovy[number]:.2f} degrees of vertical "
                f"field of view in the MJCF and {fovy:.2f} in robot.yaml; generate the MJCF again"
            )
        return number


def load_renderer(
    robot_folder: str, world: str, worlds: str, cameras: tuple[Camera, ...]
) -> SceneRenderer:
    """Return a renderer of the scene that the driver simulates. Raises RenderingError."""
    try:
        model = load_scene(robot_folder, world, worlds)
    except SceneError as error:
        raise RenderingError(str(error)) from error
    sizes = [(camera.pinhole.width, camera.pinhole.height) for camera in cameras]
    return SceneRenderer(
        model, max(width for width, _ in sizes), max(height for _, height in sizes)
    )


def _make_cheap(model: mujoco.MjModel, width: int, height: int) -> None:
    model.vis.map.znear = NEAR_CLIP_M / model.stat.extent
    model.vis.map.zfar = FAR_CLIP_M / model.stat.extent
    quality = model.vis.quality
    quality.offsamples = 0
    quality.shadowsize = 0
    quality.numslices = ROUND_SHAPE_SLICES
    quality.numstacks = ROUND_SHAPE_STACKS
    quality.numquads = FACE_QUADS
    model.vis.global_.offwidth = width
    model.vis.global_.offheight = height


def _metres(raw: np.ndarray) -> np.ndarray:
    """Turn a depth buffer, 1 at NEAR_CLIP_M and 0 at FAR_CLIP_M (hyperbolic), into m."""
    return np.float32(NEAR_CLIP_M * FAR_CLIP_M) / (
        np.float32(NEAR_CLIP_M) + raw * np.float32(FAR_CLIP_M - NEAR_CLIP_M)
    )
