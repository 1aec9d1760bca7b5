# SPDX-License-Identifier: Apache-2.0
"""Checks that a certain fall is foreseen and softened, and that the robot gets up again."""

from pathlib import Path

import pytest
from talus_core.robot import load_robot
from talus_core.words.modes import Mode
from talus_lab.bench.falls import get_up_trial, push_trial, soft_and_limp_fall
from talus_lab.rig.rig import Rig

ROBOT = load_robot(Path(__file__).parents[1] / "urdf" / "talus40")
SURVIVED = 15.0  # N s at the chest, where a step is enough


@pytest.mark.parametrize("start", ["front", "back"])
def test_gets_up_from_lying(start):
    stands, seconds = get_up_trial(ROBOT, seed=1, start=start)
    assert stands and seconds < 30.0


def test_hard_pushes_are_foreseen_land_softly_and_keep_the_head_off_the_ground():
    """Pushes of 1.6 to 2.5 m/s that no step caught; peak forces of falls differ by half."""
    pairs = [soft_and_limp_fall(ROBOT, seed) for seed in range(4)]
    falls = [pair for pair in pairs if pair[0].fell]
    assert len(falls) >= 3
    assert all(soft.predicted and soft.lead >= 0.2 for soft, _ in falls)
    assert not any(soft.head_strike for soft, _ in falls)
    hardest = [sum(trial.peak_force for trial in trials) for trials in zip(*falls, strict=True)]
    assert hardest[0] < 0.7 * hardest[1]


def test_a_push_that_a_step_catches_is_no_fall():
    trial = push_trial(ROBOT, seed=2, impulse=SURVIVED)
    assert not trial.fell and not trial.predicted


def test_lies_until_it_is_asked_to_get_up():
    rig = Rig(ROBOT, options={"lying": "back", "start_pose": "stand"})
    while rig.time < 1.5:
        rig.step()
    assert rig.mode is Mode.LIMP and rig.controller.lies
    rig.get_up = True
    rig.step()
    assert rig.mode is Mode.GETTING_UP
    rig.get_up = False  # a stop on the way
    rig.step()
    assert rig.mode is Mode.LIMP
