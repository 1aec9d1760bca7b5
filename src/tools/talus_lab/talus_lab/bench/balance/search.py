# SPDX-License-Identifier: Apache-2.0
"""Finds the hardest level that is survived with few runs, by generators that are sent verdicts.

A level is a whole number of grid steps; 0 is none. A run that passes at a level is taken to pass at
every lower one, only to decide what to run next: a level that is reported was run with every line
of the cell.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from talus_lab.bench.balance.statistics import allowed_failures

RUNS_AT_ONCE = 4  # asked for together: two for each of two cores
Line = TypeVar("Line", bound=Hashable)  # one series of runs that differ in level alone
Ask = list[tuple[Line, int]]


@dataclass
class Ladder(Generic[Line]):
    """Holds what is known: verdicts by line and level.

    Attributes:
        top: Highest level that is tried.
        verdicts: Whether a line passed at a level, of all that was run.
    """

    top: int
    verdicts: dict[tuple[Line, int], bool] = field(default_factory=dict)

    def run(self, lines: Sequence[Line], level: int) -> Generator[Ask[Line], list[bool], int]:
        """Run all lines at a level; return the number of failures."""
        missing = [
            (line, level) for line in lines if level > 0 and (line, level) not in self.verdicts
        ]
        if missing:
            self.verdicts.update(zip(missing, (yield missing), strict=True))
        return sum(not self.verdicts.get((line, level), True) for line in lines)

    def holds(self, lines: Sequence[Line], level: int) -> Generator[Ask[Line], list[bool], bool]:
        """Tell whether at least 95 % of the lines pass; stop when too many have failed."""
        failures = 0
        for first in range(0, len(lines), RUNS_AT_ONCE):
            failures += yield from self.run(lines[first : first + RUNS_AT_ONCE], level)
            if failures > allowed_failures(len(lines)):
                return False
        return True

    def implied(self, line: Line, level: int) -> bool | None:
        """Return the verdict by run or by a neighbour; None where neither tells.

        A neighbour tells that passed higher up, or failed further down.
        """
        if level <= 0:
            return True
        if (line, level) in self.verdicts:
            return self.verdicts[line, level]
        known = {at: passed for (of, at), passed in self.verdicts.items() if of == line}
        if any(passed for at, passed in known.items() if at > level):
            return True
        return False if any(not passed for at, passed in known.items() if at < level) else None


def highest_level(
    ladder: Ladder[Line], cells: Sequence[Sequence[Line]], start: int
) -> Generator[Ask[Line], list[bool], int]:
    """Return the largest level at which every cell passes.

    Each cell is tried at the best level so far, and searched below if it fails.

    Args:
        ladder: What is known so far; grows.
        cells: Lines of each cell, at least one; those expected to fail first come first.
        start: First level to try.
    """
    first, *others = cells
    best = yield from _of_cell(ladder, first, start, may_rise=True)
    for cell in others:
        best = yield from _of_cell(ladder, cell, best, may_rise=False)
    settled = False
    while not settled:  # cells that passed before the best level was known have not run at it
        settled = True
        for cell in cells:
            level = yield from _of_cell(ladder, cell, best, may_rise=False)
            settled = settled and level == best
            best = level
    return best


def half_level(
    ladder: Ladder[Line], lines: Sequence[Line], start: int
) -> Generator[Ask[Line], list[bool], float]:
    """Return where half of the lines pass, between two levels of the grid by their rates."""
    low = 0
    high = ladder.top + 1
    level = max(1, start)
    while high - low > 1:
        if (yield from _rate(ladder, lines, level)) >= 0.5:
            low = level
        else:
            high = level
        level = _next_level(ladder.top, low, high)
    if low == ladder.top:
        return float(low)
    above = yield from _rate(ladder, lines, low)
    below = yield from _rate(ladder, lines, high)
    return low + (above - 0.5) / (above - below)


def _of_cell(
    ladder: Ladder[Line], cell: Sequence[Line], start: int, may_rise: bool
) -> Generator[Ask[Line], list[bool], int]:
    """Return the largest level at which the cell holds; at most `start` unless it may rise."""
    low = 0
    high = ladder.top + 1
    level = start
    while high - low > 1:
        if (yield from ladder.holds(cell, level)):
            low = level
        else:
            high = level
        if low == start and not may_rise:
            break
        level = _next_level(ladder.top, low, high)
    return low


def _next_level(top: int, low: int, high: int) -> int:
    """Return a level half again as high until one fails, then the middle."""
    return (low + high) // 2 if high <= top else min(low + max(2, low // 2), top)


def _rate(
    ladder: Ladder[Line], lines: Sequence[Line], level: int
) -> Generator[Ask[Line], list[bool], float]:
    unknown = [line for line in lines if ladder.implied(line, level) is None]
    if unknown:
        yield from ladder.run(unknown, level)
    return sum(bool(ladder.implied(line, level)) for line in lines) / len(lines)
