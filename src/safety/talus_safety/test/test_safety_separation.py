# SPDX-License-Identifier: Apache-2.0
"""Speed and separation: S = K T + D + Z, by who comes and by what the robot does."""

import math

import numpy as np
import pytest
from sensor_msgs.msg import PointCloud2, PointField
from talus_core.errors import RefusedInputError
from talus_core.words.modes import Mode
from talus_safety.conversions import MOVING_FIELDS, moving_bodies
from talus_safety.kernel.limits import SupervisorLimits
from talus_safety.supervision.separation import UNSEEN_BODY_KEPT_S, Separation

LIMITS = SupervisorLimits()
K = LIMITS.approach_m_s


def gaps(distance, velocity=(0.0, 0.0), mode=Mode.STANDING, pace=0.0, age=0.0):
    """With one body at `distance` m ahead of a robot that walked at `pace` m/s for a second."""
    separation = Separation(LIMITS)
    for time in np.arange(0.0, 1.01, 0.02):
        separation.stand_at((pace * time, 0.0), time)
    separation.hear(np.array([[pace + distance, 0.0, *velocity]]), 1.0)
    return separation.gaps(mode, 1.0 + age)


def test_standing_it_needs_the_time_to_notice():
    stop, slow = gaps(3.0)
    assert stop == pytest.approx(3.0 - K * LIMITS.notice_s - LIMITS.clearance_m)
    assert slow == pytest.approx(stop - K * LIMITS.slow_s)


@pytest.mark.parametrize("pace, times", [(0.0, 1.0), (0.5, 1.0), (1.0, 2.0)])
def test_walking_it_needs_the_time_and_the_way_to_halt_as_well(pace, times):
    stop, _ = gaps(6.0, mode=Mode.WALKING, pace=pace)
    needed = (
        K * (LIMITS.notice_s + times * LIMITS.halt_s)
        + times**2 * LIMITS.halt_m
        + LIMITS.clearance_m
    )
    assert stop == pytest.approx(6.0 - needed, abs=0.02)


def test_who_runs_is_farther_away_when_it_stops_and_who_stands_counts_as_walking():
    assert gaps(3.0, (-3.0, 0.0))[0] == pytest.approx(gaps(3.0)[0] - (3.0 - K) * LIMITS.notice_s)
    assert gaps(3.0, (-0.2, 0.0)) == gaps(3.0)


def test_who_is_not_seen_any_more_comes_on_for_a_while():
    assert gaps(3.0, age=0.3)[0] == pytest.approx(gaps(3.0)[0] - 0.3 * K)
    assert gaps(3.0, age=UNSEEN_BODY_KEPT_S + 0.01) == (math.inf, math.inf)


def test_without_anybody_or_without_a_place_nothing_is_near():
    separation = Separation(LIMITS)
    assert separation.gaps(Mode.WALKING, 1.0) == (math.inf, math.inf)
    separation.hear(np.array([[1.0, 0.0, 0.0, 0.0]]), 1.0)
    assert separation.gaps(Mode.WALKING, 1.0) == (math.inf, math.inf)
    separation.stand_at((0.0, 0.0), 1.0)
    assert separation.gaps(Mode.WALKING, 1.0)[0] < 0.0
    separation.hear(np.array([[np.nan, 0.0, 0.0, 0.0]]), 1.0)
    assert separation.gaps(Mode.WALKING, 1.0) == (math.inf, math.inf)


def test_people_of_trusted_eyes_count_instead_of_what_moves_until_the_eyes_are_silent():
    separation = Separation(LIMITS)
    separation.stand_at((0.0, 0.0), 1.0)
    lump = np.array([[1.0, 0.0, 0.0, 0.0]])  # a door that swings
    separation.hear(lump, 1.0)
    assert separation.gaps(Mode.WALKING, 1.0)[0] < 0.0
    separation.hear_people(np.zeros((0, 4)), 1.0)
    assert separation.gaps(Mode.WALKING, 1.0) == (math.inf, math.inf)
    separation.hear_people(np.array([[0.9, 0.0, 0.0, 0.0]]), 1.0)  # who stands counts, too
    assert separation.gaps(Mode.WALKING, 1.0)[0] < 0.0
    separation.hear_people(np.zeros((0, 4)), 1.0)
    late = 1.0 + UNSEEN_BODY_KEPT_S + 0.01
    separation.hear(lump, late)
    assert separation.gaps(Mode.WALKING, late)[0] < 0.0


def test_time_that_goes_back_is_no_speed():
    separation = Separation(LIMITS)
    separation.stand_at((9.0, 0.0), 5.0)
    separation.stand_at((0.0, 0.0), 1.0)
    separation.hear(np.array([[6.0, 0.0, 0.0, 0.0]]), 1.0)
    expected = 6.0 - K * (LIMITS.notice_s + LIMITS.halt_s) - LIMITS.halt_m - LIMITS.clearance_m
    assert separation.gaps(Mode.WALKING, 1.0)[0] == pytest.approx(expected)


def cloud(names, rows):
    fields = [
        PointField(name=n, offset=4 * i, datatype=PointField.FLOAT32, count=1)
        for i, n in enumerate(names)
    ]
    rows = np.array(rows, np.float32)
    return PointCloud2(
        height=1,
        width=len(rows),
        fields=fields,
        point_step=4 * len(names),
        row_step=rows.nbytes,
        data=rows.tobytes(),
    )


def spoilt(**changes):
    message = cloud(("x", "y", "vx", "vy"), [[1.0, 2.0, -1.5, 0.25]])
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def test_bodies_are_read_from_the_message():
    names = ("x", "y", "z", "vx", "vy")
    message = cloud(names, [[1.0, 2.0, 0.5, -1.5, 0.25], [3.0, 4.0, 0.5, 0.0, 0.0]])
    message.header.stamp.sec, message.header.stamp.nanosec = 7, 500_000_000
    bodies, stamp = moving_bodies(message)
    assert stamp == 7.5 and bodies.tolist() == [[1.0, 2.0, -1.5, 0.25], [3.0, 4.0, 0.0, 0.0]]
    nobody = cloud(names, np.zeros((0, 5)))
    assert moving_bodies(nobody)[0].shape == (0, 4)


@pytest.mark.parametrize(
    "message",
    [
        PointCloud2(),
        cloud(("x", "y", "z"), [[1.0, 2.0, 3.0]]),
        spoilt(data=b"\0" * 12),
        spoilt(point_step=0),
        spoilt(point_step=0, width=0, data=b""),
        spoilt(point_step=7),
        spoilt(point_step=2**32 - 4),
        spoilt(width=2**32 - 1),
        spoilt(height=2),
        spoilt(is_bigendian=True),
        spoilt(fields=[PointField(name=n, offset=2**31, datatype=7) for n in MOVING_FIELDS]),
        spoilt(fields=[PointField(name=n, offset=0, datatype=8) for n in MOVING_FIELDS]),
    ],
)
def test_a_cloud_of_another_structure_is_refused_so_that_the_last_one_holds(message):
    with pytest.raises(RefusedInputError, match="a cloud"):
        moving_bodies(message)
