# SPDX-License-Identifier: Apache-2.0
"""Lists the nodes in a tab of their own: which live, which are late, which are lost.

Rows and times are those of the node table, by which the supervisor judges. It acts once the silence
is too long by the wall's clock and by the robot's; the page knows the wall's alone, so that on a
slow computer it may call a node late for which the supervisor still waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from html import escape

import viser
from talus_core.graph.node_table import NODES, NodeRow

from talus_view.drawing.colours import LEVEL_COLOURS, UNKNOWN_LEVEL, css
from talus_view.page.card import NO_DATA, CardPart, line
from talus_view.widget import Delivery, Message, PageTopic, Site, Widget

NODES_PERIOD_S = 0.5  # between two drawings: what an eye can read
LATE_AFTER_S = 0.25  # of a node without silence times: five beats of 20 Hz, as for the cameras
LOST_AFTER_S = 0.5  # of a node without silence times: ten beats, the longest of the table
LISTEN_S = 3.0  # after a page opens: subscriptions find their publishers within a second or two
SHORTEST_AGE_S = 0.1  # that is told apart: the page looks for heartbeats 20 times a second
UNDRAWN_S = 3.0  # without a drawing: no page was open, nothing was heard


class Life(Enum):
    """Defines how a node lives; the value is its word on the page."""

    ALIVE = "alive"
    LATE = "late"
    LOST = "lost"
    MISSING = "missing"  # the robot may not be armed without it
    RUNNING = "running"  # it is in the graph and sends no heartbeat
    ABSENT = "not there"
    UNKNOWN = "listening"  # the page has just opened


COLOUR_OF = {
    Life.ALIVE: LEVEL_COLOURS[0],
    Life.LATE: LEVEL_COLOURS[1],
    Life.LOST: LEVEL_COLOURS[3],
    Life.MISSING: LEVEL_COLOURS[3],
    Life.RUNNING: LEVEL_COLOURS[0],
    Life.ABSENT: UNKNOWN_LEVEL,
    Life.UNKNOWN: UNKNOWN_LEVEL,
}
NO_BREAK = "\u00a0"  # a space at which no line ends: "after 0.45 s" stays together
ALARMS = (Life.MISSING, Life.LOST, Life.LATE)  # what the status card names, worst first

NODES_STYLE = """<style>
.talus-nodes { margin: 0.2em 0.75em 0.8em; font-size: 0.9em; line-height: 1.4; }
.talus-node {
  display: grid;
  grid-template-columns: 1.3em minmax(0, 1fr) auto;
  align-items: baseline;
  padding: 0.4em 0;
  border-top: 1px solid rgba(128, 128, 128, 0.22);
  cursor: help;
}
.talus-node:first-child { border-top: none; }
.talus-node i { width: 0.65em; height: 0.65em; border-radius: 50%; align-self: center; }
.talus-node b { font-weight: 600; overflow-wrap: anywhere; }
.talus-node span { font-variant-numeric: tabular-nums; white-space: nowrap; }
.talus-node em { font-style: normal; opacity: 0.65; padding-left: 0.5em; }
.talus-ill span { font-weight: 700; }
.talus-ill em { font-weight: 400; opacity: 1; }
.talus-node small { grid-column: 2 / -1; font-size: 0.85em; opacity: 0.65; }
</style>"""


@dataclass(frozen=True)
class NodeLife:
    """Holds how a node lives, and how long ago its heartbeat came, s; None: never."""

    life: Life
    age: float | None = None

    @property
    def age_text(self) -> str:
        """Return the age in words; an age below the page's own pace is that pace."""
        if self.age is None:
            return ""
        return f"{max(self.age, SHORTEST_AGE_S):.1f} s" if self.age < 10.0 else f"{self.age:.0f} s"


class NodesWidget(Widget):
    """Shows one row a node in a tab beside the cameras, and a line on the status card."""

    place = 95
    topics = (PageTopic("heartbeat", "talus_interfaces/msg/Heartbeat", Delivery.EVERY),)

    def __init__(self, site: Site):
        self._graph = site.graph
        table = NODES.with_file(site.config.nodes)
        self._rows = {row.name: row for row in table.rows}
        self._required = table.required(site.config.perception)
        self._beats: dict[str, float] = {}
        self._running: frozenset[str] = frozenset()
        self._since: float | None = None  # since when it listens, wall time, s
        self._drawn = 0.0
        with site.panel.side_tab("Nodes", viser.Icon.HEARTBEAT):
            site.panel.gui.add_html(NODES_STYLE)
            self._list = site.panel.gui.add_html("")

    @property
    def period_s(self) -> float:
        """Return the shortest wall time between two drawings, s."""
        return NODES_PERIOD_S

    def hear(self, topic: PageTopic, message: Message, wall: float) -> None:
        """Note that a node lives; one that the table does not know gets a row, too."""
        self._beats[message.node] = wall
        self._rows.setdefault(message.node, NodeRow(message.node, "", ""))

    def draw(self, wall: float) -> None:
        """Write the rows anew."""
        if self._since is None or wall - self._drawn > UNDRAWN_S:
            self._since = wall
            self._beats.clear()
        self._drawn = wall
        self._running = self._graph.node_names()
        html = nodes_html(
            (row, self.life(row, wall), self._duty(row)) for row in self._rows.values()
        )
        if html != self._list.content:
            self._list.content = html

    def card(self, wall: float) -> tuple[CardPart, ...]:
        """Name the nodes that are not well; else say how many live."""
        lives = {name: self.life(row, wall).life for name, row in self._rows.items()}
        return (line(70, "Nodes", nodes_text(lives)),)

    def life(self, row: NodeRow, wall: float) -> NodeLife:
        """Tell how a node lives at `wall`."""
        if row.name in self._beats:
            return life_of(row, wall - self._beats[row.name])
        if row.name in self._running and row.name not in self._required:
            return NodeLife(Life.RUNNING)
        if self._since is None or wall - self._since < LISTEN_S:
            return NodeLife(Life.UNKNOWN)
        return NodeLife(Life.MISSING if row.name in self._required else Life.ABSENT)

    def _duty(self, row: NodeRow) -> str:
        """Say what the supervisor does without the node."""
        arms = ["needed to arm"] if row.name in self._required else []
        stops = [f"{level} after {wall:g} s" for wall, level in silences(row)]
        return " · ".join(part.replace(" ", NO_BREAK) for part in arms + stops)


def silences(row: NodeRow) -> list[tuple[float, str]]:
    """Return after how long a silence, s of wall time, which level follows; the shortest first."""
    return sorted((silence.wall_s, level) for level, silence in row.silence.items())


def life_of(row: NodeRow, age: float) -> NodeLife:
    """Tell how a node lives whose heartbeat came `age` s ago.

    It is late at the first of its silence times, or at half of the only one; lost at the last.
    """
    times = [wall for wall, _ in silences(row)] or [LATE_AFTER_S, LOST_AFTER_S]
    late = times[0] if len(times) > 1 else 0.5 * times[0]
    if age <= late:
        return NodeLife(Life.ALIVE, age)
    return NodeLife(Life.LATE if age <= times[-1] else Life.LOST, age)


def nodes_text(lives: dict[str, Life]) -> str:
    """Write the line of the status card: what is not well, worst first, or how many live."""
    ill = [
        f"{name} {life.value}" for alarm in ALARMS for name, life in lives.items() if life is alarm
    ]
    if ill:
        return ", ".join(ill)
    alive = sum(life in (Life.ALIVE, Life.RUNNING) for life in lives.values())
    return f"{alive} alive" if Life.ALIVE in lives.values() else NO_DATA


def nodes_html(rows: Iterable[tuple[NodeRow, NodeLife, str]]) -> str:
    """Write one row a node: its life as a coloured dot and a word, and what the supervisor does."""
    return f'<div class="talus-nodes">{"".join(_node_html(*row) for row in rows)}</div>'


def _node_html(row: NodeRow, state: NodeLife, duty: str) -> str:
    hint = row.purpose or row.package or "not in the node table"
    small = f"<small>{escape(duty)}</small>" if duty else ""
    age = f"<em>{state.age_text}</em>" if state.age_text else ""
    ill = " talus-ill" if state.life in ALARMS else ""
    return (
        f'<div class="talus-node{ill}" title="{escape(hint)}">'
        f'<i style="background:{css(COLOUR_OF[state.life])}"></i>'
        f"<b>{escape(row.name)}</b>"
        f"<span>{state.life.value}{age}</span>{small}</div>"
    )
