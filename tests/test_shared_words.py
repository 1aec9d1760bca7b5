# SPDX-License-Identifier: Apache-2.0
"""Checks the words that several packages share.

The core's lists are those of the messages, and no file keeps a copy.
"""

import re

import numpy as np
import pytest
from sources import ROOT
from talus_core.robot import load_robot
from talus_core.words.gate_phases import GatePhase
from talus_core.words.stop_levels import StopLevel
from talus_lab.scenario.record import SEAT_HEIGHT_M
from talus_safety.kernel.measure.body import Body

from talus_interfaces.msg import GateState, SafetyState

SOURCES = [path for path in sorted((ROOT / "src").rglob("*.py")) if "test" not in path.parts]
ONLY_IN = {  # a number or list, and the one file that may say it
    r"[=(*] ?9\.81\b": "physics.py",
    r"1_000_000_000\b": "physics.py",
    r"R3_SIT_THEN_CUT = ": "stop_levels.py",
    r"class GatePhase": "gate_phases.py",
    r"^FALLEN_\w+ = ": "falls.py",
    r"^(STILL|AT_REST)_\w+ = ": "rest.py",
    r"radians\(60(\.0)?\)": "falls.py",
}


@pytest.mark.parametrize(("words", "message"), [(StopLevel, SafetyState), (GatePhase, GateState)])
def test_a_list_of_words_is_the_messages(words, message):
    constants = {name: getattr(message, name) for name in dir(message) if name.isupper()}
    assert {word.name: int(word) for word in words} == {
        name: value for name, value in constants.items() if isinstance(value, int)
    }


@pytest.mark.parametrize("pattern", ONLY_IN)
def test_a_shared_word_is_said_in_one_file(pattern):
    found = {path.name for path in SOURCES if re.search(pattern, path.read_text(), re.MULTILINE)}
    assert found == {ONLY_IN[pattern]}


def test_the_seat_that_scenarios_assume_is_the_robots():
    robot = load_robot(ROOT / "urdf" / "talus40")
    body = Body(robot)
    placement = body.place(robot.poses["sit"])
    heights = [-body.locate(placement, sole)[1][2] for sole in body.soles]
    np.testing.assert_allclose(heights, SEAT_HEIGHT_M, atol=1e-3)
