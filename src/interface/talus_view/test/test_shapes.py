# SPDX-License-Identifier: Apache-2.0
"""Checks triangles of URDF's shapes: closed surfaces, the right volume, facing outwards."""

import numpy as np
import pytest
from talus_view.drawing.shapes import CIRCLE_SEGMENTS, Mesh, box, capsule, cylinder, merged, sphere

CIRCLE = (
    CIRCLE_SEGMENTS / 2 * np.sin(2 * np.pi / CIRCLE_SEGMENTS)
)  # area of the regular polygon in the unit circle


def volume(mesh: Mesh) -> float:
    """Return the signed volume, positive when triangles face outwards (divergence theorem)."""
    a, b, c = (mesh.vertices[mesh.faces[:, i]].astype(float) for i in range(3))
    return float(np.sum(a * np.cross(b, c)) / 6.0)


@pytest.mark.parametrize(
    ("mesh", "expected", "tolerance"),
    [
        (box([0.2, 0.3, 0.4]), 0.024, 1e-6),
        (cylinder(0.1, 0.5), CIRCLE * 0.01 * 0.5, 1e-6),
        (sphere(0.2), 4 / 3 * np.pi * 0.008, 0.03),
        (capsule(0.1, 0.3), np.pi * 0.01 * 0.3 + 4 / 3 * np.pi * 0.001, 0.03),
    ],
)
def test_volume_is_right_and_outside_is_outside(mesh, expected, tolerance):
    assert volume(mesh) == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize("mesh", [box([1, 1, 1]), cylinder(1, 1), sphere(1), capsule(1, 1)])
def test_surface_is_closed(mesh):
    """Every edge is passed once in each direction.

    Edges are doubled on purpose, so places are counted instead of vertices.
    """
    places = np.round(mesh.vertices, 5)
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    keys = [(tuple(places[a]), tuple(places[b])) for a, b in edges]
    proper = {key for key in keys if key[0] != key[1]}
    assert {(b, a) for a, b in proper} == proper


def test_box_keeps_sharp_edges():
    assert len(box([1, 1, 1]).vertices) == 24


def test_merged_keeps_every_triangle():
    both = merged([box([1, 1, 1]), sphere(1).transformed(np.eye(3), np.array([5.0, 0.0, 0.0]))])
    assert volume(both) == pytest.approx(1.0 + volume(sphere(1)), rel=1e-5)
