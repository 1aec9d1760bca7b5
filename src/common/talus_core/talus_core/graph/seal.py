# SPDX-License-Identifier: Apache-2.0
"""Seals the frames of the command path, so that a receiver knows that one of its own sent them.

Anybody on the network can publish on `joint_command`; only a process that has the key of this start
can seal. A sealed frame is the CDR of a message whose last field is a `Seal`: a counter, then a
keyed MAC (BLAKE2b, RFC 7693) over topic, frame and counter. The counter grows with every frame of a
sender, also over its restarts, so that a frame that was heard once is refused when it is heard
again. It is taken from the clock, so that a receiver that has just started, and heard nobody yet,
refuses the frames of before.
"""

from __future__ import annotations

import os
import secrets
import stat
import struct
from collections.abc import Callable
from hashlib import blake2b
from hmac import compare_digest
from pathlib import Path

from talus_core.errors import TalusError
from talus_core.physics import NANOSECONDS_PER_SECOND

KEY_VARIABLE = "TALUS_COMMAND_KEY"  # environment variable with the path of the key file
KEY_BYTES = 32
SEAL_MAC_BYTES = 16  # a forger who tries 10^6 frames a second needs 10^25 years
COUNTER = struct.Struct("<Q")
SEAL_BYTES = COUNTER.size + SEAL_MAC_BYTES
MOST_CLOCK_SKEW_NS = NANOSECONDS_PER_SECOND  # of the machines of one robot; NTP keeps it far below
OTHERS = stat.S_IRWXG | stat.S_IRWXO  # permissions of everybody but the owner

FORGED = "it is not sealed with the key of this start"
REPEATED = "it was sent before"
OUTDATED = "it was sealed before this node started"


class SealKeyError(TalusError):
    """Says why the key of the command path cannot be used, and what would work."""


def write_new_key(path: Path) -> None:
    """Make a key and write it to a new file that only this user reads. Raises SealKeyError."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except OSError as error:
        raise SealKeyError(f"{path}: {error.strerror}; no key file can be made there") from error
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")


def read_key(path: Path) -> bytes:
    """Return the key in a file. Raises SealKeyError where others may read it, or it is no key."""
    try:
        status = path.stat()
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise SealKeyError(f"{path}: no key of the command path: {error}") from error
    if status.st_uid != os.geteuid() or status.st_mode & OTHERS:
        raise SealKeyError(f"{path}: others can read it; run: chmod 600 {path}")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise SealKeyError(
            f"{path}: needs {KEY_BYTES} bytes as hexadecimal digits, and nothing more"
        )
    return key


def _state(key: bytes, topic: str) -> blake2b:
    """Return a hash with the key that has taken in nothing; a seal of one topic fits no other."""
    topic_mark = blake2b(topic.encode(), digest_size=blake2b.PERSON_SIZE).digest()
    return blake2b(key=key, digest_size=SEAL_MAC_BYTES, person=topic_mark)


class Sealer:
    """Seals the frames that one process sends on one topic."""

    def __init__(self, key: bytes, topic: str, clock_ns: Callable[[], int]):
        """Take counters from `clock_ns`, so that they grow over restarts too."""
        self._fresh = _state(key, topic)
        self._clock_ns = clock_ns
        self._counter = 0

    def seal(self, frame: bytes) -> bytes:
        """Return the frame with its last `SEAL_BYTES` bytes replaced by its seal."""
        counter = self._clock_ns()
        if counter <= self._counter:
            counter = self._counter + 1
        self._counter = counter
        body = frame[:-SEAL_BYTES] + COUNTER.pack(counter)
        mac = self._fresh.copy()
        mac.update(body)
        return body + mac.digest()


class SealReader:
    """Judges the frames that arrive on one topic.

    Attributes:
        refused: Number of frames that were refused.
    """

    def __init__(
        self,
        key: bytes,
        topic: str,
        clock_ns: Callable[[], int],
        sender_of: Callable[[bytes], bytes] | None = None,
    ):
        """Start at the time of `clock_ns`; `sender_of` tells apart the senders of one topic."""
        self.refused = 0
        self._outdated = clock_ns() - MOST_CLOCK_SKEW_NS - 1  # the newest counter of before
        self._fresh = _state(key, topic)
        self._sender_of = sender_of
        self._newest: dict[bytes, int] = {}

    def refusal(self, frame: bytes) -> str:
        """Say why a frame is not from one of ours, or is an old one; empty where it is fine."""
        mac = self._fresh.copy()
        mac.update(frame[:-SEAL_MAC_BYTES])
        if len(frame) < SEAL_BYTES or not compare_digest(mac.digest(), frame[-SEAL_MAC_BYTES:]):
            return self._refused(FORGED)
        (counter,) = COUNTER.unpack_from(frame, len(frame) - SEAL_BYTES)
        sender = self._sender_of(frame) if self._sender_of else b""
        if counter <= self._newest.get(sender, self._outdated):
            return self._refused(REPEATED if counter > self._outdated else OUTDATED)
        self._newest[sender] = counter
        return ""

    def _refused(self, reason: str) -> str:
        self.refused += 1
        return reason
