# SPDX-License-Identifier: Apache-2.0
"""Finds how hard a shove is survived, by heading: the push cases."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from talus_lab.bench.balance.cases.case import CaseResult, Effort, asking, rate
from talus_lab.bench.balance.cases.pendulum import ceiling
from talus_lab.bench.balance.search import Ask, Ladder, half_level, highest_level
from talus_lab.bench.balance.trials.trial import Setting, Shove, Trial, TrialOutcome

SHOVE_GRID_MPS = 0.05
TOP_LEVEL = 60  # grid steps: 3 m/s, beyond every ceiling
FIRST_LEVEL = 8  # grid steps: 0.4 m/s, which most cells survive
# Degrees; those that fail first come first.
HEADINGS_DEG = (90.0, 270.0, 45.0, 315.0, 135.0, 225.0, 180.0, 0.0)
STEP_PHASES = (0.0, 0.25, 0.5, 0.75)
QUICK_STEP_PHASES = (0.0, 0.5)
RUNS_PER_CELL = 3
SWAY_LIMIT_MPS = 0.15  # a robot that stands sways by less
GOES_ON_SHARE = 0.5  # of the commanded speed, over the last second
SECOND_SHOVE_S = (0.3, 1.0)  # after the first shove

Found = TypeVar("Found")


@dataclass(frozen=True)
class PushLine:
    """Describes runs that differ in strength alone.

    Attributes:
        heading: Direction of the shove, degrees.
        phase: Part of a step at which it begins; None: at once.
        seed: Seed of the runs.
    """

    heading: float
    phase: float | None
    seed: int


@dataclass(frozen=True)
class PushCase:
    """Shoves with rising strength from eight sides.

    Attributes:
        setting: Setting of every run, but for the seed; walking if it has a velocity.
        link: The link that is pushed.
        is_double: A second shove as strong, from a random side, 0.3 to 1.0 s after the first.
        worst_key: Its figure in the summary: weakest cell of heading and phase; empty: none.
        forward_key: That figure of the shoves from behind alone.
        must_go_on: Four seconds later it walks again, or stands still; False: it must not have
            fallen.
    """

    setting: Setting
    link: str = "torso"
    is_double: bool = False
    worst_key: str = ""
    forward_key: str = ""
    must_go_on: bool = True

    @property
    def keys(self) -> tuple[str, ...]:
        """Its figures in the summary."""
        return tuple(key for key in (self.worst_key, self.forward_key) if key)

    def run(self, effort: Effort) -> Generator[list[Trial], list[TrialOutcome], CaseResult]:
        """Ask for trials until the figures are known; see `Case`."""
        ladder: Ladder[PushLine] = Ladder(TOP_LEVEL)
        cells = self._cells(effort, HEADINGS_DEG)
        worst = yield from self._asking(highest_level(ladder, cells, FIRST_LEVEL))
        summary = {self.worst_key: worst * SHOVE_GRID_MPS}
        rows: list[Mapping[str, Any]] = []
        for heading in sorted(HEADINGS_DEG) if effort.has_rows else ():
            rows.append((yield from self._of_heading(ladder, effort, heading, worst)))
        if self.forward_key:
            from_behind = self._cells(effort, (0.0,))
            search = highest_level(ladder, from_behind, max(worst, FIRST_LEVEL))
            ahead = yield from self._asking(search)
            summary[self.forward_key] = ahead * SHOVE_GRID_MPS
        everywhere = [line for cell in cells for line in cell]
        rows.append(_row(ladder, everywhere, worst, "worst"))
        return CaseResult(rows, {key: round(summary[key], 4) for key in self.keys})

    def passes(self, outcome: TrialOutcome) -> bool:
        """Tell whether it did not fall, and 4 s later stands still or walks on, if it must."""
        speed = self.setting.velocity[0]
        forward, left, _ = outcome.last_velocity
        if speed:
            goes_on = forward >= GOES_ON_SHARE * speed
        else:
            goes_on = abs(forward) < SWAY_LIMIT_MPS and abs(left) < SWAY_LIMIT_MPS
        return outcome.is_upright and (goes_on or not self.must_go_on)

    def trial(self, line: PushLine, level: int) -> Trial:
        """Return the run of a line at a level, in steps of `SHOVE_GRID_MPS`."""
        dv = round(level * SHOVE_GRID_MPS, 4)
        shoves = [Shove(dv, line.heading, self.link, line.phase)]
        if self.is_double:
            random = np.random.default_rng((line.seed, round(line.heading)))
            heading = round(random.uniform(0.0, 360.0), 1)
            after = round(random.uniform(*SECOND_SHOVE_S), 3)
            shoves.append(Shove(dv, heading, self.link, after=after))
        return Trial(replace(self.setting, seed=line.seed), tuple(shoves))

    def _of_heading(
        self, ladder: Ladder[PushLine], effort: Effort, heading: float, worst: int
    ) -> Generator[list[Trial], list[TrialOutcome], dict[str, Any]]:
        """Ask for trials until the row of a heading is known."""
        cells = self._cells(effort, (heading,))
        lines = [line for cell in cells for line in cell]
        level = yield from self._asking(highest_level(ladder, cells, max(worst, 1)))
        half = yield from self._asking(half_level(ladder, lines, level + 2))
        limit = ceiling(heading, self.setting.velocity[0], legs=effort.legs)
        half_dv = half * SHOVE_GRID_MPS
        return _row(ladder, lines, level, heading) | {
            "dv_50": half_dv,
            "ceiling": limit,
            "ratio": half_dv / limit,
        }

    def _cells(self, effort: Effort, headings: Sequence[float]) -> list[list[PushLine]]:
        phases: Sequence[float | None] = QUICK_STEP_PHASES if effort.quick else STEP_PHASES
        if not self.setting.velocity[0]:
            phases = (None,)
        seeds = effort.seeds(RUNS_PER_CELL)
        return [
            [PushLine(heading, phase, seed) for seed in seeds]
            for heading in headings
            for phase in phases
        ]

    def _asking(
        self, search: Generator[Ask[PushLine], list[bool], Found]
    ) -> Generator[list[Trial], list[TrialOutcome], Found]:
        return asking(search, self.trial, lambda line, level, outcome: self.passes(outcome))


def _row(
    ladder: Ladder[PushLine], lines: list[PushLine], level: int, heading: float | str
) -> dict[str, Any]:
    """Return the row of the runs that were made at one level: of none at level 0."""
    verdicts = [ladder.verdicts[line, level] for line in lines if (line, level) in ladder.verdicts]
    passed = rate(sum(verdicts), len(verdicts))
    return {"heading_deg": heading, "dv_95": level * SHOVE_GRID_MPS} | passed
