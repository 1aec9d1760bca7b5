# SPDX-License-Identifier: Apache-2.0
"""Makes rules of the silence that the node table grants.

A node is silent when both clocks agree that its heartbeat is missing: a slow computer slows robot
time, a dead node does not.
"""

from __future__ import annotations

from collections.abc import Callable

from talus_core.graph.node_table import NODES, NodeTable, Silence
from talus_core.words.stop_levels import StopLevel

from talus_safety.kernel.decide.rule import Rule
from talus_safety.kernel.decide.supervisor.facts import Facts, NodeFacts
from talus_safety.kernel.limits import SupervisorLimits

# s: the wide end of `silence_s` (limits.py), at which the wall times of the table hold as written
WIDEST_SILENCE_S = 0.5
NODES_WITH_OWN_RULES = frozenset({"balance", "camera", "map"})  # rows of rules.py name them


def narrowed(granted: Silence, silence_s: float) -> Silence:
    """Return the silence that a row grants where the parameter `silence_s` is narrower.

    Args:
        granted: What the node table says.
        silence_s: At most WIDEST_SILENCE_S, s; it scales the wall time alone.
    """
    return Silence(granted.wall_s * (silence_s / WIDEST_SILENCE_S), granted.robot_s)


def granted_by(table: NodeTable, silence_s: float) -> dict[str, dict[str, Silence]]:
    """Return what a table grants to nodes without rules of their own: by node, then by level."""
    return {
        row.name: {level: narrowed(one, silence_s) for level, one in row.silence.items()}
        for row in table.rows
        if row.silence and row.name not in NODES_WITH_OWN_RULES
    }


def is_silent(nodes: NodeFacts, name: str, granted: Silence) -> bool:
    """Tell whether a node was silent for longer than granted, on both clocks."""
    silence = nodes.silence.get(name, 0.0)
    robot_silence = nodes.robot_silence.get(name, 0.0)
    return silence > granted.wall_s and robot_silence > granted.robot_s


def silent(name: str, level: str) -> Callable[[Facts, SupervisorLimits], bool]:
    """Return a test whether a node of this checkout is silent for longer than its row grants."""
    granted = NODES.row(name).silence[level]

    def holds(facts: Facts, config: SupervisorLimits) -> bool:
        return is_silent(facts.nodes, name, narrowed(granted, config.silence_s))

    return holds


def _silent_nodes(nodes: NodeFacts, level: str) -> list[str]:
    granted = ((name, levels.get(level)) for name, levels in nodes.granted.items())
    return [name for name, one in granted if one is not None and is_silent(nodes, name, one)]


def _node_lost(level: StopLevel) -> Rule:
    """Return the rule for all nodes whose rows ask for this level."""
    name = f"R{level.value}"
    return Rule(
        name=f"node_lost_{name.lower()}",
        cause="a further node is silent",
        level=level,
        within_ms=500,  # of a row that grants up to 0.5 s; else as long as the row says
        holds=lambda facts, config: bool(_silent_nodes(facts.nodes, name)),
        faults=("F04",),
        detail=lambda facts: ", ".join(_silent_nodes(facts.nodes, name)),
    )


NODE_RULES: tuple[Rule, ...] = (
    _node_lost(StopLevel.R3_SIT_THEN_CUT),
    _node_lost(StopLevel.R2_SAFE_STAND),
    _node_lost(StopLevel.R1_DEGRADE),
)
