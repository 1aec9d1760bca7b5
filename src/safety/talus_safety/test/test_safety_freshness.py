# SPDX-License-Identifier: Apache-2.0
"""Ages by stamp and by arrival, and stamps read from serialised messages."""

import random

import pytest
from geometry_msgs.msg import TransformStamped
from rclpy.serialization import serialize_message
from safety_samples import ROBOT
from std_msgs.msg import Header
from talus_safety.conversions import time_message
from talus_safety.supervision.freshness import Freshness, first_transform_of, link_names, stamp_of
from tf2_msgs.msg import TFMessage

from talus_interfaces.msg import ElevationMap


def test_age_is_that_of_the_oldest_source_on_the_clock_that_passed_less():
    fresh = Freshness(("base", "joints"))
    assert fresh.age(0.8, 9.7) == 0.0 and fresh.age(0.9, 9.9) == pytest.approx(0.1), "time to begin"
    fresh.hear("base", 1.0, 10.0)
    fresh.hear("joints", 0.9, 10.1)
    assert fresh.age(1.5, 10.6) == pytest.approx(0.5)
    assert fresh.age(1.5, 10.3) == pytest.approx(0.3), (
        "a clock that runs ahead of the wall ages nothing"
    )
    assert fresh.age(1.1, 99.0) == pytest.approx(0.2), "nor does a slow computer"
    assert Freshness(()).age(9.0, 9.0) == 0.0


def test_a_stamp_that_does_not_go_on_is_not_heard():
    fresh = Freshness(("base",))
    for steady in (1.0, 2.0, 3.0):
        fresh.hear("base", 1.0, steady)
        fresh.hear("stranger", 99.0, steady)
    fresh.hear("base", 0.5, 3.0)
    assert fresh.age(3.0, 3.0) == pytest.approx(2.0)


@pytest.mark.parametrize("child", ["l", "ab", "abc", "odom", "base_link", "b" * 63])
@pytest.mark.parametrize("parent", ["o", "odom", "torso"])
def test_first_transform_is_read_from_the_bytes(parent, child):
    first = TransformStamped(
        header=Header(frame_id=parent, stamp=time_message(12.25)), child_frame_id=child
    )
    first.transform.translation.x, first.transform.translation.y = 1.5, -2.5
    data = serialize_message(
        TFMessage(transforms=[first, TransformStamped(child_frame_id="other")])
    )
    assert first_transform_of(data) == (child, 12.25, (1.5, -2.5))


def test_stamp_is_read_from_the_bytes():
    assert stamp_of(serialize_message(ElevationMap(header=Header(stamp=time_message(3.5))))) == 3.5


def test_cut_off_and_random_bytes_are_no_stamps():
    data = serialize_message(TFMessage(transforms=[TransformStamped(child_frame_id="base_link")]))
    assert first_transform_of(serialize_message(TFMessage())) is None
    for size in range(data.index(b"base_link") + len("base_link")):
        assert first_transform_of(data[:size]) is None
    assert stamp_of(b"") is stamp_of(b"\x00\x00" + bytes(20)) is None
    noise = random.Random(1)
    for _ in range(2000):
        first_transform_of(b"\x00\x01" + noise.randbytes(noise.randrange(80)))
        stamp_of(noise.randbytes(noise.randrange(20)))


def test_links_of_the_robot_are_the_frames_of_its_joints():
    assert {"torso", "l_ankle"} <= set(link_names(ROBOT.urdf))
