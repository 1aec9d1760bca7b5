# SPDX-License-Identifier: Apache-2.0
"""Counts what a node refused at each of its intakes, and says it once, in words; knows no ROS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

# Between two log lines about one intake: refused messages may come 500 times a second, and a person
# reads a line in a few seconds.
TELL_PERIOD_S = 5.0
# A refusal shows as a warning for so long: five periods of diagnostics, so that an eye and every
# listener of `diagnostics` meet it.
SHOWN_S = 5.0
MOST_CHARACTERS = 200  # of a reason, which may quote what a stranger sent


@dataclass
class _Refusals:
    """Holds what is known of one intake: how much was refused, why last, when, and when told."""

    count: int = 0
    reason: str = ""
    at: float = 0.0
    told_at: float = float("-inf")
    told_count: int = 0


class IntakeLedger:
    """Keeps refusals by intake, and complaints that hold as long as their cause is there.

    Threads may share it; times are those of a steady clock, s.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._refusals: dict[str, _Refusals] = {}
        self._complaints: frozenset[str] = frozenset()

    def refuse(self, intake: str, reason: str, now: float) -> str | None:
        """Count a refusal; return the line to log, or None while the last one is still fresh."""
        with self._lock:
            entry = self._refusals.setdefault(intake, _Refusals())
            entry.count += 1
            entry.reason = one_line(reason)
            entry.at = now
            if now - entry.told_at < TELL_PERIOD_S:
                return None
            untold = entry.count - entry.told_count - 1
            entry.told_at = now
            entry.told_count = entry.count
            more = f" (and {untold} more before)" if untold else ""
            return f"{intake}: ignored: {entry.reason}{more}"

    def complain(self, complaints: Iterable[str]) -> list[str]:
        """Take all complaints that hold now; return those that are new."""
        with self._lock:
            before = self._complaints
            self._complaints = frozenset(map(one_line, complaints))
            return sorted(self._complaints - before)

    @property
    def complaints(self) -> frozenset[str]:
        """Return the complaints that hold now."""
        return self._complaints

    def count(self, intake: str) -> int:
        """Return how much was refused at one intake."""
        with self._lock:
            return self._refusals[intake].count if intake in self._refusals else 0

    def problem(self, now: float) -> str:
        """Return what a person should know now, in one line; empty where there is nothing."""
        with self._lock:
            fresh = [
                f"{intake}: ignored: {entry.reason}"
                for intake, entry in self._refusals.items()
                if now - entry.at <= SHOWN_S
            ]
            return "; ".join((*sorted(self._complaints), *fresh))

    def values(self) -> dict[str, str]:
        """Return what was refused since the start, for diagnostics: count and last reason."""
        with self._lock:
            return {
                f"refused {intake}": f"{entry.count}: {entry.reason}"
                for intake, entry in self._refusals.items()
            }


def one_line(text: str) -> str:
    """Return text that a stranger may have sent as one short line of printable characters."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    joined = " ".join(clean.split())
    return joined if len(joined) <= MOST_CHARACTERS else f"{joined[: MOST_CHARACTERS - 3]}..."
