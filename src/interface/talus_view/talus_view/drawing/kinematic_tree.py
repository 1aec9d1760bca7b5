# SPDX-License-Identifier: Apache-2.0
"""Reads the joints of a URDF as a viewer's scene tree needs them: child poses in parents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.rotations import matrix_from_quat_xyzw, quat_xyzw_from_wxyz


@dataclass(frozen=True)
class TreeJoint:
    """Describe one URDF joint.

    Attributes:
        name, parent, child: As in the URDF (parent and child are links).
        position: (3,) m of the child in the parent at joint position 0.
        quat_wxyz: (4,) rotation of the child to the parent at joint position 0.
        axis: (3,) unit vector in the child; zero for a fixed joint.
        is_prismatic: Slides along `axis` (m) instead of turning about it (rad).
        follows: Name of the joint that drives this one (URDF mimic), or empty.
        multiplier, offset: position = multiplier * position of `follows` + offset.
    """

    name: str
    parent: str
    child: str
    position: np.ndarray
    quat_wxyz: np.ndarray
    axis: np.ndarray
    is_prismatic: bool = False
    follows: str = ""
    multiplier: float = 1.0
    offset: float = 0.0


class KinematicTree:
    """Holds joints in an order in which parents come first; all arrays have that order."""

    def __init__(self, root: str, joints: list[TreeJoint]):
        self.root = root
        self.joints = _parents_first(root, joints)
        self._positions = np.array([j.position for j in self.joints]).reshape(-1, 3)
        self._quats = np.array([j.quat_wxyz for j in self.joints]).reshape(-1, 4)
        self._axes = np.array([j.axis for j in self.joints]).reshape(-1, 3)
        self._slides = np.array([j.is_prismatic for j in self.joints], dtype=bool)
        self._sources = [j.follows or j.name for j in self.joints]
        self._multipliers = np.array([j.multiplier for j in self.joints])
        self._offsets = np.array([j.offset for j in self.joints])

    def values(self, by_name: dict[str, float]) -> np.ndarray:
        """Return joint values (n,) rad or m from those known by name; unknown ones are 0."""
        known = np.array([by_name.get(source, 0.0) for source in self._sources])
        return self._multipliers * known + self._offsets

    def child_quats(self, values: np.ndarray) -> np.ndarray:
        """Return rotations (n, 4), w first, of each child to its parent at joint `values` (n,)."""
        half = np.where(self._slides, 0.0, values) / 2.0
        w0 = self._quats[:, :1]
        v0 = self._quats[:, 1:]
        w1 = np.cos(half)[:, None]
        v1 = np.sin(half)[:, None] * self._axes
        w = w0 * w1 - np.sum(v0 * v1, axis=1, keepdims=True)
        return np.concatenate([w, w0 * v1 + w1 * v0 + np.cross(v0, v1)], axis=1)

    def child_positions(self, values: np.ndarray) -> np.ndarray:
        """Return positions (n, 3) m of each child in its parent."""
        slide = np.where(self._slides, values, 0.0)[:, None] * self._axes
        return self._positions + np.array(
            [_turned(q, s) for q, s in zip(self._quats, slide, strict=True)]
        )

    def link_poses(self, values: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return rotation (3, 3) and position (3,) of every link in the root."""
        poses = {self.root: (np.eye(3), np.zeros(3))}
        quats = self.child_quats(values)
        positions = self.child_positions(values)
        for joint, quat_wxyz, position in zip(self.joints, quats, positions, strict=True):
            rotation, origin = poses[joint.parent]
            local = matrix_from_quat_xyzw(quat_xyzw_from_wxyz(quat_wxyz))
            poses[joint.child] = (rotation @ local, rotation @ position + origin)
        return poses


def _turned(quat_wxyz: np.ndarray, vector: np.ndarray) -> np.ndarray:
    w = quat_wxyz[0]
    v = quat_wxyz[1:]
    across = 2.0 * np.cross(v, vector)
    return vector + w * across + np.cross(v, across)


def _parents_first(root: str, joints: list[TreeJoint]) -> list[TreeJoint]:
    ordered: list[TreeJoint] = []
    parents = {root}
    while level := [j for j in joints if j.parent in parents]:
        ordered += level
        parents = {j.child for j in level}
    return ordered
