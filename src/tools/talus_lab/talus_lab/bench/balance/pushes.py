# SPDX-License-Identifier: Apache-2.0
"""The push cases: how hard a shove is survived, by heading."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from talus_lab.bench.balance.case import CaseResult, Effort, asking, rate
from talus_lab.bench.balance.pendulum import ceiling
from talus_lab.bench.balance.search import Ladder, half_level, highest_level
from talus_lab.bench.balance.trial import Outcome, Setting, Shove, Trial

GRID = 0.05  # m/s
TOP = 60  # grid steps: 3 m/s, beyond every ceiling
START = 8
HEADINGS = (90.0, 270.0, 45.0, 315.0, 135.0, 225.0, 180.0, 0.0)  # degrees; those that fail first come first
PHASES = (0.0, 0.25, 0.5, 0.75)
QUICK_PHASES = (0.0, 0.5)
RUNS = 3
STILL = 0.15  # m/s: a robot that stands sways by less
GOES_ON = 0.5  # of the commanded speed, over the last second
AGAIN = (0.3, 1.0)  # s after the first shove


@dataclass(frozen=True)
class Line:
    """Runs that differ in strength alone: from the side `heading`, degrees, at that phase of a step."""

    heading: float
    phase: float | None
    seed: int


@dataclass(frozen=True)
class PushCase:
    """Shoves of rising strength from eight sides.

    Attributes:
        setting: Of every run, but for the seed; walking if it has a velocity.
        link: That is pushed.
        is_double: A second shove as strong, from a random side, 0.3 to 1.0 s after the first.
        worst_key: Of the summary: weakest cell of heading and phase; empty: none.
        forward_key: The same of the shoves from behind.
        must_go_on: Four seconds later it walks again, or stands still; False: it must not have fallen.
    """

    setting: Setting
    link: str = "torso"
    is_double: bool = False
    worst_key: str = ""
    forward_key: str = ""
    must_go_on: bool = True

    @property
    def keys(self) -> tuple[str, ...]:
        """Of the summary."""
        return tuple(key for key in (self.worst_key, self.forward_key) if key)

    def run(self, effort: Effort) -> Generator[list[Trial], list[Outcome], CaseResult]:
        """See `Case`."""
        ladder = Ladder(TOP)
        worst = yield from self._asking(highest_level(ladder, self._cells(effort, HEADINGS), START))
        rows, summary = [], {self.worst_key: worst * GRID}
        for heading in sorted(HEADINGS) if effort.has_rows else ():
            rows.append((yield from self._of_heading(ladder, effort, heading, worst)))
        if self.forward_key:
            ahead = yield from self._asking(highest_level(ladder, self._cells(effort, (0.0,)), max(worst, START)))
            summary[self.forward_key] = ahead * GRID
        everywhere = [line for cell in self._cells(effort, HEADINGS) for line in cell]
        rows.append(_row(ladder, everywhere, worst, "worst"))
        return CaseResult(rows, {key: round(summary[key], 4) for key in self.keys})

    def passes(self, outcome: Outcome) -> bool:
        """No fall, and 4 s later it stands still or walks on, if it must."""
        speed = self.setting.velocity[0]
        forward, left, _ = outcome.last_velocity
        goes_on = forward >= GOES_ON * speed if speed else abs(forward) < STILL and abs(left) < STILL
        return not outcome.fell and not outcome.error and (goes_on or not self.must_go_on)

    def _of_heading(self, ladder: Ladder, effort: Effort, heading: float, worst: int) -> Generator:
        cells = self._cells(effort, (heading,))
        lines = [line for cell in cells for line in cell]
        level = yield from self._asking(highest_level(ladder, cells, max(worst, 1)))
        half = yield from self._asking(half_level(ladder, lines, level + 2))
        limit = ceiling(heading, self.setting.velocity[0])
        half_dv = half * GRID
        return _row(ladder, lines, level, heading) | {
            "dv_50": half_dv,
            "ceiling": limit,
            "ratio": half_dv / limit,
        }

    def _cells(self, effort: Effort, headings: tuple[float, ...]) -> list[list[Line]]:
        phases = QUICK_PHASES if effort.quick else PHASES
        if not self.setting.velocity[0]:
            phases = (None,)
        seeds = effort.seeds(RUNS)
        return [[Line(heading, phase, seed) for seed in seeds] for heading in headings for phase in phases]

    def _asking(self, search: Generator) -> Generator[list[Trial], list[Outcome], Any]:
        return asking(search, self.trial, lambda line, level, outcome: self.passes(outcome))

    def trial(self, line: Line, level: int) -> Trial:
        """Of a line at a level, in steps of `GRID`."""
        dv = round(level * GRID, 4)
        shoves = [Shove(dv, line.heading, self.link, line.phase)]
        if self.is_double:
            random = np.random.default_rng((line.seed, round(line.heading)))
            heading, after = round(random.uniform(0.0, 360.0), 1), round(random.uniform(*AGAIN), 3)
            shoves.append(Shove(dv, heading, self.link, after=after))
        return Trial(replace(self.setting, seed=line.seed), tuple(shoves))


def _row(ladder: Ladder, lines: list[Line], level: int, heading: float | str) -> dict[str, Any]:
    """Of the runs that were made at one level: of none at level 0."""
    verdicts = [ladder.verdicts[line, level] for line in lines if (line, level) in ladder.verdicts]
    return {"heading_deg": heading, "dv_95": level * GRID} | rate(sum(verdicts), len(verdicts))
