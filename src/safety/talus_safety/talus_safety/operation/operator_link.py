# SPDX-License-Identifier: Apache-2.0
"""Links an operator: a robot that keeps asking, a device that proves that it is there and held.

Over ROS or UDP.

Robot and device share a key. The robot makes a challenge ten times a second; an answer carries its
number, a random identity of the device, a count and what the operator wants, with an HMAC-SHA256
(RFC 2104) over it and the challenge's random number. What was recorded answers no later challenge,
and a count is taken once; the age of the link counts from the challenge that was answered, so that
delaying an answer gains nothing. Only the standard library is needed.
"""

from __future__ import annotations

import hmac
import secrets
import struct
from enum import IntEnum
from pathlib import Path

from talus_core.errors import TalusError

CHALLENGE_PERIOD_S = 0.1  # a third of the time to R2 would do (Spot's check-in); four may be lost
ANSWER_TIMEOUT_S = 0.45  # a device that was silent for so long can be followed by another
# bytes
NONCE_BYTES = 16
MAC_BYTES = 32
LEAST_KEY_BYTES = 32
# magic, number, level of the stop ladder, random number
CHALLENGE_LAYOUT = struct.Struct(f"!4sQB{NONCE_BYTES}s")
# magic, number of the challenge, device, count, hold; then the MAC_BYTES
ANSWER_LAYOUT = struct.Struct("!4sQIQB")
CHALLENGE_HEAD = b"TOQ1"
ANSWER_HEAD = b"TOA1"
OPERATOR_UDP = "127.0.0.1:7413"  # where a run listens, and the device in a terminal speaks to
HELLO_DATAGRAM = b"TOH1".ljust(
    CHALLENGE_LAYOUT.size, b"\0"
)  # over UDP: send me the challenge; as long as the challenge


class LinkError(TalusError):
    """Says that a key or an address cannot be used, and what would work."""


class Hold(IntEnum):
    """Names what the operator does with the device."""

    RELEASED = 0  # let go of: R2
    ENABLED = 1
    STOP = 2  # R3


class OperatorLink:
    """Holds the robot's end of the link."""

    def __init__(self, key: bytes):
        self.level = 0  # told to the device
        self.refused = 0
        self._key = key
        self._number = 0
        self._made_at = float("-inf")
        self._open: dict[
            int, tuple[float, bytes]
        ] = {}  # the newest two challenges: when they were made, random number
        self._counts: dict[int, int] = {}  # by device, since the oldest of them
        self._device = 0
        self._answered_at = float("-inf")
        self._hold = Hold.RELEASED
        self._stops: dict[int, float] = {}  # by device: the challenge under which it last said stop

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
        """Take in an answer, and say why it is refused; empty if it is not."""
        refusal = self._hear(data, now)
        self.refused += bool(refusal)
        return refusal

    def age(self, now: float) -> float:
        """Return the time since the device was last known to be there, s."""
        return now - self._answered_at

    @property
    def is_released(self) -> bool:
        """Tell whether the device is there, and nobody holds it."""
        return self._hold is Hold.RELEASED and self._answered_at > float("-inf")

    def is_stopped(self, now: float) -> bool:
        """Tell whether a device says stop, or did so when it was heard within two seconds."""
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
        """Take a genuine answer: anybody may stop, one at a time holds the link."""
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
    """Holds the operator's end of the link; a new one has a new identity."""

    def __init__(self, key: bytes):
        self._key = key
        self._identity = secrets.randbits(32)
        self._count = 0

    def answer(self, challenge: bytes, hold: Hold) -> bytes | None:
        """Return the answer to the robot; None for what is no challenge."""
        if level_of(challenge) is None:
            return None
        _, number, _, nonce = CHALLENGE_LAYOUT.unpack(challenge)
        self._count += 1
        body = ANSWER_LAYOUT.pack(ANSWER_HEAD, number, self._identity, self._count, hold)
        return body + _mac(self._key, nonce, body)


def level_of(challenge: bytes) -> int | None:
    """Return the robot's stop level that a challenge tells; None for what is no challenge."""
    if len(challenge) != CHALLENGE_LAYOUT.size or not challenge.startswith(CHALLENGE_HEAD):
        return None
    return CHALLENGE_LAYOUT.unpack(challenge)[2]


def write_key(path: Path) -> None:
    """Write a new secret that its owner alone may read.

    Raises LinkError where there is a file already.
    """
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_hex(LEAST_KEY_BYTES) + "\n")
    except OSError as error:
        raise LinkError(f"key {path}: {error.strerror}; name a new file") from error


def load_key(path: Path) -> bytes:
    """Return the secret of a key file. Raises LinkError."""
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
    """Return host and port of `host:port`. Raises LinkError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise LinkError(f"address '{text}': it must be HOST:PORT, as 127.0.0.1:7413")
    return host, int(port)


def _mac(key: bytes, nonce: bytes, body: bytes) -> bytes:
    return hmac.digest(key, nonce + body, "sha256")
