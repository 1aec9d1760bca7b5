# SPDX-License-Identifier: Apache-2.0
"""Whatever comes to a door of a node or a tool, it lives, or says in one line what is wrong.

The tests knock a few times at every door; `./talus bench safety` and tests/play_doors.py knock as
often as they are asked to. A failure names the smallest input that shows it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
from fuzzed_doors import Door, knock, taken
from fuzzed_files import file_doors
from fuzzed_nodes import FuzzedNodes
from message_mutation import minimised, minimised_bytes, mutated
from sensor_msgs.msg import JointState

COUNT = int(os.environ.get("TALUS_FUZZ", "15"))
SEED = int(os.environ.get("TALUS_FUZZ_SEED", "0"))


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Door]]:
    folder = tmp_path_factory.mktemp("fuzzed")
    home = os.getcwd()
    os.chdir(folder)  # requests name files of their own
    nodes = FuzzedNodes(folder)
    yield nodes.doors
    nodes.close()
    os.chdir(home)


def found(doors: list[Door]) -> list[str]:
    return [text for door in doors if (text := knock(door, SEED, COUNT).finding)]


def test_no_input_comes_through_the_door_of_a_node(doors):
    assert found(doors) == []


def test_no_file_and_no_word_ends_a_tool_without_a_clear_line(tmp_path):
    assert found(file_doors(tmp_path)) == []


def test_the_doors_are_those_of_every_node(doors):
    names = {door.name for door in doors}
    assert {
        "balance robot_state",
        "balance cmd_vel",
        "balance map/elevation",
        "safety map/moving",
        "safety safety/arm",
        "safety safety/set_parameters",
        "map tf",
        "map map/load",
        "localisation initialpose",
        "robot_state_publisher joint_states",
        "recorder robot_state",
        "operator joint_states",
        "operator UDP",
        "operator_device joy",
        "driver joint_command",
        "driver sim/push",
        "driver driver/set_parameters",
        "camera sim/state",
        "view map/elevation",
        "view HTTP",
        "view websocket GuiUpdateMessage",
        "safety UDP",
        "scenario heartbeat",
    } <= names


def test_what_is_right_is_not_refused(doors):
    """A sample that a door refuses would let the fuzzer knock at it in vain."""
    for door in doors:
        assert taken(door, door.sample) is None, door.name


def test_a_failure_is_cut_down_to_what_it_needs():
    chance = random.Random(1)
    sample = JointState(name=["a", "b"], position=[0.0, 1.0])

    def fails(message: JointState) -> bool:
        return len(message.name) != len(message.position)

    shown = next(m for m in (mutated(chance, sample) for _ in range(1000)) if fails(m))
    smallest = minimised(shown, sample, fails)
    assert fails(smallest)
    assert smallest.header == sample.header and list(smallest.velocity) == []
    assert minimised_bytes(b"abcXdef", lambda data: b"X" in data) == b"\0\0\0X"
