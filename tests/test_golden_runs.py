# SPDX-License-Identifier: Apache-2.0
"""Checks that seeded runs of the true stack give the same states and commands, bit for bit.

Bits depend on the processor and on library versions: on a machine whose arithmetic differs from the
recorded one, each run must end as it did there: same stop level, same mode, same verdict.
"""

import json
from pathlib import Path

import pytest
from talus_lab.golden.numerics import numerics
from talus_lab.golden.stories import STORIES
from talus_lab.rig.checkout import TALUS40_FOLDER

RECORD = json.loads(Path(__file__).with_name("golden_runs.json").read_text())


@pytest.fixture(scope="module")
def has_same_arithmetic() -> bool:
    return numerics(TALUS40_FOLDER) == RECORD["numerics"]


def test_every_story_is_recorded():
    assert set(RECORD["stories"]) == set(STORIES)


@pytest.mark.parametrize("name", STORIES)
def test_run_is_as_recorded(name, has_same_arithmetic):
    take, known = STORIES[name](TALUS40_FOLDER), RECORD["stories"][name]
    assert take.ending == known["ending"]
    if has_same_arithmetic:
        assert (take.digest, take.ticks) == (known["digest"], known["ticks"])
