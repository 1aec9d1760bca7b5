# SPDX-License-Identifier: Apache-2.0
"""Measures how old the publications of others are, by their stamps and by their arrival."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

from talus_core.files.data_files import read_xml

NEVER = float("-inf")
_HEAD = struct.Struct("<4s")  # head of a serialised message, which says its byte order
_COUNT = struct.Struct("<I")
_STAMP = struct.Struct("<iI")
_LENGTH = struct.Struct("<I")
# x and y of a place, aligned to 8 bytes that are counted from the end of the head.
_PLACE = struct.Struct("<dd")
_PLACE_ALIGNED = 8
_LITTLE_ENDIAN = b"\x00\x01"


class Freshness:
    """Keeps the newest stamp of each source, from the first call on.

    A stamp that is not newer than the last one is ignored.
    """

    def __init__(self, sources: Iterable[str]):
        self._newest = dict.fromkeys(sources, (NEVER, NEVER))
        self._began: tuple[float, float] | None = None

    def hear(self, source: str, stamp: float, steady: float) -> None:
        """Take in a `stamp`, s of robot time, that arrived at steady time `steady`, s.

        Sources that are not expected are ignored.
        """
        if source in self._newest and stamp > self._newest[source][0]:
            self._newest[source] = stamp, steady

    def age(self, robot_time: float, steady: float) -> float:
        """Return the age of the oldest source, s, on the clock that passed less; 0 without any."""
        self._began = self._began or (robot_time, steady)
        since = (heard if heard[0] > NEVER else self._began for heard in self._newest.values())
        return max((min(robot_time - at, steady - came) for at, came in since), default=0.0)


def stamp_of(data: bytes) -> float | None:
    """Return the stamp of a message that begins with a header, s; None if it cannot be read."""
    if len(data) < _HEAD.size + _STAMP.size or data[:2] != _LITTLE_ENDIAN:
        return None
    seconds, nano = _STAMP.unpack_from(data, _HEAD.size)
    return seconds + 1e-9 * nano


def first_transform_of(data: bytes) -> tuple[str, float, tuple[float, float]] | None:
    """Return child frame, stamp, s, and place (x, y), m, of a TFMessage's first transform.

    None if there is no transform.
    """
    if len(data) < _HEAD.size + _COUNT.size or data[:2] != _LITTLE_ENDIAN:
        return None
    place = _HEAD.size + _COUNT.size
    try:
        seconds, nano = _STAMP.unpack_from(data, place)
        _, place = _string(data, place + _STAMP.size)
        child, place = _string(data, place)
        x, y = _PLACE.unpack_from(data, place + (_HEAD.size - place) % _PLACE_ALIGNED)
    except (struct.error, ValueError):
        return None
    return child, seconds + 1e-9 * nano, (x, y)


def link_names(urdf: Path) -> list[str]:
    """Return the names of a robot's links, which are the frames of its joints."""
    return [link.get("name", "") for link in read_xml(urdf).iter("link")]


def _string(data: bytes, place: int) -> tuple[str, int]:
    """Return a CDR string and the place behind it, aligned to 4 bytes from the end of the head.

    Raises struct.error or ValueError where the bytes hold no such string.
    """
    (length,) = _LENGTH.unpack_from(data, place)
    begin = place + _LENGTH.size
    raw = data[begin : begin + length]
    if length == 0 or len(raw) < length:
        raise ValueError("cut off")
    end = begin + length
    return raw[:-1].decode(), end + (-end) % 4
