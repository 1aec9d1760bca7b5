# SPDX-License-Identifier: Apache-2.0
"""Checks what the list of nodes says of nodes that live, are late, are lost or never came."""

from types import SimpleNamespace

import pytest
from talus_core.graph.node_table import NODES, NodeRow, NodeTableError, Silence
from talus_view.config import ViewConfig
from talus_view.page.card import NO_DATA, status_card
from talus_view.widgets.nodes import (
    LISTEN_S,
    NO_BREAK,
    UNDRAWN_S,
    Life,
    NodeLife,
    life_of,
    nodes_html,
    nodes_text,
)
from view_site import open_site, widget_of


@pytest.fixture
def nodes():
    with open_site() as (page, site, widgets):
        widget = widget_of(widgets, "NodesWidget")

        def at(wall, *beating):
            """Hear some nodes and draw at `wall` s; return the life of each node by name."""
            for name in beating:
                widget.hear(widget.topics[0], SimpleNamespace(node=name), wall)
            page.call(lambda: widget.draw(wall))
            return {name: widget.life(row, wall).life for name, row in widget._rows.items()}

        yield SimpleNamespace(at=at, widget=widget, graph=site.graph)


def card(nodes, wall):
    return status_card(nodes.widget.card(wall))


@pytest.mark.parametrize(
    ("name", "alive_s", "late_s", "lost_s"),
    [
        ("camera", 0.25, 0.26, 0.46),  # R1 after 0.25 s, R2 after 0.45 s
        ("balance", 0.25, 0.26, 0.51),  # R3 after 0.5 s
        ("safety", 0.25, 0.5, 0.51),  # no silence times of its own
    ],
)
def test_the_table_says_who_is_late_and_who_is_lost(name, alive_s, late_s, lost_s):
    row = NODES.row(name)
    lives = [life_of(row, age).life for age in (0.0, alive_s, late_s, lost_s)]
    assert lives == [Life.ALIVE, Life.ALIVE, Life.LATE, Life.LOST]


def test_a_node_that_falls_silent_is_late_then_lost_then_back(nodes):
    nodes.at(0.0)
    assert nodes.at(5.0, "camera")["camera"] is Life.UNKNOWN, "the page was closed until now"
    for wall, life in ((5.1, Life.ALIVE), (5.4, Life.LATE), (5.8, Life.LOST)):
        assert nodes.at(wall, *(["camera"] if wall < 5.2 else []))["camera"] is life
    assert "camera lost" in card(nodes, 5.8)
    assert "lost<em>0.7 s</em>" in nodes.widget._list.content
    assert nodes.at(6.0, "camera")["camera"] is Life.ALIVE


def test_nobody_is_missed_before_the_page_has_listened(nodes):
    assert set(nodes.at(0.0).values()) == {Life.UNKNOWN}
    assert f"<span>Nodes</span><b>{NO_DATA}</b>" in card(nodes, 0.0)
    wall = 0.0
    while wall < LISTEN_S:
        wall += 0.5
        lives = nodes.at(wall, "safety")
    assert lives["safety"] is Life.ALIVE
    assert {lives[name] for name in ("driver", "balance", "camera", "map")} == {Life.MISSING}
    assert {lives[name] for name in ("recorder", "robot_state_publisher")} == {Life.ABSENT}
    assert "driver missing, balance missing" in card(nodes, wall)


def test_what_was_heard_before_the_page_was_closed_is_forgotten(nodes):
    nodes.at(0.0)
    nodes.at(0.1, "map")
    assert nodes.at(0.2 + UNDRAWN_S)["map"] is Life.UNKNOWN


def test_a_node_without_heartbeat_is_looked_for_in_the_graph(nodes):
    nodes.graph.running = {"recorder", "driver"}
    lives = nodes.at(0.0)
    assert lives["recorder"] is Life.RUNNING
    assert lives["driver"] is Life.UNKNOWN, "the robot is not armed without its heartbeat"


def test_a_node_that_the_table_does_not_know_gets_a_row(nodes):
    nodes.at(0.0)
    assert nodes.at(0.1, "<stranger>")["<stranger>"] is Life.ALIVE
    assert "<b>&lt;stranger&gt;</b>" in nodes.widget._list.content
    assert "not in the node table" in nodes.widget._list.content


def test_duties_are_those_of_the_table(nodes):
    nodes.at(0.0)
    said = nodes.widget._list.content.replace(NO_BREAK, " ")
    assert "needed to arm · R1 after 0.25 s · R2 after 0.45 s" in said


def test_worst_come_first_on_the_card():
    lives = {"a": Life.LATE, "b": Life.ALIVE, "c": Life.MISSING, "d": Life.LOST}
    assert nodes_text(lives) == "c missing, d lost, a late"
    assert nodes_text({"a": Life.ALIVE, "b": Life.RUNNING, "c": Life.ABSENT}) == "2 alive"
    assert nodes_text({"a": Life.RUNNING}) == NO_DATA


def test_long_silences_are_whole_seconds_and_words_are_no_markup():
    row = NodeRow("a", "p", "e", silence={"R1": Silence(0.4, 0.3)}, purpose='says "<hi>"')
    html = nodes_html([(row, NodeLife(Life.LOST, 125.4), "<b>")])
    assert "lost<em>125 s</em>" in html
    assert "&quot;&lt;hi&gt;&quot;" in html and "<small>&lt;b&gt;</small>" in html


def test_further_nodes_come_from_a_file(tmp_path):
    file = tmp_path / "nodes.yaml"
    file.write_text("planner: {package: mine, executable: planner_node}\n")
    with open_site(ViewConfig(nodes=str(file), perception=False)) as (_, _, widgets):
        widget = widget_of(widgets, "NodesWidget")
        assert "planner" in widget._rows
        assert widget._required == ("driver", "balance")
    with (
        pytest.raises(NodeTableError, match=r"/nowhere\.yaml"),
        open_site(ViewConfig(nodes="/nowhere.yaml")),
    ):
        pass
