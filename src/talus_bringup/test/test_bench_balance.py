# SPDX-License-Identifier: Apache-2.0
"""The scorecard's instruments: search for a level, intervals, the ceiling, the file of finished runs, the fork."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from talus_bringup.bench.__main__ import main
from talus_bringup.bench.balance.pendulum import ceiling
from talus_bringup.bench.balance.search import Ladder, half_level, highest_level
from talus_bringup.bench.balance.stage import Actor, in_fork
from talus_bringup.bench.balance.statistics import allowed_failures, wilson
from talus_bringup.bench.balance.store import Store, fingerprint
from talus_bringup.bench.balance.trial import Outcome, Setting, Shove, Trial
from talus_core.robot import load_robot

ROOT = Path(__file__).parents[3]
ROBOT = ROOT / "urdf" / "talus40"


def answered(search, thresholds: dict):
    """The result of a search where a line passes up to its threshold, and how many runs it took."""
    count, verdicts = 0, None
    while True:
        try:
            asked = search.send(verdicts)
        except StopIteration as done:
            return done.value, count
        count += len(asked)
        verdicts = [level <= thresholds[line] for line, level in asked]


@pytest.mark.parametrize("seed", range(20))
def test_the_highest_level_is_that_of_the_weakest_cell(seed):
    random = np.random.default_rng(seed)
    thresholds = {(cell, run): int(random.integers(0, 61)) for cell in range(32) for run in range(3)}
    cells = [[(cell, run) for run in range(3)] for cell in range(32)]
    ladder = Ladder(60)
    level, count = answered(highest_level(ladder, cells, 8), thresholds)
    assert level == min(thresholds.values())
    assert all(ladder.verdicts[line, level] for line in thresholds if level > 0)  # really run, not inferred
    assert count < 250


def test_one_in_twenty_may_fail():
    cells = [[("a", run) for run in range(20)]]
    thresholds = {("a", run): 10 + run for run in range(20)}
    assert answered(highest_level(Ladder(60), cells, 8), thresholds)[0] == 11
    assert [allowed_failures(n) for n in (1, 19, 20, 39, 40)] == [0, 0, 1, 1, 2]


def test_half_pass_at_the_half_level():
    lines = [("a", run) for run in range(12)]
    thresholds = {("a", run): 5 + 2 * run for run in range(12)}
    assert answered(half_level(Ladder(60), lines, 3), thresholds)[0] == 17.0  # six of twelve reach 17
    assert answered(half_level(Ladder(60), lines, 3), dict.fromkeys(lines, 99))[0] == 60.0
    assert answered(half_level(Ladder(60), lines, 3), dict.fromkeys(lines, 0))[0] == 0.5


def test_wilson_interval():
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(20, 20) == pytest.approx((0.8389, 1.0), abs=1e-4)
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe, Stat. Med. 1998, table I


def test_ceiling_of_the_pendulum():
    assert ceiling(0.0) == pytest.approx(ceiling(180.0))
    assert 1.6 < ceiling(0.0) < 1.8
    assert 0.9 < ceiling(90.0) == ceiling(-90.0) < ceiling(0.0)
    assert ceiling(0.0, speed=0.5) < ceiling(0.0) < ceiling(180.0, speed=0.5)


def test_finished_runs_are_found_again_also_after_a_line_was_cut_off(tmp_path):
    trial = Trial(Setting(3, (0.5, 0.0, 0.0)), (Shove(0.4, 90.0, "torso", 0.25),))
    outcome = Outcome(False, 4.0, (1.0, 2.0), (0.5, 0.0, 0.1), (0.4, 0.0, 0.0), 12.5)
    Store(tmp_path, "code").put(trial, outcome)
    with (tmp_path / "code.jsonl").open("a") as file:
        file.write('{"trial": "x", "outc')
    again = Store(tmp_path, "code")
    assert again.get(trial) == outcome
    assert again.get(replace(trial, seconds=5.0)) is None
    assert Store(tmp_path, "other code").get(trial) is None


def test_fingerprint_is_of_the_code_and_the_robot(tmp_path):
    assert fingerprint(ROOT / "src", ROBOT) == fingerprint(ROOT / "src", ROBOT)
    assert fingerprint(ROOT / "src", ROBOT) != fingerprint(ROOT / "src", tmp_path)


def test_a_fork_goes_on_bit_for_bit_as_the_original_would():
    actor = Actor(load_robot(ROBOT), Setting(seed=1))
    actor.warm_up()
    trial = Trial(actor.setting, (Shove(0.3, 45.0),), seconds=1.0)

    def played() -> tuple:
        outcome = actor.play(trial)
        return outcome, actor.rig.driver.qpos.tobytes(), actor.rig.report.base.position.tobytes()

    first, second = in_fork(played), in_fork(played)
    assert first == second == played()
    assert not first[0].fell


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["balance", "--cases", "walking_push_torsi"],
            "unknown case 'walking_push_torsi'; nearest: walking_push_torso",
        ),
        (["balance", "--seeds", "0"], "--seeds 0: it must be at least 1"),
        (["balance", "--seeds", "x"], "invalid int value: 'x'"),
    ],
)
def test_bad_input_is_one_line_and_two(words, message, capsys):
    assert main(words) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert len(errors.splitlines()) == 1
