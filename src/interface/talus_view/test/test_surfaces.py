# SPDX-License-Identifier: Apache-2.0
"""Checks the skin of voxels: every bare face once, none that is covered."""

import numpy as np
import pytest
from talus_view.drawing.surfaces import quads_mesh, voxel_quads

SIZE = 0.05


def areas(quads: np.ndarray) -> np.ndarray:
    """Return outward area vectors (m, 3) of planar quads."""
    return np.cross(quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1]) / 2.0


def test_nothing_has_no_skin():
    assert voxel_quads(np.zeros((0, 3)), SIZE).shape == (0, 4, 3)


def test_one_voxel_has_five_sides_facing_outwards():
    centre = np.array([[1.0, 2.0, 0.5]])
    quads = voxel_quads(centre, SIZE)
    assert len(quads) == 5
    outward = np.einsum("ij,ij->i", areas(quads), quads.mean(axis=1) - centre)
    np.testing.assert_allclose(outward, SIZE**3 / 2, rtol=1e-6)


def test_a_row_is_joined():
    row = np.array([[k * SIZE, 0.0, 0.0] for k in range(10)])
    assert len(voxel_quads(row, SIZE)) == 5  # two ends, two sides, the top


@pytest.mark.parametrize("seed", range(5))
def test_area_is_that_of_the_bare_faces(seed):
    cells = np.unique(np.random.default_rng(seed).integers(0, 6, (90, 3)), axis=0)
    occupied = {tuple(c) for c in cells.tolist()}
    sides = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1)]
    bare = {
        side: sum(tuple(np.add(c, side).tolist()) not in occupied for c in occupied)
        for side in sides
    }
    vectors = areas(voxel_quads((cells + 0.5) * SIZE, SIZE))
    for side, count in bare.items():
        along = vectors @ np.array(side)
        assert along[along > 0].sum() == pytest.approx(count * SIZE**2)


def test_mesh_of_quads_keeps_the_area():
    mesh = quads_mesh(voxel_quads(np.array([[0.0, 0.0, 0.0], [0.2, 0.0, 0.0]]), SIZE))
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    assert np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2 == pytest.approx(
        10 * SIZE**2, rel=1e-5
    )
