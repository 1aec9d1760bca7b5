# SPDX-License-Identifier: Apache-2.0
"""Serialises a message once, and then changes only its stamp and numbers.

Setting the fields of a message object and serialising it anew costs several times its transport.
This works for every message that begins with its stamp (as with a std_msgs/Header) and ends with
numbers, such as Imu or JointState.
"""

from __future__ import annotations

import struct

import numpy as np
from talus_core.physics import NANOSECONDS_PER_SECOND

from talus_ros.cdr import HEADER

STAMP = struct.Struct("<iI")


class StampedNumbers:
    """Holds the bytes of one message, which are filled again and again.

    Attributes:
        numbers: (count,) last float64 values, in the order of the message's fields; write them
            here. Counts of arrays between them take a place each and must stay as they are.
    """

    def __init__(self, serialised: bytes, count: int):
        """Take the message as rclpy writes it; `count` of its last 8-byte places are numbers.

        Raises ValueError where the message is too short for that.
        """
        numbers_at = len(serialised) - 8 * count
        if (
            serialised[:4] != HEADER
            or (numbers_at - len(HEADER)) % 8
            or numbers_at < len(HEADER) + STAMP.size
        ):
            raise ValueError(f"{len(serialised)} bytes of CDR do not end with {count} numbers")
        self._data = bytearray(serialised)
        self.numbers = np.frombuffer(self._data, "<f8", count, numbers_at)

    def stamped(self, seconds: float) -> bytes:
        """Return the message as it is now, stamped with the ROS time `seconds`."""
        nanoseconds = round(seconds * NANOSECONDS_PER_SECOND)
        STAMP.pack_into(self._data, len(HEADER), *divmod(nanoseconds, NANOSECONDS_PER_SECOND))
        return bytes(self._data)
