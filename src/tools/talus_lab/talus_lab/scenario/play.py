# SPDX-License-Identifier: Apache-2.0
"""Plays a scenario on a stage: brings the robot into the posture, lets things happen, watches to the end."""

from __future__ import annotations

from collections.abc import Callable

from talus_core.errors import TalusError

from talus_lab.scenario.record import Outcome, Record
from talus_lab.scenario.scenario import Scenario
from talus_lab.scenario.stage import SITTING_DOWN, STANDING, Stage

ARM_AT_S, ASK_EVERY_S, ASK_WITHIN_S = 1.0, 0.1, 5.0  # the estimator needs 0.5 s at rest, the gate 0.4 s
UP_WITHIN_S = 8.0  # standing up takes 2.2 s
SETTLE_S, WALK_S = 1.0, 3.0
STEP_S = 0.5  # a step; seeds begin at different parts of it
SINGLE_FOR_S = 0.1  # after lift-off: the middle of a swing of 0.3 to 0.4 s
MOVE_FROM_S, MOVE_FOR_S = 0.3, 1.6  # of a posture change of 2.2 to 2.4 s
WALKING, STEPPING = 0.5, 0.15  # m/s
LOAD_N, LOAD_S = 25.0, 10.0  # on each hand: a box of 5 kg in both
AFTER_S = 3.0  # what is watched after the end: a head may still strike, who sits may still topple
GOLDEN = 0.618034  # multiples of it modulo 1 cover an interval evenly


class PostureError(TalusError):
    """The robot did not get into the posture in which the scenario begins."""


class Player:
    """One robot in one posture; `reach`, then `play` once, which fills `record`. All times are simulated."""

    def __init__(self, stage: Stage, posture: str, seed: int):
        self._stage, self._posture = stage, posture
        self._part = (GOLDEN * seed) % 1.0
        self._begins_low = seed % 2 == 0

    def reach(self) -> None:
        """Arm, stand up, and whatever else the posture asks. Raises PostureError."""
        stage = self._stage
        self.run(ARM_AT_S)
        self.ask("arm")
        if self._posture == "seated":
            return
        self.ask("stand")
        if self._posture == "transition" and self._begins_low:
            self.run(MOVE_FROM_S + self._part * MOVE_FOR_S)
            return
        self.until(lambda: stage.mode == STANDING, UP_WITHIN_S, "stand")
        self.run(SETTLE_S)
        getattr(self, f"_{self._posture}")()

    def play(self, scenario: Scenario, period: float = 0.002) -> Outcome:
        """From here to the end."""
        stage, start = self._stage, self._stage.time
        self.record = record = Record(scenario, period)
        waiting = sorted(enumerate(scenario.events), key=lambda item: item[1].at)
        stage.mark()
        while waiting or not self._is_over(record, period, start + scenario.seconds):
            while waiting and stage.time >= start + waiting[0][1].at - 0.5 * period:
                number, event = waiting.pop(0)
                if number == scenario.expect.after:
                    stage.mark()
                record.onset(number, stage.do(event))
            stage.advance()
            record.see(stage.look())
        return record.outcome()

    def ask(self, wish: str) -> None:
        """Until it is granted. Raises PostureError."""
        end = self._stage.time + ASK_WITHIN_S
        while not self._stage.ask(wish):
            if self._stage.time > end:
                raise PostureError(f"'{wish}' was refused for {ASK_WITHIN_S:g} s: {self._stage.why}")
            self.run(ASK_EVERY_S)

    def run(self, seconds: float) -> None:
        """Let them pass."""
        end = self._stage.time + seconds - 1e-6
        while self._stage.time < end:
            self._stage.advance()

    def until(self, is_so: Callable[[], bool], seconds: float, what: str) -> None:
        """Until it is so. Raises PostureError after so many s."""
        end = self._stage.time + seconds
        while not is_so():
            if self._stage.time > end:
                raise PostureError(f"did not {what} within {seconds:g} s: {self._stage.why}")
            self._stage.advance()

    def _is_over(self, record: Record, period: float, end: float) -> bool:
        now = self._stage.time
        return now >= end or (record.is_over and now > record.ended_at * period + AFTER_S)

    def _double_support(self) -> None:
        self.run(self._part * STEP_S)

    def _walking(self) -> None:
        self._stage.walk(WALKING)
        self.run(WALK_S + self._part * 2.0 * STEP_S)

    def _single_support(self) -> None:
        stage = self._stage
        stage.walk(STEPPING)
        self.run(WALK_S + self._part * 2.0 * STEP_S)
        for is_up in (False, True):
            self.until(lambda is_up=is_up: stage.is_on_one_foot is is_up, 4.0 * STEP_S, "lift a foot")
        self.run(SINGLE_FOR_S)

    def _transition(self) -> None:
        self.ask("sit")
        self.until(lambda: self._stage.mode == SITTING_DOWN, UP_WITHIN_S, "begin to sit down")
        self.run(MOVE_FROM_S + self._part * MOVE_FOR_S)

    def _loaded(self) -> None:
        self._stage.load(LOAD_N, LOAD_S)
        self.run(SETTLE_S)
