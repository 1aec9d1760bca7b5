# SPDX-License-Identifier: Apache-2.0
"""Finds hip, knee and ankle of a leg by how its joints move the foot, whatever they are called.

The knee is the joint that changes the distance from hip to ankle most; the joints before it are the
hip's, those after it the ankle's.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from talus_core.body.urdf_pose import urdf_pose, urdf_vector
from talus_core.errors import TalusError
from talus_core.rotations import exp_so3

# rad by which a joint is turned to see what it does to the leg's length: far from the extreme of a
# straight knee, where a small turn would show nothing
PROBE_RAD = 0.5
LEAST_LEG_JOINTS = 3  # a hip, a knee and an ankle


class LegRolesError(TalusError):
    """Says why a leg's joints cannot be told apart."""


class JointAxis(Enum):
    """Names the axis of the body about which a joint turns while the robot stands (REP-103)."""

    ROLL = 0
    PITCH = 1
    YAW = 2


@dataclass(frozen=True)
class LegRoles:
    """Says what the joints of one leg are for; joints by their places in every joint array.

    Attributes:
        hip: Joints before the knee, from the base outwards.
        knee: Joint that shortens the leg.
        ankle: Joints after the knee.
        axes: Axis of each joint of the leg.
        bending: 1.0 where a growing knee angle shortens the leg, -1.0 where it stretches it.
    """

    hip: tuple[int, ...]
    knee: int
    ankle: tuple[int, ...]
    axes: Mapping[int, JointAxis]
    bending: float

    @property
    def joints(self) -> list[int]:
        """Return all joints of the leg, from the base outwards."""
        return [*self.hip, self.knee, *self.ankle]

    def is_bent_farther(self, position: np.ndarray, pose: np.ndarray) -> bool:
        """Tell whether the knee is bent farther at `position` (n,) than in `pose` (n,), rad."""
        return bool(self.bending * (position[self.knee] - pose[self.knee]) > 0.0)


def find_leg_roles(
    urdf: ElementTree.Element,
    base: str,
    leg: Sequence[str],
    joint_names: Sequence[str],
    standing: np.ndarray,
) -> LegRoles:
    """Return the roles of the joints of one leg.

    Args:
        urdf: Root element of the robot's URDF.
        base: Name of the base link.
        leg: Names of the leg's joints, from the base outwards.
        joint_names: Names of all joints, in the order of every joint array.
        standing: (n,) joint angles of the robot that stands, rad.

    Raises LegRolesError where the leg is not a chain of joints that begins at the base.
    """
    places = [joint_names.index(name) for name in leg]
    if len(places) < LEAST_LEG_JOINTS:
        raise LegRolesError(
            f"a leg of {len(places)} joints ({', '.join(leg)}); it needs a hip, a knee and an ankle"
        )
    chain = _Chain(urdf, base, leg)
    angles = standing[places]
    changes = [chain.length_changes(angles, number) for number in range(len(leg))]
    at = int(np.argmax([max(abs(less), abs(more)) for less, more in changes]))
    if not 0 < at < len(leg) - 1:
        raise LegRolesError(
            f"joint '{leg[at]}' shortens the leg most, but a knee lies between hip and ankle; "
            f"list the leg's joints from the base outwards: {', '.join(leg)}"
        )
    less, more = changes[at]
    axes = chain.axes(angles)
    return LegRoles(
        hip=tuple(places[:at]),
        knee=places[at],
        ankle=tuple(places[at + 1 :]),
        axes={
            place: JointAxis(int(np.abs(axis).argmax()))
            for place, axis in zip(places, axes, strict=True)
        },
        bending=1.0 if more < less else -1.0,
    )


class _Chain:
    """Moves the joints of one leg; joints in between that the robot does not move stay at 0."""

    def __init__(self, urdf: ElementTree.Element, base: str, leg: Sequence[str]):
        moved = {joint.get("name"): joint for joint in urdf.findall("joint")}
        above = {_link(joint, "child"): joint for joint in moved.values()}
        self._steps: list[list[tuple[np.ndarray, np.ndarray]]] = []
        self._axes: list[np.ndarray] = []
        start = base
        for name in leg:
            joint = moved[name]
            steps = [urdf_pose(joint.find("origin"))]
            link = _link(joint, "parent")
            while link != start:
                if link not in above:
                    raise LegRolesError(f"joint '{name}' does not hang on link '{start}'")
                steps.append(urdf_pose(above[link].find("origin")))
                link = _link(above[link], "parent")
            self._steps.append(steps[::-1])
            self._axes.append(_axis(joint))
            start = _link(joint, "child")

    def length_changes(self, angles: np.ndarray, number: int) -> tuple[float, float]:
        """Return by how much the leg is longer, m, with a joint turned back, and turned on."""
        lengths = []
        for turn in (0.0, -PROBE_RAD, PROBE_RAD):
            turned = angles.copy()
            turned[number] += turn
            origins = [origin for _, origin in self._place(turned)]
            lengths.append(float(np.linalg.norm(origins[-1] - origins[0])))
        length, back, on = lengths
        return back - length, on - length

    def axes(self, angles: np.ndarray) -> list[np.ndarray]:
        """Return the axis (3,) of each joint in the base's frame."""
        return [
            rotation @ axis
            for (rotation, _), axis in zip(self._place(angles), self._axes, strict=True)
        ]

    def _place(self, angles: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return rotation (3, 3) and origin (3,), m, of each joint's link in the base's frame."""
        rotation = np.eye(3)
        origin = np.zeros(3)
        places = []
        for steps, axis, angle in zip(self._steps, self._axes, angles, strict=True):
            for turn, way in steps:
                origin = origin + rotation @ way
                rotation = rotation @ turn
            rotation = rotation @ exp_so3(axis * angle)
            places.append((rotation, origin))
        return places


def _link(joint: ElementTree.Element, which: str) -> str:
    element = joint.find(which)
    return "" if element is None else element.get("link", "")


def _axis(joint: ElementTree.Element) -> np.ndarray:
    """Return the joint's unit axis (3,); URDF's own default is x."""
    element = joint.find("axis")
    text = "1 0 0" if element is None else element.get("xyz", "1 0 0")
    axis = urdf_vector(text)
    return axis / np.linalg.norm(axis)
