# SPDX-License-Identifier: Apache-2.0
"""Hashes every state that a driver reads and every command that it is given."""

from __future__ import annotations

import hashlib
from dataclasses import fields

import numpy as np
from talus_core.state import JointCommand, RobotState
from talus_simulation.mujoco_body.driver import MujocoDriver

WALL_TIMES = {"steady_time_ns"}  # fields of a state that no run repeats


class Tape:
    """Listens to one driver from now on.

    Attributes:
        ticks: Control periods that were heard.
    """

    def __init__(self, driver: MujocoDriver):
        """Intercept the calls to a driver."""
        self._digest = hashlib.blake2b(digest_size=16)
        self._read = driver.read
        self._write = driver.write
        self._stop = driver.stop
        self._newest = -1
        self.ticks = 0
        # setattr: a type checker rejects the assignment to a method.
        setattr(driver, "read", self._on_read)  # noqa: B010
        setattr(driver, "write", self._on_write)  # noqa: B010
        setattr(driver, "stop", self._on_stop)  # noqa: B010

    @property
    def digest(self) -> str:
        """Return hexadecimal BLAKE2b of all that was heard; equal only if every bit of it is."""
        return self._digest.hexdigest()

    def note(self, word: str) -> None:
        """Hash a word about the run, for instance the stop level."""
        self._digest.update(word.encode())

    def _on_read(self, now: float) -> RobotState:
        state = self._read(now)
        if state.sequence != self._newest:
            self._newest = state.sequence
            self.ticks += 1
            self._hash(b"read", state)
        return state

    def _on_write(self, command: JointCommand) -> JointCommand:
        self._hash(b"write", command)
        return self._write(command)

    def _on_stop(self) -> None:
        self._digest.update(b"stop")
        self._stop()

    def _hash(self, kind: bytes, data: RobotState | JointCommand) -> None:
        self._digest.update(kind)
        for item in fields(data):
            if item.name in WALL_TIMES:
                continue
            value = getattr(data, item.name)
            if isinstance(value, np.ndarray):
                self._digest.update(np.ascontiguousarray(value).tobytes())
            else:
                self._digest.update(repr(value).encode())
