# SPDX-License-Identifier: Apache-2.0
"""Reads the tree of links and revolute joints of a robot's URDF, with fixed joints merged away.

There are n joints, in the robot's order. Row 0 of "links" is base_link; row j + 1 is the link that
joint j moves, with everything fixed to it.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

import numpy as np
from talus_core.body.urdf_pose import urdf_pose, urdf_vector
from talus_core.errors import unknown_name_message
from talus_core.robot import RobotDescription, RobotDescriptionError


@dataclass(frozen=True)
class Frame:
    """Fixes a frame to a link: the link's row, rotation (3, 3) and origin (3,), m, in the link."""

    link: int
    rotation: np.ndarray
    origin: np.ndarray


class UrdfTree:
    """Reads a robot's URDF; raises RobotDescriptionError where it cannot be used.

    Attributes:
        parent: (n,) row of the link that carries each joint.
        axis: (n, 3) joint axes, each in the frame of the joint's own link.
        rotation: (n, 3, 3) rotations from the link of each joint, at angle 0, to its parent link.
        origin: (n, 3) positions of the joints in their parent links, m.
        mass: (n + 1,) masses of the links, kg.
        centre: (n + 1, 3) centres of mass of the links, each in its link, m.
    """

    def __init__(self, robot: RobotDescription):
        self._urdf = robot.urdf
        self._names = robot.joint_names
        root = ElementTree.parse(robot.urdf).getroot()
        self._links = {link.get("name"): link for link in root.findall("link")}
        self._children: dict[str, list[ElementTree.Element]] = {}
        for joint in root.findall("joint"):
            self._children.setdefault(self._attribute(joint, "parent", "link"), []).append(joint)
        n = len(self._names)
        self.parent = np.full(n, -1)
        self.axis = np.zeros((n, 3))
        self.rotation = np.zeros((n, 3, 3))
        self.origin = np.zeros((n, 3))
        self.mass = np.zeros(n + 1)
        self.centre = np.zeros((n + 1, 3))
        self._frames: dict[str, Frame] = {}
        self._melt(robot.frames["base"], 0, np.eye(3), np.zeros(3))
        missing = [
            name for name, parent in zip(self._names, self.parent, strict=True) if parent < 0
        ]
        if missing:
            raise RobotDescriptionError(
                f"{robot.urdf}: {', '.join(missing)} do not hang on {robot.frames['base']}"
            )

    def frame(self, name: str) -> Frame:
        """Return the frame of a link; raises RobotDescriptionError where there is no such link."""
        if name not in self._frames:
            raise RobotDescriptionError(
                f"{self._urdf}: {unknown_name_message('link', name, self._frames)}"
            )
        return self._frames[name]

    def _melt(self, link: str, row: int, rotation: np.ndarray, origin: np.ndarray) -> None:
        """Add to row `row` a link that lies at (rotation, origin), and all links fixed to it."""
        self._frames[link] = Frame(row, rotation, origin)
        self._add_mass(self._links[link].find("inertial"), row, rotation, origin)
        for joint in self._children.get(link, ()):
            step_rotation, step_origin = urdf_pose(joint.find("origin"))
            at_rotation = rotation @ step_rotation
            at_origin = origin + rotation @ step_origin
            child = self._attribute(joint, "child", "link")
            name = joint.get("name")
            if name not in self._names:  # the joint is fixed, or the software does not move it
                self._melt(child, row, at_rotation, at_origin)
                continue
            j = self._names.index(name)
            self.parent[j] = row
            self.rotation[j] = at_rotation
            self.origin[j] = at_origin
            self.axis[j] = urdf_vector(self._attribute(joint, "axis", "xyz"))
            self._melt(child, j + 1, np.eye(3), np.zeros(3))

    def _add_mass(
        self,
        inertial: ElementTree.Element | None,
        row: int,
        rotation: np.ndarray,
        origin: np.ndarray,
    ) -> None:
        if inertial is None:
            return
        mass = float(self._attribute(inertial, "mass", "value"))
        centre = origin + rotation @ urdf_pose(inertial.find("origin"))[1]
        total = self.mass[row] + mass
        self.centre[row] = (self.mass[row] * self.centre[row] + mass * centre) / total
        self.mass[row] = total

    def _attribute(self, element: ElementTree.Element, tag: str, name: str) -> str:
        """Return an attribute of an element's child.

        Raises RobotDescriptionError where it is missing.
        """
        child = element.find(tag)
        value = None if child is None else child.get(name)
        if value is None:
            whose = element.get("name", "one")
            raise RobotDescriptionError(
                f"{self._urdf}: {element.tag} '{whose}' needs <{tag} {name}=...>"
            )
        return value
