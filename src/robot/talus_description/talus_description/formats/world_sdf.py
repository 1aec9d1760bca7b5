# SPDX-License-Identifier: Apache-2.0
"""Writes a world's MJCF as SDF for Gazebo: what is fixed in it, as one static model."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import mujoco
import numpy as np

from talus_description.conversion.remarks import Remarks
from talus_description.formats.sdf import pose_text
from talus_description.formats.urdf_model import FramePose, text_of
from talus_description.world.errors import SceneError
from talus_description.world.joining import FLOOR, floor_of, parse

SubElement = ElementTree.SubElement
Geom = mujoco.mjtGeom

SCENERY = "scenery"  # the static model of all that is fixed
# Of an endless plane as Gazebo draws it; it collides endlessly.
DRAWN_PLANE_M = 100.0


def world_sdf(file: Path, remarks: Remarks) -> ElementTree.Element:
    """Return an SDF document with a world of the same shapes, frictions and colours.

    What moves in the world is left out, and said so.

    Raises:
        SceneError: A file that does not parse or compile, no floor, or a shape that SDF lacks.
    """
    try:
        model = parse(file).compile()
    except (ValueError, mujoco.FatalError) as error:
        raise SceneError(f"{file}: {' '.join(str(error).split())}") from error
    if floor_of(model) is None:
        raise SceneError(f"world {file} has no geom named '{FLOOR}'; a world needs one")
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    top = ElementTree.Element("sdf", version="1.9")
    world = SubElement(top, "world", name=file.stem)
    SubElement(world, "gravity").text = text_of(model.opt.gravity)
    _sun(world)
    scenery = SubElement(world, "model", name=SCENERY)
    SubElement(scenery, "static").text = "true"
    link = SubElement(scenery, "link", name="link")
    for geom in range(model.ngeom):
        name = model.geom(geom).name or f"geom_{geom}"
        if model.body_weldid[model.geom_bodyid[geom]] != 0:
            remarks.lost(name, "in Gazebo, for which only what is fixed in an MJCF world is taken")
            continue
        place = FramePose(data.geom_xpos[geom], data.geom_xmat[geom].reshape(3, 3))
        shape = _shape(model, geom, file)
        if model.geom_contype[geom] or model.geom_conaffinity[geom]:
            collision = _part(link, "collision", name, place, shape)
            ode = SubElement(SubElement(SubElement(collision, "surface"), "friction"), "ode")
            for key in ("mu", "mu2"):
                SubElement(ode, key).text = text_of(model.geom_friction[geom, 0])
        visual = _part(link, "visual", name, place, shape)
        material = SubElement(visual, "material")
        for light in ("ambient", "diffuse"):
            SubElement(material, light).text = text_of(_colour(model, geom))
    return top


def _part(
    link: ElementTree.Element,
    kind: str,
    name: str,
    place: FramePose,
    shape: tuple[str, dict[str, str]],
) -> ElementTree.Element:
    part = SubElement(link, kind, name=name)
    SubElement(part, "pose").text = pose_text(place)
    out = SubElement(SubElement(part, "geometry"), shape[0])
    for key, text in shape[1].items():
        SubElement(out, key).text = text
    return part


def _shape(model: mujoco.MjModel, geom: int, file: Path) -> tuple[str, dict[str, str]]:
    """Return an SDF shape and its sizes; MuJoCo's are halves. Raises SceneError."""
    size = model.geom_size[geom]
    kind = Geom(model.geom_type[geom])
    if kind == Geom.mjGEOM_PLANE:
        drawn = [2.0 * half or DRAWN_PLANE_M for half in size[:2]]
        return "plane", {"normal": "0 0 1", "size": text_of(drawn)}
    if kind == Geom.mjGEOM_BOX:
        return "box", {"size": text_of(2.0 * size)}
    if kind == Geom.mjGEOM_SPHERE:
        return "sphere", {"radius": text_of(size[0])}
    if kind in (Geom.mjGEOM_CYLINDER, Geom.mjGEOM_CAPSULE):
        name = "cylinder" if kind == Geom.mjGEOM_CYLINDER else "capsule"
        return name, {"radius": text_of(size[0]), "length": text_of(2.0 * size[1])}
    if kind == Geom.mjGEOM_ELLIPSOID:
        return "ellipsoid", {"radii": text_of(size)}
    raise SceneError(
        f"world {file}: geom '{model.geom(geom).name}' is a {kind.name}; for Gazebo a world has "
        "planes, boxes, spheres, cylinders, capsules and ellipsoids, or is an SDF file"
    )


def _colour(model: mujoco.MjModel, geom: int) -> np.ndarray:
    material = int(model.geom_matid[geom])
    return model.mat_rgba[material] if material >= 0 else model.geom_rgba[geom]


def _sun(world: ElementTree.Element) -> None:
    light = SubElement(world, "light", name="sun", type="directional")
    SubElement(light, "cast_shadows").text = "true"
    SubElement(light, "direction").text = "-0.3 0.2 -1"
    SubElement(light, "diffuse").text = "0.8 0.8 0.8 1"
