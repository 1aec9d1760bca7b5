# SPDX-License-Identifier: Apache-2.0
"""Removes the robot's own body from the cameras' points.

The body is the URDF's collision shapes, placed by tf, with a margin.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from talus_core.errors import TalusError
from talus_core.files.data_files import ContentError, xml_root
from talus_core.rotations import matrix_from_rpy
from talus_core.transform import Transform

# m around each shape: talus40's knee caps stand out by 5 cm; depth noise below 2 m is 7 mm
SELF_MARGIN_M = 0.06


class RobotModelError(TalusError):
    """Raised for a robot description that is no URDF."""


@dataclass(frozen=True)
class BodyShape:
    """Describe a solid fixed to a link: box, cylinder along z (`is_round`), or sphere.

    Attributes:
        link: Name of its frame.
        pose: Pose of the shape in the link.
        half_size: (3,) m half extents along its own axes; a cylinder's and a sphere's first is the
            radius.
        kind: box, cylinder, capsule or sphere.
    """

    link: str
    pose: Transform
    half_size: np.ndarray
    kind: str

    def contains(self, points: np.ndarray, margin: float) -> np.ndarray:
        """Return (n,) booleans for (n, 3) points in the shape's own frame."""
        if self.kind == "box":
            return (np.abs(points) <= self.half_size + margin).all(axis=1)
        radius = self.half_size[0] + margin
        half_length = self.half_size[2]
        if self.kind == "cylinder":
            inside_length = np.abs(points[:, 2]) <= half_length + margin
            return inside_length & (np.hypot(points[:, 0], points[:, 1]) <= radius)
        along = np.clip(
            points[:, 2], self.half_size[0] - half_length, half_length - self.half_size[0]
        )
        return np.hypot(np.hypot(points[:, 0], points[:, 1]), points[:, 2] - along) <= radius


class SelfFilter:
    """Holds the collision shapes of one robot and filters points by them.

    Attributes:
        links: Frames whose poses `keep` needs.
        ignored: Links with a mesh for a collision shape, which is not filtered.
    """

    def __init__(
        self,
        shapes: tuple[BodyShape, ...],
        ignored: tuple[str, ...] = (),
        margin: float = SELF_MARGIN_M,
    ):
        self._shapes = shapes
        self._margin = margin
        self._reach = np.array(
            [np.linalg.norm(shape.half_size + margin) for shape in shapes], np.float32
        )
        self.links = tuple(dict.fromkeys(shape.link for shape in shapes))
        self.ignored = ignored

    @staticmethod
    def from_urdf(xml: str) -> SelfFilter:
        """Make a filter from a robot description; raises RobotModelError."""
        try:
            robot = xml_root(xml)
        except ContentError as error:
            raise RobotModelError(f"robot description is no XML: {error}") from error
        shapes = []
        ignored = []
        for link in robot.findall("link"):
            for collision in link.findall("collision"):
                shape = _shape(link.get("name", ""), collision)
                if shape is None:
                    ignored.append(link.get("name", ""))
                else:
                    shapes.append(shape)
        return SelfFilter(tuple(shapes), tuple(dict.fromkeys(ignored)))

    def keep(self, points: np.ndarray, links: Mapping[str, Transform]) -> np.ndarray:
        """Return which of (n, 3) points are not on the robot, (n,) booleans.

        `links` are poses of `self.links` in the points' frame.
        """
        kept = np.ones(len(points), bool)
        if not self._shapes:
            return kept
        placed = [links[shape.link] @ shape.pose for shape in self._shapes]
        centres = np.array([pose.position for pose in placed], points.dtype)
        low = (centres.T - self._reach).min(axis=1)
        high = (centres.T + self._reach).max(axis=1)
        near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
        # Squared distances from every point to every shape's centre tell which points may be in
        # which shape.
        middle = centres.mean(axis=0)
        at = points.take(near, axis=0) - middle
        centres = centres - middle
        squares = (at**2).sum(axis=1)[:, None] - 2.0 * (at @ centres.T) + (centres**2).sum(axis=1)
        may_be_in = squares <= self._reach**2
        for number in np.flatnonzero(may_be_in.any(axis=0)):
            candidates = near[may_be_in[:, number]]
            in_shape = placed[number].inverse().apply(points.take(candidates, axis=0))
            kept[candidates[self._shapes[number].contains(in_shape, self._margin)]] = False
        return kept


def _shape(link: str, collision: ElementTree.Element) -> BodyShape | None:
    origin = collision.find("origin")
    attributes = {} if origin is None else origin.attrib
    xyz, rpy = (
        np.array(attributes.get(name, "0 0 0").split(), dtype=float) for name in ("xyz", "rpy")
    )
    pose = Transform(matrix_from_rpy(*rpy), xyz)
    geometry = collision.find("geometry/*")
    if geometry is None or geometry.tag == "mesh":
        return None
    if geometry.tag == "box":
        size = np.array(_text(link, geometry, "size").split(), dtype=float)
        return BodyShape(link, pose, 0.5 * size, "box")
    radius = float(_text(link, geometry, "radius"))
    # A capsule's length in URDF is that of its cylinder.
    length = float(geometry.get("length", 2.0 * radius)) + (
        2.0 * radius if geometry.tag == "capsule" else 0.0
    )
    return BodyShape(link, pose, np.array([radius, radius, 0.5 * length]), geometry.tag)


def _text(link: str, geometry: ElementTree.Element, attribute: str) -> str:
    """Return an attribute of a collision shape; raises RobotModelError where it is missing."""
    text = geometry.get(attribute)
    if text is None:
        raise RobotModelError(f"a <{geometry.tag}> of link '{link}' has no {attribute}")
    return text
