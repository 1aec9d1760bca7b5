# SPDX-License-Identifier: Apache-2.0
"""Checks what is told of refused input: once in a while, in one line, and as long as it matters."""

from __future__ import annotations

import pytest
from talus_ros.intake.ledger import MOST_CHARACTERS, SHOWN_S, TELL_PERIOD_S, IntakeLedger, one_line
from talus_ros.intake.voices import Voice, second_voices, sole_topics, unheard


def test_a_flood_is_told_once_in_a_while_and_counted_all_the_same():
    ledger = IntakeLedger()
    lines = [ledger.refuse("cmd_vel", "no number", 0.002 * tick) for tick in range(3000)]
    told = [line for line in lines if line is not None]
    assert told == [
        "cmd_vel: ignored: no number",
        "cmd_vel: ignored: no number (and 2499 more before)",
    ]
    assert ledger.count("cmd_vel") == 3000
    assert ledger.values() == {"refused cmd_vel": "3000: no number"}


def test_each_intake_is_told_by_itself():
    ledger = IntakeLedger()
    assert ledger.refuse("cmd_vel", "no number", 0.0)
    assert ledger.refuse("battery_state", "no share", 0.1)
    assert ledger.refuse("cmd_vel", "no number", 0.2) is None


def test_a_refusal_is_a_problem_for_a_while_and_a_complaint_as_long_as_it_holds():
    ledger = IntakeLedger()
    ledger.refuse("cmd_vel", "no number", 10.0)
    assert ledger.problem(10.0 + SHOWN_S) == "cmd_vel: ignored: no number"
    assert ledger.problem(10.1 + SHOWN_S) == ""
    assert ledger.complain(["clock: /player publishes it too"]) == [
        "clock: /player publishes it too"
    ]
    assert ledger.complain(["clock: /player publishes it too"]) == []
    assert ledger.problem(1e9) == "clock: /player publishes it too"
    assert ledger.complain([]) == []
    assert ledger.problem(1e9) == ""


@pytest.mark.parametrize("text", ["x" * 10**6, "a\nb\x1b[2J\x00c", "\ud800 odd", "\u202ereversed"])
def test_what_a_stranger_sent_becomes_one_short_printable_line(text):
    line = one_line(text)
    assert line.isprintable() and len(line) <= MOST_CHARACTERS


def test_a_refusal_that_comes_again_much_later_is_told_again():
    ledger = IntakeLedger()
    assert ledger.refuse("joy", "odd", 0.0)
    assert ledger.refuse("joy", "odd", TELL_PERIOD_S) == "joy: ignored: odd"


def test_a_voice_of_another_type_or_quality_is_named_with_what_would_be_heard():
    voices = [
        Voice("/teleop", "geometry_msgs/msg/Twist"),
        Voice("/pad", "geometry_msgs/msg/TwistStamped", "best effort is offered"),
        Voice("/nav", "geometry_msgs/msg/TwistStamped"),
    ]
    plain, quality = unheard("cmd_vel", "geometry_msgs/msg/TwistStamped", voices)
    assert "/teleop" in plain and "geometry_msgs/msg/Twist," in plain
    assert plain.endswith("publish geometry_msgs/msg/TwistStamped")
    assert "/pad" in quality and "best effort is offered" in quality


def test_another_node_on_a_topic_of_one_is_named():
    voices = [Voice("/driver", "k"), Voice("/player", "k"), Voice("/player", "k")]
    assert second_voices("clock", "/driver", voices) == [
        "clock: /player publishes it too; it is for /driver alone"
    ]


def test_topics_on_which_one_node_speaks_are_those_of_the_contract():
    assert {"clock", "battery_state", "odom", "map/elevation"} <= sole_topics()
    assert not {"cmd_vel", "joint_states", "tf", "tf_static", "diagnostics"} & sole_topics()
