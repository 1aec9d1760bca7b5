# SPDX-License-Identifier: Apache-2.0
"""Finds from the URDF where the joints of each leg turn, seen from the sole of their foot."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

import numpy as np
from talus_core.body.urdf_pose import urdf_pose, urdf_vector
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import RobotDescription
from talus_core.rotations import exp_so3

_USUAL_AXIS = "1 0 0"  # of a URDF joint that names none


@dataclass(frozen=True)
class LegLine:
    """Holds the line about which a joint of a leg turns.

    Attributes:
        joint: Its place in every joint array.
        foot: 0: the left leg; 1: the right one.
        axis: (3,) unit vector in the frame of that foot's sole.
        point: (3,) a point of the line, there, m.
    """

    joint: int
    foot: int
    axis: np.ndarray
    point: np.ndarray


def leg_lines(robot: RobotDescription, position: np.ndarray) -> tuple[list[LegLine], ...]:
    """Return the lines of left and right leg at joint angles (n,), rad, from sole to base."""
    root = ElementTree.parse(robot.urdf).getroot()
    carriers = {_link(joint, "child"): joint for joint in root.findall("joint")}
    angles = dict(zip(robot.joint_names, position.tolist(), strict=True))
    places = {name: place for place, name in enumerate(robot.joint_names)}
    legs: tuple[list[LegLine], ...] = ([], [])
    for number, foot in enumerate(robot.feet):
        rotation = np.eye(3)
        origin = np.zeros(3)
        link = foot.frame
        while link != robot.frames["base"] and link in carriers:
            joint = carriers[link]
            name = joint.get("name", "")
            if name in places:
                axis = _axis(joint)
                line = LegLine(places[name], number, rotation @ axis, origin.copy())
                legs[number].append(line)
                rotation = rotation @ exp_so3(-angles[name] * axis)
            step_rotation, step = urdf_pose(joint.find("origin"))
            rotation = rotation @ step_rotation.T
            origin = origin - rotation @ step
            link = _link(joint, "parent")
    return legs


def weight_n(robot: RobotDescription) -> float:
    """Return the weight of all links, N."""
    masses = ElementTree.parse(robot.urdf).getroot().findall("link/inertial/mass")
    return GRAVITY_MPS2 * sum(float(mass.get("value", 0.0)) for mass in masses)


def _axis(joint: ElementTree.Element) -> np.ndarray:
    found = joint.find("axis")
    axis = urdf_vector(_USUAL_AXIS if found is None else found.get("xyz", _USUAL_AXIS))
    return axis / np.linalg.norm(axis)


def _link(joint: ElementTree.Element, end: str) -> str:
    found = joint.find(end)
    return "" if found is None else found.get("link", "")
