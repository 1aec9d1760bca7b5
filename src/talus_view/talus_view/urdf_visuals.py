# SPDX-License-Identifier: Apache-2.0
"""What a URDF looks like: its links' visual shapes, merged by colour, and the tree that moves them."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from talus_core.errors import TalusError
from talus_core.rotations import matrix_from_rpy

from talus_view.colours import Colour
from talus_view.kinematic_tree import Joint, KinematicTree
from talus_view.shapes import Mesh, box, capsule, cylinder, load_mesh, merged, sphere

DEFAULT_COLOUR: Colour = (180, 186, 194)  # a URDF visual without material: light grey
OPTICAL = "_camera_optical_frame"


class UrdfError(TalusError):
    """A URDF that cannot be drawn; the message names the element and the cause."""


@dataclass(frozen=True)
class Skin:
    """All visuals of one colour.

    Attributes:
        colour: 0 to 255 each.
        mesh: Its vertices are in the frames of their links.
        pieces: Which vertices move with which link: (place of the link in the tree, first vertex, one past the last).
    """

    colour: Colour
    mesh: Mesh
    pieces: tuple[tuple[int, int, int], ...]

    def vertices(self, link_poses: np.ndarray) -> np.ndarray:
        """Vertices (n, 3) float32 in the root link, for `link_poses` (links, 4, 4)."""
        moved = np.empty_like(self.mesh.vertices)
        poses = link_poses.astype(np.float32)
        for link, start, end in self.pieces:
            np.matmul(self.mesh.vertices[start:end], poses[link, :3, :3].T, out=moved[start:end])
            moved[start:end] += poses[link, :3, 3]
        return moved


@dataclass(frozen=True)
class RobotVisuals:
    """A robot that can be drawn at any joint position."""

    name: str
    tree: KinematicTree
    skins: tuple[Skin, ...]

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names of the cameras, from their optical frames."""
        return tuple(link.removesuffix(OPTICAL) for link in self.tree.links if link.endswith(OPTICAL))


def parse_urdf(text: str, resolve: Callable[[str], Path]) -> RobotVisuals:
    """Read a URDF document; `resolve` turns a mesh URI into a file. Raises UrdfError, MeshFileError."""
    try:
        robot = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise UrdfError(f"robot_description is not XML: {error}") from error
    joints = [_joint(element) for element in robot.findall("joint")]
    children = {joint.child for joint in joints}
    roots = [link.get("name", "") for link in robot.findall("link") if link.get("name") not in children]
    if len(roots) != 1:
        raise UrdfError(f"robot_description has {len(roots)} root links ({', '.join(roots)}); a tree has one")
    tree = KinematicTree(roots[0], joints)
    return RobotVisuals(robot.get("name", ""), tree, _skins(robot, tree, resolve))


def _skins(robot: ElementTree.Element, tree: KinematicTree, resolve: Callable[[str], Path]) -> tuple[Skin, ...]:
    materials = {m.get("name", ""): _rgba(m) for m in robot.findall("material")}
    place = {link: i for i, link in enumerate(tree.links)}
    meshes: dict[Colour, list[tuple[int, Mesh]]] = {}
    for link in robot.findall("link"):
        for visual in link.findall("visual"):
            mesh = _shape(visual, resolve).transformed(*_rotation_translation(visual))
            meshes.setdefault(_colour(visual, materials), []).append((place[link.get("name", "")], mesh))
    return tuple(_skin(colour, parts) for colour, parts in meshes.items())


def _skin(colour: Colour, parts: list[tuple[int, Mesh]]) -> Skin:
    ends = np.cumsum([len(mesh.vertices) for _, mesh in parts]).tolist()
    starts = [0, *ends[:-1]]
    pieces = tuple((link, s, e) for (link, _), s, e in zip(parts, starts, ends, strict=True))
    return Skin(colour, merged([mesh for _, mesh in parts]), pieces)


def _shape(visual: ElementTree.Element, resolve: Callable[[str], Path]) -> Mesh:
    geometry = visual.find("geometry")
    shape = next(iter(geometry), None) if geometry is not None else None
    if shape is None:
        raise UrdfError("a <visual> of robot_description has no geometry")
    if shape.tag == "box":
        return box(_numbers(shape.get("size")))
    if shape.tag == "mesh":
        return load_mesh(resolve(shape.get("filename", "")), _numbers(shape.get("scale", "1 1 1")))
    radius = float(shape.get("radius", 0.0))
    if shape.tag == "sphere":
        return sphere(radius)
    if shape.tag in ("cylinder", "capsule"):
        return (cylinder if shape.tag == "cylinder" else capsule)(radius, float(shape.get("length", 0.0)))
    raise UrdfError(f"unknown shape <{shape.tag}> in robot_description; known: box, capsule, cylinder, mesh, sphere")


def _joint(element: ElementTree.Element) -> Joint:
    kind = element.get("type", "fixed")
    axis = element.find("axis")
    vector = _numbers(axis.get("xyz") if axis is not None else "1 0 0")
    mimic = element.find("mimic")
    origin = np.eye(4)
    origin[:3, :3], origin[:3, 3] = _rotation_translation(element)
    return Joint(
        name=element.get("name", ""),
        parent=element.find("parent").get("link", ""),
        child=element.find("child").get("link", ""),
        origin=origin,
        axis=np.zeros(3) if kind in ("fixed", "floating") else vector / np.linalg.norm(vector),
        is_prismatic=kind == "prismatic",
        follows=mimic.get("joint", "") if mimic is not None else "",
        multiplier=float(mimic.get("multiplier", 1.0)) if mimic is not None else 1.0,
        offset=float(mimic.get("offset", 0.0)) if mimic is not None else 0.0,
    )


def _rotation_translation(element: ElementTree.Element) -> tuple[np.ndarray, np.ndarray]:
    origin = element.find("origin")
    if origin is None:
        return np.eye(3), np.zeros(3)
    return matrix_from_rpy(*_numbers(origin.get("rpy", "0 0 0"))), _numbers(origin.get("xyz", "0 0 0"))


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
