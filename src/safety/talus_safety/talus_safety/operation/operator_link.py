# SPDX-License-Identifier: Apache-2.0
"""The operator's link: a robot that keeps asking, a device that proves that it is there and held; over ROS or UDP.

Robot and device share a key. The robot makes a challenge ten times a second; an answer carries its number, a random
identity of the device, a count and what the operator wants, with an HMAC-SHA256 (RFC 2104) over it and the challenge's
random number. What was recorded answers no later challenge, and a count is taken once; the age of the link counts from
the challenge that was answered, so that delaying an answer gains nothing. Only the standard library is needed.
"""

from __future__ import annotations

import hmac
import secrets
import struct
from enum import IntEnum
from pathlib import Path

from talus_core.errors import TalusError

CHALLENGE_S = 0.1  # a third of the time to R2 would do (Spot's check-in); four may be lost
ANSWER_S = 0.45  # a device that was silent for so long can be followed by another
NONCE, MAC, KEY_AT_LEAST = 16, 32, 32  # bytes
CHALLENGE = struct.Struct(
    f"!4sQB{NONCE}s"
)  # magic, number, level of the stop ladder, random number
ANSWER = struct.Struct(
    "!4sQIQB"
)  # magic, number of the challenge, device, count, hold; then the MAC
ASKS, TELLS = b"TOQ1", b"TOA1"
OPERATOR_UDP = "127.0.0.1:7413"  # where a run listens, and the device in a terminal speaks to
HELLO = b"TOH1".ljust(
    CHALLENGE.size, b"\0"
)  # over UDP: send me the challenge; as long as the challenge


class LinkError(TalusError):
    """A key or an address that cannot be used; the message says what would work."""


class Hold(IntEnum):
    """What the operator does with the device."""

    RELEASED = 0  # let go of: R2
    ENABLED = 1
    STOP = 2  # R3


class OperatorLink:
    """The robot's end."""

    def __init__(self, key: bytes):
        self.level = 0  # told to the device
        self.refused = 0
        self._key = key
        self._number, self._made_at = 0, float("-inf")
        self._open: dict[
            int, tuple[float, bytes]
        ] = {}  # the newest two challenges: when they were made, random number
        self._counts: dict[int, int] = {}  # by device, since the oldest of them
        self._device, self._answered_at, self._hold = 0, float("-inf"), Hold.RELEASED
        self._stops: dict[int, float] = {}  # by device: the challenge under which it last said stop

    def challenge(self, now: float) -> bytes:
        """The newest one, at steady time `now`, s."""
        if now - self._made_at >= CHALLENGE_S:
            self._number, self._made_at = self._number + 1, now
            self._open = {
                number: self._open[number] for number in self._open if number == self._number - 1
            }
            self._open[self._number] = (now, secrets.token_bytes(NONCE))
        return CHALLENGE.pack(ASKS, self._number, self.level, self._open[self._number][1])

    def hear(self, data: bytes, now: float) -> str:
        """An answer; why it is refused, empty if it is not."""
        refusal = self._hear(data, now)
        self.refused += bool(refusal)
        return refusal

    def age(self, now: float) -> float:
        """s since the device was last known to be there."""
        return now - self._answered_at

    @property
    def is_released(self) -> bool:
        """The device is there, and nobody holds it."""
        return self._hold is Hold.RELEASED and self._answered_at > float("-inf")

    def is_stopped(self, now: float) -> bool:
        """A device says stop, or did so when it was last heard in these two seconds."""
        self._stops = {device: at for device, at in self._stops.items() if now - at < 2.0}
        return bool(self._stops)

    def _hear(self, data: bytes, now: float) -> str:
        if len(data) != ANSWER.size + MAC:
            return "wrong size"
        magic, number, device, count, hold = ANSWER.unpack(data[: ANSWER.size])
        if magic != TELLS or hold not in Hold.__members__.values():
            return "not an answer"
        if number not in self._open:
            return "not a challenge that is open"
        made_at, nonce = self._open[number]
        if not hmac.compare_digest(
            _mac(self._key, nonce, data[: ANSWER.size]), data[ANSWER.size :]
        ):
            return "wrong key"
        if count <= self._counts.get(device, -1):
            return "repeated"
        self._counts[device] = count
        return self._take(device, made_at, Hold(hold), now)

    def _take(self, device: int, made_at: float, hold: Hold, now: float) -> str:
        """An answer that is genuine: anybody may stop, one at a time holds the link."""
        if hold is Hold.STOP:
            self._stops[device] = made_at
        else:
            self._stops.pop(device, None)
        if device != self._device and self.age(now) < ANSWER_S:
            return "" if hold is Hold.STOP else "another device holds the link"
        self._device, self._hold = device, hold
        self._answered_at = max(self._answered_at, made_at)
        return ""


class OperatorDevice:
    """The operator's end; a new one has a new identity."""

    def __init__(self, key: bytes):
        self._key = key
        self._identity, self._count = secrets.randbits(32), 0

    def answer(self, challenge: bytes, hold: Hold) -> bytes | None:
        """To the robot; None for what is no challenge."""
        if level_of(challenge) is None:
            return None
        _, number, _, nonce = CHALLENGE.unpack(challenge)
        self._count += 1
        body = ANSWER.pack(TELLS, number, self._identity, self._count, hold)
        return body + _mac(self._key, nonce, body)


def level_of(challenge: bytes) -> int | None:
    """The robot's level of the stop ladder, as it says with a challenge; None for what is none."""
    if len(challenge) != CHALLENGE.size or not challenge.startswith(ASKS):
        return None
    return CHALLENGE.unpack(challenge)[2]


def write_key(path: Path) -> None:
    """A new secret that its owner alone may read. Raises LinkError where there is a file already."""
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_hex(KEY_AT_LEAST) + "\n")
    except OSError as error:
        raise LinkError(f"key {path}: {error.strerror}; name a new file") from error


def load_key(path: Path) -> bytes:
    """Raises LinkError."""
    cure = "./talus operator --new-key FILE makes one"
    try:
        if path.stat().st_mode & 0o077:
            raise LinkError(f"key {path}: others may read it; chmod 600 {path}")
        key = bytes.fromhex(path.read_text())
    except OSError as error:
        raise LinkError(f"key {path}: {error.strerror}; {cure}") from error
    except ValueError as error:
        raise LinkError(f"key {path}: not hexadecimal; {cure}") from error
    if len(key) < KEY_AT_LEAST:
        raise LinkError(f"key {path}: {len(key)} bytes, at least {KEY_AT_LEAST} are needed; {cure}")
    return key


def udp_address(text: str) -> tuple[str, int]:
    """Host and port of `host:port`. Raises LinkError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise LinkError(f"address '{text}': it must be HOST:PORT, as 127.0.0.1:7413")
    return host, int(port)


def _mac(key: bytes, nonce: bytes, body: bytes) -> bytes:
    return hmac.digest(key, nonce + body, "sha256")
