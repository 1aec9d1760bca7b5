# SPDX-License-Identifier: Apache-2.0
"""Writes a compiled MuJoCo model as URDF: links and joints for the controller, no shapes."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence

import mujoco
import numpy as np
from talus_core.errors import TalusError
from transforms3d.euler import mat2euler

SubElement = ElementTree.SubElement
ENDLESS_TURN_RAD = math.pi  # either way of a joint without stops


def joint_effort(model: mujoco.MjModel, joint: str) -> float:
    """Return the most that the joint's motor gives, N m. Raises TalusError where it is not said."""
    at = model.joint(joint).id
    if model.jnt_actfrclimited[at]:
        return float(np.abs(model.jnt_actfrcrange[at]).min())
    for motor in np.flatnonzero(model.actuator_trnid[:, 0] == at):
        gear = abs(model.actuator_gear[motor, 0])
        for limited, limit in (
            (model.actuator_forcelimited[motor], model.actuator_forcerange[motor]),
            (
                model.actuator_ctrllimited[motor] and not model.actuator_biastype[motor],
                model.actuator_ctrlrange[motor],
            ),
        ):
            if limited:
                return float(gear * np.abs(limit).min())
    raise TalusError(f"joint {joint} has no torque limit: give it an actuatorfrcrange")


def urdf_tree(
    model: mujoco.MjModel, name: str, sites: Sequence[str], velocity: Mapping[str, float]
) -> ElementTree.Element:
    """Return the whole document.

    Args:
        model: Model of the robot alone.
        name: Name of the robot.
        sites: Sites that become frames.
        velocity: rad/s by joint; joints that are not in it become fixed.
    """
    robot = ElementTree.Element("robot", name=name)
    for body in range(1, model.nbody):
        _link(robot, model, body)
        if model.body_parentid[body]:
            _joint(robot, model, body, velocity)
    for site in sites:
        SubElement(robot, "link", name=site)
        at = model.site(site)
        parent = int(at.bodyid[0])
        joint = SubElement(robot, "joint", name=f"{site}_fixed", type="fixed")
        _origin(joint, at.pos - _shift(model, parent), at.quat)
        SubElement(joint, "parent", link=model.body(parent).name)
        SubElement(joint, "child", link=site)
    ElementTree.indent(robot)
    return robot


def _shift(model: mujoco.MjModel, body: int) -> np.ndarray:
    """Return the way from the body's origin to its joint, URDF's origin of the link, (3,) m."""
    at = model.body_jntadr[body]
    hinge = at >= 0 and model.jnt_type[at] == mujoco.mjtJoint.mjJNT_HINGE
    return model.jnt_pos[at] if hinge else np.zeros(3)


def _link(robot: ElementTree.Element, model: mujoco.MjModel, body: int) -> None:
    link = SubElement(robot, "link", name=model.body(body).name)
    if model.body_mass[body] == 0.0:
        return
    inertial = SubElement(link, "inertial")
    SubElement(
        inertial, "origin", xyz=_text(model.body_ipos[body] - _shift(model, body)), rpy="0 0 0"
    )
    SubElement(inertial, "mass", value=repr(float(model.body_mass[body])))
    axes = _matrix(model.body_iquat[body])
    inertia = axes @ np.diag(model.body_inertia[body]) @ axes.T
    names = (
        ("ixx", 0, 0),
        ("ixy", 0, 1),
        ("ixz", 0, 2),
        ("iyy", 1, 1),
        ("iyz", 1, 2),
        ("izz", 2, 2),
    )
    SubElement(
        inertial, "inertia", {key: repr(float(inertia[row, column])) for key, row, column in names}
    )


def _joint(
    robot: ElementTree.Element, model: mujoco.MjModel, body: int, velocity: Mapping[str, float]
) -> None:
    parent = int(model.body_parentid[body])
    at = model.body_jntadr[body]
    name = model.joint(at).name if at >= 0 else ""
    turns = name in velocity
    joint = SubElement(
        robot,
        "joint",
        name=name or f"{model.body(body).name}_fixed",
        type="revolute" if turns else "fixed",
    )
    quat = model.body_quat[body]
    place = model.body_pos[body] + _matrix(quat) @ _shift(model, body) - _shift(model, parent)
    _origin(joint, place, quat)
    SubElement(joint, "parent", link=model.body(parent).name)
    SubElement(joint, "child", link=model.body(body).name)
    if turns:
        low, high = (
            model.jnt_range[at] if model.jnt_limited[at] else (-ENDLESS_TURN_RAD, ENDLESS_TURN_RAD)
        )
        SubElement(joint, "axis", xyz=_text(model.jnt_axis[at]))
        limit = {
            "lower": low,
            "upper": high,
            "effort": joint_effort(model, name),
            "velocity": velocity[name],
        }
        SubElement(joint, "limit", {key: repr(float(value)) for key, value in limit.items()})


def _origin(element: ElementTree.Element, position: np.ndarray, quat_wxyz: np.ndarray) -> None:
    SubElement(element, "origin", xyz=_text(position), rpy=_text(mat2euler(_matrix(quat_wxyz))))


def _matrix(quat_wxyz: np.ndarray) -> np.ndarray:
    out = np.empty(9)
    mujoco.mju_quat2Mat(out, quat_wxyz)
    return out.reshape(3, 3)


def _text(values: np.ndarray | Sequence[float]) -> str:
    return " ".join(repr(float(value)) for value in values)
