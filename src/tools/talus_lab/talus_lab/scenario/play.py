# SPDX-License-Identifier: Apache-2.0
"""Plays a scenario on a stage: brings the robot into the posture, lets things happen, watches."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from talus_core.errors import TalusError
from talus_core.words.modes import Mode

from talus_lab.rig.bounds import TICK_S
from talus_lab.scenario.record import Record, ScenarioOutcome
from talus_lab.scenario.scenario import Scenario
from talus_lab.scenario.stage import ScenarioStage

# Wishes: the estimator needs 0.5 s at rest before the first, the gate 0.4 s.
ARM_AFTER_S = 1.0
ASK_PERIOD_S = 0.1
ASK_LIMIT_S = 5.0
STANCE_LIMIT_S = 8.0  # of standing up, which takes 2.2 s
STANCE_SETTLE_S = 1.0
APPROACH_WALK_S = 3.0
STEP_DURATION_S = 0.5  # seeds begin at different parts of a step
SINGLE_SUPPORT_S = 0.1  # after lift-off: the middle of a swing of 0.3 to 0.4 s
# The part of a posture change of 2.2 to 2.4 s in which a scenario may begin.
TRANSITION_FROM_S = 0.3
TRANSITION_SPAN_S = 1.6
APPROACH_WALK_MPS = 0.5
STEPPING_MPS = 0.15
# On each hand: a box of 5 kg in both.
HAND_LOAD_N = 25.0
HAND_LOAD_S = 10.0
AFTERMATH_S = 3.0  # watched after the end: a head may still strike, a seated body may still topple
GOLDEN_RATIO = 0.618034  # multiples of it modulo 1 cover an interval evenly


class PostureError(TalusError):
    """Raised when the robot does not get into the posture in which the scenario begins."""


class Player:
    """Plays on one robot in one posture; all times are simulated.

    Call `reach`, then `play`, for one scenario after another.

    Attributes:
        record: What has been seen since the last `play` began.
    """

    record: Record

    def __init__(self, stage: ScenarioStage, posture: str, seed: int):
        """Take a robot at its start; the seed says at which instant of the posture to begin."""
        self._stage = stage
        self._posture = posture
        self._part = (GOLDEN_RATIO * seed) % 1.0
        self._begins_low = seed % 2 == 0

    def reach(self) -> None:
        """Arm, stand up, and do whatever else the posture asks for. Raises PostureError."""
        stage = self._stage
        self.run(ARM_AFTER_S)
        self.ask("arm")
        if self._posture == "seated":
            return
        self.ask("stand")
        if self._posture == "transition" and self._begins_low:
            self.run(TRANSITION_FROM_S + self._part * TRANSITION_SPAN_S)
            return
        self.until(lambda: stage.mode == Mode.STANDING, STANCE_LIMIT_S, "stand")
        self.run(STANCE_SETTLE_S)
        _APPROACHES[self._posture](self)

    def play(self, scenario: Scenario, period: float = TICK_S) -> ScenarioOutcome:
        """Let the events happen, and watch to the end; `period`: length of a tick, s."""
        stage = self._stage
        start = stage.time
        record = Record(scenario, period)
        self.record = record
        waiting = sorted(enumerate(scenario.events), key=lambda item: item[1].at)
        stage.mark()
        while waiting or not self._is_over(record, period, start + scenario.seconds):
            while waiting and stage.time >= start + waiting[0][1].at - 0.5 * period:
                number, event = waiting.pop(0)
                if number == scenario.expect.after:
                    stage.mark()
                record.note_onset(number, stage.do(event))
            stage.advance()
            record.note_look(stage.look())
        return record.outcome()

    def ask(self, wish: str) -> None:
        """Ask until it is granted. Raises PostureError."""
        end = self._stage.time + ASK_LIMIT_S
        while not self._stage.ask(wish):
            if self._stage.time > end:
                raise PostureError(f"'{wish}' was refused for {ASK_LIMIT_S:g} s: {self._stage.why}")
            self.run(ASK_PERIOD_S)

    def run(self, seconds: float) -> None:
        """Let so many seconds pass."""
        end = self._stage.time + seconds - 1e-6
        while self._stage.time < end:
            self._stage.advance()

    def until(self, is_so: Callable[[], bool], seconds: float, what: str) -> None:
        """Let time pass until something is so. Raises PostureError after so many seconds."""
        end = self._stage.time + seconds
        while not is_so():
            if self._stage.time > end:
                raise PostureError(f"did not {what} within {seconds:g} s: {self._stage.why}")
            self._stage.advance()

    def _is_over(self, record: Record, period: float, end: float) -> bool:
        now = self._stage.time
        ended_at = record.ended_at
        return now >= end or (ended_at is not None and now > ended_at * period + AFTERMATH_S)

    def _stand_still(self) -> None:
        self.run(self._part * STEP_DURATION_S)

    def _walk(self) -> None:
        self._stage.walk(APPROACH_WALK_MPS)
        self.run(APPROACH_WALK_S + self._part * 2.0 * STEP_DURATION_S)

    def _lift_a_foot(self) -> None:
        stage = self._stage
        stage.walk(STEPPING_MPS)
        self.run(APPROACH_WALK_S + self._part * 2.0 * STEP_DURATION_S)
        self.until(lambda: not stage.is_on_one_foot, 4.0 * STEP_DURATION_S, "lift a foot")
        self.until(lambda: stage.is_on_one_foot, 4.0 * STEP_DURATION_S, "lift a foot")
        self.run(SINGLE_SUPPORT_S)

    def _sit_down_halfway(self) -> None:
        self.ask("sit")
        self.until(
            lambda: self._stage.mode == Mode.SITTING_DOWN, STANCE_LIMIT_S, "begin to sit down"
        )
        self.run(TRANSITION_FROM_S + self._part * TRANSITION_SPAN_S)

    def _take_a_load(self) -> None:
        self._stage.load(HAND_LOAD_N, HAND_LOAD_S)
        self.run(STANCE_SETTLE_S)


# What a robot that stands does to get into a posture.
_APPROACHES: Mapping[str, Callable[[Player], None]] = {
    "double_support": Player._stand_still,
    "single_support": Player._lift_a_foot,
    "walking": Player._walk,
    "transition": Player._sit_down_halfway,
    "loaded": Player._take_a_load,
}
