# SPDX-License-Identifier: Apache-2.0
"""Records a run as seen from outside: reactions, falls by the ground truth, and the verdict.

An uncontrolled fall: anything but a foot touches the ground below R3, the head does at any level,
or something does in R3 while the pelvis is faster than 1 m/s.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field

from talus_core.words.falls import FALLEN_UP_COSINE
from talus_core.words.stop_levels import StopLevel

from talus_lab.rig.bounds import HEAD_LINK
from talus_lab.scenario.scenario import LEVEL_NAMES, Expectation, Scenario

TOUCHDOWN_LIMIT_MPS = 1.0  # of the pelvis: the most at which it may touch the ground in R3
UPRIGHT_HEIGHT_M = 0.52  # of the pelvis over the lower sole: seated is 0.38 to 0.50
SEAT_HEIGHT_M = 0.394  # that of talus40 in its pose `sit`: scenarios are written for it
UNMOVED_LIMIT = 0.1  # rad or m: a robot that does not move may still settle by this
NOT_NOMINAL = "not nominal"  # verdict on a run in which a level was up before anything happened


def of_gate(is_active: bool, is_latched: bool, request: int) -> int:
    """Return the level that the gate itself brings about.

    Args:
        is_active: The gate moves the robot.
        is_latched: It has let the robot go once that was at rest.
        request: The level at which it acts.
    """
    if is_active:
        return request
    return StopLevel.R3_SIT_THEN_CUT.value if is_latched else 0


@dataclass(frozen=True)
class Look:
    """Holds what is to be seen of a run at one tick.

    Attributes:
        tick: Number of the control tick.
        level: Level of the stop ladder, 0 to 5, the driver's own standby included.
        refusals: Command frames refused or superseded since the start.
        torque: The drives have torque.
        touching: Links besides the feet that touch the ground; None where contacts are not seen.
        speed: Speed of the pelvis, m/s.
        height: Height of the pelvis over the lower sole, m.
        up: Cosine of the pelvis' tilt.
        moved: Largest change of a joint (rad) or of the pelvis' place (m) since the first onset.
        latent: What was injected has not yet changed anything: a drive without torque of which none
            is asked.
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
class ScenarioOutcome:
    """Holds what became of one run; times in simulated time, NaN where it never came to that.

    Attributes:
        verdict: `ok`, or what was wrong: fell, no reaction, late, not seated, moved, false alarm,
            not nominal, error.
        fell: It was an uncontrolled fall.
        detail: What was wrong, in words.
        reaction_ms: From the onset, or from when the fault shows, to the reaction that the scenario
            names; to any level where it names none.
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


@dataclass
class _Reactions:
    """Tracks what the stack did since the onset that counts.

    Attributes:
        levels: First tick at each level.
        refusals_before: Command frames refused until that onset.
        refused_at: Tick of the first refusal after it.
        shows: The fault has changed something.
        hidden_until: Tick before which it had not.
        moved: Largest movement, rad or m.
    """

    levels: dict[int, int] = field(default_factory=dict)
    refusals_before: int = 0
    refused_at: int | None = None
    shows: bool = False
    hidden_until: int = 0
    moved: float = 0.0

    def note(self, look: Look) -> None:
        """Take a look after the onset."""
        self.shows = self.shows or not look.latent
        if not self.shows:
            self.hidden_until = look.tick + 1
        for level in range(1, look.level + 1):
            self.levels.setdefault(level, look.tick)
        if look.refusals > self.refusals_before and self.refused_at is None:
            self.refused_at = look.tick
        self.moved = max(self.moved, look.moved)

    def tick_of(self, reaction: str) -> int | None:
        """Return when the reaction came that a scenario names; any level where it names none."""
        if reaction == "refused":
            return self.refused_at
        return self.levels.get(LEVEL_NAMES.index(reaction) + 1 if reaction in LEVEL_NAMES else 1)


@dataclass
class _Body:
    """Tracks what the body went through.

    Attributes:
        may_fall: A protective fall is allowed.
        fall: The first uncontrolled fall, in words; empty: none.
        seated_at: Tick since which it sits without torque.
        touched_at: Tick at which something besides the feet first touched the ground.
        touched: What that was.
        has_touched: All that touched the ground so far.
        had_torque: There was torque at the look before.
        cut_upright: Torque went while it was up.
    """

    may_fall: bool
    fall: str = ""
    seated_at: int | None = None
    touched_at: int | None = None
    touched: str = ""
    has_touched: set[str] = field(default_factory=set)
    had_torque: bool = False
    cut_upright: bool = False

    def note(self, look: Look, touching: Collection[str], has_begun: bool) -> None:
        """Take a look at the body; `has_begun`: an event has happened."""
        is_over_itself = look.up > FALLEN_UP_COSINE
        is_up = look.height > UPRIGHT_HEIGHT_M and is_over_itself
        if self.had_torque and not look.torque and is_up:
            self.cut_upright = True
        is_low = look.height <= UPRIGHT_HEIGHT_M and is_over_itself
        if not look.torque and is_low and has_begun:
            self.seated_at = self.seated_at or look.tick
        else:
            self.seated_at = None
        if touching:
            self._note_touch(look, touching)

    def note_fall(self, words: str) -> None:
        """Keep the first of what was wrong."""
        self.fall = self.fall or words

    def _note_touch(self, look: Look, touching: Collection[str]) -> None:
        new = set(touching) - self.has_touched
        self.has_touched |= new
        if self.touched_at is None:
            self.touched_at = look.tick
            self.touched = min(touching)
            if look.level < StopLevel.R3_SIT_THEN_CUT:
                self.note_fall(f"{self.touched} touched the ground at R{look.level}")
            elif look.level == StopLevel.R4_PROTECTIVE_FALL and not self.may_fall:
                self.note_fall(f"R4 where it is not allowed: {self.touched} touched the ground")
        is_fast = look.speed > TOUCHDOWN_LIMIT_MPS
        if new and look.level == StopLevel.R3_SIT_THEN_CUT and is_fast:  # a seated body may topple
            self.note_fall(f"{min(new)} touched the ground in R3 at {look.speed:.1f} m/s")
        if HEAD_LINK in touching:
            self.note_fall("the head touched the ground")


class Record:
    """Keeps each onset, and a look after every tick; then gives the outcome."""

    def __init__(self, scenario: Scenario, period: float):
        """Begin before the first event; `period`: length of a tick, s."""
        self._scenario = scenario
        self._period = period
        self._onsets: dict[int, int] = {}
        self._reactions = _Reactions()
        self._body = _Body(scenario.expect.may_fall)
        self._worst = 0

    @property
    def ended_at(self) -> int | None:
        """Return the tick since which nothing more can happen, seated or fallen; None before."""
        ends = (self._body.seated_at, self._body.touched_at)
        return min((tick for tick in ends if tick is not None), default=None)

    def note_onset(self, event: int, tick: int) -> None:
        """Keep from which tick on an event acts."""
        self._onsets[event] = tick

    def note_look(self, look: Look) -> None:
        """Keep what is to be seen after a tick."""
        if self._scenario.expect.after in self._onsets:
            self._reactions.note(look)
        else:
            self._reactions.refusals_before = look.refusals
            if look.level and not self._onsets:
                self._body.note_fall(f"{NOT_NOMINAL}: R{look.level} before anything happened")
        self._worst = max(self._worst, look.level)
        if look.touching is not None:
            self._body.note(look, look.touching, has_begun=bool(self._onsets))
        self._body.had_torque = look.torque

    def outcome(self, error: str = "") -> ScenarioOutcome:
        """Return the verdict; `error`: why the run could not be finished."""
        verdict, detail = ("error", error) if error else self._verdict()
        onset = self._onsets.get(self._scenario.expect.after, 0)
        body = self._body
        return ScenarioOutcome(
            verdict=verdict,
            fell=verdict == "fell",
            detail=detail,
            reaction_ms=1e3 * self._took(onset),
            worst_level=self._worst,
            seated_s=self._since(body.seated_at, onset),
            cut_upright=body.cut_upright,
            touched=body.touched,
            lead_s=self._since(
                body.touched_at, self._reactions.levels.get(StopLevel.R4_PROTECTIVE_FALL)
            ),
            latent=not self._reactions.shows,
        )

    def _verdict(self) -> tuple[str, str]:
        """Return the verdict and its reason, the gravest first."""
        expect = self._scenario.expect
        onset = self._onsets.get(expect.after)
        fall = self._body.fall
        if fall:
            return (NOT_NOMINAL if fall.startswith(NOT_NOMINAL) else "fell"), fall
        if onset is None:
            return "error", f"event {expect.after} never happened"
        wrong = self._wrong_reaction(expect, onset)
        if wrong is not None:
            return wrong
        seated_s = self._since(self._body.seated_at, onset)
        if expect.seated_within_s and not seated_s <= expect.seated_within_s:
            return "not seated", f"seated after {seated_s:.1f} s"
        if not expect.moves and self._reactions.moved > UNMOVED_LIMIT:
            return "moved", f"moved by {self._reactions.moved:.2f}"
        return "ok", ""

    def _wrong_reaction(self, expect: Expectation, onset: int) -> tuple[str, str] | None:
        """Return a verdict where the reaction decides it; None where it is right."""
        if expect.reaction == "calm" and self._reactions.levels:
            return "false alarm", f"R{self._worst} without a cause"
        if expect.reaction in ("none", "calm"):
            return None
        if self._reactions.tick_of(expect.reaction) is None:
            # Nothing can tell what does not show.
            what = "no reaction" if self._reactions.shows else "ok"
            return what, f"no {expect.reaction}; worst R{self._worst}"
        took = 1e3 * self._took(onset)
        if expect.within_ms and took > expect.within_ms + 1e-6:
            return "late", f"{expect.reaction} after {took:.0f} ms, not {expect.within_ms:g}"
        return None

    def _took(self, onset: int) -> float:
        """Return s until the reaction; a fault counts from when it shows."""
        reaction = self._reactions.tick_of(self._scenario.expect.reaction)
        return max(self._since(reaction, max(onset, self._reactions.hidden_until)), 0.0)

    def _since(self, tick: int | None, onset: int | None) -> float:
        return math.nan if tick is None or onset is None else (tick - onset) * self._period
