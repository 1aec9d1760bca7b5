# SPDX-License-Identifier: Apache-2.0
"""Reads the joints of a URDF, as far as frames need it."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

from talus_core.errors import TalusError
from talus_core.files.data_files import ContentError, xml_root

TURNING = ("revolute", "continuous")
MOVABLE = (*TURNING, "prismatic")


class UrdfError(TalusError):
    """Raised for a robot description that cannot be used; the message says why."""


@dataclass(frozen=True)
class Mimic:
    """Define position = multiplier * position of `joint` + offset."""

    joint: str
    multiplier: float
    offset: float


@dataclass(frozen=True)
class FrameJoint:
    """Describe where a joint's child frame is in its parent frame, and how it moves.

    Attributes:
        kind: fixed, revolute, continuous or prismatic.
        position: (3,) m of the child in the parent at zero.
        quat_xyzw: (4,) rotation of the child to the parent at zero.
        axis: (3,) unit vector in the child.
    """

    name: str
    kind: str
    parent: str
    child: str
    position: tuple[float, ...]
    quat_xyzw: tuple[float, ...]
    axis: tuple[float, ...]
    mimic: Mimic | None


def parse_joints(urdf: str) -> tuple[FrameJoint, ...]:
    """Return every fixed or movable joint of a URDF. Raises UrdfError."""
    try:
        robot = xml_root(urdf)
        if robot.tag != "robot":
            raise UrdfError(f"the root element is <{robot.tag}>, not <robot>")
        joints = tuple(
            _joint(element)
            for element in robot.findall("joint")
            if element.get("type") in ("fixed", *MOVABLE)
        )
        _check_tree({link.get("name", "") for link in robot.findall("link")}, joints)
    except ContentError as error:
        raise UrdfError(str(error)) from error
    except (AttributeError, TypeError, ValueError) as error:
        raise UrdfError(f"not a URDF: {error}") from error
    return joints


def _joint(element: ElementTree.Element) -> FrameJoint:
    mimic = element.find("mimic")
    axis = _numbers(element.find("axis"), "xyz", "1 0 0")
    length = math.hypot(*axis)
    if length == 0.0:
        raise UrdfError(f"joint '{element.get('name')}' has a zero axis")
    return FrameJoint(
        name=_text(element, "name"),
        kind=_text(element, "type"),
        parent=_text(_child(element, "parent"), "link"),
        child=_text(_child(element, "child"), "link"),
        position=_numbers(element.find("origin"), "xyz", "0 0 0"),
        quat_xyzw=quat_xyzw_from_rpy(*_numbers(element.find("origin"), "rpy", "0 0 0")),
        axis=tuple(value / length for value in axis),
        mimic=None if mimic is None else _mimic(mimic),
    )


def _mimic(element: ElementTree.Element) -> Mimic:
    return Mimic(
        joint=_text(element, "joint"),
        multiplier=float(element.get("multiplier", 1.0)),
        offset=float(element.get("offset", 0.0)),
    )


def _child(element: ElementTree.Element, tag: str) -> ElementTree.Element:
    """Return a joint's child element with a tag. Raises UrdfError where there is none."""
    child = element.find(tag)
    if child is None:
        raise UrdfError(f"not a URDF: joint '{element.get('name')}' has no <{tag}>")
    return child


def _text(element: ElementTree.Element, attribute: str) -> str:
    """Return an attribute. Raises UrdfError where it is missing."""
    text = element.get(attribute)
    if text is None:
        raise UrdfError(f"not a URDF: a <{element.tag}> has no {attribute}")
    return text


def quat_xyzw_from_rpy(roll: float, pitch: float, yaw: float) -> tuple[float, float, float, float]:
    """Return the rotation by roll about x, then pitch about y, yaw about z; fixed axes, rad."""
    (sr, sp, sy), (cr, cp, cy) = zip(
        *((math.sin(a / 2), math.cos(a / 2)) for a in (roll, pitch, yaw)), strict=True
    )
    return (
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
        cr * cp * cy + sr * sp * sy,
    )


def _numbers(
    element: ElementTree.Element | None, attribute: str, default: str
) -> tuple[float, ...]:
    text = default if element is None else element.get(attribute, default)
    values = tuple(float(word) for word in text.split())
    if len(values) != 3:
        raise UrdfError(f"{attribute}='{text}' is not three numbers")
    return values


def _check_tree(links: set[str], joints: tuple[FrameJoint, ...]) -> None:
    children = [joint.child for joint in joints]
    for joint in joints:
        for link in (joint.parent, joint.child):
            if link not in links:
                raise UrdfError(f"joint '{joint.name}' names the link '{link}', which is not there")
        if children.count(joint.child) > 1:
            raise UrdfError(f"link '{joint.child}' is the child of two joints")
        if joint.mimic and joint.mimic.joint not in {other.name for other in joints}:
            raise UrdfError(
                f"joint '{joint.name}' mimics '{joint.mimic.joint}', which is not there"
            )
