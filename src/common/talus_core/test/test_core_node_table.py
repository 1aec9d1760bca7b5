# SPDX-License-Identifier: Apache-2.0
"""The node table: what its rows mean, and how a file of further nodes is refused."""

import pytest
from talus_core.graph.node_table import NODES, NodeTableError, Silence

PERIOD = 0.002


def test_time_waits_exactly_for_balance_and_loosely_for_others():
    leashes = NODES.leashes(PERIOD, delay_ticks=1)
    assert leashes == {
        "balance": 1,
        "safety": 25,
        "camera": 75,
        "map": 250,
        "localisation": 250,
        "perception": 150,
    }
    assert list(leashes) == ["balance", "safety", "camera", "map", "localisation", "perception"]


def test_cameras_and_map_are_required_with_perception_alone():
    assert NODES.required(with_perception=False) == ("driver", "balance")
    assert NODES.required(with_perception=True) == ("driver", "balance", "camera", "map")


def test_the_driver_is_not_killed_on_purpose():
    assert "driver" not in NODES.killable()
    assert {"balance", "safety", "camera", "map"} <= set(NODES.killable())


def test_a_file_adds_a_node(tmp_path):
    file = tmp_path / "nodes.yaml"
    file.write_text(
        "planner: {package: p, executable: e, leash_s: 0.5, silence: {R1: [0.45, 0.3]}, "
        "recorded: {planner/plan: nav_msgs/Path}}\n"
    )
    table = NODES.with_file(file)
    assert table.leashes(PERIOD, 1)["planner"] == 250
    assert table.row("planner").silence == {"R1": Silence(0.45, 0.3)}
    assert table.recorded() == {"planner/plan": "nav_msgs/Path"} and NODES.recorded() == {}
    assert "planner" in table.killable() and "planner" not in table.required(True)
    assert NODES.with_file("") is NODES


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not valid YAML"),
        ("3", "not a mapping"),
        ("map: {package: p, executable: e}", "'map' is in the table already"),
        ("planner:", "needs package and executable"),
        ("planner: {package: p}", "executable is None"),
        (
            "planner: {package: p, executable: e, leesh_s: 1}",
            "unknown entry 'leesh_s'; nearest: leash_s",
        ),
        ("planner: {package: p, executable: e, leash_s: -1}", "leash_s is -1; it must be a time"),
        (
            "planner: {package: p, executable: e, leash_s: true}",
            "leash_s is True; it must be a time",
        ),
        ("planner: {package: p, executable: e, required: maybe}", "value of required 'maybe'"),
        ("planner: {package: p, executable: e, silence: 3}", "silence is 3"),
        ("planner: {package: p, executable: e, silence: {R7: [1, 1]}}", "level of silence 'R7'"),
        ("planner: {package: p, executable: e, silence: {R1: 1}}", r"must be \[wall s, robot s\]"),
        ("planner: {package: p, executable: e, silence: {R1: [1, .nan]}}", "must be a time"),
        ("planner: {package: p, executable: e, traced: [plan]}", "unknown entry 'traced'"),
        ("planner: {package: p, executable: e, recorded: [plan]}", "recorded is \\['plan'\\]"),
        ("planner: {package: p, executable: e, recorded: {plan: Path}}", "must be package/Type"),
        ("planner: {package: p, executable: e, recorded: {plan: 3}}", "recorded plan is 3"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path, text, message):
    file = tmp_path / "nodes.yaml"
    file.write_text(text)
    with pytest.raises(NodeTableError, match=message) as raised:
        NODES.with_file(file)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NodeTableError, match=r"nowhere\.yaml"):
        NODES.with_file(tmp_path / "nowhere.yaml")
