# SPDX-License-Identifier: Apache-2.0
"""Whatever bytes come on joint_command, the driver lives and the gate can judge the command."""

import os
import random

import numpy as np
from rclpy.serialization import serialize_message
from talus_core.state import JointCommand
from talus_drivers.commands.mailbox import is_sound
from talus_drivers.conversions import command_from_bytes
from talus_ros.cdr import JointCommandCodec

from talus_interfaces import msg

JOINTS = 40
COUNT = int(os.environ.get("TALUS_FUZZ", "3000"))


def spoilt(chance: random.Random, frame: bytes) -> bytes:
    """Cut off, changed in places, longer than it says, or noise."""
    kind = chance.randrange(4)
    if kind == 0:
        return frame[: chance.randrange(len(frame))]
    if kind == 1:
        return chance.randbytes(chance.randrange(300))
    changed = bytearray(frame)
    for _ in range(chance.randrange(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed) + (chance.randbytes(chance.randrange(2000)) if kind == 2 else b"")


def test_bytes_that_are_no_command_become_one_that_is_refused():
    for data in (b"", b"\0", b"\0\1\0\0", b"\xff" * 100, serialize_message(msg.JointCommand())):
        assert not is_sound(command_from_bytes(data), JOINTS)


def test_no_bytes_end_the_way_to_the_gate():
    chance = random.Random(int(os.environ.get("TALUS_FUZZ_SEED", "0")))
    codec = JointCommandCodec(JOINTS)
    zero = np.zeros(JOINTS)
    frame = bytes(codec.encode(JointCommand(5, zero, zero, zero, zero, zero)))
    refused = 0
    for _ in range(COUNT):
        data = spoilt(chance, frame)
        command = codec.decode(data) or command_from_bytes(data)
        refused += not is_sound(command, JOINTS)
    assert 0.3 * COUNT < refused < COUNT
