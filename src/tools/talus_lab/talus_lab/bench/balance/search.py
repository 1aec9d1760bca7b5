# SPDX-License-Identifier: Apache-2.0
"""Finds the hardest level that is survived, with few runs: generators that ask for trials and are sent the verdicts.

A level is a whole number of grid steps; 0 is none. A run that passes at a level is taken to pass at every lower one,
only to decide what to run next: a level that is reported was run with every line of the cell.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Sequence
from dataclasses import dataclass, field

from talus_lab.bench.balance.statistics import allowed_failures

AT_ONCE = 4  # runs asked for together: two for each of two cores
Line = Hashable  # one series of runs that differ in level alone
Ask = list[tuple[Line, int]]


@dataclass
class Ladder:
    """What is known: verdicts by line and level."""

    top: int
    verdicts: dict[tuple[Line, int], bool] = field(default_factory=dict)

    def run(self, lines: Sequence[Line], level: int) -> Generator[Ask, list[bool], int]:
        """Run all lines at a level; the number of failures."""
        missing = [(line, level) for line in lines if level > 0 and (line, level) not in self.verdicts]
        if missing:
            self.verdicts.update(zip(missing, (yield missing), strict=True))
        return sum(not self.verdicts.get((line, level), True) for line in lines)

    def holds(self, lines: Sequence[Line], level: int) -> Generator[Ask, list[bool], bool]:
        """Whether at least 95 % of the lines pass; stops when too many have failed."""
        failures = 0
        for first in range(0, len(lines), AT_ONCE):
            failures += yield from self.run(lines[first : first + AT_ONCE], level)
            if failures > allowed_failures(len(lines)):
                return False
        return True

    def implied(self, line: Line, level: int) -> bool | None:
        """Verdict by run or by a neighbour: passed higher up, failed further down; None: unknown."""
        if level <= 0:
            return True
        if (line, level) in self.verdicts:
            return self.verdicts[line, level]
        known = {at: passed for (of, at), passed in self.verdicts.items() if of == line}
        if any(passed for at, passed in known.items() if at > level):
            return True
        return False if any(not passed for at, passed in known.items() if at < level) else None


def highest_level(ladder: Ladder, cells: Sequence[Sequence[Line]], start: int) -> Generator[Ask, list[bool], int]:
    """Largest level at which every cell passes: each is tried at the best level so far, and searched below if it fails.

    Args:
        ladder: What is known so far; grows.
        cells: Lines of each cell; those that are expected to fail first come first.
        start: First level to try.
    """
    best: int | None = None
    for cell in cells:
        best = yield from _of_cell(ladder, cell, start if best is None else best, may_rise=best is None)
    settled = False
    while not settled:  # cells that passed before the best level was known have not run at it
        settled = True
        for cell in cells:
            level = yield from _of_cell(ladder, cell, best, may_rise=False)
            settled, best = settled and level == best, level
    return best


def _of_cell(ladder: Ladder, cell: Sequence[Line], start: int, may_rise: bool) -> Generator[Ask, list[bool], int]:
    """Largest level at which the cell holds; at most `start` unless it may rise."""
    low, high, level = 0, ladder.top + 1, start
    while high - low > 1:
        if (yield from ladder.holds(cell, level)):
            low = level
        else:
            high = level
        if low == start and not may_rise:
            break
        level = _next_level(ladder, low, high)
    return low


def half_level(ladder: Ladder, lines: Sequence[Line], start: int) -> Generator[Ask, list[bool], float]:
    """Level at which half of the lines pass, between two levels of the grid by their rates."""
    low, high, level = 0, ladder.top + 1, max(1, start)
    while high - low > 1:
        if (yield from _rate(ladder, lines, level)) >= 0.5:
            low = level
        else:
            high = level
        level = _next_level(ladder, low, high)
    if low == ladder.top:
        return float(low)
    above = yield from _rate(ladder, lines, low)
    below = yield from _rate(ladder, lines, high)
    return low + (above - 0.5) / (above - below)


def _next_level(ladder: Ladder, low: int, high: int) -> int:
    """Half again as high until one fails, then in the middle."""
    return (low + high) // 2 if high <= ladder.top else min(low + max(2, low // 2), ladder.top)


def _rate(ladder: Ladder, lines: Sequence[Line], level: int) -> Generator[Ask, list[bool], float]:
    unknown = [line for line in lines if ladder.implied(line, level) is None]
    if unknown:
        yield from ladder.run(unknown, level)
    return sum(bool(ladder.implied(line, level)) for line in lines) / len(lines)
