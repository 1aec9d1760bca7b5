# SPDX-License-Identifier: Apache-2.0
"""Converts RobotState and JointCommand to the bytes that DDS carries, and back.

The bytes are plain CDR, little endian. Building and reading message objects costs more than the
transport of such small messages. A test keeps these layouts equal to rclpy's own serialisation.
Offsets count from the end of the 4-byte header.

Every float64[] consists of 8 bytes that end (state, first array) or begin with its count, then its
numbers. So the arrays of a message are the rows of one table of doubles, whose column 0 holds the
counts.
"""

from __future__ import annotations

import struct

import numpy as np
from talus_core.errors import RefusedInputError
from talus_core.graph.seal import SEAL_BYTES
from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_core.state import JointCommand, RobotState

UNSEALED = bytes(SEAL_BYTES)  # of a frame that is not sealed yet
HEADER = b"\x00\x01\x00\x00"  # encapsulation: plain CDR, little endian, no options


class JointCommandCodec:
    """Converts a JointCommand of `size` joints to bytes and back: sequence, then 5 arrays."""

    HEAD = struct.Struct("<Q")

    def __init__(self, size: int):
        self._table = np.zeros((5, size + 1))
        self._table.view("<u4")[:, 0] = size
        self._arrays_at = len(HEADER) + self.HEAD.size
        self._length = self._arrays_at + self._table.nbytes + SEAL_BYTES
        self._sequence_and_sizes = struct.Struct("<Q" + 5 * f"I{4 + 8 * size}x")
        self._sizes = (size,) * 5

    def encode(self, command: JointCommand) -> bytes:
        """Return the command's bytes; raises ValueError where an array has another size."""
        arrays = (command.position, command.velocity, command.effort, command.kp, command.kd)
        for row, array in zip(self._table, arrays, strict=True):
            row[1:] = array
        head = HEADER + self.HEAD.pack(command.sequence)
        return head + self._table.tobytes() + UNSEALED

    def decode(self, data: bytes) -> JointCommand | None:
        """Return the command, or None where the bytes are of another size or encoding.

        Its arrays are read-only views of `data`.
        """
        if len(data) != self._length or data[:4] != HEADER:
            return None
        sequence, *sizes = self._sequence_and_sizes.unpack_from(data, len(HEADER))
        if tuple(sizes) != self._sizes:
            return None
        table = np.frombuffer(data, "<f8", self._table.size, self._arrays_at).reshape(5, -1)
        position, velocity, effort, kp, kd = table[:, 1:]
        return JointCommand(
            sequence=sequence, position=position, velocity=velocity, effort=effort, kp=kp, kd=kd
        )


class RobotStateCodec:
    """Converts a RobotState of `size` joints to bytes and back.

    The bytes hold times and flags, 3 arrays and 18 numbers.
    """

    HEAD = struct.Struct("<iIQQ")
    FLAGS = struct.Struct("<??xxI")  # two flags, and the count of the first array
    VECTORS = 3 + 3 + 2 * 6

    def __init__(self, size: int):
        self._table = np.zeros((3, size + 1))
        self._table.view("<u4")[1:, 0] = size
        self._vectors = np.zeros(self.VECTORS)
        self._size = size
        self._table_at = len(HEADER) + self.HEAD.size
        self._vectors_at = self._table_at + self._table.nbytes
        self._length = self._vectors_at + self._vectors.nbytes + SEAL_BYTES
        gap = f"{8 * size}x"
        self._all_but_numbers = struct.Struct(f"<iIQQ??xxI{gap}I4x{gap}I4x")
        self._sizes = (size,) * 3

    def encode(self, state: RobotState, standby_active: bool) -> bytes:
        """Return the state's bytes; raises ValueError where an array has another size."""
        self._table[0, 1:] = state.position
        self._table[1, 1:] = state.velocity
        self._table[2, 1:] = state.effort
        self._vectors[:3] = state.angular_velocity
        self._vectors[3:6] = state.linear_acceleration
        self._vectors[6:].reshape(2, 6)[:] = state.foot_wrenches
        seconds, nanoseconds = divmod(
            round(state.time * NANOSECONDS_PER_SECOND), NANOSECONDS_PER_SECOND
        )
        head = self.HEAD.pack(seconds, nanoseconds, state.sequence, state.steady_time_ns)
        flags = self.FLAGS.pack(state.torque_enabled, standby_active, self._size)
        arrays = (self._table.tobytes()[8:], self._vectors.tobytes())
        return b"".join((HEADER, head, flags, *arrays, UNSEALED))

    def decode(self, data: bytes) -> tuple[RobotState, bool] | None:
        """Return state and standby_active, or None for bytes of another size or encoding."""
        if len(data) != self._length or data[:4] != HEADER:
            return None
        seconds, nanoseconds, sequence, steady_time_ns, torque_enabled, standby_active, *sizes = (
            self._all_but_numbers.unpack_from(data, len(HEADER))
        )
        if tuple(sizes) != self._sizes:
            return None
        table = np.frombuffer(data, "<f8", self._table.size, self._table_at).reshape(3, -1)
        vectors = np.frombuffer(data, "<f8", self.VECTORS, self._vectors_at)
        position, velocity, effort = table[:, 1:]
        state = RobotState(
            sequence=sequence,
            time=seconds + nanoseconds / NANOSECONDS_PER_SECOND,
            steady_time_ns=steady_time_ns,
            position=position,
            velocity=velocity,
            effort=effort,
            angular_velocity=vectors[:3],
            linear_acceleration=vectors[3:6],
            foot_wrenches=vectors[6:].reshape(2, 6),
            torque_enabled=torque_enabled,
        )
        return state, standby_active

    def read(self, data: bytes) -> tuple[RobotState, bool]:
        """Return the state, and standby_active. Raises RefusedInputError for other bytes."""
        decoded = self.decode(data)
        if decoded is None:
            raise RefusedInputError(
                f"{len(data)} bytes, of another robot; {self._length} of {self._size} joints work"
            )
        return decoded
