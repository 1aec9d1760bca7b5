# SPDX-License-Identifier: Apache-2.0
"""Messages filled as bytes against rclpy's own serialisation."""

from __future__ import annotations

import numpy as np
import pytest
from geometry_msgs.msg import WrenchStamped
from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message, serialize_message
from rosgraph_msgs.msg import Clock
from std_msgs.msg import String
from talus_ros.stamped import StampedNumbers


@pytest.mark.parametrize("frame", ["", "l", "l_s", "l_sol", "l_sole", "imu_link"])
def test_rclpy_reads_stamp_and_numbers_whatever_the_length_of_the_frame(frame):
    shape = WrenchStamped()
    shape.header.frame_id = frame
    message = StampedNumbers(serialize_message(shape), 6)
    message.numbers[:] = np.arange(1.0, 7.0)
    read = deserialize_message(message.stamped(1234.000000005), WrenchStamped)
    assert read.header.frame_id == frame
    assert (read.header.stamp.sec, read.header.stamp.nanosec) == (1234, 5)
    force = read.wrench.force
    torque = read.wrench.torque
    assert (force.x, force.y, force.z, torque.x, torque.y, torque.z) == (
        1.0,
        2.0,
        3.0,
        4.0,
        5.0,
        6.0,
    )


def test_what_was_sent_does_not_change_with_the_next():
    message = StampedNumbers(serialize_message(Clock()), 0)
    first = message.stamped(1.0)
    second = message.stamped(2.5)
    read = [deserialize_message(data, Clock).clock for data in (first, second)]
    assert [(stamp.sec, stamp.nanosec) for stamp in read] == [(1, 0), (2, 500_000_000)]


@pytest.mark.parametrize(("message", "count"), [(String(data="no stamp"), 1), (Odometry(), 10_000)])
def test_bytes_that_do_not_end_with_so_many_numbers_are_refused(message, count):
    with pytest.raises(ValueError, match=str(count)):
        StampedNumbers(serialize_message(message), count)
