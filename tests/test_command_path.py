# SPDX-License-Identifier: Apache-2.0
"""Checks over ROS that nobody moves the robot who has not the key of its start."""

from talus_lab.bench.safety.face_impostors_node import face
from talus_lab.bench.safety.forgeries_node import FORGERIES


def test_an_impostor_neither_fells_a_robot_nor_keeps_it_from_stopping():
    heard, stopped = face("command.loose", seed=0)  # the bench faces all: --impostors
    assert (heard.verdict, heard.detail) == ("ok", "")
    assert (stopped.verdict, stopped.detail) == ("ok", "")


def test_the_bench_knows_twenty_kinds_of_forgeries_on_all_topics():
    assert len(FORGERIES) == 20
    assert {topic for topic, _ in FORGERIES.values()} == {
        "joint_command",
        "robot_state",
        "safety/state",
        "gate/state",
        "heartbeat",
    }
