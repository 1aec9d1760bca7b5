# SPDX-License-Identifier: Apache-2.0
"""Forward kinematics of a URDF tree for drawing: poses of all links at once, one batched product per depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Joint:
    """One URDF joint.

    Attributes:
        name, parent, child: As in the URDF (parent and child are links).
        origin: (4, 4) pose of the child in the parent at joint position 0.
        axis: (3,) unit vector in the child; zero for a fixed joint.
        is_prismatic: Slides along `axis` (m) instead of turning about it (rad).
        follows: Name of the joint that drives this one (URDF mimic), or the joint itself.
        multiplier, offset: position = multiplier * position of `follows` + offset.
    """

    name: str
    parent: str
    child: str
    origin: np.ndarray
    axis: np.ndarray
    is_prismatic: bool = False
    follows: str = ""
    multiplier: float = 1.0
    offset: float = 0.0


class KinematicTree:
    """Links in an order in which parents come first."""

    def __init__(self, root: str, joints: list[Joint]):
        self._joints, levels = _by_depth(root, joints)
        self.links: tuple[str, ...] = (root, *(j.child for j in self._joints))
        place = {link: i for i, link in enumerate(self.links)}
        self._parents = np.array([place[j.parent] for j in self._joints], dtype=int)
        self._levels = levels
        self._origins = np.array([j.origin for j in self._joints]).reshape(-1, 4, 4)
        self._axes = np.array([j.axis for j in self._joints]).reshape(-1, 3)
        self._slides = np.array([j.is_prismatic for j in self._joints], dtype=bool)
        self._multipliers = np.array([j.multiplier for j in self._joints])
        self._offsets = np.array([j.offset for j in self._joints])
        self._sources = [j.follows or j.name for j in self._joints]

    def positions(self, by_name: dict[str, float]) -> np.ndarray:
        """Positions of all joints (n,) from those that are known by name; unknown ones are at 0."""
        known = np.array([by_name.get(source, 0.0) for source in self._sources])
        return self._multipliers * known + self._offsets

    def link_poses(self, positions: np.ndarray) -> np.ndarray:
        """Poses (len(links), 4, 4) of all links in the root at joint `positions` (n,)."""
        poses = np.tile(np.eye(4), (len(self.links), 1, 1))
        local = self._origins @ self._motions(positions)
        for level in self._levels:
            poses[1:][level] = poses[self._parents[level]] @ local[level]
        return poses

    def _motions(self, positions: np.ndarray) -> np.ndarray:
        """(n, 4, 4) motion of each child about or along its axis (Rodrigues)."""
        motions = np.tile(np.eye(4), (len(positions), 1, 1))
        angle = np.where(self._slides, 0.0, positions)[:, None, None]
        x, y, z = self._axes.T
        zero = np.zeros_like(x)
        cross = np.array([[zero, -z, y], [z, zero, -x], [-y, x, zero]]).transpose(2, 0, 1)
        motions[:, :3, :3] += np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross)
        motions[:, :3, 3] = self._axes * np.where(self._slides, positions, 0.0)[:, None]
        return motions


def _by_depth(root: str, joints: list[Joint]) -> tuple[list[Joint], list[np.ndarray]]:
    """Joints sorted by depth, and the places of each depth's joints in that order."""
    ordered: list[Joint] = []
    levels: list[np.ndarray] = []
    parents = {root}
    while level := [j for j in joints if j.parent in parents]:
        levels.append(np.arange(len(ordered), len(ordered) + len(level)))
        ordered += level
        parents = {j.child for j in level}
    return ordered, levels
