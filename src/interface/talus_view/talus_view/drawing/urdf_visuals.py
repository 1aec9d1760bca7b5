# SPDX-License-Identifier: Apache-2.0
"""Reads what a URDF looks like: visual shapes by link and colour, and the tree that moves them."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from talus_core.errors import TalusError
from talus_core.files.data_files import ContentError, xml_root
from talus_core.rotations import matrix_from_rpy, quat_wxyz_from_xyzw, quat_xyzw_from_matrix

from talus_view.drawing.colours import Colour
from talus_view.drawing.kinematic_tree import KinematicTree, TreeJoint
from talus_view.drawing.shapes import Mesh, box, capsule, cylinder, load_mesh, merged, sphere

DEFAULT_COLOUR: Colour = (180, 186, 194)  # a URDF visual without material: light grey
OPTICAL_SUFFIX = "_camera_optical_frame"


class UrdfVisualsError(TalusError):
    """Raised when a URDF cannot be drawn; the message names the element and the cause."""


@dataclass(frozen=True)
class Skin:
    """Hold all visuals of one link with the same colour (0 to 255 each), in the link's frame."""

    link: str
    colour: Colour
    mesh: Mesh


@dataclass(frozen=True)
class RobotVisuals:
    """Hold a robot that can be drawn."""

    name: str
    tree: KinematicTree
    skins: tuple[Skin, ...]

    @property
    def cameras(self) -> tuple[str, ...]:
        """Return the names of the cameras, from their optical frames."""
        return tuple(
            j.child.removesuffix(OPTICAL_SUFFIX)
            for j in self.tree.joints
            if j.child.endswith(OPTICAL_SUFFIX)
        )

    def lowest(self, values: np.ndarray) -> float:
        """Return the height of the lowest point over the root link, m, at joint `values` (n,)."""
        poses = self.tree.link_poses(values)
        heights = [s.mesh.vertices @ poses[s.link][0][2] + poses[s.link][1][2] for s in self.skins]
        return float(min((h.min() for h in heights), default=0.0))


def parse_urdf(text: str, resolve: Callable[[str], Path]) -> RobotVisuals:
    """Read a URDF document; `resolve` turns a mesh URI into a file.

    Raises UrdfError, MeshFileError.
    """
    try:
        robot = xml_root(text)
    except ContentError as error:
        raise UrdfVisualsError(f"robot_description is not XML: {error}") from error
    joints = [_joint(element) for element in robot.findall("joint")]
    children = {joint.child for joint in joints}
    roots = [
        link.get("name", "") for link in robot.findall("link") if link.get("name") not in children
    ]
    if len(roots) != 1:
        raise UrdfVisualsError(
            f"robot_description has {len(roots)} root links ({', '.join(roots)}); a tree has one"
        )
    return RobotVisuals(
        robot.get("name", ""), KinematicTree(roots[0], joints), _skins(robot, resolve)
    )


def _skins(robot: ElementTree.Element, resolve: Callable[[str], Path]) -> tuple[Skin, ...]:
    materials = {m.get("name", ""): _rgba(m) for m in robot.findall("material")}
    load = cache(
        lambda uri, scale: load_mesh(resolve(uri), np.array(scale))
    )  # left and right share their files
    parts: dict[tuple[str, Colour], list[Mesh]] = {}
    for link in robot.findall("link"):
        for visual in link.findall("visual"):
            mesh = _shape(visual, load).transformed(*_rotation_translation(visual))
            parts.setdefault((link.get("name", ""), _colour(visual, materials)), []).append(mesh)
    return tuple(Skin(link, colour, merged(meshes)) for (link, colour), meshes in parts.items())


def _shape(visual: ElementTree.Element, load: Callable[[str, tuple[float, ...]], Mesh]) -> Mesh:
    geometry = visual.find("geometry")
    shape = next(iter(geometry), None) if geometry is not None else None
    if shape is None:
        raise UrdfVisualsError("a <visual> of robot_description has no geometry")
    if shape.tag == "box":
        return box(_numbers(shape.get("size")))
    if shape.tag == "mesh":
        return load(shape.get("filename", ""), tuple(_numbers(shape.get("scale", "1 1 1"))))
    radius = float(shape.get("radius", 0.0))
    if shape.tag == "sphere":
        return sphere(radius)
    if shape.tag in ("cylinder", "capsule"):
        return (cylinder if shape.tag == "cylinder" else capsule)(
            radius, float(shape.get("length", 0.0))
        )
    raise UrdfVisualsError(
        f"unknown shape <{shape.tag}> in robot_description; known: box, capsule, cylinder, "
        f"mesh, sphere"
    )


def _joint(element: ElementTree.Element) -> TreeJoint:
    kind = element.get("type", "fixed")
    axis = element.find("axis")
    vector = _numbers(axis.get("xyz") if axis is not None else "1 0 0")
    mimic = element.find("mimic")
    rotation, position = _rotation_translation(element)
    return TreeJoint(
        name=element.get("name", ""),
        parent=_link(element, "parent"),
        child=_link(element, "child"),
        position=position,
        quat_wxyz=quat_wxyz_from_xyzw(quat_xyzw_from_matrix(rotation)),
        axis=np.zeros(3) if kind in ("fixed", "floating") else vector / np.linalg.norm(vector),
        is_prismatic=kind == "prismatic",
        follows=mimic.get("joint", "") if mimic is not None else "",
        multiplier=float(mimic.get("multiplier", 1.0)) if mimic is not None else 1.0,
        offset=float(mimic.get("offset", 0.0)) if mimic is not None else 0.0,
    )


def _link(joint: ElementTree.Element, end: str) -> str:
    """Return the link at one end of a joint, `parent` or `child`. Raises UrdfError."""
    element = joint.find(end)
    if element is None:
        raise UrdfVisualsError(f"joint '{joint.get('name')}' of robot_description has no <{end}>")
    return element.get("link", "")


def _rotation_translation(element: ElementTree.Element) -> tuple[np.ndarray, np.ndarray]:
    origin = element.find("origin")
    if origin is None:
        return np.eye(3), np.zeros(3)
    return matrix_from_rpy(*_numbers(origin.get("rpy", "0 0 0"))), _numbers(
        origin.get("xyz", "0 0 0")
    )


def _colour(visual: ElementTree.Element, materials: dict[str, Colour | None]) -> Colour:
    material = visual.find("material")
    if material is None:
        return DEFAULT_COLOUR
    return _rgba(material) or materials.get(material.get("name", "")) or DEFAULT_COLOUR


def _rgba(material: ElementTree.Element) -> Colour | None:
    colour = material.find("color")
    if colour is None:
        return None
    red, green, blue = (round(255 * c) for c in _numbers(colour.get("rgba"))[:3])
    return red, green, blue


def _numbers(text: str | None) -> np.ndarray:
    return np.array([float(word) for word in (text or "").split()])
