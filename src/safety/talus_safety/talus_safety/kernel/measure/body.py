# SPDX-License-Identifier: Apache-2.0
"""Computes kinematics and statics of a robot from its URDF.

It says where every link is and which joint torques gravity needs.

Legend: all vectors are expressed in base_link. There are n joints, in the robot's order. Row 0 of
"links" is base_link; row j + 1 is the link that joint j moves, with everything fixed to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.robot import RobotDescription, RobotDescriptionError
from talus_core.rotations import cross, skew

from talus_safety.kernel.measure.body_scale import body_scale
from talus_safety.kernel.measure.contact import contact_forces
from talus_safety.kernel.measure.urdf_tree import Frame, UrdfTree


@dataclass(frozen=True)
class Placement:
    """Holds the poses of all links of a robot for one set of joint angles.

    Attributes:
        rotation: (n + 1, 3, 3) rotations from each link to base_link.
        origin: (n + 1, 3) origins of the links in base_link, m; row j + 1 is that of joint j.
        axis: (n, 3) joint axes in base_link.
        moment: (n + 1, 3) first mass moment about base_link's origin of each link and of all links
            that it carries, kg m.
    """

    rotation: np.ndarray
    origin: np.ndarray
    axis: np.ndarray
    moment: np.ndarray


class Body:
    """Computes kinematics and statics of a tree of revolute joints.

    Attributes:
        size: Number n of joints.
        mass: kg.
        contact: Vertical forces on a foot that make it a support.
        imu, soles: Frames.
        legs: (2, k) places of the legs' joints in every joint array.
        carried_mass: (n + 1,) mass of each link and of all links that it carries, kg.
        scale: Size over talus40's.
    """

    def __init__(self, robot: RobotDescription):
        tree = UrdfTree(robot)
        self.size = len(robot.joint_names)
        self.mass = float(tree.mass.sum())
        self.contact = contact_forces(self.mass)
        self.imu = tree.frame(robot.frames["imu"])
        if self.imu.link != 0:
            raise RobotDescriptionError(
                f"{robot.urdf}: {robot.frames['imu']} must be fixed to {robot.frames['base']}"
            )
        self.soles = tuple(tree.frame(foot.frame) for foot in robot.feet)
        self.legs = np.array(
            [robot.indices("left_leg"), robot.indices("right_leg")]
        )  # (2, joints of a leg)
        self._tree = tree
        self._link_moment = tree.mass[:, None] * tree.centre
        self._skew = np.array([skew(axis) for axis in tree.axis])
        self._skew_squared = self._skew @ self._skew
        self._levels = _levels(tree.parent)
        self._carries = _carries(tree.parent)
        self.carried_mass = (
            self._carries @ tree.mass
        )  # (n + 1,) kg, mass of each link and of all links that it carries
        self._placed_at = np.full(self.size, np.nan)
        self._placement: Placement | None = None
        standing = self._place(robot.poses["stand"])
        soles = np.array([self.locate(standing, sole)[1] for sole in self.soles])
        self.scale = body_scale(float(self.centre_of_mass(standing)[2] - soles[:, 2].mean()))

    def place(self, position: np.ndarray) -> Placement:
        """Return the poses of all links for joint angles (n,), rad.

        The newest result is kept for all calls in the same tick.
        """
        placement = self._placement
        if placement is None or not np.array_equal(position, self._placed_at):
            placement = self._place(position)
            self._placed_at = position.copy()
            self._placement = placement
        return placement

    def _place(self, position: np.ndarray) -> Placement:
        """Compute forward kinematics, with one batch for each level of the tree."""
        sine = np.sin(position)[:, None, None]
        cosine = np.cos(position)[:, None, None]
        turn = np.eye(3) + sine * self._skew + (1.0 - cosine) * self._skew_squared  # Rodrigues
        local = self._tree.rotation @ turn
        rotation = np.empty((self.size + 1, 3, 3))
        origin = np.empty((self.size + 1, 3))
        rotation[0] = np.eye(3)
        origin[0] = 0.0
        for joints in self._levels:
            parents = self._tree.parent[joints]
            rotation[joints + 1] = rotation[parents] @ local[joints]
            origin[joints + 1] = (
                origin[parents] + (rotation[parents] @ self._tree.origin[joints, :, None])[:, :, 0]
            )
        moment = (
            self._tree.mass[:, None] * origin + (rotation @ self._link_moment[:, :, None])[:, :, 0]
        )
        axis = (rotation[1:] @ self._tree.axis[:, :, None])[:, :, 0]
        return Placement(rotation, origin, axis, self._carries @ moment)

    def centre_of_mass(self, placement: Placement) -> np.ndarray:
        """Return the centre of mass (3,) in base_link, m."""
        return placement.moment[0] / self.mass

    def centre_velocity(self, placement: Placement, velocity: np.ndarray) -> np.ndarray:
        """Return the velocity (3,) of the centre of mass relative to base_link, m/s."""
        lever = placement.moment[1:] - self.carried_mass[1:, None] * placement.origin[1:]
        return velocity @ cross(placement.axis, lever) / self.mass

    def gravity_torque(self, placement: Placement, gravity: np.ndarray) -> np.ndarray:
        """Return the torque (n,) that holds every joint against `gravity` (3,), m/s^2, in N m."""
        lever = placement.moment[1:] - self.carried_mass[1:, None] * placement.origin[1:]
        return -np.einsum("ij,ij->i", placement.axis, cross(lever, gravity))

    def wrench_to_torque(self, placement: Placement, foot: int) -> np.ndarray:
        """Return the matrix (joints, 6) from a sole's ground wrench to its leg's joint torques."""
        legs = self.legs[foot]
        lever = self.locate(placement, self.soles[foot])[1] - placement.origin[legs + 1]
        return np.hstack((cross(placement.axis[legs], lever), placement.axis[legs]))

    def locate(self, placement: Placement, frame: Frame) -> tuple[np.ndarray, np.ndarray]:
        """Return the rotation (3, 3) to base_link and the origin (3,) of a fixed frame, m."""
        rotation = placement.rotation[frame.link]
        return rotation @ frame.rotation, placement.origin[frame.link] + rotation @ frame.origin


def _levels(parent: np.ndarray) -> list[np.ndarray]:
    """Return the joints grouped by their distance from the base, nearest first."""
    depth = np.zeros(len(parent), dtype=int)
    for joint in range(len(parent)):
        link = parent[joint]
        while link > 0:
            depth[joint] += 1
            link = parent[link - 1]
    return [np.flatnonzero(depth == level) for level in range(depth.max() + 1)]


def _carries(parent: np.ndarray) -> np.ndarray:
    """Return a matrix (n + 1, n + 1) that is 1 where link i carries link k or is that link."""
    carries = np.eye(len(parent) + 1)
    for joint in range(len(parent)):
        link = joint + 1
        while link > 0:
            link = parent[link - 1]
            carries[link, joint + 1] = 1.0
    return carries
