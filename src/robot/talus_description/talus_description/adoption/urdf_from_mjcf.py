# SPDX-License-Identifier: Apache-2.0
"""Writes a compiled MuJoCo model as URDF: links, joints and shapes."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence

import mujoco
import numpy as np
from transforms3d.euler import mat2euler
from transforms3d.quaternions import axangle2quat, qmult

from talus_description.adoption.urdf_shapes import UrdfShapes
from talus_description.conversion.mjcf_joints import ENDLESS_TURN_RAD, followers, joint_effort

SubElement = ElementTree.SubElement


def urdf_tree(
    model: mujoco.MjModel,
    name: str,
    sites: Sequence[str],
    velocity: Mapping[str, float],
    shapes: UrdfShapes | None = None,
) -> ElementTree.Element:
    """Return the whole document.

    Args:
        model: Model of the robot alone.
        name: Name of the robot.
        sites: Sites that become frames.
        velocity: rad/s by joint; joints that are not in it, nor follow another, become fixed.
        shapes: Writes what links look like and collide with; None: nothing does.
    """
    robot = ElementTree.Element("robot", name=name)
    for body in range(1, model.nbody):
        link = _link(robot, model, body)
        if shapes is not None:
            shapes.add(link, body, _shift(model, body))
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


def _link(robot: ElementTree.Element, model: mujoco.MjModel, body: int) -> ElementTree.Element:
    link = SubElement(robot, "link", name=model.body(body).name)
    if model.body_mass[body] == 0.0:
        return link
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
    return link


def _joint(
    robot: ElementTree.Element, model: mujoco.MjModel, body: int, velocity: Mapping[str, float]
) -> None:
    parent = int(model.body_parentid[body])
    at = model.body_jntadr[body]
    name = model.joint(at).name if at >= 0 else ""
    follows = followers(model).get(name)
    turns = name in velocity or follows is not None
    joint = SubElement(
        robot,
        "joint",
        name=name or f"{model.body(body).name}_fixed",
        type="revolute" if turns else "fixed",
    )
    quat = model.body_quat[body]
    place = model.body_pos[body] + _matrix(quat) @ _shift(model, body) - _shift(model, parent)
    _origin(joint, place, _at_zero(model, at, quat) if turns else quat)
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
            "effort": 0.0 if follows else joint_effort(model, name),
            "velocity": velocity.get(name, 0.0),
        }
        SubElement(joint, "limit", {key: repr(float(value)) for key, value in limit.items()})
        dof = model.jnt_dofadr[at]
        losses = {"damping": model.dof_damping[dof], "friction": model.dof_frictionloss[dof]}
        SubElement(joint, "dynamics", {key: repr(float(value)) for key, value in losses.items()})
    if follows:
        leader, multiplier, offset = follows
        ratio = {"multiplier": repr(multiplier), "offset": repr(offset)}
        SubElement(joint, "mimic", {"joint": leader} | ratio)


def _at_zero(model: mujoco.MjModel, joint: int, quat_wxyz: np.ndarray) -> np.ndarray:
    """Return how a body is turned with its joint at 0: MJCF draws it with the joint at `ref`."""
    ref = float(model.qpos0[model.jnt_qposadr[joint]])
    if ref == 0.0:
        return quat_wxyz
    return qmult(quat_wxyz, axangle2quat(model.jnt_axis[joint], -ref))


def _origin(element: ElementTree.Element, position: np.ndarray, quat_wxyz: np.ndarray) -> None:
    SubElement(element, "origin", xyz=_text(position), rpy=_text(mat2euler(_matrix(quat_wxyz))))


def _matrix(quat_wxyz: np.ndarray) -> np.ndarray:
    out = np.empty(9)
    mujoco.mju_quat2Mat(out, quat_wxyz)
    return out.reshape(3, 3)


def _text(values: np.ndarray | Sequence[float]) -> str:
    return " ".join(repr(float(value)) for value in values)
