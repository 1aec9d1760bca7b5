# SPDX-License-Identifier: Apache-2.0
"""Measures how large the map of a hall becomes, and how long a person's trace stays in it."""

from __future__ import annotations

import numpy as np
from talus_core.vision.depth_view import DepthView
from talus_map.mapper import MapConfig, Mapper

from talus_lab.bench.map.world import (
    ROOM,
    SMALL_CAMERA,
    hall,
    near_boxes,
    pose_at,
    shoot,
    walk_in_hall,
)

HALL_M = (40.0, 25.0)  # 1000 m^2
QUICK_HALL_M = (16.0, 10.0)
BYTES_PER_MB = 1e6
TRACE_IMAGE_PERIOD_S = 0.1
POSE_PERIOD_S = 2.5  # between two poses of the walk, 1.25 m apart
IMAGES_PER_POSE = 4


def measure_growth(is_quick: bool) -> dict[str, float]:
    """Return the memory of a hall of 1000 m^2 after a walk, free space and all, at 5 cm."""
    length, width = QUICK_HALL_M if is_quick else HALL_M
    boxes = hall(length, width)
    mapper = Mapper(MapConfig(pixel_step=1))
    now = 0.0
    for number, pose in enumerate(walk_in_hall(length, width)):
        shot = shoot(near_boxes(boxes, pose, 7.0), pose, SMALL_CAMERA, number)
        feet = np.array([pose.position[0], pose.position[1], 0.0])
        for repeat in range(IMAGES_PER_POSE):
            at = now + TRACE_IMAGE_PERIOD_S * repeat
            mapper.integrate(DepthView(shot.measured, SMALL_CAMERA, pose, {}, feet, at))
        now += POSE_PERIOD_S
    known = mapper.voxels.coordinates[:, :2]
    area = len(np.unique(known, axis=0)) * mapper.voxels.block_size**2
    at_once = mapper.voxels.bytes_held / BYTES_PER_MB
    return {
        "mb_per_1000_m2_5cm": at_once * 1000.0 / area,
        "mapped_m2": float(area),
        "blocks": float(mapper.voxels.block_count),
        "mb_of_a_byte_a_voxel": mapper.voxels.block_count * 512 / BYTES_PER_MB * 1000.0 / area,
    }


def measure_trace(_: bool) -> dict[str, float]:
    """Return how long after a person left, who had stood for 5 s, the last mark was gone."""
    mapper = Mapper(MapConfig(pixel_step=1))
    pose = pose_at(-2.0, 0.0, 0.0, 0.35)
    person = (((0.0, -0.25, 0.0), (0.3, 0.25, 1.7)),)
    empty = shoot(ROOM, pose, SMALL_CAMERA, 0)
    present = shoot((*ROOM, *person), pose, SMALL_CAMERA, 1)
    now = 0.0
    for shot, times in ((empty, 20), (present, 50), (empty, 0)):
        for _image in range(times):
            mapper.integrate(DepthView(shot.measured, SMALL_CAMERA, pose, {}, np.zeros(3), now))
            now += TRACE_IMAGE_PERIOD_S
    left_at = now
    while _marks(mapper) and now < left_at + 10.0:
        mapper.integrate(DepthView(empty.measured, SMALL_CAMERA, pose, {}, np.zeros(3), now))
        now += TRACE_IMAGE_PERIOD_S
    return {"moving_trace_s": now - left_at}


def _marks(mapper: Mapper) -> int:
    """Return how many voxels of the person are occupied."""
    at = mapper.voxels.occupied_centres()
    is_there = (np.abs(at[:, 0] - 0.15) < 0.3) & (np.abs(at[:, 1]) < 0.4) & (at[:, 2] > 0.15)
    return int(is_there.sum())
