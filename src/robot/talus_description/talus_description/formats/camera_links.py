# SPDX-License-Identifier: Apache-2.0
"""Gives a URDF the links of the cameras in robot.yaml, unless its xacro made them already.

Each camera has `<name>_camera_link`, whose x axis looks out, and `<name>_camera_optical_frame`,
whose z axis does (REP 103). What this file writes stands in one block at the end of the URDF,
which the next run replaces; all else of a URDF that is written by hand stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import pi
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
from talus_core.errors import UnknownNameError
from talus_core.vision.cameras import CameraRow
from transforms3d.euler import euler2mat

from talus_description.formats.urdf_model import (
    AT_ORIGIN,
    DescriptionError,
    FramePose,
    Model,
    text_of,
)
from talus_description.formats.urdf_reader import parse_urdf

OPTICAL_RPY_RAD = (-pi / 2, 0.0, -pi / 2)  # from x outwards, z up to z outwards, y down (REP 103)
SAME_PLACE_M = 1e-6  # m and rotation matrix entries: the last digits that a URDF writes
BLOCK_START = "  <!-- Cameras of robot.yaml, by `python -m talus_description.generate`: -->\n"
BLOCK_END = "  <!-- end of the cameras -->\n"
_BLOCK = re.compile(re.escape(BLOCK_START) + ".*?" + re.escape(BLOCK_END), re.DOTALL)


def with_cameras(text: str, source: Path, cameras: Sequence[CameraRow]) -> str:
    """Return URDF text in which every camera has its two links.

    Args:
        text: A whole URDF.
        source: Its file, for messages.
        cameras: All cameras of the robot.

    Raises:
        DescriptionError: A parent that is no link, a camera that neither the URDF nor its row
            places, or one that they place differently.
    """
    bare = _BLOCK.sub("", text)
    model = parse_urdf(bare, source)
    missing = [camera for camera in cameras if not _is_there(model, source, camera)]
    if not missing:
        return bare
    top, end, rest = bare.rpartition("</robot>")
    block = BLOCK_START + "".join(map(_links, missing)) + BLOCK_END
    return top + block + end + rest


def _is_there(model: Model, source: Path, camera: CameraRow) -> bool:
    """Return whether the URDF places the camera, and as its row says."""
    place = f"{source.with_name('robot.yaml')}: camera '{camera.name}'"
    is_there = camera.optical_frame in model.links
    if camera.parent is None:
        if not is_there:
            raise DescriptionError(
                f"{place}: {source.name} has no link '{camera.optical_frame}'; "
                "give the row the entries parent, at and rpy"
            )
        return True
    if camera.parent not in model.links:
        raise DescriptionError(f"{place}: {UnknownNameError('link', camera.parent, model.links)}")
    if is_there and not _is_where_its_row_says(model, camera):
        raise DescriptionError(
            f"{place}: {source.name} has '{camera.optical_frame}' elsewhere than at "
            f"{camera.position} in '{camera.parent}'; take it out of that file, or parent, at and "
            "rpy out of the row"
        )
    return is_there


def _is_where_its_row_says(model: Model, camera: CameraRow) -> bool:
    wanted = _turned(camera.position, camera.rpy) @ _turned((0, 0, 0), OPTICAL_RPY_RAD)
    joints = model.joints_above(camera.optical_frame)
    found = AT_ORIGIN
    link = camera.optical_frame
    while link != camera.parent:
        joint = next(joints, None)
        if joint is None or joint.kind != "fixed":
            return False
        found = joint.pose @ found
        link = joint.parent
    return np.allclose(found.position, wanted.position, atol=SAME_PLACE_M) and np.allclose(
        found.rotation, wanted.rotation, atol=SAME_PLACE_M
    )


def _turned(position: Sequence[float], rpy: Sequence[float]) -> FramePose:
    return FramePose(np.array(position, dtype=float), euler2mat(*rpy, axes="sxyz"))


def _links(camera: CameraRow) -> str:
    return _fixed(str(camera.parent), camera.link, camera.position, camera.rpy) + _fixed(
        camera.link, camera.optical_frame, (0, 0, 0), OPTICAL_RPY_RAD
    )


def _fixed(parent: str, child: str, position: Sequence[float], rpy: Sequence[float]) -> str:
    return (
        f'  <joint name="{child}_fixed" type="fixed">\n'
        f"    <parent link={quoteattr(parent)}/>\n"
        f'    <child link="{child}"/>\n'
        f'    <origin xyz="{text_of(position)}" rpy="{text_of(rpy)}"/>\n'
        "  </joint>\n"
        f'  <link name="{child}"/>\n'
    )
