# SPDX-License-Identifier: Apache-2.0
"""Puts the cameras of robot.yaml into an MJCF that a robot brought along, and says what one holds.

Such an MJCF, as that of an adopted robot, holds more than its URDF: it stays as it is but for these
cameras. A camera that is in no row stays, too.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from math import atan, degrees, radians, tan
from pathlib import Path

import numpy as np
from talus_core.files.data_files import ContentError, xml_root
from talus_core.vision.cameras import CameraRow

from talus_description.formats.urdf_model import (
    AT_ORIGIN,
    DescriptionError,
    FramePose,
    Model,
    text_of,
)

OPTICAL_TO_MUJOCO = FramePose(
    np.zeros(3), np.diag([1.0, -1.0, -1.0])
)  # MuJoCo cameras look along -z with y up


def with_cameras_in_mjcf(
    text: str, source: Path, model: Model, cameras: Sequence[CameraRow]
) -> str:
    """Return MJCF text with all cameras at their places.

    Args:
        text: A whole MJCF file.
        source: Its file, for messages.
        model: The robot's URDF, with the optical frames of all cameras.
        cameras: All cameras of the robot.

    Raises:
        DescriptionError: Text that is no MJCF, or a camera on no body of it.
    """
    if not cameras:
        return text
    try:
        top = xml_root(text)
    except ContentError as error:
        raise DescriptionError(f"{source}: not an MJCF file: {error}") from error
    bodies = {body.get("name", ""): body for body in top.iter("body")}
    for camera in cameras:
        _drop(top, camera.name)
        body, pose = _place(source, model, bodies, camera)
        ElementTree.SubElement(body, "camera", camera_attributes(camera, pose))
    ElementTree.indent(top)
    return ElementTree.tostring(top, encoding="unicode") + "\n"


def camera_attributes(camera: CameraRow, optical: FramePose) -> dict[str, str]:
    """Return the attributes of an MJCF camera; `optical`: its optical frame in the body."""
    across = tan(radians(camera.horizontal_fov_deg) / 2)
    fovy = degrees(2 * atan(across * camera.height / camera.width))
    size = {"fovy": f"{fovy:.6g}", "resolution": f"{camera.width} {camera.height}"}
    return {"name": camera.name} | pose_attributes(optical @ OPTICAL_TO_MUJOCO) | size


def pose_attributes(pose: FramePose) -> dict[str, str]:
    """Return position and quaternion of an MJCF element, without those that are the default."""
    out = {} if np.allclose(pose.position, 0, atol=1e-12) else {"pos": text_of(pose.position)}
    if not np.allclose(pose.rotation, np.eye(3), atol=1e-12):
        out["quat"] = text_of(pose.quat_wxyz)
    return out


def _drop(top: ElementTree.Element, name: str) -> None:
    for parent in list(top.iter()):
        for old in [one for one in parent.findall("camera") if one.get("name") == name]:
            parent.remove(old)


def _place(
    source: Path, model: Model, bodies: dict[str, ElementTree.Element], camera: CameraRow
) -> tuple[ElementTree.Element, FramePose]:
    """Return the body that carries a camera, and the camera's optical frame in it."""
    joints = model.joints_above(camera.optical_frame)
    link = camera.optical_frame
    pose = AT_ORIGIN
    while link not in bodies:
        joint = next(joints, None)
        if joint is None:
            raise DescriptionError(
                f"{source}: camera '{camera.name}': none of its parents in the URDF is a body here"
            )
        pose = joint.pose @ pose
        link = joint.parent
    return bodies[link], _joint_place(bodies[link]) @ pose


def _joint_place(body: ElementTree.Element) -> FramePose:
    """Return the place of the body's joint in it, which is the origin of the URDF's link."""
    joint = body.find("joint")
    words = "0 0 0" if joint is None else joint.get("pos", "0 0 0")
    return FramePose(np.array([float(word) for word in words.split()]), np.eye(3))
