# SPDX-License-Identifier: Apache-2.0
"""Computes the poses of all movable joints' frames at once, each in its parent frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robot_state_publisher.urdf import MOVABLE, TURNING, FrameJoint, Mimic


class JointFrames:
    """Holds the frames of n movable joints, with all that does not depend on joint positions.

    Turning about the unit axis a by q after the fixed rotation r:  r (a sin(q/2), cos(q/2))
    = cos(q/2) r + sin(q/2) r (a, 0), quaternion products. Sliding along a by q after the fixed pose
    (p, r): p + q r a.
    """

    def __init__(self, joints: Sequence[FrameJoint]):
        turns = np.array([joint.kind in TURNING for joint in joints], dtype=bool)  # (n,)
        axes = np.array([joint.axis for joint in joints]).reshape(-1, 3)
        self._half = np.where(turns, 0.5, 0.0)
        self._position = np.array([joint.position for joint in joints]).reshape(-1, 3)
        self._at_cos = np.array([joint.quat_xyzw for joint in joints]).reshape(-1, 4)
        self._at_sin = _quat_times_vector(self._at_cos, axes)
        self._slide = np.where(turns[:, None], 0.0, _rotate(self._at_cos, axes))

    def poses(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return positions (n, 3) m and quaternions xyzw (n, 4) of the child frames.

        Joint positions q are (n,), rad or m.
        """
        half = self._half * q
        quats = np.cos(half)[:, None] * self._at_cos + np.sin(half)[:, None] * self._at_sin
        return self._position + self._slide * q[:, None], quats


@dataclass(frozen=True)
class Sorting:
    """Maps positions that arrive by name to those of k joints, mimicking ones included.

    Attributes:
        joints: The joints that the names determine.
        source: (k,) place of each one's position, or of the joint that it mimics, among what
            arrives.
        multiplier, offset: (k,) of mimicking joints; 1 and 0 otherwise.
    """

    joints: tuple[FrameJoint, ...]
    source: np.ndarray
    multiplier: np.ndarray
    offset: np.ndarray

    def __call__(self, arrived: np.ndarray) -> np.ndarray:
        """Return the joint positions (k,), rad or m."""
        return self.multiplier * arrived[self.source] + self.offset


def sort_by_name(joints: Sequence[FrameJoint], names: Sequence[str]) -> Sorting:
    """Return which of the joints these names determine, and how."""
    place = {name: index for index, name in enumerate(names)}
    rows = []
    for joint in joints:
        mimic = joint.mimic or Mimic(joint.name, 1.0, 0.0)
        if joint.kind in MOVABLE and mimic.joint in place:
            rows.append((joint, place[mimic.joint], mimic.multiplier, mimic.offset))
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return Sorting(
        columns[0], np.array(columns[1], dtype=int), np.array(columns[2]), np.array(columns[3])
    )


def _quat_times_vector(quat_xyzw: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return products of quaternions (n, 4) and pure quaternions made of vectors (n, 3)."""
    v = quat_xyzw[:, :3]
    w = quat_xyzw[:, 3:]
    return np.hstack(
        [w * vectors + np.cross(v, vectors), -np.sum(v * vectors, axis=1, keepdims=True)]
    )


def _rotate(quat_xyzw: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return vectors (n, 3) turned by unit quaternions (n, 4)."""
    v = quat_xyzw[:, :3]
    w = quat_xyzw[:, 3:]
    return vectors + 2.0 * np.cross(v, np.cross(v, vectors) + w * vectors)
