# SPDX-License-Identifier: Apache-2.0
"""Times what planners ask of the map, and merging what other robots send."""

from __future__ import annotations

import numpy as np
from talus_map.layers.elevation import ElevationGrid
from talus_map.loops.choice import usual_loops
from talus_map.planning.distance_field import DistanceField
from talus_map.planning.levels import levels_around
from talus_map.voxels.block import keys_of
from talus_map.voxels.projection import end_points, placed
from talus_map.voxels.shared_map import BlockDelta, SharedMap

from talus_lab.bench.map.peers import find_module
from talus_lab.bench.map.timing import SENSOR, WARM_UP_IMAGES, cpu_ms, fuse_shot
from talus_lab.bench.map.world import FRONT_CAMERA, Shot, walk_in_room

MERGED_BLOCKS = 50_000
MERGES = 5
ASKED_POINTS = 10_000
RESOLUTION_M = 0.05
LEVELS_M = 4.0  # edge of the square in which levels are found, as that of the elevation map
PIXEL_STEP = 2  # as the map's node


def measure_queries(is_quick: bool) -> dict[str, float]:
    """Return distance_field_ms, elevation_ms, merge_50k_blocks_ms and the time of questions."""
    shots = walk_in_room(5 if is_quick else 20)
    shared = SharedMap(RESOLUTION_M)
    field = DistanceField(RESOLUTION_M)
    elevation = ElevationGrid()
    layer = shared.layer("cameras")
    field_ms = []
    elevation_ms = []
    for number, shot in enumerate(shots):
        fuse_shot(layer, shot, usual_loops(), 0.1 * number)
        place = shot.pose.position
        field_ms.append(cpu_ms(lambda at: field.update(shared, shared.take_changed(), at), place))
        feet = np.array([place[0], place[1], 0.0])
        elevation_ms.append(cpu_ms(_raise, shared, elevation, shot, feet, 0.1 * number))
    figures = {
        "distance_field_ms": float(np.median(field_ms[WARM_UP_IMAGES:])),
        "distance_field_ms_max": float(np.max(field_ms[WARM_UP_IMAGES:])),
        "elevation_ms": float(np.median(elevation_ms[WARM_UP_IMAGES:])),
        "merge_50k_blocks_ms": _merge_ms(),
    }
    return figures | _nearest_ms(field, layer.occupied_centres())


def _raise(
    shared: SharedMap, elevation: ElevationGrid, shot: Shot, feet: np.ndarray, now: float
) -> None:
    """Bring heights and levels up to date with one image."""
    seen = end_points(shot.measured, FRONT_CAMERA, SENSOR, PIXEL_STEP)
    points = placed(seen, shot.pose)
    elevation.centre_on(feet[:2])
    elevation.integrate(points, SENSOR.deviation(seen[:, 2]) ** 2, float(feet[2]), now)
    levels_around(shared, feet, LEVELS_M, elevation)


def _merge_ms() -> float:
    """Return the median time of merging another robot's blocks, half of them known, ms."""
    random = np.random.default_rng(0)
    side = np.arange(-120, 120)
    places = np.stack(np.meshgrid(side, side, [0], indexing="ij"), -1).reshape(-1, 3)
    keys = keys_of(random.permutation(places)[:MERGED_BLOCKS].astype(np.int32))
    times = []
    for _ in range(MERGES):
        packed = random.integers(0, 256, (MERGED_BLOCKS, 128)).astype(np.uint8)
        seen_at = np.full(MERGED_BLOCKS, 5, np.uint32)
        first, second = (
            BlockDelta(
                "robot2", RESOLUTION_M, keys, np.full(MERGED_BLOCKS, v, np.uint32), seen_at, packed
            )
            for v in (1, 2)
        )
        shared = SharedMap(RESOLUTION_M)
        half = slice(0, MERGED_BLOCKS // 2)
        shared.merge(
            BlockDelta(
                "robot2",
                RESOLUTION_M,
                keys[half],
                first.versions[half],
                seen_at[half],
                packed[half],
            )
        )
        times.append(cpu_ms(shared.merge, second))
    return float(np.median(times))


def _nearest_ms(field: DistanceField, occupied: np.ndarray) -> dict[str, float]:
    """Return how long it takes to ask for the nearest obstacle, and small_gicp's tree beside it."""
    random = np.random.default_rng(1)
    asked = occupied[random.integers(len(occupied), size=ASKED_POINTS)]
    asked = asked + random.normal(0.0, 0.05, asked.shape)
    figures = {"nearest_10k_ms": cpu_ms(field.distances_at, asked)}
    module = find_module("small_gicp")
    if module is not None:
        tree = module.KdTree(occupied.astype(float))
        figures["nearest_10k_ms_small_gicp"] = cpu_ms(tree.batch_nearest_neighbor_search, asked)
    return figures
