# SPDX-License-Identifier: Apache-2.0
"""Checks the shells: closed, facing outwards, of the size that they say."""

import numpy as np
import pytest
from talus_description.formats.urdf_model import DescriptionError
from talus_description.meshes import ball, drum, loft, mesh_texts, part_patches

SHAPES = {
    "loft": (lambda: loft([[0.0, 0.02, 0.01], [0.1, 0.03, 0.02, 0.01, 0.0]], power=3), None),
    "drum": (lambda: drum(0.05, 0.1, edge=0.001), np.pi * 0.05**2 * 0.1),
    "ball": (lambda: ball([0.1, 0.2, 0.3]), 4 / 3 * np.pi * 0.1 * 0.2 * 0.3),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_are_closed(shape):
    triangles = welded(SHAPES[shape][0]())
    edges = {(a, b) for t in triangles for a, b in zip(t, np.roll(t, -1), strict=True) if a != b}
    assert edges == {(b, a) for a, b in edges}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_face_outwards_and_enclose_their_volume(shape):
    make, expected = SHAPES[shape]
    volume = sum(np.sum(_signed_volumes(patch)) for patch in make())
    assert volume > 0.0
    if expected:
        assert volume == pytest.approx(expected, rel=0.05)


def test_mirror_keeps_the_outside_outside():
    patches = [patch.mirrored() for patch in SHAPES["loft"][0]()]
    assert sum(np.sum(_signed_volumes(patch)) for patch in patches) > 0.0


def test_normals_point_away_from_the_middle():
    for patch in ball([0.1, 0.1, 0.1]):
        assert (np.einsum("ij,ij->i", patch.normals(), patch.points) > 0.0).all()


@pytest.mark.parametrize(("axis", "at"), [("x", 0), ("y", 1), ("z", 2)])
def test_axis_says_where_a_part_points(axis, at):
    points = np.concatenate(
        [
            p.points
            for p in part_patches({"shape": "drum", "axis": axis, "radius": 0.01, "length": 1})
        ]
    )
    assert np.ptp(points, axis=0)[at] == pytest.approx(1.0)


def test_paired_links_get_a_file_per_side():
    ball_at_left = {"shape": "ball", "semi_axes": [0.1, 0.1, 0.1], "at": [0, 0.5, 0]}
    texts = mesh_texts({"sided": ["hand"], "links": {"hand": {"white": [ball_at_left]}}})
    assert set(texts) == {"l_hand_white.obj", "r_hand_white.obj"}
    for name, side in (("l_hand_white.obj", 1), ("r_hand_white.obj", -1)):
        ys = [float(line.split()[2]) for line in texts[name].splitlines() if line.startswith("v ")]
        assert np.mean(ys) == pytest.approx(side * 0.5, abs=1e-3)


def test_unknown_shape_is_refused_with_those_that_exist():
    with pytest.raises(DescriptionError, match="'cone' is none of loft, drum, ball"):
        part_patches({"shape": "cone"})


def welded(patches):
    """Return triangles (m, 3) of point numbers, equal points with the same number."""
    every = np.round(np.concatenate([patch.points for patch in patches]), 9) + 0.0
    _, index = np.unique(every, axis=0, return_inverse=True)
    offsets = np.cumsum([0, *(len(patch.points) for patch in patches[:-1])])
    triangles = np.concatenate(
        [patch.triangles + offset for patch, offset in zip(patches, offsets, strict=True)]
    )
    return index.ravel()[triangles]


def _signed_volumes(patch) -> np.ndarray:
    a, b, c = (patch.points[patch.triangles[:, i]] for i in range(3))
    return np.einsum("ij,ij->i", a, np.cross(b, c)) / 6
