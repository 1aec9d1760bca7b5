# SPDX-License-Identifier: Apache-2.0
"""Checks by a fixed part of the fault matrix that the robot survives what it once survived.

The whole matrix: ./talus bench safety. Faults that a golden run or a test of the whole run plays
(a dead balance node, an emergency stop of a robot that stands) are not played again.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from talus_core.robot import load_robot
from talus_lab.bench.safety.rows import BENCH_POSTURES, FAULT_ROWS, IN_PROCESS, by_name
from talus_lab.rig.fork import in_fork
from talus_lab.scenario.play import Player
from talus_lab.scenario.record import of_gate
from talus_lab.scenario.rig_stage import RigStage

ROBOT = load_robot(Path(__file__).parents[1] / "urdf" / "talus40")
HELD = {
    ("double_support", 0): ("F05", "F15", "F18", "F38"),
    ("walking", 0): ("F12", "F16", "F17", "F23", "F34", "F46"),
    ("loaded", 2): ("F31",),
    ("transition", 2): ("F05", "F36", "F41"),
}


@pytest.fixture(scope="module", params=HELD, ids=lambda start: f"{start[0]}-{start[1]}")
def start(request) -> tuple[RigStage, Player, str, int]:
    """Return a robot in its posture; every row goes on from a copy of it."""
    posture, seed = request.param
    stage = RigStage(ROBOT, seed)
    player = Player(stage, posture, seed)
    player.reach()
    return stage, player, posture, seed


def test_these_faults_end_as_they_should(start):
    stage, player, posture, seed = start
    outcomes = {}
    for name in HELD[posture, seed]:
        scenario = by_name()[name].scenario(posture, seed)
        stage.rig.lockstep = scenario.lockstep
        outcomes[name] = in_fork(lambda scenario=scenario: player.play(scenario))
    assert {name: outcome for name, outcome in outcomes.items() if outcome.verdict != "ok"} == {}
    assert not any(outcome.cut_upright for outcome in outcomes.values())


def test_the_table_has_fifty_faults_each_staged_or_with_a_reason():
    assert [row.name for row in FAULT_ROWS] == [f"F{number:02d}" for number in range(1, 52)]
    for row in FAULT_ROWS:
        assert bool(row.variants) == (row.where == IN_PROCESS), row.name
        assert bool(row.why) == (row.where != IN_PROCESS), row.name


@pytest.mark.parametrize(
    "row", [row for row in by_name().values() if row.variants], ids=lambda row: row.name
)
def test_every_row_is_a_sound_scenario(row):
    assert set(row.postures) <= set(BENCH_POSTURES)
    for number in range(len(row.variants)):
        row.scenario(row.postures[0], number).check()


def test_the_gate_alone_counts_while_it_moves_the_robot_and_when_it_let_the_one_at_rest_go():
    assert of_gate(is_active=False, is_latched=False, request=2) == 0
    assert of_gate(is_active=True, is_latched=True, request=4) == 4
    assert of_gate(is_active=False, is_latched=True, request=0) == 3
