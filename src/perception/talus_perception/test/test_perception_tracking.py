# SPDX-License-Identifier: Apache-2.0
"""One thing keeps one number: over time, over cameras, and while something stands before it."""

import numpy as np
import pytest
from talus_core.pinhole import Pinhole
from talus_core.transform import Transform
from talus_perception.seeing.placing import Glance, Placed
from talus_perception.tracking.crossing import CrossingConfig, count_switches
from talus_perception.tracking.tracker import Sightline, Tracker, TrackerConfig, sightline
from talus_perception.words import PERSON

PINHOLE = Pinhole(320, 256, 160.0, 160.0, 159.5, 127.5)
AHEAD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
EYE = np.array((0.0, 0.0, 1.5))


def glance(time, camera="front", rotation=AHEAD, depth=None):
    return Glance(camera, time, PINHOLE, Transform(rotation, EYE), depth)


def seen(position, kind=PERSON, score=0.9, deviation=0.1):
    return Placed(
        kind,
        score,
        (0.0, 0.0, 10.0, 10.0),
        np.array(position, float),
        deviation**2 * np.eye(3),
        np.array((0.5, 0.5, 1.7)),
        0.0,
    )


def test_a_walking_person_keeps_number_and_gets_a_velocity():
    tracker = Tracker()
    for tick in range(20):
        tracker.step([seen((3.0, -1.0 + 0.1 * tick, 1.0))], glance(0.1 * tick))
    (person,) = tracker.objects(1.9)
    assert person.id == 1
    assert person.velocity == pytest.approx((0.0, 1.0, 0.0), abs=0.1)
    assert tracker.objects(2.4)[0].position[1] == pytest.approx(1.4, abs=0.1)  # half a second on


def test_two_cameras_that_see_one_person_tell_of_one():
    tracker = Tracker()
    back = AHEAD @ np.diag((-1.0, 1.0, -1.0))
    for tick in range(12):
        tracker.step([seen((2.0, 0.0, 1.0))], glance(0.2 * tick))
        tracker.step([seen((2.08, 0.05, 1.0))], glance(0.2 * tick, "wide", back))
    assert [one.id for one in tracker.objects(2.4)] == [1]


def test_what_was_shown_once_is_not_told():
    tracker = Tracker()
    tracker.step([seen((2.0, 0.0, 1.0))], glance(0.0))
    assert tracker.objects(0.0) == []
    for tick in range(1, 9):
        tracker.step([], glance(0.2 * tick))
    tracker.step([seen((2.0, 0.0, 1.0))], glance(1.9))
    assert tracker.step([seen((2.0, 0.0, 1.0))], glance(2.0)) == [2]  # the first one was forgotten


def test_a_person_behind_another_is_kept_and_one_who_left_is_not():
    config = TrackerConfig()
    tracker = Tracker(config)
    for tick in range(6):
        tracker.step(
            [seen((2.0, 0.0, 1.0)), seen((4.0, 0.1, 1.0)), seen((3.0, 2.0, 1.0))],
            glance(0.2 * tick),
        )
    for tick in range(6, 14):
        tracker.step([seen((2.0, 0.0, 1.0))], glance(0.2 * tick))
    ids = {one.id for one in tracker.objects(2.6)}
    assert ids == {1, 2}  # the second is hidden by the first, the third should be seen
    assert {one.id for one in tracker.objects(1.0 + config.person_unseen_s + 0.1)} == {1}


def test_a_wall_hides_and_the_edge_of_the_picture_is_no_proof():
    wall = np.full((64, 80), 2.0, np.float32)
    assert sightline(glance(0.0, depth=wall), np.array((4.0, 0.0, 1.0))) is Sightline.HIDDEN
    assert sightline(glance(0.0, depth=wall), np.array((2.2, 0.0, 1.0))) is Sightline.OPEN
    assert sightline(glance(0.0), np.array((-1.0, 0.0, 1.0))) is Sightline.OUTSIDE
    assert sightline(glance(0.0), np.array((1.0, 3.0, 1.0))) is Sightline.OUTSIDE


def test_a_thing_and_a_person_at_one_place_are_two():
    tracker = Tracker()
    for tick in range(5):
        both = [seen((2.0, 0.0, 1.0)), seen((2.0, 0.0, 1.0), "box")]
        tracker.step(both, glance(0.2 * tick))
    assert {one.kind for one in tracker.objects(1.0)} == {PERSON, "box"}


def test_two_people_who_cross_keep_their_numbers():
    """Seeded; the figure of many crossings is in the benchmark."""
    counted = count_switches(CrossingConfig(crossings=12, seed=0))
    assert counted.minutes > 1.0
    assert counted.switches <= 1
    assert counted.seen_share > 0.8
