# SPDX-License-Identifier: Apache-2.0
"""Tell stories on the wall's clock: a slow process differs from a dead or stuck one."""

from talus_core.graph.node_table import NODES
from talus_drivers.lockstep.lockstep import BALANCE_NODE, LockStep, LockStepConfig

SILENT = 0.45
STUCK = 2.0


def lockstep(**leashes: int) -> LockStep:
    return LockStep(leashes or {BALANCE_NODE: 1, "camera": 75}, SILENT, STUCK)


def beat(
    step: LockStep, name: str, sequence: int, tick: int, start: float, duration: float
) -> float:
    """20 Hz heartbeats without progress from `start` on; returns the time of the last."""
    beats = int(duration * 20)
    for number in range(beats):
        step.heard(name, sequence, tick, start + number / 20)
    return start + (beats - 1) / 20


def test_nobody_there_nobody_waited_for():
    assert lockstep().waits_for(tick=1000, wall=5.0) == ""


def test_a_participant_counts_from_its_first_answer_on():
    step = lockstep()
    step.heard(BALANCE_NODE, sequence=0, tick=10, wall=0.0)  # alive, but has seen no state yet
    assert step.waits_for(10, 0.0) == ""
    step.heard(BALANCE_NODE, sequence=10, tick=10, wall=0.0)
    assert step.present() == [BALANCE_NODE]
    assert step.waits_for(12, 0.0) == BALANCE_NODE


def test_exactly_the_leash_is_allowed():
    step = lockstep(balance=1)
    step.heard(BALANCE_NODE, 10, 10, 0.0)
    assert step.waits_for(11, 0.0) == ""  # command 10 is there, and delay is one tick
    assert step.waits_for(12, 0.0) == BALANCE_NODE
    step.heard(BALANCE_NODE, 11, 12, 0.1)
    assert step.waits_for(12, 0.1) == ""


def test_a_slow_process_is_waited_for_as_long_as_it_beats_and_progresses():
    step = lockstep(balance=1)
    wall = 0.0
    step.heard(BALANCE_NODE, 10, 10, wall)
    for tick in range(12, 20):  # 1.5 s for each tick: a hundred times too slow
        assert step.waits_for(tick, wall) == BALANCE_NODE
        wall = beat(step, BALANCE_NODE, tick - 2, tick, wall, 1.5)
        assert step.waits_for(tick, wall) == BALANCE_NODE
        step.heard(BALANCE_NODE, tick - 1, tick, wall)
        assert step.waits_for(tick, wall) == ""
    assert step.lost() == {}


def test_a_process_starved_of_its_core_is_slow_not_silent():
    starved = {7}
    step = LockStep({BALANCE_NODE: 1}, SILENT, STUCK, starved.__contains__)
    step.lives_in(BALANCE_NODE, 7)
    step.heard(BALANCE_NODE, 10, 10, 100.0)
    assert step.waits_for(12, 100.0 + STUCK - 0.01) == BALANCE_NODE  # it would beat if it could
    starved.clear()
    assert step.waits_for(12, 100.0 + STUCK - 0.01) == ""  # stopped
    assert "silent" in step.lost()[BALANCE_NODE]


def test_even_a_starved_process_is_not_waited_for_for_ever():
    step = LockStep({BALANCE_NODE: 1}, SILENT, STUCK, lambda process: True)
    step.heard(BALANCE_NODE, 10, 10, 100.0)
    assert step.waits_for(12, 100.0 + STUCK - 0.01) == BALANCE_NODE
    assert step.waits_for(12, 100.0 + STUCK + 0.01) == ""


def test_a_dead_process_is_lost_within_half_a_second():
    step = lockstep(balance=1)
    step.heard(BALANCE_NODE, 10, 10, 100.0)
    assert step.waits_for(12, 100.0 + SILENT - 0.01) == BALANCE_NODE
    assert step.waits_for(12, 100.0 + SILENT + 0.01) == ""
    assert "silent" in step.lost()[BALANCE_NODE]


def test_a_stuck_process_is_lost_after_two_seconds_of_being_waited_for():
    step = lockstep(balance=1)
    step.heard(BALANCE_NODE, 10, 10, 0.0)
    step.waits_for(12, 0.0)
    wall = beat(step, BALANCE_NODE, 10, 12, 0.0, 1.9)
    assert step.waits_for(12, wall) == BALANCE_NODE
    wall = beat(step, BALANCE_NODE, 10, 12, wall, 0.4)
    assert step.waits_for(12, wall) == ""
    assert "without progress" in step.lost()[BALANCE_NODE]


def test_nobody_is_blamed_for_what_another_did():
    step = lockstep(balance=1, camera=75)
    step.heard(BALANCE_NODE, 90, 90, 0.0)
    step.heard("camera", 14, 90, 0.0)
    for number in range(
        100
    ):  # the camera takes 1.9 s for its picture; balance has nothing to do meanwhile
        wall = number * 0.019
        step.heard("camera", 14, 90, wall)
        step.heard(BALANCE_NODE, 90, 90, wall)
        assert step.waits_for(90, wall) == "camera"
    step.heard("camera", 80, 90, 1.9)
    assert step.waits_for(91, 1.9) == ""
    step.heard(BALANCE_NODE, 90, 92, 2.1)
    assert step.waits_for(92, 2.1) == BALANCE_NODE
    assert step.lost() == {}


def test_the_lost_return_with_their_next_progress():
    step = lockstep(balance=1)
    step.heard(BALANCE_NODE, 10, 10, 0.0)
    step.waits_for(12, 0.0)
    assert step.waits_for(12, 1.0) == ""
    step.heard(BALANCE_NODE, 10, 50, 1.1)  # alive again, with an old answer
    assert step.lost()
    step.heard(BALANCE_NODE, 50, 50, 1.2)
    assert step.lost() == {}
    assert step.waits_for(52, 1.2) == BALANCE_NODE


def test_answers_from_a_previous_run_are_no_progress():
    step = lockstep(balance=1)
    step.heard(BALANCE_NODE, sequence=90_000, tick=5, wall=0.0)
    assert step.present() == []


def test_strangers_are_ignored():
    step = lockstep(balance=1)
    step.heard("curious", 10, 10, 0.0)
    assert step.waits_for(100, 0.0) == ""


def test_leashes_are_ticks_of_the_control_period():
    assert LockStepConfig().leashes(NODES, 0.002) == {
        BALANCE_NODE: 1,
        "safety": 25,
        "camera": 75,
        "map": 250,
        "localisation": 250,
        "perception": 150,
    }
    assert LockStepConfig().leashes(NODES, 0.004)["safety"] == 12


def test_no_leash_is_longer_than_asked_for():
    leashes = LockStepConfig(leash_at_most_s=0.002).leashes(NODES, 0.002)
    assert set(leashes.values()) == {1}


def test_nobody_is_waited_for_beyond_the_state_that_was_sent_to_it():
    step = lockstep(balance=1)
    step.heard(BALANCE_NODE, 10, 10, 0.0)
    step.sent(BALANCE_NODE, 11)  # later states are lost on their way
    assert step.waits_for(50, 0.1) == ""
    step.sent(BALANCE_NODE, 51)
    assert step.waits_for(51, 0.1) == BALANCE_NODE
