# SPDX-License-Identifier: Apache-2.0
"""Reads a finished file as any user would, with the `mcap` package's own reader."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO

from mcap.reader import make_reader

from talus_recorder.errors import RecorderError
from talus_recorder.format.scan import UNREADABLE_ERRORS


@dataclass(frozen=True)
class ReadBack:
    """Hold messages by topic, and log times of the first and last, ns (0 without messages)."""

    counts: Counter[str]
    first: int
    last: int


def read_back(stream: BinaryIO) -> ReadBack:
    """Read every message, with all CRCs checked.

    Raises RecorderError where it cannot be read or lacks what it promises.
    """
    counts: Counter[str] = Counter()
    first = last = 0
    try:
        reader = make_reader(stream, validate_crcs=True)
        summary = reader.get_summary()
        for _, channel, message in reader.iter_messages():
            counts[channel.topic] += 1
            first = first or message.log_time
            last = message.log_time
    except UNREADABLE_ERRORS as error:
        raise RecorderError(f"not readable: {type(error).__name__} {error}") from error
    if summary is None or summary.statistics is None:
        raise RecorderError("not readable: no summary")
    if summary.statistics.message_count != counts.total():
        raise RecorderError(
            f"promises {summary.statistics.message_count} messages, holds {counts.total()}"
        )
    return ReadBack(counts, first, last)
