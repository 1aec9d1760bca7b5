# SPDX-License-Identifier: Apache-2.0
"""Keeps the newest heartbeat of each node that the node table says to watch."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.graph.node_table import NodeTable

from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.supervisor.facts import NodeFacts
from talus_safety.kernel.decide.supervisor.silence_rules import granted_by


@dataclass(frozen=True)
class Beat:
    """Holds a heartbeat as received.

    Steady time, robot_state known then, and how far behind that the sender was, in s.
    """

    steady: float
    sequence: int
    behind: float


class NodeWatch:
    """Watches required nodes, and others whose silence matters from their first heartbeat on.

    Attributes:
        required: Nodes without which the robot may not be armed.
    """

    def __init__(self, nodes: NodeTable, config: SupervisorConfig):
        self.required = nodes.required(config.perception)
        self._watched = {*self.required, *(row.name for row in nodes.rows if row.silence)}
        self._granted = granted_by(nodes, config.silence_s)
        self._period = config.period
        self._beats: dict[str, Beat] = {}
        self._strangers: dict[str, int] = {}
        self._intruded: list[str] = []

    def count_strangers(self, node: str, count: int) -> None:
        """Take in how many frames of strangers a node has heard on the command path so far."""
        known = self._strangers.get(node, 0)
        if count > known and node not in self._intruded:
            self._intruded.append(node)
        self._strangers[node] = count  # fewer than before: it was started anew

    def hear(self, node: str, sequence: int, newest: int, steady: float) -> None:
        """Take in a heartbeat; a node that is not watched is ignored.

        Args:
            node: Its sender.
            sequence: RobotState that the sender had done.
            newest: RobotState that is known here.
            steady: When it came, s.
        """
        if node in self._watched:
            self._beats[node] = Beat(steady, newest, (newest - sequence) * self._period)

    def facts(self, newest: int, steady: float) -> NodeFacts:
        """Return how the nodes live at steady time `steady`, s, with RobotState `newest` known.

        A stranger is told once.
        """
        beats = self._beats
        intruded = tuple(self._intruded)
        self._intruded.clear()
        return NodeFacts(
            silence={node: steady - beat.steady for node, beat in beats.items()},
            robot_silence={
                node: (newest - beat.sequence) * self._period for node, beat in beats.items()
            },
            behind={node: beat.behind for node, beat in beats.items()},
            absent=tuple(node for node in self.required if node not in beats),
            granted=self._granted,
            intruded=intruded,
        )
