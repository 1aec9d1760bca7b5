# SPDX-License-Identifier: Apache-2.0
"""Checks that scenarios are read with care, and are the same in one process as over ROS."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from nav_msgs.msg import Odometry
from running_launch import RunningLaunch
from sim_assertions import ARGUMENTS
from talus_core.robot import load_robot
from talus_lab.scenario import processes
from talus_lab.scenario.__main__ import main
from talus_lab.scenario.conversions import look_at
from talus_lab.scenario.graph_stage_node import play_on_graph
from talus_lab.scenario.play import Player
from talus_lab.scenario.record import Look, Record, ScenarioOutcome
from talus_lab.scenario.rig_stage import RigStage
from talus_lab.scenario.scenario import (
    ACTS,
    Expectation,
    Scenario,
    ScenarioEvent,
    load_scenario,
)
from talus_ros.fast_link_node import FAST_QOS
from talus_ros.heartbeat_node import HeartbeatThread
from talus_safety import supervisor_node

from talus_interfaces.msg import GateState, SafetyState

ROOT = Path(__file__).parents[1]
ROBOT = load_robot(ROOT / "urdf" / "talus40")
TICK_MS = 2.0
SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))
GOOD = {"name": "x", "events": [{"name": "imu.off"}]}


def played_here(scenario: Scenario, model_error: bool = True) -> ScenarioOutcome:
    stage = RigStage(ROBOT, scenario.seed, model_error)
    stage.rig.lockstep = scenario.lockstep
    player = Player(stage, scenario.posture, scenario.seed)
    player.reach()
    return player.play(scenario)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_scenarios_are_sound_and_named_after_their_files(file):
    assert load_scenario(file).name == file.stem


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"events": [{"name": "imu.of"}]}, "unknown event 'imu.of'; nearest: imu.off"),
        ({"events": []}, "events is empty; it must name at least one"),
        (
            {"events": [{"name": "imu.off", "sevrity": 1}]},
            "unknown entry of event 0 'sevrity'; nearest: severity",
        ),
        ({"events": [{"at": 1.0}]}, "event 0 lacks: name"),
        (
            {"events": [{"name": "imu.off", "at": "soon"}]},
            "at of event 0 is 'soon'; it must be of type float",
        ),
        ({"events": [{"name": "imu.off", "at": -1}]}, "at is -1 s; it must be at least 0"),
        ({"events": [{"name": "process.kill", "target": "balanc"}]}, "'balanc'; nearest: balance"),
        ({"events": [{"name": "drive.off", "severity": 3.0}]}, "severity of drive.off is 3"),
        ({"posture": "standing"}, "unknown posture 'standing'"),
        ({"expect": {"reaction": "R9"}}, "unknown reaction 'R9'"),
        ({"expect": {"after": 1}}, "after is 1; it must be the number of an event, from 0 to 0"),
        ({"seconds": 0}, "seconds is 0; it must be above 0"),
    ],
)
def test_bad_scenarios_are_one_line_that_says_what_would_work(tmp_path, capsys, change, message):
    file = tmp_path / "bad.yaml"
    file.write_text(yaml.safe_dump(GOOD | change))
    assert main([str(file)]) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert str(file) in errors
    assert len(errors.splitlines()) == 1


def test_a_file_that_is_not_there_and_one_that_is_no_yaml(tmp_path, capsys):
    assert main(["/nowhere.yaml"]) == 2
    assert "a scenario is a YAML file" in capsys.readouterr().err
    file = tmp_path / "bad.yaml"
    file.write_text("a: [")
    assert main([str(file)]) == 2
    assert "not valid YAML" in capsys.readouterr().err


def test_the_events_of_the_readme_are_those_of_the_code():
    page = (ROOT / "docs" / "scenarios.md").read_text()
    table = page.split("| event | does |")[1].split("\n\n")[0]
    assert set(re.findall(r"`([a-z]+(?:\.[a-z_]+)?)`(?=[^|]*\| )", table)) - {"hang"} == set(ACTS)


def test_the_rigs_processes_keep_the_nodes_own_times():
    beat = inspect.signature(HeartbeatThread).parameters["rate_hz"].default
    assert 1.0 / beat == processes.BEAT_PERIOD_S
    assert processes.IDLE_JUDGING_PERIOD_S == supervisor_node.IDLE_PERIOD_S
    assert FAST_QOS.depth == processes.INBOX_DEPTH


def record(*looks: Look, **expect: object) -> ScenarioOutcome:
    """Return a record with its onset at tick 10."""
    scenario = Scenario("x", (ScenarioEvent("imu.off"),), expect=Expectation(**expect))
    kept = Record(scenario, 0.002)
    kept.note_look(Look(9, 0, 0, True))
    kept.note_onset(0, 10)
    for look in looks:
        kept.note_look(look)
    return kept.outcome()


NOMINAL = Look(10, 0, 0, True, ())


@pytest.mark.parametrize(
    ("look", "verdict"),
    [
        (replace(NOMINAL, touching={"base_link"}), "fell"),
        (replace(NOMINAL, touching={"base_link"}, level=3, speed=0.9), "ok"),
        (replace(NOMINAL, touching={"base_link"}, level=3, speed=1.1), "fell"),
        (replace(NOMINAL, touching={"head"}, level=3), "fell"),
        (replace(NOMINAL, touching={"base_link"}, level=4, speed=2.0), "fell"),
        (NOMINAL, "ok"),
    ],
)
def test_what_counts_as_an_uncontrolled_fall(look, verdict):
    assert record(look).verdict == verdict


def test_a_protective_fall_is_none_where_it_is_allowed_unless_the_head_strikes():
    look = replace(NOMINAL, touching={"l_hand"}, level=4, speed=2.0)
    assert record(look, may_fall=True).verdict == "ok"
    assert record(look, replace(look, touching={"head"}), may_fall=True).verdict == "fell"


def test_who_topples_after_sitting_down_has_fallen_whatever_touched_before():
    sits = replace(NOMINAL, touching={"r_hand"}, level=3, speed=0.1)
    assert (
        record(sits, replace(sits, touching={"r_hand", "base_link"}, speed=1.2)).verdict == "fell"
    )
    assert (
        record(sits, replace(sits, speed=1.2), replace(sits, touching={"r_hand", "torso"})).verdict
        == "ok"
    )


@pytest.mark.parametrize(("tick", "verdict"), [(20, "ok"), (21, "late")])
def test_reactions_are_timed_from_the_onset(tick, verdict):
    outcome = record(replace(NOMINAL, tick=tick, level=2), reaction="R2", within_ms=20.0)
    assert (outcome.verdict, outcome.reaction_ms) == (verdict, pytest.approx(2.0 * (tick - 10)))


def test_a_fault_that_shows_late_is_timed_from_there_and_one_that_never_shows_asks_for_nothing():
    hidden = [replace(NOMINAL, tick=tick, latent=True) for tick in range(10, 20)]
    found = replace(NOMINAL, tick=25, level=2)
    outcome = record(*hidden, replace(NOMINAL, tick=20), found, reaction="R2", within_ms=10.0)
    assert (outcome.verdict, outcome.reaction_ms, outcome.latent) == (
        "ok",
        pytest.approx(10.0),
        False,
    )
    assert (
        record(*hidden, replace(found, tick=15), reaction="R2", within_ms=10.0).reaction_ms == 0.0
    )
    outcome = record(*hidden, reaction="R2", within_ms=10.0)
    assert (outcome.verdict, outcome.latent) == ("ok", True)


def test_a_stricter_level_is_a_reaction_too_and_none_is_none():
    assert record(replace(NOMINAL, level=3), reaction="R1", within_ms=2.0).verdict == "ok"
    assert record(replace(NOMINAL, level=1), reaction="R2").verdict == "no reaction"


def test_torque_cut_while_upright_shows():
    up = replace(NOMINAL, tick=11, torque=False, height=0.8)
    assert record(NOMINAL, up).cut_upright
    assert not record(NOMINAL, replace(up, height=0.45)).cut_upright


def test_a_run_in_one_process_equals_a_run_over_ros(tmp_path):
    """Commands are lost while the robot stands: the same reaction to the tick, the same end."""
    scenario = load_scenario(ROOT / "scenarios" / "commands_lost_standing.yaml")
    here = played_here(scenario, model_error=False)
    launch = RunningLaunch(tmp_path, ARGUMENTS)
    try:
        there = play_on_graph(scenario)
    finally:
        launch.end()
    assert here.verdict == there.verdict == "ok"
    assert here.worst_level == there.worst_level == 3
    assert there.reaction_ms == pytest.approx(here.reaction_ms, abs=TICK_MS)
    assert there.seated_s == pytest.approx(here.seated_s, abs=0.3)


def test_who_listens_late_still_sees_each_level_at_its_own_tick():
    """Many messages of a busy machine come together: the level of tick 30 is none of tick 20."""
    levels = [SafetyState(sequence=tick, level=3 if tick >= 30 else 0) for tick in range(10, 41)]
    past = {"safety/state": levels, "sim/ground_truth": [Odometry()]}
    gates = [GateState(sequence=tick, phase=GateState.RUN) for tick in (5, 20, 29, 30, 40)]
    assert [look_at(gate, past, np.zeros(3)).level for gate in gates] == [0, 0, 0, 3, 3]


def test_watchdogs_fire_though_ros_time_has_stopped(tmp_path):
    """F21: ROS time falls back to 0 and stays there; half a second later commands are lost."""
    events = (ScenarioEvent("clock.jump", 0.1, severity=-3600.0), ScenarioEvent("command.off", 0.6))
    story = Scenario(
        "x", events, expect=Expectation("R3", 24.0, after=1, seated_within_s=6.0), lockstep=False
    )
    launch = RunningLaunch(tmp_path, ARGUMENTS)
    try:
        outcome = play_on_graph(story)
    finally:
        launch.end()
    assert (outcome.verdict, outcome.worst_level) == ("ok", 3), outcome


def test_the_same_seed_gives_the_same_story():
    events = (ScenarioEvent("imu.garbage", 0.02),)
    scenario = Scenario("x", events, posture="seated", seed=4, seconds=0.6)
    first, second = played_here(scenario), played_here(scenario)
    assert repr(first) == repr(second)
