# SPDX-License-Identifier: Apache-2.0
"""Masses and joints of a robot from its URDF: where everything is and what gravity asks of the joints.

Legend: all vectors are expressed in base_link. n joints in the robot's order; row 0 of "links" is
base_link, row j + 1 the link that joint j moves, with everything fixed to it.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

import numpy as np
from talus_core.errors import unknown_name_message
from talus_core.robot import RobotDescription, RobotDescriptionError
from talus_core.rotations import matrix_from_rpy, skew

YZX, ZXY = np.array([1, 2, 0]), np.array([2, 0, 1])


@dataclass(frozen=True)
class Placement:
    """A robot with its joints at some angles.

    Attributes:
        rotation: (n + 1, 3, 3) link to base_link.
        origin: (n + 1, 3) m of the links' origins; of joint j in row j + 1.
        axis: (n, 3) joint axes.
        moment: (n + 1, 3) kg m, first mass moment about base_link's origin of each link and all that it carries.
    """

    rotation: np.ndarray
    origin: np.ndarray
    axis: np.ndarray
    moment: np.ndarray


@dataclass(frozen=True)
class Frame:
    """A frame fixed to a link: the link's row, rotation (3, 3) to and origin (3,) m in it."""

    link: int
    rotation: np.ndarray
    origin: np.ndarray


class Body:
    """Kinematics and statics of a tree of revolute joints."""

    def __init__(self, robot: RobotDescription):
        tree = _UrdfTree(robot)
        self.size = len(robot.joint_names)
        self.mass = float(tree.mass.sum())
        self.imu = tree.frame(robot.frames["imu"])
        if self.imu.link != 0:
            raise RobotDescriptionError(
                f"{robot.urdf}: {robot.frames['imu']} must be fixed to {robot.frames['base']}"
            )
        self.soles = tuple(tree.frame(foot.frame) for foot in robot.feet)
        self.legs = np.array(
            [robot.indices("left_leg"), robot.indices("right_leg")]
        )  # (2, joints of a leg)
        self._parent, self._axis = tree.parent, tree.axis
        self._rotation, self._origin = tree.rotation, tree.origin
        self._link_moment = tree.mass[:, None] * tree.centre
        self._link_mass = tree.mass
        self._skew = np.array([skew(axis) for axis in tree.axis])
        self._skew_squared = self._skew @ self._skew
        self._levels = _levels(tree.parent)
        self._carries = _carries(tree.parent)
        self.carried_mass = (
            self._carries @ tree.mass
        )  # (n + 1,) kg of each link and all that it carries
        self._placed_at = np.full(self.size, np.nan)
        self._placement: Placement | None = None

    def place(self, position: np.ndarray) -> Placement:
        """All links for joint angles (n,) rad; the newest is kept for all who ask in the same tick."""
        if not np.array_equal(position, self._placed_at):
            self._placed_at, self._placement = position.copy(), self._place(position)
        return self._placement

    def _place(self, position: np.ndarray) -> Placement:
        """Forward kinematics, one batch per level of the tree."""
        sine, cosine = np.sin(position)[:, None, None], np.cos(position)[:, None, None]
        turn = np.eye(3) + sine * self._skew + (1.0 - cosine) * self._skew_squared  # Rodrigues
        local = self._rotation @ turn
        rotation, origin = np.empty((self.size + 1, 3, 3)), np.empty((self.size + 1, 3))
        rotation[0], origin[0] = np.eye(3), 0.0
        for joints in self._levels:
            parents = self._parent[joints]
            rotation[joints + 1] = rotation[parents] @ local[joints]
            origin[joints + 1] = (
                origin[parents] + (rotation[parents] @ self._origin[joints, :, None])[:, :, 0]
            )
        moment = (
            self._link_mass[:, None] * origin + (rotation @ self._link_moment[:, :, None])[:, :, 0]
        )
        axis = (rotation[1:] @ self._axis[:, :, None])[:, :, 0]
        return Placement(rotation, origin, axis, self._carries @ moment)

    def centre_of_mass(self, placement: Placement) -> np.ndarray:
        """(3,) m."""
        return placement.moment[0] / self.mass

    def centre_velocity(self, placement: Placement, velocity: np.ndarray) -> np.ndarray:
        """(3,) m/s of the centre of mass as seen from base_link, for joint speeds (n,) rad/s."""
        lever = placement.moment[1:] - self.carried_mass[1:, None] * placement.origin[1:]
        return velocity @ cross(placement.axis, lever) / self.mass

    def gravity_torque(self, placement: Placement, gravity: np.ndarray) -> np.ndarray:
        """(n,) N m that hold every joint against `gravity` (3,) m/s^2 while base_link is held."""
        lever = placement.moment[1:] - self.carried_mass[1:, None] * placement.origin[1:]
        return -np.einsum("ij,ij->i", placement.axis, cross(lever, gravity))

    def wrench_to_torque(self, placement: Placement, foot: int) -> np.ndarray:
        """(joints, 6) from force and moment of the ground on and about a sole to its leg's joint torques."""
        legs = self.legs[foot]
        lever = self.locate(placement, self.soles[foot])[1] - placement.origin[legs + 1]
        return np.hstack((cross(placement.axis[legs], lever), placement.axis[legs]))

    def locate(self, placement: Placement, frame: Frame) -> tuple[np.ndarray, np.ndarray]:
        """Rotation (3, 3) to base_link and origin (3,) m of a fixed frame."""
        rotation = placement.rotation[frame.link]
        return rotation @ frame.rotation, placement.origin[frame.link] + rotation @ frame.origin


class _UrdfTree:
    """A URDF with its fixed joints melted away. Raises RobotDescriptionError."""

    def __init__(self, robot: RobotDescription):
        self._urdf = robot.urdf
        root = ElementTree.parse(robot.urdf).getroot()
        self._children: dict[str, list[ElementTree.Element]] = {}
        for joint in root.findall("joint"):
            self._children.setdefault(joint.find("parent").get("link"), []).append(joint)
        self._links = {link.get("name"): link for link in root.findall("link")}
        self._names = robot.joint_names
        n = len(self._names)
        self.parent = np.full(n, -1)
        self.axis, self.origin = np.zeros((n, 3)), np.zeros((n, 3))
        self.rotation = np.zeros((n, 3, 3))
        self.mass, self.centre = np.zeros(n + 1), np.zeros((n + 1, 3))
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
        """Of a link. Raises RobotDescriptionError."""
        if name not in self._frames:
            raise RobotDescriptionError(
                f"{self._urdf}: {unknown_name_message('link', name, self._frames)}"
            )
        return self._frames[name]

    def _melt(self, link: str, row: int, rotation: np.ndarray, origin: np.ndarray) -> None:
        """Add a link, which lies at (rotation, origin) in row `row`, and all that hangs on it."""
        self._frames[link] = Frame(row, rotation, origin)
        self._add_mass(self._links[link].find("inertial"), row, rotation, origin)
        for joint in self._children.get(link, ()):
            step_rotation, step_origin = _pose(joint.find("origin"))
            at_rotation, at_origin = rotation @ step_rotation, origin + rotation @ step_origin
            child, name = joint.find("child").get("link"), joint.get("name")
            if name not in self._names:  # fixed, or a joint that the software does not move
                self._melt(child, row, at_rotation, at_origin)
                continue
            j = self._names.index(name)
            self.parent[j], self.rotation[j], self.origin[j] = row, at_rotation, at_origin
            self.axis[j] = _vector(joint.find("axis").get("xyz"))
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
        mass = float(inertial.find("mass").get("value"))
        centre = origin + rotation @ _pose(inertial.find("origin"))[1]
        total = self.mass[row] + mass
        self.centre[row] = (self.mass[row] * self.centre[row] + mass * centre) / total
        self.mass[row] = total


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a x b of (..., 3) vectors: numpy.cross at a fifth of its cost."""
    return a[..., YZX] * b[..., ZXY] - a[..., ZXY] * b[..., YZX]


def _pose(origin: ElementTree.Element | None) -> tuple[np.ndarray, np.ndarray]:
    if origin is None:
        return np.eye(3), np.zeros(3)
    return matrix_from_rpy(*_vector(origin.get("rpy", "0 0 0"))), _vector(
        origin.get("xyz", "0 0 0")
    )


def _vector(text: str) -> np.ndarray:
    return np.array([float(word) for word in text.split()])


def _levels(parent: np.ndarray) -> list[np.ndarray]:
    """Joints by their distance from the base, nearest first."""
    depth = np.zeros(len(parent), dtype=int)
    for joint in range(len(parent)):
        link = parent[joint]
        while link > 0:
            depth[joint] += 1
            link = parent[link - 1]
    return [np.flatnonzero(depth == level) for level in range(depth.max() + 1)]


def _carries(parent: np.ndarray) -> np.ndarray:
    """(n + 1, n + 1) of 0 and 1: link i carries link k, or is it."""
    carries = np.eye(len(parent) + 1)
    for joint in range(len(parent)):
        link = joint + 1
        while link > 0:
            link = parent[link - 1]
            carries[link, joint + 1] = 1.0
    return carries
