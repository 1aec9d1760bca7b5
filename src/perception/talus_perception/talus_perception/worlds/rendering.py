# SPDX-License-Identifier: Apache-2.0
"""Renders the frames of a world: what the camera sees, how far it is, and which shape it is."""

from __future__ import annotations

import atexit
import math
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from talus_perception.offscreen import open_context
from talus_perception.words import PICTURE_HEIGHT, PICTURE_WIDTH
from talus_perception.worlds.scene import CAMERA, FAR_PLANE_M, NEAR_PLANE_M, compile_world
from talus_perception.worlds.things import Part, Thing
from talus_perception.worlds.views import View, own_arms
from talus_perception.worlds.world import World

TRUTH_STRIDE = 2  # px of the picture per pixel of the truth
MOST_SHAPES = 4000
AWAY_M = 1000.0  # where the own body is in views that do not show it


@dataclass(frozen=True)
class Render:
    """Holds what one frame shows.

    Attributes:
        picture: (PICTURE_HEIGHT, PICTURE_WIDTH, 3) uint8.
        depth: Along the optical axis, m, at half the size; 0 where nothing is.
        shapes: Number of the shape in `WorldRenderer.parts` there; -1 where nothing is.
        poses: Of all things in the world, (things, 4, 4).
    """

    picture: np.ndarray
    depth: np.ndarray
    shapes: np.ndarray
    poses: np.ndarray


class WorldRenderer:
    """Holds a compiled world; use and close it in the thread that made it."""

    def __init__(self, world: World, rng: np.random.Generator):
        """Compile a world; `open_picture_context` was called once in this thread."""
        self._arms = own_arms(rng)
        self.things: tuple[Thing, ...] = (*world.plan.things, self._arms)
        self._model = compile_world(world, self._arms, PICTURE_WIDTH, PICTURE_HEIGHT)
        self._data = mujoco.MjData(self._model)
        self._scene = mujoco.MjvScene(self._model, maxgeom=MOST_SHAPES)
        for flag in (mujoco.mjtRndFlag.mjRND_REFLECTION, mujoco.mjtRndFlag.mjRND_HAZE):
            self._scene.flags[flag] = False
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = world.is_shadowed
        self._options = mujoco.MjvOption()
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._camera.fixedcamid = 0
        self._context = mujoco.MjrContext(self._model, mujoco.mjtFontScale.mjFONTSCALE_50.value)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)
        self._context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        assert self._model.camera(0).name == CAMERA

    @property
    def parts(self) -> list[tuple[int, Part]]:
        """Number of the thing, and the part, of every shape in the model's order."""
        return [(number, part) for number, thing in enumerate(self.things) for part in thing.parts]

    def render(self, view: View) -> tuple[Render, Render]:
        """Return the two frames of a view."""
        focal = view.pinhole.fy
        self._model.cam_fovy[0] = math.degrees(2 * math.atan(0.5 * PICTURE_HEIGHT / focal))
        first, second = (
            self._frame(view, pose, time) for pose, time in zip(view.poses, view.times, strict=True)
        )
        return first, second

    def close(self) -> None:
        """Free the world's textures and meshes; the context serves on."""
        self._context.free()

    def _frame(self, view: View, pose: np.ndarray, time: float) -> Render:
        poses = np.stack([thing.pose(time) for thing in self.things])
        poses[-1] = pose
        if not view.shows_own_body:
            poses[-1, :3, 3] = AWAY_M
        eye = pose.copy()
        eye[:3, 1:3] *= -1.0  # MuJoCo's cameras look along -z, y up
        for number, place in enumerate((*poses, eye)):
            self._data.mocap_pos[number] = place[:3, 3]
            mujoco.mju_mat2Quat(self._data.mocap_quat[number], place[:3, :3].ravel())
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        mujoco.mjv_updateScene(
            self._model,
            self._data,
            self._options,
            None,
            self._camera,
            mujoco.mjtCatBit.mjCAT_ALL.value,
            self._scene,
        )
        picture = np.empty((PICTURE_HEIGHT, PICTURE_WIDTH, 3), np.uint8)
        self._draw(picture, None)
        small = (PICTURE_HEIGHT // TRUTH_STRIDE, PICTURE_WIDTH // TRUTH_STRIDE)
        coded = np.empty((*small, 3), np.uint8)
        raw = np.empty(small, np.float32)
        for flag in (mujoco.mjtRndFlag.mjRND_SEGMENT, mujoco.mjtRndFlag.mjRND_IDCOLOR):
            self._scene.flags[flag] = True
        self._draw(coded, raw)
        for flag in (mujoco.mjtRndFlag.mjRND_SEGMENT, mujoco.mjtRndFlag.mjRND_IDCOLOR):
            self._scene.flags[flag] = False
        codes = coded[::-1].astype(np.int32) @ np.array((1, 1 << 8, 1 << 16))
        numbers = np.full(self._scene.ngeom + 1, -1)
        for shape in self._scene.geoms[: self._scene.ngeom]:
            if shape.objtype == mujoco.mjtObj.mjOBJ_GEOM.value and shape.segid >= 0:
                numbers[shape.segid + 1] = shape.objid
        shapes = numbers[np.minimum(codes, self._scene.ngeom)]
        raw = raw[::-1]
        depth = (NEAR_PLANE_M * FAR_PLANE_M) / (NEAR_PLANE_M + raw * (FAR_PLANE_M - NEAR_PLANE_M))
        return Render(
            picture[::-1].copy(),
            np.where(shapes >= 0, depth, 0.0).astype(np.float32),
            shapes.astype(np.int32),
            poses,
        )

    def _draw(self, colours: np.ndarray, depth: np.ndarray | None) -> None:
        rectangle = mujoco.MjrRect(0, 0, colours.shape[1], colours.shape[0])
        mujoco.mjr_render(rectangle, self._scene, self._context)
        mujoco.mjr_readPixels(colours, depth, rectangle, self._context)


def open_picture_context() -> Any:
    """Return a context for pictures of the network's size. Raises RenderingError."""
    context = open_context(PICTURE_WIDTH, PICTURE_HEIGHT)
    context.make_current()
    atexit.register(context.free)  # before the libraries that it needs are gone
    return context
