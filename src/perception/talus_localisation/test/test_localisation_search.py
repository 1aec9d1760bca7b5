# SPDX-License-Identifier: Apache-2.0
"""Checks that a place is found without a start, and that two that look alike are told."""

import numpy as np
import pytest
from surfel_world import at, box, off, room, view
from talus_localisation.matching.surfels import Surfels
from talus_localisation.places.search import Plans, SearchConfig, Window
from talus_localisation.places.slices import sliced

pytestmark = pytest.mark.sim

CELL = SearchConfig().cell_m
HALL = room(
    10.0,
    7.0,
    [(3.0, 2.0, 0.3), (6.5, 4.6, 0.4), (2.0, 5.5, 0.25), (8.0, 1.5, 0.5), (4.4, 3.6, 0.2)],
)
WHOLE = Window(centre=np.array([5.0, 3.5]), half=6.0)


def found(world, pose, window=WHOLE, seed=0):
    seen = view(world, pose, np.random.default_rng(seed))
    plans = Plans(sliced(world, 0.0, CELL))
    return plans.find(sliced(seen, 0.0, CELL), window)


def test_what_has_no_rival_is_true_and_among_rivals_is_the_truth():
    rng = np.random.default_rng(1)
    unrivalled = []
    missing = 0
    for seed in range(12):
        pose = at(rng.uniform(1, 9), rng.uniform(1, 6), rng.uniform(-3, 3))
        ways = [off(at(p.x, p.y, p.yaw), pose)[0] for p in found(HALL, pose, seed=seed)]
        unrivalled += ways if len(ways) == 1 else []
        missing += min(ways) > SearchConfig().apart_m
    assert len(unrivalled) >= 2  # one look of 86 degrees rarely tells
    assert max(unrivalled) < 0.15
    assert missing <= 1


def test_every_pose_that_was_left_out_is_worse():
    seen = sliced(view(HALL, at(8, 4, 2.8), np.random.default_rng(0)), 0.0, CELL)
    window = Window(centre=np.array([7.5, 3.8]), half=1.0, yaw=2.7, half_yaw=0.3)
    with_bounds = Plans(sliced(HALL, 0.0, CELL)).find(seen, window)
    flat = SearchConfig(levels=1, margin=0.9, least_score=0.1)
    nearly_all = Plans(sliced(HALL, 0.0, CELL), flat).find(seen, window)
    assert with_bounds[0] == nearly_all[0]


def test_two_places_that_look_alike_are_both_told():
    # A room that is the same after half a turn.
    twin = room(8.0, 6.0, [(2.0, 2.0, 0.3), (6.0, 4.0, 0.3)])
    pose = at(3.0, 3.0, 0.5)
    other = at(5.0, 3.0, 0.5 - np.pi)
    places = found(twin, pose, Window(centre=np.array([4.0, 3.0]), half=5.0))
    assert len(places) >= 2
    for true in (pose, other):
        assert min(off(at(p.x, p.y, p.yaw), true)[0] for p in places) < 2.0 * CELL


def test_a_window_keeps_to_its_directions():
    places = found(HALL, at(8, 4, 2.8), Window(np.array([8.0, 4.0]), 1.0, yaw=0.0, half_yaw=0.5))
    assert all(abs(place.yaw) <= 0.55 for place in places)


def test_what_is_nowhere_on_the_map_is_not_found():
    elsewhere = Surfels.joined([box(1.6, 0.4, 0.11), box(1.2, -0.5, 0.07), box(2.2, 0.2, 0.3)])
    seen = sliced(elsewhere, 0.0, CELL)
    assert Plans(sliced(HALL, 0.0, CELL), SearchConfig(least_score=0.9)).find(seen, WHOLE) == []
    nothing = sliced(Surfels.none(), 0.0, CELL)
    assert Plans(sliced(HALL, 0.0, CELL)).find(nothing, WHOLE) == []
    assert Plans(nothing).find(seen, WHOLE) == []


def test_floors_and_ceilings_are_in_no_slice():
    assert len(sliced(HALL.chosen(np.flatnonzero(HALL.normals[:, 2] > 0.5)), 0.0, CELL)) == 0
    assert len(sliced(HALL, 10.0, CELL)) == 0
