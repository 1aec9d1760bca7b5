# SPDX-License-Identifier: Apache-2.0
"""What is recorded: the topics of this checkout, and those that rows of the node table add."""

import pytest
from talus_core.graph.node_table import NODES, NodeRow, NodeTable
from talus_recorder.conversions import channel
from talus_recorder.errors import RecorderError
from talus_recorder.listening.topics import RECORDED_TOPICS, RecordedTopic, recorded_topics


def table(recorded: dict[str, str]) -> NodeTable:
    """The node table with a planner whose topics these are."""
    planner = NodeRow("planner", "my_planner", "planner_node", recorded=recorded)
    return NodeTable((*NODES.rows, planner))


def test_the_table_of_this_checkout_adds_nothing():
    assert recorded_topics(NODES) == RECORDED_TOPICS


def test_topics_of_a_further_node_come_last():
    topics = recorded_topics(table({"planner/plan": "nav_msgs/Path"}))
    assert topics == (*RECORDED_TOPICS, RecordedTopic("planner/plan", "nav_msgs/Path"))


def test_a_topic_is_recorded_once():
    assert recorded_topics(table({"odom": "nav_msgs/Odometry"})) == RECORDED_TOPICS


@pytest.mark.parametrize("kind", ["no_such_package/Plan", "nav_msgs/NoSuchMessage"])
def test_a_type_that_is_not_there_is_named(kind):
    with pytest.raises(RecorderError, match=kind.split("/")[kind.startswith("nav")]) as raised:
        channel("planner/plan", kind)
    assert "\n" not in str(raised.value)
