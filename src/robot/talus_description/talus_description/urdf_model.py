# SPDX-License-Identifier: Apache-2.0
"""A URDF file as frozen dataclasses: the one input of the MJCF and SDF writers."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from talus_core.errors import TalusError
from transforms3d.euler import euler2mat
from transforms3d.quaternions import mat2quat


class DescriptionError(TalusError):
    """A model file that cannot be converted; one line that names it and what would work."""


@dataclass(frozen=True)
class Pose:
    """Of a child frame in its parent frame.

    Attributes:
        position: Origin of the child in the parent frame, m. (3,)
        rotation: From child to parent frame. (3, 3)
    """

    position: np.ndarray
    rotation: np.ndarray

    @property
    def quat_wxyz(self) -> np.ndarray:
        """The rotation as a unit quaternion, scalar first. (4,)"""
        return mat2quat(self.rotation)

    def __matmul__(self, other: Pose) -> Pose:
        return Pose(self.position + self.rotation @ other.position, self.rotation @ other.rotation)


@dataclass(frozen=True)
class Shape:
    """A geometry in m: `box` (x, y, z), `cylinder` (radius, length), `sphere` (radius,); or `mesh`: scale of a file."""

    kind: str
    size: tuple[float, ...]
    file: str = ""


@dataclass(frozen=True)
class Element:
    """One visual or collision element of a link; `material` is empty where none is named."""

    pose: Pose
    shape: Shape
    material: str = ""


@dataclass(frozen=True)
class Inertial:
    """Mass in kg and rotational inertia (3, 3) in kg m^2 about the centre of mass, in the axes of `pose`."""

    pose: Pose
    mass: float
    inertia: np.ndarray


@dataclass(frozen=True)
class Link:
    """A body, or a mere frame where `inertial` is None."""

    name: str
    inertial: Inertial | None
    visuals: tuple[Element, ...]
    collisions: tuple[Element, ...]


@dataclass(frozen=True)
class Joint:
    """A revolute or fixed joint; range in rad, effort and friction in N m, velocity in rad/s, damping in N m s/rad."""

    name: str
    kind: str
    parent: str
    child: str
    pose: Pose
    axis: np.ndarray
    lower: float
    upper: float
    effort: float
    velocity: float
    damping: float
    friction: float


@dataclass(frozen=True)
class Model:
    """A tree of links; `materials` maps names to rgba."""

    name: str
    links: dict[str, Link]
    joints: tuple[Joint, ...]
    materials: dict[str, tuple[float, ...]]

    @property
    def root(self) -> str:
        """The link that is no joint's child."""
        children = {joint.child for joint in self.joints}
        return next(name for name in self.links if name not in children)

    def joints_from(self, link: str) -> list[Joint]:
        """The joints whose parent is this link, in file order."""
        return [joint for joint in self.joints if joint.parent == link]


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
            name=root.get("name"),
            links={e.get("name"): _link(e) for e in root.findall("link")},
            joints=tuple(_joint(e) for e in root.findall("joint")),
            materials={m.get("name"): _numbers(m.find("color").get("rgba")) for m in root.findall("material")},
        )
    except (ElementTree.ParseError, AttributeError, TypeError, ValueError, KeyError) as error:
        raise DescriptionError(f"{source}: not a URDF that can be converted: {error}") from error


def text_of(values: float | Sequence[float] | np.ndarray) -> str:
    """Numbers for XML, free of the last digits in which machines differ."""
    return " ".join(f"{value:.12g}" for value in np.round(np.atleast_1d(values).astype(float), 12) + 0.0)


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(word) for word in text.split())


def _pose(element: ElementTree.Element | None) -> Pose:
    if element is None:
        return Pose(np.zeros(3), np.eye(3))
    position = np.array(_numbers(element.get("xyz", "0 0 0")))
    return Pose(position, euler2mat(*_numbers(element.get("rpy", "0 0 0")), axes="sxyz"))


def _shape(geometry: ElementTree.Element) -> Shape:
    e = geometry[0]
    if e.tag == "box":
        return Shape("box", _numbers(e.get("size")))
    if e.tag == "cylinder":
        return Shape("cylinder", (float(e.get("radius")), float(e.get("length"))))
    if e.tag == "sphere":
        return Shape("sphere", (float(e.get("radius")),))
    if e.tag == "mesh":
        return Shape("mesh", _numbers(e.get("scale", "1 1 1")), e.get("filename"))
    raise ValueError(f"geometry <{e.tag}> is none of box, cylinder, sphere, mesh")


def _element(element: ElementTree.Element) -> Element:
    material = element.find("material")
    name = "" if material is None else material.get("name")
    return Element(_pose(element.find("origin")), _shape(element.find("geometry")), name)


def _inertial(element: ElementTree.Element | None) -> Inertial | None:
    if element is None:
        return None
    i = {key: float(value) for key, value in element.find("inertia").attrib.items()}
    inertia = np.array(
        [
            [i["ixx"], i["ixy"], i["ixz"]],
            [i["ixy"], i["iyy"], i["iyz"]],
            [i["ixz"], i["iyz"], i["izz"]],
        ]
    )
    return Inertial(_pose(element.find("origin")), float(element.find("mass").get("value")), inertia)


def _link(element: ElementTree.Element) -> Link:
    return Link(
        name=element.get("name"),
        inertial=_inertial(element.find("inertial")),
        visuals=tuple(_element(e) for e in element.findall("visual")),
        collisions=tuple(_element(e) for e in element.findall("collision")),
    )


def _joint(element: ElementTree.Element) -> Joint:
    kind = element.get("type")
    if kind not in ("revolute", "fixed"):
        raise ValueError(f"joint {element.get('name')} is {kind}, neither revolute nor fixed")
    limit = {} if element.find("limit") is None else element.find("limit").attrib
    dynamics = {} if element.find("dynamics") is None else element.find("dynamics").attrib
    axis = element.find("axis")
    return Joint(
        name=element.get("name"),
        kind=kind,
        parent=element.find("parent").get("link"),
        child=element.find("child").get("link"),
        pose=_pose(element.find("origin")),
        axis=np.array([1.0, 0.0, 0.0] if axis is None else _numbers(axis.get("xyz"))),
        **{key: float(limit.get(key, 0.0)) for key in ("lower", "upper", "effort", "velocity")},
        **{key: float(dynamics.get(key, 0.0)) for key in ("damping", "friction")},
    )
