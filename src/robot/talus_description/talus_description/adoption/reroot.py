# SPDX-License-Identifier: Apache-2.0
"""Gives an MJCF another root body, or its root body another frame; the robot stays as it is."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import mujoco
import numpy as np
from transforms3d.quaternions import mat2quat, quat2mat

from talus_description.formats.urdf_model import FramePose

FREE_TAGS = ("freejoint",)
IN_FRAME = ("geom", "site", "camera", "light", "body", "frame")


def rerooted(text: str, model: mujoco.MjModel, base: str) -> str:
    """Return MJCF text in which the body `base` carries the free joint and all else hangs on it.

    A joint between old and new root turns the old one against the new one by the same angle.

    Args:
        text: MJCF as MuJoCo writes it.
        model: The same, compiled.
        base: Name of a body.
    """
    top = ElementTree.fromstring(text)
    above = {child: parent for parent in top.iter() for child in parent}
    bodies = {body.get("name", ""): body for body in top.iter("body")}
    path = [base]
    while model.body(path[0]).parentid[0] != 0:
        path.insert(0, model.body(int(model.body(path[0]).parentid[0])).name)
    classes = {name: _class_of(bodies[name], above) for name in path}
    world = above[bodies[path[0]]]
    pose = _pose_in_parent(model, path[0])
    free = _taken_free_joint(bodies[path[0]])
    for parent, child in pairwise(path):
        step = _pose_in_parent(model, child)
        pose = pose @ step
        _swap(model, bodies[parent], bodies[child], above, step, classes)
        world.remove(bodies[parent])
        world.append(bodies[child])
        bodies[child].append(bodies[parent])
        above[bodies[parent]] = bodies[child]
        above[bodies[child]] = world
    root = bodies[base]
    _set_pose(root, pose)
    root.insert(0, free)
    return ElementTree.tostring(top, encoding="unicode")


def reframed(text: str, base: str, frame: FramePose) -> str:
    """Return MJCF text in which the root body `base` has its frame at `frame` in the old one."""
    top = ElementTree.fromstring(text)
    body = next(element for element in top.iter("body") if element.get("name") == base)
    back = FramePose(-frame.rotation.T @ frame.position, frame.rotation.T)
    inside = [element for element in body if element.tag in IN_FRAME]
    for element in inside:
        body.remove(element)
    holder = ElementTree.SubElement(body, "frame")
    _set_pose(holder, back)
    holder.extend(inside)
    inertial = body.find("inertial")
    if inertial is not None:
        _set_pose(inertial, back @ _pose_of(inertial))
    _set_pose(body, _pose_of(body) @ frame)
    return ElementTree.tostring(top, encoding="unicode")


def _swap(
    model: mujoco.MjModel,
    parent: ElementTree.Element,
    child: ElementTree.Element,
    above: dict[ElementTree.Element, ElementTree.Element],
    step: FramePose,
    classes: dict[str, str],
) -> None:
    """Take `child` off `parent`, and give `parent` the joint and the place of its own child."""
    above[child].remove(child)
    for joint in child.findall("joint"):
        child.remove(joint)
        at = model.joint(joint.get("name", "")).id
        joint.set("pos", _text(step.position + step.rotation @ model.jnt_pos[at]))
        joint.set("axis", _text(-step.rotation @ model.jnt_axis[at]))
        joint.set("class", joint.get("class") or classes[child.get("name", "")] or "main")
        parent.insert(0, joint)
    for body in (parent, child):
        body.set("childclass", classes[body.get("name", "")] or "main")
    _set_pose(parent, FramePose(-step.rotation.T @ step.position, step.rotation.T))


def _taken_free_joint(body: ElementTree.Element) -> ElementTree.Element:
    for element in list(body):
        if element.tag in FREE_TAGS or (element.tag == "joint" and element.get("type") == "free"):
            body.remove(element)
            return element
    return ElementTree.Element("freejoint")


def _class_of(
    element: ElementTree.Element, above: dict[ElementTree.Element, ElementTree.Element]
) -> str:
    """Return the default class that holds inside an element; empty: the main one."""
    while element.tag in ("body", "frame"):
        if element.get("childclass"):
            return element.get("childclass", "")
        element = above[element]
    return ""


def _pose_in_parent(model: mujoco.MjModel, body: str) -> FramePose:
    at = model.body(body).id
    return FramePose(model.body_pos[at].copy(), quat2mat(model.body_quat[at]))


def _pose_of(element: ElementTree.Element) -> FramePose:
    position = np.array([float(word) for word in element.get("pos", "0 0 0").split()])
    quat = np.array([float(word) for word in element.get("quat", "1 0 0 0").split()])
    return FramePose(position, quat2mat(quat / np.linalg.norm(quat)))


def _set_pose(element: ElementTree.Element, pose: FramePose) -> None:
    element.set("pos", _text(pose.position))
    element.set("quat", _text(mat2quat(pose.rotation)))


def _text(values: np.ndarray) -> str:
    return " ".join(f"{value:.12g}" for value in np.asarray(values) + 0.0)
