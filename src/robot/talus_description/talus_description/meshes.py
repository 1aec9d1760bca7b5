# SPDX-License-Identifier: Apache-2.0
"""Makes the shells of a robot from its `looks.yaml`.

One OBJ file per link and material, in the link frame, low in triangles and with smooth normals. A
link's entry is a list of parts, each drawn by one word: `loft` (superellipse sections along an
axis), `drum` (a cylinder with broken edges) or `ball` (an ellipsoid). The right side mirrors the
left one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from transforms3d.euler import euler2mat

from talus_description.formats.urdf_model import DescriptionError

SECTION_SEGMENTS = 24  # around a section: edges stay below 15 degrees
AXES = {"x": np.roll(np.eye(3), 1, axis=0), "y": np.roll(np.eye(3), 2, axis=0), "z": np.eye(3)}


@dataclass(frozen=True)
class Patch:
    """Holds a smooth piece of surface.

    Points (n, 3) in m; triangles (m, 3) of their indices, anticlockwise from outside.
    """

    points: np.ndarray
    triangles: np.ndarray

    def moved(self, rotation: np.ndarray, translation: np.ndarray) -> Patch:
        """Return the patch in another frame."""
        return Patch(self.points @ rotation.T + translation, self.triangles)

    def mirrored(self) -> Patch:
        """Return the mirror image in the x-z plane."""
        return Patch(self.points * [1, -1, 1], self.triangles[:, ::-1])

    def normals(self) -> np.ndarray:
        """Return unit normals (n, 3) at the points, mean of the triangles around by area."""
        a, b, c = (self.points[self.triangles[:, i]] for i in range(3))
        normals = np.zeros_like(self.points)
        for corner in range(3):
            np.add.at(normals, self.triangles[:, corner], np.cross(b - a, c - a))
        return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def loft(
    sections: list[list[float]], power: float = 2.0, segments: int = SECTION_SEGMENTS
) -> list[Patch]:
    """Return a closed skin over superellipses |x/a|^p + |y/b|^p = 1 stacked along z.

    Args:
        sections: Rows of z, a, b and, where they are not 0, the centre's x and y; m.
        power: Of the superellipse: 2 is an ellipse, more is squarer.
        segments: Corners of each section.
    """
    angle = np.linspace(0.0, 2 * np.pi, segments, endpoint=False)
    cosine = np.cos(angle)
    sine = np.sin(angle)
    unit = np.stack(
        [
            np.sign(cosine) * np.abs(cosine) ** (2 / power),
            np.sign(sine) * np.abs(sine) ** (2 / power),
        ],
        1,
    )
    rows = sorted(([*section, 0.0, 0.0][:5] for section in sections), key=lambda row: row[0])
    rings = [
        np.column_stack([unit * [a, b] + [x, y], np.full(segments, z)]) for z, a, b, x, y in rows
    ]
    start = np.arange(segments)
    following = np.roll(start, -1)
    strips = []
    for ring in range(len(rings) - 1):
        low = ring * segments
        high = (ring + 1) * segments
        strips.append(np.stack([low + start, low + following, high + following], 1))
        strips.append(np.stack([low + start, high + following, high + start], 1))
    skin = Patch(np.concatenate(rings), np.concatenate(strips))
    return [skin, _cap(rings[0], following, start), _cap(rings[-1], start, following)]


def drum(radius: float, length: float, edge: float = 0.004) -> list[Patch]:
    """Return a cylinder about z with its edges broken by `edge` m."""
    half = length / 2
    side = [[-half + edge, radius, radius], [half - edge, radius, radius]]
    bevels = (
        [[-half, radius - edge, radius - edge], side[0]],
        [side[1], [half, radius - edge, radius - edge]],
    )
    skin = loft(side)[0]
    low, high = (loft(bevel) for bevel in bevels)
    return [skin, low[0], low[1], high[0], high[2]]


def ball(semi_axes: list[float], power: float = 2.0) -> list[Patch]:
    """Return an ellipsoid; `power` above 2 makes its sections squarer."""
    latitude = np.linspace(-np.pi / 2, np.pi / 2, SECTION_SEGMENTS // 2 + 1)[1:-1]
    a, b, c = semi_axes
    return loft([[c * np.sin(t), a * np.cos(t), b * np.cos(t)] for t in latitude], power)


def _cap(ring_points: np.ndarray, first: np.ndarray, second: np.ndarray) -> Patch:
    centre = len(ring_points)
    triangles = np.stack([first, second, np.full(len(first), centre)], 1)
    return Patch(np.vstack([ring_points, ring_points.mean(axis=0)]), triangles)


SHELL_SHAPES: dict[str, Callable[..., list[Patch]]] = {"loft": loft, "drum": drum, "ball": ball}


def part_patches(part: dict) -> list[Patch]:
    """Return the surface of a part of `looks.yaml`.

    A part is a shape, its arguments, and where it is (`axis`, `rpy` in rad, `at` in m).
    """
    part = dict(part)
    rotation = euler2mat(*part.pop("rpy", (0, 0, 0)), axes="sxyz") @ AXES[part.pop("axis", "z")]
    translation = np.array(part.pop("at", (0.0, 0.0, 0.0)), dtype=float)
    both = part.pop("both_sides", False)
    shape = part.pop("shape")
    if shape not in SHELL_SHAPES:
        raise DescriptionError(f"looks.yaml: shape {shape!r} is none of {', '.join(SHELL_SHAPES)}")
    patches = [patch.moved(rotation, translation) for patch in SHELL_SHAPES[shape](**part)]
    return patches + [patch.mirrored() for patch in patches if both]


def obj_text(patches: list[Patch]) -> str:
    """Return a Wavefront OBJ file with normals."""
    lines = ["# Generated by `python -m talus_description.generate`; do not edit."]
    for patch in patches:
        lines += [f"v {x:.4f} {y:.4f} {z:.4f}" for x, y, z in patch.points + 0.0]
    for patch in patches:
        lines += [f"vn {x:.2f} {y:.2f} {z:.2f}" for x, y, z in patch.normals() + 0.0]
    offset = 1
    for patch in patches:
        lines += [
            "f " + " ".join(f"{i}//{i}" for i in triangle) for triangle in patch.triangles + offset
        ]
        offset += len(patch.points)
    return "\n".join(lines) + "\n"


def mesh_texts(looks: dict) -> dict[str, str]:
    """Return OBJ texts by file name, `<link>_<material>.obj`.

    Links that are named in `sided` have an `l_` and an `r_` version.
    """
    texts = {}
    for link, materials in looks["links"].items():
        for material, parts in materials.items():
            patches = [patch for part in parts for patch in part_patches(part)]
            sided = link in looks.get("sided", [])
            texts[f"{'l_' if sided else ''}{link}_{material}.obj"] = obj_text(patches)
            if sided:
                texts[f"r_{link}_{material}.obj"] = obj_text(
                    [patch.mirrored() for patch in patches]
                )
    return texts
