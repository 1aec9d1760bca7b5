# SPDX-License-Identifier: Apache-2.0
"""Links an operator's device to the robot, over ROS or UDP.

The robot keeps asking; the device proves that it is present and held. Both share a key. The robot
makes a challenge ten times a second. An answer carries the challenge's number, a random identity
of the device, a count and what the operator wants, with an HMAC-SHA256 (RFC 2104) over these and
the challenge's random number. A recorded answer fits no later challenge, and each count is
accepted once. The age of the link counts from the challenge that was answered, so that delaying an
answer gains nothing. Only the standard library is needed.
"""

from __future__ import annotations

import hmac
import secrets
import struct
from enum import IntEnum
from pathlib import Path

from talus_core.errors import TalusError

# s: a third of the time to R2 would do (Spot's check-in); here four challenges may be lost.
CHALLENGE_PERIOD_S = 0.1
ANSWER_TIMEOUT_S = 0.45  # s of silence after which another device may take the link
# Lengths in bytes: of the challenge's random number, of the HMAC-SHA256, and of the shortest key.
NONCE_BYTES = 16
MAC_BYTES = 32
LEAST_KEY_BYTES = 32
# Head, number of the challenge, level of the stop ladder, random number.
CHALLENGE_LAYOUT = struct.Struct(f"!4sQB{NONCE_BYTES}s")
# Head, number of the challenge, device, count, hold; the MAC_BYTES of the HMAC follow.
ANSWER_LAYOUT = struct.Struct("!4sQIQB")
CHALLENGE_HEAD = b"TOQ1"
ANSWER_HEAD = b"TOA1"
OPERATOR_UDP = "127.0.0.1:7413"  # address where a run listens and a terminal's device sends to
HELLO_DATAGRAM = b"TOH1".ljust(
    CHALLENGE_LAYOUT.size, b"\0"
)  # asks for the challenge over UDP; as long as a challenge, so that it amplifies no attack


class LinkError(TalusError):
    """Says that a key or an address cannot be used, and what would work."""


class Hold(IntEnum):
    """Names what the operator does with the device."""

    RELEASED = 0  # leads to R2
    ENABLED = 1
    STOP = 2  # leads to R3


class OperatorLink:
    """Represents the robot's end of the link."""

    def __init__(self, key: bytes):
        self.level = 0  # stop level that the device is told
        self.refused = 0
        self._key = key
        self._number = 0
        self._made_at = float("-inf")
        self._open: dict[
            int, tuple[float, bytes]
        ] = {}  # by number, the newest two challenges: time of making, s, and random number
        self._counts: dict[int, int] = {}  # by device, last count under the open challenges
        self._device = 0
        self._answered_at = float("-inf")
        self._hold = Hold.RELEASED
        # By device, the time, s, of the challenge under which it last said stop.
        self._stops: dict[int, float] = {}

    def challenge(self, now: float) -> bytes:
        """Return the newest challenge at steady time `now`, s."""
        if now - self._made_at >= CHALLENGE_PERIOD_S:
            self._number = self._number + 1
            self._made_at = now
            self._open = {
                number: self._open[number] for number in self._open if number == self._number - 1
            }
            self._open[self._number] = (now, secrets.token_bytes(NONCE_BYTES))
        return CHALLENGE_LAYOUT.pack(
            CHALLENGE_HEAD, self._number, self.level, self._open[self._number][1]
        )

    def hear(self, data: bytes, now: float) -> str:
        """Take in an answer, and say why it is refused; empty if it is accepted."""
        refusal = self._hear(data, now)
        self.refused += bool(refusal)
        return refusal

    def age(self, now: float) -> float:
        """Return the time since the device was last known to be present, s."""
        return now - self._answered_at

    @property
    def is_released(self) -> bool:
        """Tell whether the device is present and nobody holds it."""
        return self._hold is Hold.RELEASED and self._answered_at > float("-inf")

    def is_stopped(self, now: float) -> bool:
        """Tell whether a device said stop in answer to a challenge of the last two seconds."""
        self._stops = {device: at for device, at in self._stops.items() if now - at < 2.0}
        return bool(self._stops)

    def _hear(self, data: bytes, now: float) -> str:
        if len(data) != ANSWER_LAYOUT.size + MAC_BYTES:
            return "wrong size"
        magic, number, device, count, hold = ANSWER_LAYOUT.unpack(data[: ANSWER_LAYOUT.size])
        if magic != ANSWER_HEAD or hold not in Hold.__members__.values():
            return "not an answer"
        if number not in self._open:
            return "not a challenge that is open"
        made_at, nonce = self._open[number]
        if not hmac.compare_digest(
            _mac(self._key, nonce, data[: ANSWER_LAYOUT.size]), data[ANSWER_LAYOUT.size :]
        ):
            return "wrong key"
        if count <= self._counts.get(device, -1):
            return "repeated"
        self._counts[device] = count
        return self._take(device, made_at, Hold(hold), now)

    def _take(self, device: int, made_at: float, hold: Hold, now: float) -> str:
        """Accept a genuine answer: any device may stop, but only one at a time holds the link."""
        if hold is Hold.STOP:
            self._stops[device] = made_at
        else:
            self._stops.pop(device, None)
        if device != self._device and self.age(now) < ANSWER_TIMEOUT_S:
            return "" if hold is Hold.STOP else "another device holds the link"
        self._device = device
        self._hold = hold
        self._answered_at = max(self._answered_at, made_at)
        return ""


class OperatorDevice:
    """Represents the operator's end of the link; a new object has a new identity."""

    def __init__(self, key: bytes):
        self._key = key
        self._identity = secrets.randbits(32)
        self._count = 0

    def answer(self, challenge: bytes, hold: Hold) -> bytes | None:
        """Return the answer to the robot, or None where `challenge` is no challenge."""
        if level_of(challenge) is None:
            return None
        _, number, _, nonce = CHALLENGE_LAYOUT.unpack(challenge)
        self._count += 1
        body = ANSWER_LAYOUT.pack(ANSWER_HEAD, number, self._identity, self._count, hold)
        return body + _mac(self._key, nonce, body)


def level_of(challenge: bytes) -> int | None:
    """Return the robot's stop level that a challenge tells, or None where it is no challenge."""
    if len(challenge) != CHALLENGE_LAYOUT.size or not challenge.startswith(CHALLENGE_HEAD):
        return None
    return CHALLENGE_LAYOUT.unpack(challenge)[2]


def write_key(path: Path) -> None:
    """Write a new secret that only its owner may read.

    Raises LinkError where the file exists already.
    """
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_hex(LEAST_KEY_BYTES) + "\n")
    except OSError as error:
        raise LinkError(f"key {path}: {error.strerror}; name a new file") from error


def load_key(path: Path) -> bytes:
    """Return the secret of a key file; raises LinkError where it cannot be used."""
    cure = "./talus operator --new-key FILE makes one"
    try:
        if path.stat().st_mode & 0o077:
            raise LinkError(f"key {path}: others may read it; chmod 600 {path}")
        key = bytes.fromhex(path.read_text())
    except OSError as error:
        raise LinkError(f"key {path}: {error.strerror}; {cure}") from error
    except ValueError as error:
        raise LinkError(f"key {path}: not hexadecimal; {cure}") from error
    if len(key) < LEAST_KEY_BYTES:
        raise LinkError(
            f"key {path}: {len(key)} bytes, at least {LEAST_KEY_BYTES} are needed; {cure}"
        )
    return key


def udp_address(text: str) -> tuple[str, int]:
    """Return host and port of `host:port`; raises LinkError where it is no address."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise LinkError(f"address '{text}': it must be HOST:PORT, as 127.0.0.1:7413")
    return host, int(port)


def _mac(key: bytes, nonce: bytes, body: bytes) -> bytes:
    return hmac.digest(key, nonce + body, "sha256")
