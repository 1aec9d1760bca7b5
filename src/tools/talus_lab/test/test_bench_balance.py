# SPDX-License-Identifier: Apache-2.0
"""Checks the scorecard's instruments: search, intervals, ceiling, finished runs, the fork."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from talus_core.errors import TalusError
from talus_core.robot import load_robot
from talus_core.state import JointCommand
from talus_dynamics.proportions import proportions
from talus_lab.bench.__main__ import main
from talus_lab.bench.balance.cases.case import CaseResult, Effort
from talus_lab.bench.balance.cases.catalogue import CASES, FIGURE_TARGETS
from talus_lab.bench.balance.cases.pendulum import Legs, ceiling
from talus_lab.bench.balance.picture import PICTURE_HEIGHT_PX, PICTURE_WIDTH_PX, draw
from talus_lab.bench.balance.play import play
from talus_lab.bench.balance.scorecard import scorecard
from talus_lab.bench.balance.search import Ladder, half_level, highest_level
from talus_lab.bench.balance.statistics import allowed_failures, wilson
from talus_lab.bench.balance.trials.disturbance import (
    ARM_WALK_RANGE_RAD,
    STALLS_PER_S,
    ArmWalk,
    Stalls,
)
from talus_lab.bench.balance.trials.ground import Ground, world_text
from talus_lab.bench.balance.trials.stage import Actor, TrialStage
from talus_lab.bench.balance.trials.trial import Setting, Shove, Trial, TrialOutcome
from talus_lab.bench.progress import BenchProgress
from talus_lab.bench.report import BenchReport
from talus_lab.bench.store import Store
from talus_lab.rig.fork import in_fork

ROOT = Path(__file__).parents[4]
ROBOT = ROOT / "urdf" / "talus40"
PROMISED = {
    *(
        "walking_push_dv_worst",
        "walking_push_dv_forward",
        "standing_push_dv_worst",
        "arms_busy_push_dv_worst",
    ),
    *(
        "speed_tracked",
        "blocks_cm",
        "stairs_cm",
        "slope_deg",
        "slip_mu",
        "slip_patch_mu",
        "get_up_rate",
        "mars_walk",
    ),
    *("tick_ms_mean", "same_g1_ratio", "cost_of_transport"),
}


def answered(search, thresholds: dict):
    """Return a search's result where lines pass up to a threshold, and how many runs it took."""
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
    thresholds = {
        (cell, run): int(random.integers(0, 61)) for cell in range(32) for run in range(3)
    }
    cells = [[(cell, run) for run in range(3)] for cell in range(32)]
    ladder = Ladder(60)
    level, count = answered(highest_level(ladder, cells, 8), thresholds)
    assert level == min(thresholds.values())
    assert all(
        ladder.verdicts[line, level] for line in thresholds if level > 0
    )  # really run, not inferred
    assert count < 250


def test_one_in_twenty_may_fail():
    cells = [[("a", run) for run in range(20)]]
    thresholds = {("a", run): 10 + run for run in range(20)}
    assert answered(highest_level(Ladder(60), cells, 8), thresholds)[0] == 11
    assert [allowed_failures(n) for n in (1, 19, 20, 39, 40)] == [0, 0, 1, 1, 2]


def test_half_pass_at_the_half_level():
    lines = [("a", run) for run in range(12)]
    thresholds = {("a", run): 5 + 2 * run for run in range(12)}
    assert (
        answered(half_level(Ladder(60), lines, 3), thresholds)[0] == 17.0
    )  # six of twelve reach 17
    assert answered(half_level(Ladder(60), lines, 3), dict.fromkeys(lines, 99))[0] == 60.0
    assert answered(half_level(Ladder(60), lines, 3), dict.fromkeys(lines, 0))[0] == 0.5


def test_wilson_interval():
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(20, 20) == pytest.approx((0.8389, 1.0), abs=1e-4)
    assert wilson(81, 263) == pytest.approx(
        (0.2553, 0.3662), abs=1e-4
    )  # Newcombe, Stat. Med. 1998, table I


def test_ceiling_of_the_pendulum():
    assert ceiling(0.0) == pytest.approx(ceiling(180.0))
    assert 1.6 < ceiling(0.0) < 1.8
    assert 0.9 < ceiling(90.0) == ceiling(-90.0) < ceiling(0.0)
    assert ceiling(0.0, speed=0.5) < ceiling(0.0) < ceiling(180.0, speed=0.5)


def test_measures_of_a_robot_are_taken_from_its_body():
    """By dynamic similarity the ceilings of a robot half as large are less by sqrt(2)."""
    robot = proportions(load_robot(ROBOT))
    lengths = ("height", "leg", "hips", "foot_length", "foot_width")
    half = replace(robot, **{name: 0.5 * getattr(robot, name) for name in lengths})
    for heading in (0.0, 45.0, 90.0):
        own = ceiling(heading, legs=Legs.of(robot))
        assert own == pytest.approx(ceiling(heading), rel=1e-3)
        assert ceiling(heading, legs=Legs.of(half)) == pytest.approx(own / np.sqrt(2.0))


def test_finished_runs_are_found_again_also_after_a_line_was_cut_off(tmp_path):
    trial = Trial(Setting(3, (0.5, 0.0, 0.0)), (Shove(0.4, 90.0, "torso", 0.25),))
    outcome = TrialOutcome(False, 4.0, (1.0, 2.0), (0.5, 0.0, 0.1), (0.4, 0.0, 0.0), 12.5)
    Store(tmp_path, "code", TrialOutcome).put(trial, outcome)
    with (tmp_path / "code.jsonl").open("a") as file:
        file.write('{"trial": "x", "outc')
    again = Store(tmp_path, "code", TrialOutcome)
    assert again.get(trial) == outcome
    assert again.get(replace(trial, seconds=5.0)) is None
    assert Store(tmp_path, "other code", TrialOutcome).get(trial) is None


def test_a_fork_goes_on_bit_for_bit_as_the_original_would():
    actor = Actor(load_robot(ROBOT), Setting(seed=1))
    witness = actor.warm_up()
    trial = Trial(actor.setting, (Shove(0.3, 45.0),), seconds=1.0)

    def played() -> tuple:
        outcome = actor.play(trial, witness)
        return outcome, actor.rig.driver.qpos.tobytes(), actor.rig.report.base.position.tobytes()

    first, second = in_fork(played), in_fork(played)
    assert first == second == played()
    assert not first[0].fell


@pytest.mark.parametrize(
    ("ground", "message"),
    [
        (Ground("bloks", 0.02), "unknown ground 'bloks'; nearest: blocks"),
        (
            Ground("blocks", 0.5),
            "ground blocks of size 0.5 cannot be built; it must be from 0 to 0.3",
        ),
        (
            Ground("slope_up", float("nan")),
            "ground slope_up of size nan cannot be built; it must be from 0 to 40",
        ),
        (
            Ground("step_down", -0.1),
            "ground step_down of size -0.1 cannot be built; it must be from 0 to 0.4",
        ),
    ],
)
def test_ground_that_cannot_be_built_is_refused(ground, message):
    with pytest.raises(TalusError, match=message):
        world_text(ground)


def test_a_trial_on_such_ground_says_so():
    outcome = TrialStage(load_robot(ROBOT)).play(Trial(Setting(ground=Ground("blocks", 0.5))))
    assert outcome.error == "ground blocks of size 0.5 cannot be built; it must be from 0 to 0.3"


def test_ground_repeats_by_its_seed():
    assert world_text(Ground("blocks", 0.02, 3)) == world_text(Ground("blocks", 0.02, 3))
    assert world_text(Ground("blocks", 0.02, 3)) != world_text(Ground("blocks", 0.02, 4))


def test_stalls_are_as_long_and_as_many_as_they_are_said_to_be():
    stalls = Stalls(0.010, 0.002, seed=1)
    missed = "".join("x" if stalls() else "." for _ in range(100_000))
    lengths = [len(run) for run in missed.split(".") if run]
    assert min(lengths) == 5
    assert len(lengths) == pytest.approx(200 * STALLS_PER_S, rel=0.1)


def test_arms_walk_smoothly_inside_their_range():
    robot = load_robot(ROBOT)
    arms, zero = robot.indices("left_arm", "right_arm"), np.zeros(len(robot.joint_names))
    walk = ArmWalk(robot, 0.002, seed=1)
    command = JointCommand(0, robot.poses["stand"], zero, zero + 1.0, zero, zero)
    path = np.array([walk(command).position for _ in range(5000)])
    middle = robot.poses["stand"][arms]
    assert np.abs(path[:, arms] - middle).max() <= ARM_WALK_RANGE_RAD + 1e-9
    assert (path[:, arms] >= robot.limits.lower[arms]).all()
    assert (path[:, arms] <= robot.limits.upper[arms]).all()
    assert np.ptp(path[:, arms], axis=0).min() > 0.5  # every joint takes part
    assert np.abs(np.diff(path, axis=0)).max() < 0.02  # rad per tick: 10 rad/s
    others = np.delete(np.arange(len(zero)), arms)
    assert np.array_equal(path[-1][others], command.position[others])
    assert not walk(command).effort[arms].any()


def test_every_promised_figure_has_cases():
    keys = {key for case in CASES.values() for key in case.keys}
    assert keys == PROMISED
    assert set(FIGURE_TARGETS) == PROMISED - {
        "cost_of_transport"
    }  # which is to be reported, not reached


class Played:
    """Stands in for the workers: outcomes by a rule."""

    def __init__(self, rule):
        self._rule, self._queue = rule, []

    def put(self, trials):
        self._queue.extend(trials)

    def results(self):
        done, self._queue = self._queue, []
        return [(trial, self._rule(trial)) for trial in done]


def test_push_case_finds_the_weakest_side_and_counts_only_what_was_run(tmp_path):
    def rule(trial: Trial) -> TrialOutcome:
        (shove,) = trial.shoves
        limit = 0.35 if shove.heading_deg == 90.0 else 0.8
        return TrialOutcome(fell=shove.dv > limit + 1e-9, last_velocity=(0.5, 0.0, 0.0))

    name = "walking_push_torso"
    result = play(
        {name: CASES[name]},
        Effort(),
        store=Store(tmp_path, "x", TrialOutcome),
        workers=Played(rule),
        progress=BenchProgress("x"),
    )[name]
    assert result.summary == {"walking_push_dv_worst": 0.35, "walking_push_dv_forward": 0.8}
    *rows, worst = result.rows
    assert [
        (row["heading_deg"], round(row["dv_95"], 2)) for row in rows if row["heading_deg"] <= 90.0
    ] == [
        (0.0, 0.8),
        (45.0, 0.8),
        (90.0, 0.35),
    ]
    assert all(0.0 <= row["dv_50"] - row["dv_95"] <= 0.05 for row in rows)
    assert (worst["passed"], worst["n"]) == (96, 96)
    brief = play(
        {name: CASES[name]},
        Effort(figures=True),
        store=Store(tmp_path, "y", TrialOutcome),
        workers=Played(rule),
        progress=BenchProgress("x"),
    )
    assert (brief[name].summary, list(brief[name].rows)) == (result.summary, [worst])
    runs = [len((tmp_path / f"{mark}.jsonl").read_text().splitlines()) for mark in "xy"]
    assert 2 * runs[1] < runs[0]


def test_a_case_in_which_nothing_can_be_run_says_why(tmp_path):
    cases = {name: CASES[name] for name in ("standing_push_torso", "blocks")}
    workers = Played(lambda trial: TrialOutcome(fell=True, error="did not stand"))
    results = play(
        cases,
        Effort(runs=2),
        store=Store(tmp_path, "x", TrialOutcome),
        workers=workers,
        progress=BenchProgress("x"),
    )
    assert results["standing_push_torso"].summary == {"standing_push_dv_worst": 0.0}
    assert results["standing_push_torso"].rows[-1]["n"] == 0
    assert results["blocks"].summary == {"blocks_cm": 0.0}
    assert all("runs: did not stand" in result.notes[-1] for result in results.values())


def test_share_of_the_aim_grows_with_the_figure_or_where_less_is_better_with_its_inverse():
    assert [FIGURE_TARGETS["blocks_cm"].share(value) for value in (0.0, 2.5, 5.0, 9.0)] == [
        0.0,
        0.5,
        1.0,
        1.0,
    ]
    assert [FIGURE_TARGETS["slip_mu"].share(value) for value in (0.60, 0.30, 0.15, 0.05)] == [
        0.25,
        0.5,
        1.0,
        1.0,
    ]


def test_of_several_cases_the_lowest_counts_and_a_missing_one_is_named():
    up, down = (
        CaseResult([], {"slope_deg": 8.0}),
        CaseResult([{"n": 1}], {"slope_deg": 5.0}, ["why"]),
    )
    report = scorecard({"slope_up": up, "slope_down": down})
    assert report.summary == {"slope_deg": 5.0}
    assert report.rows == [{"case": "slope_down", "n": 1}]
    assert {"slope_down: why", "slope_deg is without slope_across"} <= set(report.notes)


def area(path: Path, colour: tuple[int, int, int]) -> int:
    """Return the number of pixels of a colour."""
    with Image.open(path) as image:
        assert image.size == (PICTURE_WIDTH_PX, PICTURE_HEIGHT_PX)
        return dict(
            (value, count) for count, value in image.getcolors(PICTURE_WIDTH_PX * PICTURE_HEIGHT_PX)
        ).get(colour, 0)


def test_picture_shows_what_was_measured_and_nothing_else(tmp_path):
    held, half = (42, 157, 143), (224, 122, 63)  # as hexadecimal in the module
    draw(BenchReport("balance", [], {}), tmp_path / "empty.png", "nothing")
    rows = [
        {
            "case": "walking_push_torso",
            "heading_deg": 45.0 * n,
            "dv_95": 0.5,
            "dv_50": 0.8,
            "ceiling": 1.5,
        }
        for n in range(8)
    ]
    draw(BenchReport("balance", rows, {"blocks_cm": 1.0}), tmp_path / "some.png", "something")
    # The legend has a little of both colours: more of them is what was measured.
    assert area(tmp_path / "some.png", held) > area(tmp_path / "empty.png", held) + 50
    assert area(tmp_path / "some.png", half) > area(tmp_path / "empty.png", half) + 50


def test_a_policy_takes_its_seat_in_the_robot_of_a_trial():
    policy = ROOT / "policies" / "talus40_stand.yaml"
    assert Actor(load_robot(ROBOT), Setting(), policy).rig.seat.text == "stand: ready"
    assert Actor(load_robot(ROBOT), Setting()).rig.seat.text == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["balance", "--cases", "walking_push_torsi"],
            "unknown case 'walking_push_torsi'; nearest: walking_push_torso",
        ),
        (
            ["balance", "--picture", "/nowhere/x.png"],
            "--picture /nowhere/x.png: there is no folder /nowhere",
        ),
        (
            ["balance", "--policy", "/nowhere/x.yaml"],
            "policy /nowhere/x.yaml: No such file or directory; it must be",
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
