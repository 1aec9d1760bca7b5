# SPDX-License-Identifier: Apache-2.0
"""Times how long an image takes, from depth and pose to the fused voxels, ours and the peers'."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from talus_map.loops.choice import usual_loops
from talus_map.loops.in_numpy import NumpyLoops
from talus_map.loops.seam import Loops
from talus_map.mapper import MapConfig
from talus_map.voxels.open_space import OpenSpace
from talus_map.voxels.projection import DepthSensor, end_points, placed
from talus_map.voxels.voxel_map import VoxelMap

from talus_lab.bench.map.peers import makers
from talus_lab.bench.map.world import FRONT_CAMERA, Shot, seen_voxels, walk_in_room

MAP_CONFIG = MapConfig()
SENSOR = DepthSensor(MAP_CONFIG.min_range_m, MAP_CONFIG.max_range_m, MAP_CONFIG.noise_per_m2)
WARM_UP_IMAGES = 1  # before the first that counts: buffers grow to their size
# Times that each image is fused before the maps are compared: more than one hit makes occupied.
FUSED_TIMES = 2


def time_images(
    resolution: float, images: int, peer_images: int, is_judged: bool
) -> list[Mapping[str, Any]]:
    """Return a row for each map: ms of CPU an image; the IoU of what is occupied if judged."""
    shots = walk_in_room(images + WARM_UP_IMAGES)
    few = shots[: peer_images + WARM_UP_IMAGES]
    truth = seen_voxels(few, FRONT_CAMERA, resolution) if is_judged else None
    rows: list[Mapping[str, Any]] = []
    for name, loops, own in (("talus", usual_loops(), shots), ("talus_numpy", NumpyLoops(), few)):
        voxels = VoxelMap(resolution, loops=loops)
        times = [cpu_ms(fuse_shot, voxels, shot, loops) for shot in own]
        rows.append(_row(name, resolution, times, _iou_of_ours(resolution, loops, few, truth)))
    for make in makers():
        peer = make(resolution)
        clouds = [_cloud(shot) for shot in few]
        times = [cpu_ms(peer.fuse, points, origin, SENSOR.max_range) for points, origin in clouds]
        for points, origin in clouds * (FUSED_TIMES - 1) if is_judged else []:
            peer.fuse(points, origin, SENSOR.max_range)
        occupied = peer.occupied() if is_judged else None
        rows.append(_row(peer.name, resolution, times, _iou(occupied, truth)))
    return rows


def fuse_shot(voxels: VoxelMap, shot: Shot, loops: Loops, now: float = 0.0) -> None:
    """Fuse an image with all its points, as the map's node does with every fourth."""
    points = placed(end_points(shot.measured, FRONT_CAMERA, SENSOR), shot.pose)
    space = OpenSpace(shot.measured, FRONT_CAMERA, shot.pose, SENSOR, loops)
    hits = voxels.hits_of(points)
    hits = hits.only(space.can_clear(hits.voxels, voxels.resolution))
    voxels.fuse(hits, space.find(voxels.block_size), now)


def cpu_ms(function: Callable[..., object], *arguments: object) -> float:
    """Return the CPU time of a call, ms: another load of the machine does not count."""
    started = time.process_time()
    function(*arguments)
    return 1e3 * (time.process_time() - started)


def _cloud(shot: Shot) -> tuple[np.ndarray, np.ndarray]:
    """Return end points in M and where they were seen from, as the peers take them."""
    return placed(end_points(shot.measured, FRONT_CAMERA, SENSOR), shot.pose), shot.pose.position


def _iou_of_ours(
    resolution: float, loops: Loops, shots: Sequence[Shot], truth: np.ndarray | None
) -> float:
    voxels = VoxelMap(resolution, loops=loops)
    for shot in list(shots) * FUSED_TIMES:
        fuse_shot(voxels, shot, loops)
    return _iou(voxels.occupied_voxels(), truth)


def _iou(found: np.ndarray | None, truth: np.ndarray | None) -> float:
    """Return the intersection of two sets of voxels over their union; NaN without one."""
    if found is None or truth is None:
        return float("nan")
    occupied = set(map(tuple, found.tolist()))
    true = set(map(tuple, truth.tolist()))
    return len(occupied & true) / len(occupied | true)


def _row(name: str, resolution: float, times: Sequence[float], iou: float) -> dict[str, Any]:
    counted = times[WARM_UP_IMAGES:]
    return {
        "map": name,
        "resolution_m": resolution,
        "images": len(counted),
        "points": FRONT_CAMERA.width * FRONT_CAMERA.height,
        "ms_p50": float(np.median(counted)),
        "ms_max": float(np.max(counted)),
        "iou": iou,
    }
