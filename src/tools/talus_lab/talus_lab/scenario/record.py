# SPDX-License-Identifier: Apache-2.0
"""What happened in a run, seen from outside: reactions, falls by the ground truth, and the verdict over a scenario.

An uncontrolled fall: anything but a foot touches the ground below R3, the head does at any level, or something does in
R3 while the pelvis is faster than 1 m/s.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from talus_core.falls import FALLEN_UP_COSINE
from talus_core.stop_levels import StopLevel

from talus_lab.scenario.scenario import STOP_REACTIONS, Scenario

TOUCHDOWN_SPEED = 1.0  # m/s of the pelvis: the most at which it may touch the ground in R3
UPRIGHT_HEIGHT_M = 0.52  # m of the pelvis over the lower sole: seated is 0.38 to 0.50
SEAT_HEIGHT_M = 0.394  # that of talus40 in its pose `sit`: scenarios are written for it
HEAD = "head"
STILL = 0.1  # rad or m: what a robot that does not move may move


def of_gate(is_active: bool, is_latched: bool, request: int) -> int:
    """The level that the gate itself brings about: it moves the robot, or has let the one at rest go."""
    if is_active:
        return request
    return int(StopLevel.R3_SIT_THEN_CUT) if is_latched else 0


@dataclass(frozen=True)
class Look:
    """One look at a run.

    Attributes:
        tick: Control tick.
        level: 0 to 5, of the stop ladder, the driver's own standby included.
        refusals: Command frames refused or superseded since the start.
        torque: The drives have torque.
        touching: Links that touch the ground, but the feet; None where nobody looked.
        speed: m/s of the pelvis.
        height: m of the pelvis over the lower sole.
        up: Cosine of the pelvis' tilt.
        moved: Largest change of a joint (rad) or of the pelvis' place (m) since the first onset.
        latent: What was injected has not yet changed anything: a drive without torque of which none is asked.
    """

    tick: int
    level: int
    refusals: int
    torque: bool
    touching: Collection[str] | None = None
    speed: float = 0.0
    height: float = 1.0
    up: float = 1.0
    moved: float = 0.0
    latent: bool = False


@dataclass(frozen=True)
class Outcome:
    """Of one run; times in simulated time, NaN where it never came to that.

    Attributes:
        verdict: `ok`, or what was wrong: fell, no reaction, late, not seated, moved, false alarm, not nominal, error.
        fell: An uncontrolled fall.
        detail: In words.
        reaction_ms: From the onset, or from when the fault shows, to the reaction that the scenario names; to any level
            where it names none.
        worst_level: The highest level reached.
        seated_s: From the onset to seated without torque.
        cut_upright: Torque went while the robot was up.
        touched: What first touched the ground.
        lead_s: From R4 to that touch.
        latent: The fault never showed.
    """

    verdict: str
    fell: bool = False
    detail: str = ""
    reaction_ms: float = math.nan
    worst_level: int = 0
    seated_s: float = math.nan
    cut_upright: bool = False
    touched: str = ""
    lead_s: float = math.nan
    latent: bool = False


class Record:
    """`onset` when an event happens, `see` after every tick; then `outcome`."""

    def __init__(self, scenario: Scenario, period: float):
        self._scenario, self._period = scenario, period
        self._onsets: dict[int, int] = {}
        self._refusals = 0
        self._levels: dict[int, int] = {}  # level -> first tick since the onset that counts
        self._refused_at = self._seated_at = self._touched_at = None
        self._had_torque = False
        self._has_touched: set[str] = set()
        self._shows, self._hidden_until = False, 0
        self._touched, self._fall, self._worst, self._moved = "", "", 0, 0.0
        self._cut_upright = False

    def onset(self, event: int, tick: int) -> None:
        """An event acts from this tick on."""
        self._onsets[event] = tick

    @property
    def is_over(self) -> bool:
        """Nothing more can happen: seated for good, or fallen."""
        return self._seated_at is not None or self._touched_at is not None

    @property
    def ended_at(self) -> int:
        """Tick of that."""
        return min(tick for tick in (self._seated_at, self._touched_at) if tick is not None)

    def see(self, look: Look) -> None:
        """A tick is done."""
        onset = self._onsets.get(self._scenario.expect.after)
        if onset is None:
            self._refusals = look.refusals
            if look.level and not self._onsets:
                self._fall = self._fall or f"not nominal: R{look.level} before anything happened"
        else:
            self._shows = self._shows or not look.latent
            if not self._shows:
                self._hidden_until = look.tick + 1
            self._note_reaction(look)
        self._worst = max(self._worst, look.level)
        if look.touching is not None:
            self._look_at_body(look)
        self._had_torque = look.torque

    def outcome(self, error: str = "") -> Outcome:
        """The verdict; `error`: why the run could not be finished."""
        verdict, detail = self._verdict(error)
        onset = self._onsets.get(self._scenario.expect.after, 0)
        return Outcome(
            verdict=verdict,
            fell=verdict == "fell",
            detail=detail,
            reaction_ms=1e3 * self._took(onset),
            worst_level=self._worst,
            seated_s=self._since(self._seated_at, onset),
            cut_upright=self._cut_upright,
            touched=self._touched,
            lead_s=self._since(self._touched_at, self._levels.get(4)),
            latent=not self._shows,
        )

    def _note_reaction(self, look: Look) -> None:
        for level in range(1, look.level + 1):
            self._levels.setdefault(level, look.tick)
        if look.refusals > self._refusals and self._refused_at is None:
            self._refused_at = look.tick
        self._moved = max(self._moved, look.moved)

    def _look_at_body(self, look: Look) -> None:
        if self._had_torque and not look.torque and look.height > UPRIGHT_HEIGHT_M and look.up > FALLEN_UP_COSINE:
            self._cut_upright = True
        if not look.torque and look.height <= UPRIGHT_HEIGHT_M and look.up > FALLEN_UP_COSINE and self._onsets:
            self._seated_at = self._seated_at or look.tick
        else:
            self._seated_at = None
        if not look.touching:
            return
        new = set(look.touching) - self._has_touched
        self._has_touched |= new
        if self._touched_at is None:
            self._touched_at, self._touched = look.tick, min(look.touching)
            if look.level < 3:
                self._fall = self._fall or f"{self._touched} touched the ground at R{look.level}"
            elif look.level == 4 and not self._scenario.expect.may_fall:
                self._fall = self._fall or f"R4 where it is not allowed: {self._touched} touched the ground"
        if new and look.level == 3 and look.speed > TOUCHDOWN_SPEED:  # who has sat down may topple, too
            self._fall = self._fall or f"{min(new)} touched the ground in R3 at {look.speed:.1f} m/s"
        if HEAD in look.touching:
            self._fall = self._fall or "the head touched the ground"

    def _reaction_tick(self) -> int | None:
        reaction = self._scenario.expect.reaction
        if reaction == "refused":
            return self._refused_at
        return self._levels.get(STOP_REACTIONS.get(reaction, StopLevel.R1_DEGRADE))

    def _verdict(self, error: str) -> tuple[str, str]:
        expect = self._scenario.expect
        onset = self._onsets.get(expect.after)
        if error:
            return "error", error
        if self._fall.startswith("not nominal"):
            return "not nominal", self._fall
        if self._fall:
            return "fell", self._fall
        if onset is None:
            return "error", f"event {expect.after} never happened"
        if expect.reaction == "calm" and self._levels:
            return "false alarm", f"R{self._worst} without a cause"
        if expect.reaction not in ("none", "calm"):
            if self._reaction_tick() is None:
                what = "no reaction" if self._shows else "ok"  # nothing can tell what does not show
                return what, f"no {expect.reaction}; worst R{self._worst}"
            took = 1e3 * self._took(onset)
            if expect.within_ms and took > expect.within_ms + 1e-6:
                return "late", f"{expect.reaction} after {took:.0f} ms, not {expect.within_ms:g}"
        if expect.seated_within_s and not self._since(self._seated_at, onset) <= expect.seated_within_s:
            return "not seated", f"seated after {self._since(self._seated_at, onset):.1f} s"
        if not expect.moves and self._moved > STILL:
            return "moved", f"moved by {self._moved:.2f}"
        return "ok", ""

    def _took(self, onset: int) -> float:
        """s until the reaction: a fault counts from when it shows, for before nothing can tell."""
        return max(self._since(self._reaction_tick(), max(onset, self._hidden_until)), 0.0)

    def _since(self, tick: int | None, onset: int | None) -> float:
        return math.nan if tick is None or onset is None else (tick - onset) * self._period
