# SPDX-License-Identifier: Apache-2.0
"""Reads a URDF file into frozen dataclasses, the one input of the MJCF and SDF writers."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from talus_core.errors import TalusError
from transforms3d.euler import euler2mat
from transforms3d.quaternions import mat2quat


class DescriptionError(TalusError):
    """Raised when a model file cannot be converted; one line names it and what would work."""


@dataclass(frozen=True)
class FramePose:
    """Describes the place of a child frame in its parent frame.

    Attributes:
        position: Origin of the child in the parent frame, m. (3,)
        rotation: From child to parent frame. (3, 3)
    """

    position: np.ndarray
    rotation: np.ndarray

    @property
    def quat_wxyz(self) -> np.ndarray:
        """Return the rotation as a unit quaternion, scalar first. (4,)"""
        return mat2quat(self.rotation)

    def __matmul__(self, other: FramePose) -> FramePose:
        return FramePose(
            self.position + self.rotation @ other.position, self.rotation @ other.rotation
        )


AT_ORIGIN = FramePose(np.zeros(3), np.eye(3))


@dataclass(frozen=True)
class UrdfShape:
    """Describes a geometry in m.

    `box` (x, y, z), `cylinder` (radius, length), `sphere` (radius,); or `mesh`: scale of a file.
    """

    kind: str
    size: tuple[float, ...]
    file: str = ""


@dataclass(frozen=True)
class UrdfElement:
    """Describes a visual or collision element of a link; `material` may be empty."""

    pose: FramePose
    shape: UrdfShape
    material: str = ""


@dataclass(frozen=True)
class Inertial:
    """Holds mass, kg, and inertia about the centre of mass in the axes of `pose`, (3, 3) kg m^2."""

    pose: FramePose
    mass: float
    inertia: np.ndarray


@dataclass(frozen=True)
class UrdfLink:
    """Describes a body, or a mere frame where `inertial` is None."""

    name: str
    inertial: Inertial | None
    visuals: tuple[UrdfElement, ...]
    collisions: tuple[UrdfElement, ...]


@dataclass(frozen=True)
class UrdfJoint:
    """Describes a revolute or fixed joint.

    Range in rad, effort and friction in N m, velocity in rad/s, damping in N m s/rad.
    """

    name: str
    kind: str
    parent: str
    child: str
    pose: FramePose
    axis: np.ndarray
    lower: float
    upper: float
    effort: float
    velocity: float
    damping: float
    friction: float


@dataclass(frozen=True)
class Model:
    """Holds a tree of links; `materials` maps names to rgba."""

    name: str
    links: dict[str, UrdfLink]
    joints: tuple[UrdfJoint, ...]
    materials: dict[str, tuple[float, ...]]

    @property
    def root(self) -> str:
        """Return the link that is no joint's child."""
        children = {joint.child for joint in self.joints}
        return next(name for name in self.links if name not in children)

    def joints_from(self, link: str) -> list[UrdfJoint]:
        """Return the joints whose parent is this link, in file order."""
        return [joint for joint in self.joints if joint.parent == link]

    def joints_above(self, link: str) -> Iterator[UrdfJoint]:
        """Yield the joints between a link and the root, the nearest first."""
        above = {joint.child: joint for joint in self.joints}
        while link in above:
            yield above[link]
            link = above[link].parent


def read_urdf(path: Path) -> Model:
    """Parse an expanded URDF file. Raises DescriptionError."""
    try:
        return parse_urdf(path.read_text(), path)
    except OSError as error:
        raise DescriptionError(f"{path}: {error.strerror}") from error


def parse_urdf(text: str, source: Path) -> Model:
    """Parse URDF text that came from `source`. Raises DescriptionError."""
    try:
        root = ElementTree.fromstring(text)
        return Model(
            name=_attribute(root, "name"),
            links={link.name: link for link in map(_link, root.findall("link"))},
            joints=tuple(_joint(e) for e in root.findall("joint")),
            materials=dict(map(_material, root.findall("material"))),
        )
    except (ElementTree.ParseError, AttributeError, TypeError, ValueError, KeyError) as error:
        raise DescriptionError(f"{source}: not a URDF that can be converted: {error}") from error


def text_of(values: float | Sequence[float] | np.ndarray) -> str:
    """Return numbers for XML, free of the last digits in which machines differ."""
    return " ".join(
        f"{value:.12g}" for value in np.round(np.atleast_1d(values).astype(float), 12) + 0.0
    )


def _child(element: ElementTree.Element, tag: str) -> ElementTree.Element:
    """Return the one child with a tag. Raises ValueError."""
    found = element.find(tag)
    if found is None:
        raise ValueError(f"<{element.tag}> '{element.get('name', '')}' has no <{tag}>")
    return found


def _attribute(element: ElementTree.Element, name: str) -> str:
    """Return an attribute that must be there. Raises ValueError."""
    value = element.get(name)
    if value is None:
        raise ValueError(f"<{element.tag}> '{element.get('name', '')}' has no attribute '{name}'")
    return value


def _material(element: ElementTree.Element) -> tuple[str, tuple[float, ...]]:
    """Return name and rgba of a material."""
    return _attribute(element, "name"), _numbers(_attribute(_child(element, "color"), "rgba"))


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(word) for word in text.split())


def _pose(element: ElementTree.Element | None) -> FramePose:
    if element is None:
        return AT_ORIGIN
    position = np.array(_numbers(element.get("xyz", "0 0 0")))
    return FramePose(position, euler2mat(*_numbers(element.get("rpy", "0 0 0")), axes="sxyz"))


def _shape(geometry: ElementTree.Element) -> UrdfShape:
    e = geometry[0]
    if e.tag == "box":
        return UrdfShape("box", _numbers(_attribute(e, "size")))
    if e.tag == "cylinder":
        return UrdfShape(
            "cylinder", (float(_attribute(e, "radius")), float(_attribute(e, "length")))
        )
    if e.tag == "sphere":
        return UrdfShape("sphere", (float(_attribute(e, "radius")),))
    if e.tag == "mesh":
        return UrdfShape("mesh", _numbers(e.get("scale", "1 1 1")), _attribute(e, "filename"))
    raise ValueError(f"geometry <{e.tag}> is none of box, cylinder, sphere, mesh")


def _element(element: ElementTree.Element) -> UrdfElement:
    material = element.find("material")
    name = "" if material is None else material.get("name", "")
    return UrdfElement(_pose(element.find("origin")), _shape(_child(element, "geometry")), name)


def _inertial(element: ElementTree.Element | None) -> Inertial | None:
    if element is None:
        return None
    i = {key: float(value) for key, value in _child(element, "inertia").attrib.items()}
    inertia = np.array(
        [
            [i["ixx"], i["ixy"], i["ixz"]],
            [i["ixy"], i["iyy"], i["iyz"]],
            [i["ixz"], i["iyz"], i["izz"]],
        ]
    )
    mass = float(_attribute(_child(element, "mass"), "value"))
    return Inertial(_pose(element.find("origin")), mass, inertia)


def _link(element: ElementTree.Element) -> UrdfLink:
    return UrdfLink(
        name=_attribute(element, "name"),
        inertial=_inertial(element.find("inertial")),
        visuals=tuple(_element(e) for e in element.findall("visual")),
        collisions=tuple(_element(e) for e in element.findall("collision")),
    )


def _joint(element: ElementTree.Element) -> UrdfJoint:
    kind = _attribute(element, "type")
    if kind not in ("revolute", "fixed"):
        raise ValueError(f"joint {element.get('name')} is {kind}, neither revolute nor fixed")
    limit = _attributes_of(element, "limit")
    dynamics = _attributes_of(element, "dynamics")
    axis = element.find("axis")
    return UrdfJoint(
        name=_attribute(element, "name"),
        kind=kind,
        parent=_attribute(_child(element, "parent"), "link"),
        child=_attribute(_child(element, "child"), "link"),
        pose=_pose(element.find("origin")),
        axis=np.array([1.0, 0.0, 0.0] if axis is None else _numbers(_attribute(axis, "xyz"))),
        lower=float(limit.get("lower", 0.0)),
        upper=float(limit.get("upper", 0.0)),
        effort=float(limit.get("effort", 0.0)),
        velocity=float(limit.get("velocity", 0.0)),
        damping=float(dynamics.get("damping", 0.0)),
        friction=float(dynamics.get("friction", 0.0)),
    )


def _attributes_of(element: ElementTree.Element, tag: str) -> dict[str, str]:
    """Return the attributes of a child that may be missing."""
    found = element.find(tag)
    return {} if found is None else found.attrib
