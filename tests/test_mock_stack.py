# SPDX-License-Identifier: Apache-2.0
"""The mock through driver, last gate, supervisor and balance: it stands up, walks, turns and sits.

No rule may fire on the way: a body without dynamics is asked only what it can say.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from talus_core.driver import PartlyFelt
from talus_core.robot import load_robot
from talus_core.words.body_senses import BodySense
from talus_core.words.gate_phases import GatePhase
from talus_core.words.modes import Mode
from talus_core.words.stop_levels import StopLevel
from talus_lab.scenario import rig as rigs
from talus_safety.kernel.decide.supervisor.supervisor import Wish
from talus_simulation.faults.catalogue import FaultRequest
from talus_simulation.mock_body.driver import MockDriver

ROBOT = load_robot(Path(__file__).parents[1] / "urdf" / "talus40")


class MockStack:
    """The whole stack on the mock; `fired` holds what was said against it, in words."""

    def __init__(self):
        self.rig = rigs.SafetyRig(ROBOT, model_error=False)
        self.fired: set[str] = set()
        self._has_armed = False

    @property
    def mode(self) -> Mode:
        return self.rig.balance.controller.mode

    @property
    def place(self) -> np.ndarray:
        return self.rig.driver.ground_truth().position[:2]

    def run(self, seconds: float) -> None:
        end = self.rig.driver.time + seconds
        while self.rig.driver.time < end:
            self.rig.tick()
            state, decision = self.rig.safety.state, self.rig.decision
            if self._has_armed and (state.level > StopLevel.R0_RUN or decision.reason):
                self.fired.add(f"{state.level.name} {state.cause} {decision.reason}".strip())

    def run_until(self, mode: Mode, limit: float) -> None:
        end = self.rig.driver.time + limit
        while self.mode is not mode and self.rig.driver.time < end:
            self.run(0.1)
        assert self.mode is mode, (self.mode, self.rig.safety.state.cause, self.fired)

    def begin_to_stand_up(self) -> None:
        self.run(1.0)
        assert self.rig.ask(Wish.ARM).success
        self.run(0.1)
        self._has_armed = True
        self.run(0.2)
        assert self.rig.balance.keeper.request_stand() is None


@pytest.fixture
def stack(monkeypatch) -> MockStack:
    monkeypatch.setattr(rigs, "MujocoDriver", MockDriver)
    return MockStack()


def test_ideal_robot_stands_up_walks_turns_and_sits_and_no_rule_fires(stack):
    stack.begin_to_stand_up()
    stack.run_until(Mode.STANDING, 8.0)
    start = stack.place
    stack.rig.balance.velocity = (0.3, 0.0, 0.0)
    stack.run(2.5)
    assert stack.mode is Mode.WALKING
    assert stack.place[0] - start[0] > 0.3
    stack.rig.balance.velocity = (0.0, 0.0, 0.4)
    stack.run(1.0)
    stack.rig.balance.velocity = (0.0, 0.0, 0.0)
    stack.run_until(Mode.STANDING, 5.0)
    np.testing.assert_allclose(stack.rig.driver.soles[:, 2], 0.0, atol=0.02)
    stack.rig.balance.keeper.stand_wanted = False
    stack.run_until(Mode.SEATED, 8.0)
    stack.run(0.5)
    assert stack.fired == set()
    assert stack.rig.decision.phase is GatePhase.RUN and stack.rig.decision.at_rest


def test_mock_says_what_it_does_not_feel_and_all_of_the_stack_hears_it(stack):
    assert isinstance(stack.rig.driver, PartlyFelt)
    stack.run(0.1)
    assert stack.rig.decision.unfelt == {BodySense.LOAD}
    assert stack.rig.safety.watch.facts(stack.rig.wall).gate.unfelt == {BodySense.LOAD}


def test_what_it_can_say_is_still_judged(stack):
    stack.begin_to_stand_up()
    stack.run(1.0)
    stack.rig.faults.inject(FaultRequest("drive.off", "l_knee"))
    stack.run(0.2)
    assert any("l_knee" in words for words in stack.fired), stack.fired
