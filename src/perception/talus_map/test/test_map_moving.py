# SPDX-License-Identifier: Apache-2.0
"""Checks that moving bodies are found within a few images, with place and speed; walls never."""

import numpy as np
import pytest
from map_scene import FLOOR, depth_of_boxes, pose_looking
from talus_core.pinhole import Pinhole
from talus_core.vision.depth_view import DepthView
from talus_map.mapper import MapConfig, Mapper

pytestmark = pytest.mark.sim

EYE = Pinhole.from_fovy(120, 90, np.radians(70.88))
HZ = 12.0
ROOM = (
    *(FLOOR, ((5.0, -3.0, 0.0), (5.5, 3.0, 2.0)), ((-1.0, 2.4, 0.0), (8.0, 2.6, 2.0))),  # walls
    *(
        ((2.2, 1.2, 0.0), (2.4, 1.4, 1.8)),
        ((3.0, -2.0, 0.72), (4.0, -1.2, 0.76)),
    ),  # a pillar, a table
)
JITTER = 0.003  # m and rad, error of the poses at which the images are said to be taken


def person(x, y=0.0):
    return ((x, y - 0.2, 0.0), (x + 0.25, y + 0.2, 1.75))


class Walk:
    """Model a robot that walks looking down by 26 degrees, turns its head and drifts by 1 %."""

    def __init__(self, speed=0.0, turn=0.0):
        self.speed = speed
        self.turn = turn
        self.mapper = Mapper(MapConfig(pixel_step=1))
        self.random = np.random.default_rng(0)

    def see(self, time, *boxes):
        x = self.speed * time
        yaw = self.turn * np.sin(time)
        depth = depth_of_boxes((*ROOM, *boxes), pose_looking((x, 0.0, 1.55), yaw, 0.45), EYE)
        noise = self.random.standard_normal(depth.shape, dtype=np.float32)
        depth = np.where(
            np.isfinite(depth), depth + 0.0017 * np.minimum(depth, 99.0) ** 2 * noise, depth
        )
        believed = np.array([1.01 * x, 0.0, 1.55]) + self.random.normal(0.0, JITTER, 3)
        pose = pose_looking(
            believed, yaw + self.random.normal(0.0, JITTER), 0.45 + self.random.normal(0.0, JITTER)
        )
        self.mapper.integrate(DepthView(depth, EYE, pose, {}, np.array([x, 0.0, 0.0]), time))
        return self.mapper.moving


@pytest.mark.parametrize("speed", [0.5, 1.6, 2.5])
def test_a_person_who_comes_is_found_before_he_has_come_a_metre(speed):
    walk = Walk()
    for k in range(12):
        assert walk.see(k / HZ) == []
    found = {}
    for k in range(12, 30):
        x = 4.4 - speed * (k - 12) / HZ
        if bodies := walk.see(k / HZ, person(x)):
            found[k] = (x, bodies)
        if x < 1.0:
            break
    first = min(found)
    last = max(found)
    assert 4.4 - found[first][0] < max(1.0, 4.0 * speed / HZ) and set(found) == set(
        range(first, last + 1)
    )
    x, (body, *others) = found[last]
    assert (
        others == []
        and body.nearest[0] == pytest.approx(x, abs=0.15)
        and abs(body.nearest[1]) < 0.3
    )
    assert np.hypot(*(body.velocity - [-speed, 0.0])) < 0.25 * speed + 0.1


@pytest.mark.parametrize("speed, turn", [(0.0, 0.4), (0.5, 0.0), (0.3, 0.4)])
def test_a_robot_that_walks_and_turns_by_itself_sees_nothing_move(speed, turn):
    walk = Walk(speed, turn)
    assert [walk.see(k / HZ) for k in range(40)] == 40 * [[]]


def test_one_who_comes_round_a_corner_or_stands_is_no_motion():
    """Space that was never seen to be free proves nothing."""
    walk = Walk(turn=0.8)
    assert [walk.see(k / HZ, person(2.5, 0.9)) for k in range(40)] == 40 * [[]]


def test_clear_forgets_who_moved():
    walk = Walk()
    for k in range(12):
        walk.see(k / HZ)
    for k in range(12, 18):
        walk.see(k / HZ, person(4.0 - 1.6 * (k - 12) / HZ))
    assert walk.mapper.moving
    walk.mapper.clear()
    assert walk.mapper.moving == [] and walk.see(18 / HZ, person(3.0)) == []
