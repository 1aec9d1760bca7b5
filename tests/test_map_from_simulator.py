# SPDX-License-Identifier: Apache-2.0
"""Checks the map from rendered depth images with noise against the exact geometry of the scene."""

import math

import mujoco
import numpy as np
import pytest
from talus_core.pinhole import Pinhole
from talus_core.rotations import matrix_from_rpy
from talus_core.transform import Transform
from talus_core.vision.depth_view import DepthView
from talus_map.layers.occupancy import FREE_CELL, OCCUPIED_CELL, UNKNOWN_CELL
from talus_map.mapper import MapConfig, Mapper
from talus_map.voxels.block import BLOCK_EDGE_VOXELS, is_free
from talus_simulation.cameras.depth_noise import DepthNoise, NoisyDepth
from talus_simulation.cameras.rendering import SceneRenderer

VOXEL = MapConfig().resolution_m
EYE = Pinhole.from_fovy(320, 240, math.radians(70.88))  # as talus40's front_left
OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])

# A room of 6 x 5 m: (centre, half size) of its boxes; the eye floats in it.
BOXES = {
    "floor": ((2.0, 0.0, -0.05), (3.0, 2.5, 0.05)),
    "far_wall": ((4.6, 0.0, 1.0), (0.1, 2.5, 1.0)),
    "left_wall": ((2.0, 2.4, 1.0), (3.0, 0.1, 1.0)),
    "crate": ((2.5, -0.6, 0.3), (0.3, 0.25, 0.3)),
    "table": ((2.8, 1.2, 0.72), (0.4, 0.5, 0.03)),
    "pillar": ((1.8, 0.7, 1.0), (0.06, 0.06, 1.0)),
    "step": ((1.2, -1.4, 0.05), (0.4, 0.4, 0.05)),
}
SCENE = f"""
<mujoco>
  <worldbody>
    <light pos="1 0 4"/>
    {
    "".join(
        f'<geom type="box" pos="{c[0]} {c[1]} {c[2]}" size="{h[0]} {h[1]} {h[2]}"/>'
        for c, h in BOXES.values()
    )
}
    <body><freejoint/><geom size="0.001" group="3"/><camera name="eye" fovy="70.88"/></body>
  </worldbody>
</mujoco>
"""
# A walk of 1.2 m that looks around, as a robot of this size would: (x, y, yaw, pitch) of the camera
# at 1.5 m.
WALK = [(0.4 * k, 0.1 * k - 0.15, yaw, 0.45) for k in range(4) for yaw in (-0.7, 0.0, 0.7)]
IMAGES_PER_POSE = 4


def eye_pose(x, y, yaw, pitch):
    """Return the pose of the optical frame in the world."""
    return Transform(matrix_from_rpy(0.0, pitch, yaw) @ OPTICAL, np.array([x, y, 1.5]))


@pytest.fixture(scope="module")
def room():
    model = mujoco.MjModel.from_xml_string(SCENE)
    renderer = SceneRenderer(model, EYE.width, EYE.height)
    mapper, noise = Mapper(), NoisyDepth(DepthNoise(), seed=4)
    for number, place in enumerate(WALK):
        pose = eye_pose(*place)
        in_mujoco = pose.rotation @ np.diag(
            [1.0, -1.0, -1.0]
        )  # MuJoCo's cameras look along -z, y up
        quat = np.empty(4)
        mujoco.mju_mat2Quat(quat, in_mujoco.ravel())
        renderer.pose(np.concatenate([pose.position, quat]))
        depth = renderer.render("eye", EYE, with_colour=False)[1]
        for _ in range(IMAGES_PER_POSE):
            view = DepthView(
                noise.measured(depth),
                EYE,
                pose,
                {},
                np.array([place[0], place[1], 0.0]),
                0.1 * number,
            )
            mapper.integrate(view)
    renderer.close()
    return mapper


def distance_to_boxes(points):
    """Return (n,) m from (n, 3) points to the nearest solid; 0 inside one."""
    distances = [
        np.linalg.norm(np.maximum(np.abs(points - c) - h, 0.0), axis=1) for c, h in BOXES.values()
    ]
    return np.min(distances, axis=0)


def seen_surface():
    """Return (n, 3) points of the solids that the eye sees within range, by exact rays.

    The eye walks, and the range is that of the map.
    """
    low = np.array([np.subtract(c, h) for c, h in BOXES.values()])
    high = np.array([np.add(c, h) for c, h in BOXES.values()])
    found = []
    for place in WALK:
        pose = eye_pose(*place)
        rays = EYE.rays(4).reshape(-1, 3).astype(float)
        directions = rays @ pose.rotation.T
        with np.errstate(divide="ignore", invalid="ignore"):
            a, b = ((edge[:, None] - pose.position) / directions for edge in (low, high))
        enter, leave = np.fmin(a, b).max(axis=2), np.fmax(a, b).min(axis=2)
        depth = np.where((enter < leave) & (enter > 0), enter, np.inf).min(axis=0)
        near = depth < 4.0  # surely within the map's 4.5 m, whatever the noise
        found.append(pose.position + directions[near] * depth[near, None])
    return np.concatenate(found)


def test_what_is_marked_is_there(room):
    """Precision: 95 % of occupied voxels lie within a voxel and a deviation of a surface.

    At 4.5 m the noise's deviation is 3.4 cm along the ray.
    """
    distance = distance_to_boxes(room.voxels.occupied_centres())
    assert len(distance) > 5000
    assert (distance <= 1.5 * VOXEL).mean() > 0.97
    assert distance.max() < 4 * VOXEL


def test_what_was_seen_is_marked(room):
    """Recall: nearly every point seen within 4 m has an occupied voxel at most one cell away."""
    occupied = {tuple(v) for v in room.voxels.occupied_voxels().tolist()}
    seen = np.unique(np.floor(seen_surface() / VOXEL).astype(int), axis=0)
    neighbours = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3)
    marked = [any(tuple(v) in occupied for v in (voxel + neighbours).tolist()) for voxel in seen]
    assert len(seen) > 3000
    assert np.mean(marked) > 0.97


def test_no_free_voxel_is_inside_a_solid(room):
    """No free voxel lies deeper than a voxel in a solid."""
    blocks, places = np.nonzero(is_free(room.voxels.log_odds))
    local = np.stack(np.unravel_index(places, (BLOCK_EDGE_VOXELS,) * 3), axis=1)
    centres = (room.voxels.coordinates[blocks] * BLOCK_EDGE_VOXELS + local + 0.5) * VOXEL
    depth = np.max(
        [(np.asarray(h) - np.abs(centres - c)).min(axis=1) for c, h in BOXES.values()], axis=0
    )
    assert len(centres) > 50_000
    assert (depth > VOXEL).sum() == 0
    assert (depth > 0.0).mean() < 0.001


def test_the_projection_shows_room_and_furniture(room):
    grid = room.occupancy()

    def at(x, y):
        column, row = np.floor((np.array([x, y]) - grid.origin) / grid.resolution).astype(int)
        return grid.cells[row, column]

    assert [at(x, y) for x, y in ((1.8, 0.64), (2.21, -0.6), (2.42, 1.2), (4.51, 0.0))] == [
        OCCUPIED_CELL
    ] * 4
    assert [at(x, y) for x, y in ((1.5, 0.0), (2.2, 0.0), (1.3, -0.8))] == [FREE_CELL] * 3
    step = [at(x, y) for x in np.arange(0.75, 1.7, 0.05) for y in np.arange(-1.85, -0.9, 0.05)]
    assert OCCUPIED_CELL not in step and step.count(FREE_CELL) > 0.95 * len(
        step
    )  # 10 cm: to step onto, not to go round
    assert at(3.2, -0.75) == UNKNOWN_CELL  # the crate's shadow


def test_the_step_has_its_height(room):
    grid = room.elevation
    column, row = np.floor((np.array([1.2, -1.35]) - grid.origin) / grid.resolution).astype(int)
    around = (slice(row - 3, row + 4), slice(column - 3, column + 4))
    assert np.isfinite(grid.elevation[around]).mean() > 0.9
    assert np.nanmean(grid.elevation[around]) == pytest.approx(0.10, abs=0.01)
    assert np.nanmax(np.sqrt(grid.variance[around])) < 0.02
