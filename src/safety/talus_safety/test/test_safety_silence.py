# SPDX-License-Identifier: Apache-2.0
"""The silence that the node table grants: which nodes are watched, on each side of each bound."""

import pytest
from safety_samples import PERIOD, ROBOT, state
from talus_core.graph.node_table import NODES, SILENCE_LEVELS, NodeRow, NodeTable, Silence
from talus_core.words.stop_levels import StopLevel
from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.supervisor.facts import Facts, NodeFacts
from talus_safety.kernel.decide.supervisor.rules import RULES
from talus_safety.kernel.decide.supervisor.silence_rules import (
    NODE_RULES,
    NODES_WITH_OWN_RULES,
    WIDEST_SILENCE_S,
    granted_by,
    is_silent,
    narrowed,
    silent,
)
from talus_safety.supervision.watch import Watch

CONFIG = SupervisorConfig()
PLANNER = NodeRow(
    "planner",
    "my_planner",
    "planner_node",
    silence={"R1": Silence(0.45, 0.3), "R3": Silence(0.9, 0.6)},
)
TALKER = NodeRow("talker", "my_planner", "talker_node", silence={"R1": Silence(0.45, 0.3)})
TABLE = NodeTable((*NODES.rows, PLANNER, TALKER))
OWN_RULES = {
    ("balance", "R3"): "balance_lost",
    ("camera", "R2"): "camera_gone",
    ("camera", "R1"): "camera_lost",
    ("map", "R1"): "map_lost",
}


def lost(silence: dict, robot_silence: dict, granted: dict) -> dict[str, str]:
    """The rules about further nodes that hold, with what they tell."""
    facts = Facts(nodes=NodeFacts(silence=silence, robot_silence=robot_silence, granted=granted))
    return {rule.name: rule.worded(facts) for rule in NODE_RULES if rule.holds(facts, CONFIG)}


@pytest.mark.parametrize("level", SILENCE_LEVELS)
@pytest.mark.parametrize(
    "wall, robot, is_lost",
    [(0.46, 0.31, True), (0.45, 0.31, False), (0.46, 0.3, False), (0.45, 0.3, False)],
)
def test_a_node_is_lost_when_both_clocks_say_so(level, wall, robot, is_lost):
    granted = {"planner": {level: Silence(0.45, 0.3)}}
    expected = {f"node_lost_{level.lower()}": "a further node is silent: planner"}
    assert lost({"planner": wall}, {"planner": robot}, granted) == (expected if is_lost else {})


def test_a_node_that_never_spoke_is_not_lost():
    assert lost({}, {}, {"planner": {"R3": Silence(0.45, 0.3)}}) == {}
    assert not is_silent(NodeFacts(), "planner", Silence(0.0, 0.0))


def test_every_silent_node_is_named_at_its_own_level():
    granted = {row.name: dict(row.silence) for row in (PLANNER, TALKER)}
    times = {"planner": 1.0, "talker": 1.0}
    assert lost(times, times, granted) == {
        "node_lost_r3": "a further node is silent: planner",
        "node_lost_r1": "a further node is silent: planner, talker",
    }
    times["planner"] = 0.5
    assert list(lost(times, times, granted)) == ["node_lost_r1"]


def test_there_is_one_rule_for_each_level_of_the_table():
    levels = {rule.name: rule.level for rule in NODE_RULES}
    assert levels == {
        "node_lost_r3": StopLevel.R3_SIT_THEN_CUT,
        "node_lost_r2": StopLevel.R2_SAFE_STAND,
        "node_lost_r1": StopLevel.R1_DEGRADE,
    }
    assert {name[-2:].upper() for name in levels} == set(SILENCE_LEVELS)
    assert {rule.within_ms for rule in NODE_RULES} == {500}
    assert {rule.name for rule in NODE_RULES} <= {rule.name for rule in RULES}


def test_every_silence_of_a_node_with_own_rules_has_its_rule():
    rows = [row for row in NODES.rows if row.name in NODES_WITH_OWN_RULES]
    assert {(row.name, level) for row in rows for level in row.silence} == OWN_RULES.keys()
    levels = {rule.name: f"R{rule.level.value}" for rule in RULES}
    assert all(levels[name] == level for (_, level), name in OWN_RULES.items())


@pytest.mark.parametrize("silence_s", [0.5, 0.3, 0.2])
@pytest.mark.parametrize("name, level", OWN_RULES)
def test_a_narrower_parameter_shortens_the_wall_time_of_a_row_alone(name, level, silence_s):
    granted = NODES.row(name).silence[level]
    wall = granted.wall_s * (silence_s / 0.5)
    config = SupervisorConfig(silence_s=silence_s)
    rule = next(rule for rule in RULES if rule.name == OWN_RULES[name, level])
    for holds in (rule.holds, silent(name, level)):
        for more, robot_more, expected in (
            (1e-6, 1e-6, True),
            (0.0, 1e-6, False),
            (1e-6, 0.0, False),
        ):
            facts = Facts(
                nodes=NodeFacts(
                    silence={name: wall + more},
                    robot_silence={name: granted.robot_s + robot_more},
                )
            )
            assert holds(facts, config) is expected


def test_wall_times_of_the_table_hold_at_the_widest_parameter():
    assert CONFIG.silence_s == WIDEST_SILENCE_S
    assert narrowed(Silence(0.45, 0.3), WIDEST_SILENCE_S) == Silence(0.45, 0.3)
    assert narrowed(Silence(0.5, 0.3), 0.2) == Silence(0.2, 0.3)


def test_what_is_granted_to_nodes_without_rules_of_their_own():
    further = ("localisation", "perception")  # the others have rules of their own
    assert granted_by(NODES, 0.5) == {name: {"R1": Silence(0.45, 0.315)} for name in further}
    assert granted_by(TABLE, 0.25) == {
        **{name: {"R1": Silence(0.225, 0.315)} for name in further},
        "planner": {"R1": Silence(0.225, 0.3), "R3": Silence(0.45, 0.6)},
        "talker": {"R1": Silence(0.225, 0.3)},
    }


def test_a_node_that_is_not_required_is_watched_from_its_first_heartbeat_on():
    watch = Watch(ROBOT, CONFIG, nodes=TABLE)
    watch.on_state(state(1), 0.0)
    assert watch.facts(9.0).nodes.absent == ("driver", "balance")
    for node in ("driver", "balance", "planner", "camera"):
        watch.on_beat(node, 1, 10.0)
    watch.on_state(state(501), 11.0)
    facts = watch.facts(11.0)
    assert facts.nodes.absent == ()
    assert facts.nodes.silence["planner"] == 1.0
    assert facts.nodes.robot_silence["planner"] == pytest.approx(500 * PERIOD)
    assert [rule.name for rule in NODE_RULES if rule.holds(facts, CONFIG)] == [
        "node_lost_r3",
        "node_lost_r1",
    ]
    assert "camera_gone" in [rule.name for rule in RULES if rule.holds(facts, CONFIG)]
    watch.on_beat("planner", 501, 11.0)
    assert watch.facts(11.1).nodes.silence["planner"] == pytest.approx(0.1)


def test_a_node_that_a_row_requires_must_be_there():
    required = NodeRow("planner", "my_planner", "planner_node", required="always")
    table = NodeTable((*NODES.rows, required))
    watch = Watch(ROBOT, CONFIG, nodes=table)
    assert watch.facts(0.0).nodes.absent == ("driver", "balance", "planner")
    watch = Watch(ROBOT, SupervisorConfig(perception=True), nodes=table)
    assert watch.facts(0.0).nodes.absent == ("driver", "balance", "camera", "map", "planner")
