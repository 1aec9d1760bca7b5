# SPDX-License-Identifier: Apache-2.0
"""The push cases: how hard a shove is survived, by heading."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from talus_bringup.bench.balance.case import CaseResult, Effort
from talus_bringup.bench.balance.pendulum import ceiling
from talus_bringup.bench.balance.search import Ladder, half_level, highest_level
from talus_bringup.bench.balance.statistics import wilson
from talus_bringup.bench.balance.trial import Outcome, Setting, Shove, Trial

GRID = 0.05  # m/s
TOP = 60  # grid steps: 3 m/s, beyond every ceiling
START = 8
HEADINGS = (90.0, 270.0, 45.0, 315.0, 135.0, 225.0, 180.0, 0.0)  # deg; those that fail first come first
PHASES = (0.0, 0.25, 0.5, 0.75)
STILL = 0.15  # m/s: a robot that stands sways by less
GOES_ON = 0.5  # of the commanded speed, over the last second


@dataclass(frozen=True)
class _Line:
    heading: float
    phase: float | None
    seed: int


@dataclass(frozen=True)
class PushCase:
    """Shoves of rising strength from eight sides.

    Attributes:
        link: That is pushed.
        speed: m/s forward; 0 stands.
        keys: Of the summary, for the worst and for the forward direction; empty: none.
    """

    title: str
    link: str
    speed: float = 0.0
    worst_key: str = ""
    forward_key: str = ""

    def run(self, effort: Effort) -> Generator[list[Trial], list[Outcome], CaseResult]:
        """See `Case`."""
        ladder = Ladder(TOP)
        worst = yield from self._asking(highest_level(ladder, self._cells(effort, HEADINGS), START))
        ahead = yield from self._asking(highest_level(ladder, self._cells(effort, (0.0,)), max(worst, START)))
        rows = []
        for heading in () if effort.quick else sorted(HEADINGS):
            cells = self._cells(effort, (heading,))
            level = yield from self._asking(highest_level(ladder, cells, max(worst, 1)))
            lines = [line for cell in cells for line in cell]
            half = yield from self._asking(half_level(ladder, lines, level + 2))
            rows.append(self._row(ladder, lines, level, heading, half))
        everywhere = [line for cell in self._cells(effort, HEADINGS) for line in cell]
        rows.append(self._row(ladder, everywhere, worst, "worst"))
        summary = {self.worst_key: worst * GRID, self.forward_key: ahead * GRID}
        return CaseResult(rows, {key: round(value, 4) for key, value in summary.items() if key})

    def _cells(self, effort: Effort, headings: tuple[float, ...]) -> list[list[_Line]]:
        phases = (None,) if not self.speed else (0.0, 0.5) if effort.quick else PHASES
        return [[_Line(heading, phase, seed) for seed in effort.seeds] for heading in headings for phase in phases]

    def _asking(self, search: Generator) -> Generator[list[Trial], list[Outcome], Any]:
        """Let a search over lines and levels ask for trials."""
        try:
            asked = next(search)
            while True:
                outcomes = yield [self._trial(line, level) for line, level in asked]
                asked = search.send([self.passes(outcome) for outcome in outcomes])
        except StopIteration as done:
            return done.value

    def _trial(self, line: _Line, level: int) -> Trial:
        shove = Shove(round(level * GRID, 4), line.heading, self.link, line.phase)
        return Trial(Setting(line.seed, (self.speed, 0.0, 0.0)), (shove,))

    def passes(self, outcome: Outcome) -> bool:
        """No fall, and after 4 s it stands or walks on."""
        forward, left, _ = outcome.last_velocity
        goes_on = forward >= GOES_ON * self.speed if self.speed else abs(forward) < STILL and abs(left) < STILL
        return not outcome.fell and not outcome.error and goes_on

    def _row(self, ladder: Ladder, lines: list[_Line], level: int, heading: float | str, half: float | None = None):
        """Of runs at one level."""
        passed = sum(ladder.implied(line, level) for line in lines)
        low, high = wilson(passed, len(lines))
        row = {"case": self.title, "heading_deg": heading, "dv_95": level * GRID, "passed": passed, "n": len(lines)}
        row |= {"rate_low": low, "rate_high": high}
        if half is not None:
            limit = ceiling(float(heading), self.speed)
            row |= {"dv_50": half * GRID, "ceiling": limit, "ratio": half * GRID / limit}
        return row


PUSHES: dict[str, PushCase] = {}
for _link, _place in (("torso", "torso"), ("base_link", "pelvis")):
    _is_torso = _link == "torso"
    PUSHES[f"standing_push_{_place}"] = PushCase(
        f"standing_push_{_place}", _link, 0.0, "standing_push_dv_worst" * _is_torso
    )
    PUSHES[f"walking_push_{_place}"] = PushCase(
        f"walking_push_{_place}", _link, 0.5, "walking_push_dv_worst" * _is_torso, "walking_push_dv_forward" * _is_torso
    )
