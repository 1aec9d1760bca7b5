# SPDX-License-Identifier: Apache-2.0
"""Checks by a fixed part of the bench that the controller survives what it once survived.

A floor is raised when the controller got better, and never lowered to let a change through. It lies
where every seed passes, not where one of them does.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from talus_lab.bench.balance.cases.catalogue import CASES
from talus_lab.bench.balance.cases.levels import LevelCase
from talus_lab.bench.balance.cases.pushes import SHOVE_GRID_MPS, PushCase, PushLine
from talus_lab.bench.balance.trials.trial import Trial, TrialOutcome
from talus_lab.bench.balance.trials.workers import Workers

ROBOT = Path(__file__).parents[1] / "urdf" / "talus40"
# Case, seed and what is survived: dv m/s, heading degrees and phase of a shove, or the level of
# the case.
FLOORS = [
    ("standing_push_torso", 0, (1.10, 90.0, None)),
    ("standing_push_torso", 0, (1.30, 0.0, None)),
    ("standing_push_torso", 0, (1.30, 180.0, None)),
    ("walking_push_torso", 0, (0.70, 45.0, 0.0)),
    ("walking_push_torso", 0, (1.20, 270.0, 0.5)),
    ("walking_push_torso", 0, (1.00, 0.0, 0.0)),
    ("walking_push_torso", 0, (1.20, 180.0, 0.5)),
    ("loaded_push", 0, (0.60, 90.0, 0.0)),
    ("step_up", 2, 6.0),
    ("blocks", 0, 3.0),
    ("slope_across", 0, 10.0),
    ("slip", 0, 0.25),
    ("slip_one_foot", 0, 0.1),
]


def trial_of(name: str, seed: int, floor: tuple | float) -> Trial:
    case = CASES[name]
    if isinstance(case, PushCase):
        dv, heading, phase = floor
        return case.trial(PushLine(heading, phase, seed), round(dv / SHOVE_GRID_MPS))
    assert isinstance(case, LevelCase)
    assert floor in case.levels
    return case.trial(floor, seed)


def survives(name: str, floor: tuple | float, outcome: TrialOutcome) -> bool:
    case = CASES[name]
    return case.passes(outcome) if isinstance(case, PushCase) else case.passes(floor, outcome)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(ROBOT, jobs=1) as started:
        yield started


def play(workers: Workers, trial: Trial) -> TrialOutcome:
    workers.put([trial])
    ((_, outcome),) = workers.results()
    return outcome


def same_start(name: str, seed: int) -> pytest.MarkDecorator:
    """Return the mark of trials that are played in one process, which reaches their start once."""
    return pytest.mark.xdist_group(f"{name} from {seed}")


@pytest.mark.parametrize(
    ("name", "seed", "floor"),
    [pytest.param(*row, marks=same_start(row[0], row[1])) for row in FLOORS],
)
def test_it_still_survives(workers, name, seed, floor):
    outcome = play(workers, trial_of(name, seed, floor))
    assert survives(name, floor, outcome), outcome


@same_start("standing_push_torso", 0)
def test_nothing_survives_a_shove_of_twice_the_pendulums_ceiling(workers):
    assert play(workers, trial_of("standing_push_torso", 0, (3.0, 90.0, None))).fell
