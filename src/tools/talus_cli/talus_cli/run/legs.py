# SPDX-License-Identifier: Apache-2.0
"""How high a robot's base is above its soles: the two chains of joints from a URDF, nothing more."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from talus_core.rotations import exp_so3, matrix_from_rpy


@dataclass(frozen=True)
class Link:
    """A joint on the way to a sole: where it is in its parent, and about what it turns (None = fixed)."""

    joint: str
    position: np.ndarray
    rotation: np.ndarray
    axis: np.ndarray | None


class SoleHeights:
    """Forward kinematics of the legs, for judging."""

    def __init__(self, urdf: Path, base: str, soles: tuple[str, ...]):
        """`base` and `soles` are links of the URDF."""
        joints = {j.find("child").get("link"): j for j in ElementTree.parse(urdf).getroot().iter("joint")}
        self._chains = [_chain(joints, base, sole) for sole in soles]

    def height_of_base(self, angles: dict[str, float], up: np.ndarray) -> float:
        """m along `up` (3,), a unit vector in the base, from the lower sole to the base. `angles`: rad by joint."""
        return -min(float(up @ _position(chain, angles)) for chain in self._chains)


def _chain(joints: dict[str, ElementTree.Element], base: str, link: str) -> list[Link]:
    chain: list[Link] = []
    while link != base:
        joint = joints[link]
        origin = joint.find("origin")
        axis = joint.find("axis")
        chain.append(
            Link(
                joint.get("name"),
                _vector(origin, "xyz"),
                matrix_from_rpy(*_vector(origin, "rpy")),
                None if joint.get("type") == "fixed" else _vector(axis, "xyz"),
            )
        )
        link = joint.find("parent").get("link")
    return chain[::-1]


def _vector(element: ElementTree.Element | None, attribute: str) -> np.ndarray:
    text = "0 0 0" if element is None else element.get(attribute, "0 0 0")
    return np.array([float(word) for word in text.split()])


def _position(chain: list[Link], angles: dict[str, float]) -> np.ndarray:
    """Of the end of a chain in the base, (3,) m."""
    position, rotation = np.zeros(3), np.eye(3)
    for link in chain:
        position = position + rotation @ link.position
        rotation = rotation @ link.rotation
        if link.axis is not None:
            rotation = rotation @ exp_so3(link.axis * angles[link.joint])
    return position
