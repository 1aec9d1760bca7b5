# SPDX-License-Identifier: Apache-2.0
"""Computes how high a robot's base is above its soles, by the chains of joints of a URDF."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from talus_core.errors import TalusError
from talus_core.files.data_files import read_xml
from talus_core.rotations import exp_so3, matrix_from_rpy


class LegChainError(TalusError):
    """Raised for a URDF whose joint order is unclear; the message names the joint."""


@dataclass(frozen=True)
class LegJoint:
    """Describes a joint on the way to a sole: place in its parent and axis (None = fixed)."""

    joint: str
    position: np.ndarray
    rotation: np.ndarray
    axis: np.ndarray | None


class SoleHeights:
    """Computes forward kinematics of the legs, for judging."""

    def __init__(self, urdf: Path, base: str, soles: tuple[str, ...]):
        """Read the chains from the link `base` to the links `soles` of a URDF."""
        joints = {_link_of(j, "child"): j for j in read_xml(urdf).iter("joint")}
        self._chains = [_chain(joints, base, sole) for sole in soles]

    def height_of_base(self, angles: dict[str, float], up: np.ndarray) -> float:
        """Return the height of the base above the lower sole, m.

        `angles`: rad by joint; `up`: (3,) unit vector in the base along which the height counts.
        """
        return -min(float(up @ _position(chain, angles)) for chain in self._chains)


def _chain(joints: dict[str, ElementTree.Element], base: str, link: str) -> list[LegJoint]:
    chain: list[LegJoint] = []
    while link != base:
        joint = joints[link]
        origin = joint.find("origin")
        axis = joint.find("axis")
        chain.append(
            LegJoint(
                joint.get("name", ""),
                _vector(origin, "xyz"),
                matrix_from_rpy(*_vector(origin, "rpy")),
                None if joint.get("type") == "fixed" else _vector(axis, "xyz"),
            )
        )
        link = _link_of(joint, "parent")
    return chain[::-1]


def _link_of(joint: ElementTree.Element, end: str) -> str:
    """Return the link at one end of a joint: `parent` or `child`. Raises LegChainError."""
    found = joint.find(end)
    if found is None or "link" not in found.attrib:
        raise LegChainError(f"URDF: joint '{joint.get('name')}' names no {end}")
    return found.attrib["link"]


def _vector(element: ElementTree.Element | None, attribute: str) -> np.ndarray:
    text = "0 0 0" if element is None else element.get(attribute, "0 0 0")
    return np.array([float(word) for word in text.split()])


def _position(chain: list[LegJoint], angles: dict[str, float]) -> np.ndarray:
    """Return the place of the end of a chain in the base, (3,) m."""
    position = np.zeros(3)
    rotation = np.eye(3)
    for link in chain:
        position = position + rotation @ link.position
        rotation = rotation @ link.rotation
        if link.axis is not None:
            rotation = rotation @ exp_so3(link.axis * angles[link.joint])
    return position
