# SPDX-License-Identifier: Apache-2.0
"""Checks the rules of safety on a simulated body with model error.

Each fault is found by its rule in time, and a healthy life raises nothing.
"""

import math
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
from sources import ROOT
from talus_core.robot import load_robot
from talus_lab.scenario.rig_stage import RigStage
from talus_safety.kernel.decide.supervisor.rules import RULES
from talus_simulation.faults.catalogue import FaultRequest

WITHIN_MS = {rule.name: rule.within_ms for rule in RULES}
JUDGED_MS = 12  # the supervisor looks at 100 Hz

# Fault, target, severity; the rules that may find it first.
FAULTS = [
    ("imu.off", "", 0.0, {"sensor_fault", "imu_fault", "sensors_bad"}),
    ("imu.stuck", "", 0.0, {"imu_fault", "sensor_fault"}),
    ("imu.garbage", "", 0.0, {"imu_fault"}),
    ("gyroscope.wrong", "", 1.5, {"body_fault"}),
    ("encoder.stuck", "l_knee", 0.0, {"encoder_fault"}),
    ("encoder.wrong", "l_knee", 6.28, {"encoder_fault", "sensor_fault"}),
    ("foot.no_contact", "left", 0.0, {"foot_fails"}),
    ("drive.off", "l_knee", 0.0, {"leg_fault"}),
    ("drive.reboot", "r_knee", 0.0, {"leg_fault", "encoder_fault"}),
    ("drive.runaway", "l_elbow", 0.0, {"arm_fault"}),
    ("limb.off", "left_leg", 0.0, {"encoder_fault", "leg_fault"}),
]


class Life:
    """Runs a guarded robot, and notes when each rule first showed since `first` was emptied."""

    def __init__(self, seed: int):
        self.stage = RigStage(load_robot(ROOT / "urdf" / "talus40"), seed)
        self.rig = self.stage.rig
        self.first: dict[str, float] = {}

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Run for a time; return whether the robot is still up."""
        end = self.stage.time + seconds
        while self.stage.time < end and not until():
            self.stage.advance()
            state = self.rig.safety.state
            if state.rule:
                self.first.setdefault(state.rule, self.stage.time)
            if self.has_fallen():
                return False
        return True

    def has_fallen(self) -> bool:
        """Return whether a robot that stands or walks has fallen: the hips are low."""
        return self.rig.driver.ground_truth().position[2] < 0.5

    def push(self, x: float, y: float) -> None:
        """Push the chest in the world, N s over 0.1 s."""
        self.rig.driver.push("torso", np.array([x, y, 0.0]), 0.1)


def aside(story: Callable[[], Any]) -> Any:
    """Return what a story returns that is told in a copy of this process.

    The robot here stays as it is.
    """
    context = get_context("fork")
    answers = context.SimpleQueue()
    teller = context.Process(target=lambda: answers.put(story()))
    teller.start()
    teller.join()
    assert teller.exitcode == 0 and not answers.empty()
    return answers.get()


@pytest.fixture(scope="module")
def standing() -> Life:
    life = Life(seed=3)
    life.has_fallen = lambda: False  # it begins seated
    life.run(0.5)
    life.first.clear()
    assert life.stage.ask("arm")
    life.run(0.1)
    assert life.stage.ask("stand")
    life.run(3.0)
    del life.has_fallen
    assert not life.has_fallen() and life.first == {}
    return life


@pytest.mark.parametrize(
    "name, target, severity, rules", FAULTS, ids=[f"{row[0]} {row[1]}" for row in FAULTS]
)
def test_fault_is_found_by_its_rule_in_time(standing, name, target, severity, rules):
    def story() -> tuple[str, float]:
        onset = standing.stage.time
        standing.rig.faults.inject(FaultRequest(name, target, severity))
        standing.run(0.5, until=lambda: bool(standing.first))
        rule, found = next(iter(standing.first.items()))
        return rule, found - onset

    rule, after = aside(story)
    assert rule in rules
    assert 1e3 * after <= WITHIN_MS[rule] + JUDGED_MS


def test_fall_is_called_early(standing):
    def story() -> tuple[bool, float]:
        standing.push(140.0, 0.0)
        stayed_up = standing.run(3.0)
        return stayed_up, standing.stage.time - standing.first.get("falling", math.inf)

    stayed_up, lead = aside(story)
    assert not stayed_up
    assert lead > 0.2, "s before the hips are low"


def test_nominal_life_raises_nothing(standing):
    """20 N s sideways, a walk, 15 N s from ahead, sitting down: 8 s with masses off by 10 %."""

    def story() -> tuple[list[bool], dict[str, float], int]:
        standing.push(0.0, 20.0)
        is_up = [standing.run(1.5)]
        standing.stage.walk(0.4)
        is_up.append(standing.run(1.5))
        standing.push(-15.0, 0.0)
        is_up.append(standing.run(1.5))
        standing.stage.walk(0.0)
        is_up.append(standing.run(1.0))
        standing.stage.ask("sit")
        standing.has_fallen = lambda: False
        standing.run(3.0)
        return is_up, standing.first, standing.rig.drives.decision.counters.rejected

    assert aside(story) == ([True] * 4, {}, 0)
