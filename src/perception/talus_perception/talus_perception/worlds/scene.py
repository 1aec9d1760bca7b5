# SPDX-License-Identifier: Apache-2.0
"""Turns a world into a MuJoCo model: a moved body for each thing, and one camera."""

from __future__ import annotations

import mujoco
import numpy as np

from talus_perception.worlds.figures import MeshPart
from talus_perception.worlds.things import Part, Thing
from talus_perception.worlds.world import World

CAMERA = "camera"
GEOM_TYPES = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
    "ellipsoid": mujoco.mjtGeom.mjGEOM_ELLIPSOID,
}
SHADOW_PIXELS = 1024
NEAR_PLANE_M = 0.03
FAR_PLANE_M = 40.0


def compile_world(world: World, own_body: Thing, width: int, height: int) -> mujoco.MjModel:
    """Return the model; body 1 + i is thing i, the last two are own body and camera."""
    spec = mujoco.MjSpec()
    spec.visual.headlight.ambient[:] = world.ambient
    spec.visual.headlight.diffuse[:] = 0.15
    spec.visual.headlight.specular[:] = 0.0
    spec.visual.global_.offwidth = width
    spec.visual.global_.offheight = height
    spec.visual.quality.offsamples = 0
    spec.visual.quality.shadowsize = SHADOW_PIXELS if world.is_shadowed else 0
    spec.visual.quality.numslices = 14
    spec.visual.quality.numstacks = 8
    spec.visual.quality.numquads = 1
    spec.stat.extent = 1.0
    spec.stat.center[:] = 0.0
    spec.visual.map.znear = NEAR_PLANE_M
    spec.visual.map.zfar = FAR_PLANE_M
    for number, (picture, metres) in enumerate(zip(world.paints, world.metres, strict=True)):
        texture = spec.add_texture(
            name=f"paint_{number}",
            type=mujoco.mjtTexture.mjTEXTURE_2D,
            width=picture.shape[1],
            height=picture.shape[0],
            nchannel=3,
        )
        texture.data = picture.tobytes()
        material = spec.add_material(
            name=f"paint_{number}", texuniform=True, texrepeat=[1 / metres, 1 / metres]
        )
        material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = f"paint_{number}"
    for light in world.lights:
        kind = mujoco.mjtLightType
        spec.worldbody.add_light(
            pos=light.position,
            dir=light.direction,
            diffuse=light.colour,
            specular=[0.1, 0.1, 0.1],
            type=kind.mjLIGHT_DIRECTIONAL if light.is_far else kind.mjLIGHT_SPOT,
            cutoff=85,
            exponent=1,
            castshadow=world.is_shadowed,
        )
    for thing in (*world.plan.things, own_body):
        body = spec.worldbody.add_body(mocap=True)
        for part in thing.parts:
            _add_part(spec, body, part)
    eye = spec.worldbody.add_body(mocap=True)
    eye.add_camera(name=CAMERA, fovy=60)
    return spec.compile()


def _add_part(spec: mujoco.MjSpec, body: mujoco.MjsBody, part: Part) -> None:
    look = {"rgba": [*part.colour, 1.0], "contype": 0, "conaffinity": 0}
    if part.paint is not None:
        look["material"] = f"paint_{part.paint}"
    place = {"pos": part.position, "quat": part.quat_wxyz}
    if isinstance(part, MeshPart) and part.mesh is not None:
        mesh = spec.add_mesh(
            name=part.mesh.name, inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL
        )
        mesh.uservert = np.asarray(part.mesh.vertices, np.float32).ravel()
        mesh.userface = np.asarray(part.mesh.faces, np.int32).ravel()
        body.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname=part.mesh.name, **place, **look)
        return
    body.add_geom(type=GEOM_TYPES[part.shape], size=part.size, **place, **look)
