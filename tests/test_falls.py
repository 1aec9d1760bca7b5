# SPDX-License-Identifier: Apache-2.0
"""A fall that cannot be stopped is foreseen and softened, and the robot gets up again: noise, delay, wrong masses."""

from pathlib import Path

import pytest
from talus_balance.controller import Mode
from talus_bringup.bench.falls import fall_trial, get_up_trial, push_trial
from talus_bringup.bench.rig import Rig
from talus_core.robot import load_robot

ROBOT = load_robot(Path(__file__).parents[1] / "urdf" / "talus40")
SURVIVED = 15.0  # N s at the chest, where a step is enough


@pytest.mark.parametrize("start", ["front", "back"])
def test_gets_up_from_lying(start):
    stands, seconds = get_up_trial(ROBOT, seed=1, start=start)
    assert stands and seconds < 30.0


def test_hard_pushes_are_foreseen_land_softly_and_keep_the_head_off_the_ground():
    """Over six falls: one body's peak forces differ by half from fall to fall, limp ones' too."""
    soft = [fall_trial(ROBOT, seed=seed) for seed in range(6)]
    limp = [fall_trial(ROBOT, seed=seed, protects=False) for seed in range(6)]
    assert all(trial.fell for trial in soft + limp)
    leads = [trial.lead for trial in soft if trial.predicted]
    assert len(leads) >= 5 and min(leads) >= 0.2
    assert not any(trial.head_strike for trial in soft)
    assert sum(trial.peak_force for trial in soft) < 0.7 * sum(trial.peak_force for trial in limp)


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
