# SPDX-License-Identifier: Apache-2.0
"""Draws exact depth images of rooms made of boxes, and says where their surfaces are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.pinhole import Pinhole
from talus_core.rotations import matrix_from_rpy
from talus_core.transform import Transform
from talus_map.mapper import MapConfig

FRONT_CAMERA = Pinhole.from_fovy(320, 240, np.radians(70.88))  # talus40's front_left: 76 800 points
SMALL_CAMERA = Pinhole.from_fovy(160, 120, np.radians(70.88))
EYE_HEIGHT_M = 1.5
_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
NO_RETURN = np.inf  # as REP 117 has it: nothing within range

Box = tuple[tuple[float, float, float], tuple[float, float, float]]  # its lowest and highest corner

# A room of 8 x 6 m with a ceiling: floor, walls, crates, a table on a leg, a pillar.
ROOM: tuple[Box, ...] = (
    ((-4.2, -3.2, -0.2), (4.2, 3.2, 0.0)),
    ((-4.2, -3.2, 2.6), (4.2, 3.2, 2.8)),
    ((4.0, -3.2, 0.0), (4.2, 3.2, 2.6)),
    ((-4.2, -3.2, 0.0), (-4.0, 3.2, 2.6)),
    ((-4.0, 3.0, 0.0), (4.0, 3.2, 2.6)),
    ((-4.0, -3.2, 0.0), (4.0, -3.0, 2.6)),
    ((1.6, -1.2, 0.0), (2.2, -0.6, 0.6)),
    ((2.0, 0.8, 0.7), (3.2, 1.8, 0.76)),
    ((2.55, 1.25, 0.0), (2.65, 1.35, 0.7)),
    ((0.9, 1.9, 0.0), (1.05, 2.05, 2.6)),
    ((-2.5, -2.8, 0.0), (-1.0, -2.4, 1.8)),
    ((-2.6, 1.5, 0.0), (-2.0, 2.4, 1.1)),
)


@dataclass(frozen=True)
class Shot:
    """Hold one image: what the camera measured, what is truly there, and its pose in M."""

    measured: np.ndarray
    exact: np.ndarray
    pose: Transform


def pose_at(x: float, y: float, yaw: float, pitch: float) -> Transform:
    """Return the pose of an optical frame at the height of the eyes, looking down by `pitch`."""
    return Transform(matrix_from_rpy(0.0, pitch, yaw) @ _OPTICAL, np.array([x, y, EYE_HEIGHT_M]))


def shoot(boxes: tuple[Box, ...], pose: Transform, camera: Pinhole, seed: int) -> Shot:
    """Return an image of boxes with the noise that the map assumes."""
    exact = _depth_of(boxes, pose, camera)
    noise = np.random.default_rng(seed).standard_normal(exact.shape, np.float32)
    near = np.minimum(exact, np.float32(100.0))
    measured = exact + noise * np.float32(MapConfig().noise_per_m2) * near * near
    return Shot(measured, exact, pose)


def walk_in_room(images: int) -> list[Shot]:
    """Return images of a walk of some steps through the room, looking around."""
    phases = np.linspace(0.0, 1.0, images)
    return [
        shoot(
            ROOM,
            pose_at(-1.5 + 2.0 * s, 0.6 * np.sin(6.0 * s), 5.0 * s - 1.0, 0.35),
            FRONT_CAMERA,
            k,
        )
        for k, s in enumerate(phases)
    ]


def hall(length: float, width: float) -> tuple[Box, ...]:
    """Return a hall with shelves in rows, tables between them, and no ceiling in reach."""
    walls: list[Box] = [
        ((-0.2, -0.2, -0.2), (length + 0.2, width + 0.2, 0.0)),
        ((-0.2, -0.2, 0.0), (0.0, width + 0.2, 4.0)),
        ((length, -0.2, 0.0), (length + 0.2, width + 0.2, 4.0)),
        ((0.0, -0.2, 0.0), (length, 0.0, 4.0)),
        ((0.0, width, 0.0), (length, width + 0.2, 4.0)),
    ]
    shelves: list[Box] = [
        ((x, y, 0.0), (x + 3.0, y + 0.6, 2.0))
        for x in np.arange(4.0, length - 5.0, 6.0)
        for y in np.arange(4.0, width - 3.0, 5.0)
    ]
    tables: list[Box] = [
        ((x + 3.6, y + 2.2, 0.72), (x + 4.6, y + 3.0, 0.76))
        for x in np.arange(4.0, length - 5.0, 6.0)
        for y in np.arange(4.0, width - 5.0, 5.0)
    ]
    return (*walls, *shelves, *tables)


def walk_in_hall(length: float, width: float) -> list[Transform]:
    """Return poses of a walk through all aisles of the hall, which looks to all sides."""
    poses = []
    lanes = np.arange(2.2, width - 1.0, 2.5)
    for number, y in enumerate(lanes):
        places = np.arange(1.0, length - 0.5, 1.25)
        for step, x in enumerate(places if number % 2 == 0 else places[::-1]):
            yaw = 0.8 * np.sin(1.9 * step) + (np.pi if number % 2 else 0.0)
            poses.append(pose_at(float(x), float(y), float(yaw), 0.35))
    return poses


def near_boxes(boxes: tuple[Box, ...], pose: Transform, reach: float) -> tuple[Box, ...]:
    """Return the boxes within reach of a camera, m: others need not be drawn."""
    place = pose.position
    kept = []
    for low, high in boxes:
        gap = np.maximum(np.maximum(low - place, place - high), 0.0)
        if np.linalg.norm(gap) < reach:
            kept.append((low, high))
    return tuple(kept)


def seen_voxels(shots: list[Shot], camera: Pinhole, resolution: float) -> np.ndarray:
    """Return the (n, 3) int32 voxels in which the images truly saw a surface, within range."""
    config = MapConfig()
    found = []
    for shot in shots:
        depth = shot.exact
        is_in = (depth > config.min_range_m) & (depth < config.max_range_m)
        points = (camera.rays() * np.where(is_in, depth, np.float32(0.0))[..., None])[is_in]
        # A hair behind the surface: its voxel is the one that is filled.
        inward = points * (1.0 + 1e-3 / np.linalg.norm(points, axis=1, keepdims=True))
        voxels = np.floor(shot.pose.apply(inward.astype(float)) / resolution).astype(np.int32)
        found.append(np.unique(voxels, axis=0))
    return np.unique(np.concatenate(found), axis=0)


def _depth_of(boxes: tuple[Box, ...], pose: Transform, camera: Pinhole) -> np.ndarray:
    """Return exact depth along the optical axis, (height, width) float32 m; inf = nothing."""
    rays = np.ascontiguousarray((camera.rays().reshape(-1, 3) @ pose.rotation.T).T)
    inverse = 1.0 / np.where(np.abs(rays) < 1e-9, 1e-9, rays)
    nearest = np.full(rays.shape[1], NO_RETURN)
    for low, high in boxes:
        enter = np.full(rays.shape[1], -np.inf)
        leave = np.full(rays.shape[1], np.inf)
        for axis in range(3):
            a = (low[axis] - pose.position[axis]) * inverse[axis]
            b = (high[axis] - pose.position[axis]) * inverse[axis]
            enter = np.maximum(enter, np.minimum(a, b))
            leave = np.minimum(leave, np.maximum(a, b))
        is_hit = (enter < leave) & (enter > 0.0) & (enter < nearest)
        nearest[is_hit] = enter[is_hit]
    return nearest.reshape(camera.height, camera.width).astype(np.float32)
