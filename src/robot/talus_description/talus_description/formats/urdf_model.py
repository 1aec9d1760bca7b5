# SPDX-License-Identifier: Apache-2.0
"""Holds what a URDF says in frozen dataclasses, the one input of the MJCF and SDF writers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from talus_core.errors import TalusError
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

    `box` (x, y, z), `cylinder` (radius, length), `capsule` (radius, length between the centres of
    its ends), `sphere` (radius,); or `mesh`: scale of a file.
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
class Following:
    """Says that a joint follows another: its angle is `multiplier` times that plus `offset` rad."""

    joint: str
    multiplier: float
    offset: float


@dataclass(frozen=True)
class UrdfJoint:
    """Describes a revolute or fixed joint.

    Range in rad, effort and friction in N m, velocity in rad/s, damping in N m s/rad. `mimic`: what
    it follows, None where it is free.
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
    mimic: Following | None = None


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


def text_of(values: float | Sequence[float] | np.ndarray) -> str:
    """Return numbers for XML, free of the last digits in which machines differ."""
    return " ".join(
        f"{value:.12g}" for value in np.round(np.atleast_1d(values).astype(float), 12) + 0.0
    )
