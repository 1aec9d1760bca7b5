# SPDX-License-Identifier: Apache-2.0
"""Makes triangle meshes of URDF's shapes.

Vertices are split at hard edges, so that a viewer's vertex normals look right.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from talus_core.errors import TalusError

# Segments of a full circle: round to the eye at 1 m distance, and 40 links stay below 20 000
# vertices.
CIRCLE_SEGMENTS = 28


class MeshFileError(TalusError):
    """Raised when a mesh file cannot be read; the message names the file and the cause."""


@dataclass(frozen=True)
class Mesh:
    """Hold a surface made of triangles.

    Attributes:
        vertices: (n, 3) m, float32.
        faces: (m, 3) uint32, counter-clockwise seen from outside.
    """

    vertices: np.ndarray
    faces: np.ndarray

    def transformed(self, rotation: np.ndarray, translation: np.ndarray) -> Mesh:
        """Return the mesh after rotation (3, 3), then translation (3,)."""
        return Mesh((self.vertices @ rotation.T + translation).astype(np.float32), self.faces)


def merged(meshes: list[Mesh]) -> Mesh:
    """Join several meshes to one."""
    offsets = np.cumsum([0] + [len(m.vertices) for m in meshes])
    faces = [m.faces + np.uint32(offset) for m, offset in zip(meshes, offsets, strict=False)]
    return Mesh(
        np.concatenate([m.vertices for m in meshes]), np.concatenate(faces).astype(np.uint32)
    )


def box(size: np.ndarray) -> Mesh:
    """Make a box of size (3,) m, centred; 24 vertices, so that its edges are sharp."""
    corners: list[np.ndarray] = []
    faces: list[list[int]] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            u = np.eye(3)[(axis + 1) % 3]
            v = np.eye(3)[(axis + 2) % 3]
            n = sign * np.eye(3)[axis]
            base = len(corners)
            corners += [n - u - v, n + u - v, n + u + v, n - u + v]
            order = [(0, 1, 2), (0, 2, 3)] if sign > 0 else [(0, 2, 1), (0, 3, 2)]
            faces += [[base + i for i in triangle] for triangle in order]
    return _mesh(np.array(corners) * np.asarray(size) / 2.0, faces)


def cylinder(radius: float, length: float) -> Mesh:
    """Make a cylinder along z, centred."""
    angle = np.linspace(0.0, 2.0 * np.pi, CIRCLE_SEGMENTS, endpoint=False)
    ring = np.column_stack(
        [radius * np.cos(angle), radius * np.sin(angle), np.zeros(CIRCLE_SEGMENTS)]
    )
    half = np.array([0.0, 0.0, length / 2.0])
    low = ring - half
    high = ring + half
    k = np.arange(CIRCLE_SEGMENTS)
    n = CIRCLE_SEGMENTS
    following = (k + 1) % n
    side = np.concatenate(
        [np.stack([k, following, n + following], 1), np.stack([k, n + following, n + k], 1)]
    )
    fan = np.stack([np.zeros(n - 2, int), np.arange(1, n - 1), np.arange(2, n)], 1)
    return _mesh(
        np.concatenate([low, high, low, high]),
        np.concatenate([side, fan[:, ::-1] + 2 * n, fan + 3 * n]),
    )


def sphere(radius: float) -> Mesh:
    """Make a sphere, centred."""
    return _of_revolution(radius, 0.0)


def capsule(radius: float, length: float) -> Mesh:
    """Make a cylinder of `length` along z, centred, with a half sphere on each end."""
    return _of_revolution(radius, length)


def load_mesh(path: Path, scale: np.ndarray) -> Mesh:
    """Load a mesh file, scaled by (3,). Raises MeshFileError.

    It is smooth where its triangles share vertices (STL: nowhere).
    """
    import trimesh

    try:
        loaded = trimesh.load(path, force="mesh", process=False)
    except Exception as error:  # each format has errors of its own
        raise MeshFileError(f"{path}: {error}; STL, OBJ, PLY and GLB work") from error
    if not isinstance(loaded, trimesh.Trimesh) or len(loaded.faces) == 0:
        raise MeshFileError(f"{path}: no triangles; STL, OBJ, PLY and GLB work")
    return _mesh(loaded.vertices * np.asarray(scale), loaded.faces)


def _of_revolution(radius: float, length: float) -> Mesh:
    """Make a sphere, cut at its equator and pulled apart by `length` along z."""
    rows = CIRCLE_SEGMENTS // 2
    latitude = np.concatenate(
        [np.linspace(-np.pi / 2, 0.0, rows // 2 + 1), np.linspace(0.0, np.pi / 2, rows // 2 + 1)]
    )
    height = radius * np.sin(latitude) + np.repeat([-length / 2.0, length / 2.0], rows // 2 + 1)
    angle = np.linspace(0.0, 2.0 * np.pi, CIRCLE_SEGMENTS, endpoint=False)
    x = radius * np.outer(np.cos(latitude), np.cos(angle))
    y = radius * np.outer(np.cos(latitude), np.sin(angle))
    vertices = np.stack([x, y, np.repeat(height[:, None], CIRCLE_SEGMENTS, 1)], -1).reshape(-1, 3)
    row, k = np.meshgrid(np.arange(len(latitude) - 1), np.arange(CIRCLE_SEGMENTS), indexing="ij")
    a = row * CIRCLE_SEGMENTS + k
    b = row * CIRCLE_SEGMENTS + (k + 1) % CIRCLE_SEGMENTS
    quads = np.stack([a, b, b + CIRCLE_SEGMENTS, a, b + CIRCLE_SEGMENTS, a + CIRCLE_SEGMENTS], -1)
    return _mesh(vertices, quads.reshape(-1, 3))


def _mesh(vertices: np.ndarray, faces: np.ndarray | list) -> Mesh:
    return Mesh(np.asarray(vertices, dtype=np.float32), np.asarray(faces, dtype=np.uint32))
