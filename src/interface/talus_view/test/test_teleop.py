# SPDX-License-Identifier: Apache-2.0
"""Tells stories of the walk buttons, on a time line."""

import pytest
from talus_core.errors import UnknownNameError
from talus_view.teleop import DIRECTIONS, STANDSTILL, SpeedLimits, Teleop, WalkVelocity

LIMITS = SpeedLimits(forward=0.5, back=0.3, sideways=0.2, turn=0.6)
HOLD = 0.4
PAGE = 1.2
HALT = 0.5
ALICE = 1
BOB = 2


@pytest.fixture
def teleop() -> Teleop:
    return Teleop(LIMITS, HOLD, PAGE, HALT)


def test_says_nothing_before_a_button(teleop):
    assert teleop.command(0.0) is None
    teleop.halt(0.0)
    assert teleop.command(0.0) is None


@pytest.mark.parametrize("name", DIRECTIONS)
def test_each_button_commands_its_limit(teleop, name):
    teleop.press(name, ALICE, 0.0)
    velocity = teleop.command(0.0)
    wanted = {
        "forward": WalkVelocity(forward=0.5),
        "back": WalkVelocity(forward=-0.3),
        "left": WalkVelocity(left=0.2),
        "right": WalkVelocity(left=-0.2),
        "turn left": WalkVelocity(turn=0.6),
        "turn right": WalkVelocity(turn=-0.6),
    }
    assert velocity == wanted[name]


def test_share_scales(teleop):
    teleop.share = 0.5
    teleop.press("forward", ALICE, 0.0)
    assert teleop.command(0.0) == WalkVelocity(forward=0.25)


def test_unknown_button_is_refused_and_names_the_known(teleop):
    with pytest.raises(UnknownNameError, match="forward"):
        teleop.press("forwards", ALICE, 0.0)


def test_held_button_walks_as_long_as_it_speaks(teleop):
    for tick in range(20):
        teleop.press("forward", ALICE, 0.1 * tick)
        assert teleop.command(0.1 * tick + 0.05) == WalkVelocity(forward=0.5)


def test_silent_button_halts_at_the_deadline_then_says_nothing(teleop):
    teleop.press("forward", ALICE, 0.0)
    assert teleop.command(HOLD) == WalkVelocity(forward=0.5)
    assert teleop.command(HOLD + 0.01) == STANDSTILL
    assert teleop.command(HOLD + 0.01 + HALT) == STANDSTILL
    assert teleop.command(HOLD + 0.02 + HALT) is None


def test_old_words_of_a_page_do_not_walk(teleop):
    """The loop was busy for three seconds and then hears the button."""
    teleop.press("forward", ALICE, 0.0)
    assert teleop.command(3.0) == STANDSTILL


def test_answers_of_a_page_do_not_prolong_a_held_button(teleop):
    teleop.press("forward", ALICE, 0.0)
    teleop.page_answered(ALICE, 0.3)
    assert teleop.kept_by is None
    assert teleop.command(HOLD + 0.01) == STANDSTILL


def test_kept_walk_goes_on_while_its_page_answers(teleop):
    teleop.keep("turn left", ALICE, 0.0)
    assert teleop.kept_by == ALICE
    for second in range(1, 10):
        teleop.page_answered(ALICE, float(second))
        assert teleop.command(second + 0.5) == WalkVelocity(turn=0.6)


def test_kept_walk_ends_when_its_page_is_silent(teleop):
    teleop.keep("forward", ALICE, 0.0)
    teleop.page_answered(BOB, 1.0)
    assert teleop.command(PAGE) == WalkVelocity(forward=0.5)
    assert teleop.command(PAGE + 0.01) == STANDSTILL
    assert teleop.kept_by is None


def test_late_answer_does_not_walk_again(teleop):
    teleop.keep("forward", ALICE, 0.0)
    teleop.page_answered(ALICE, PAGE + 0.1)
    assert teleop.command(PAGE + 0.1) == STANDSTILL
    teleop.page_answered(ALICE, PAGE + 0.2)
    assert teleop.command(PAGE + 0.2) == STANDSTILL


def test_page_that_leaves_halts_its_own_walk_only(teleop):
    teleop.keep("forward", ALICE, 0.0)
    teleop.page_left(BOB, 0.1)
    assert teleop.command(0.1) == WalkVelocity(forward=0.5)
    teleop.page_left(ALICE, 0.2)
    assert teleop.command(0.2) == STANDSTILL


def test_halt_ends_a_kept_walk(teleop):
    teleop.keep("forward", ALICE, 0.0)
    teleop.halt(0.1)
    teleop.page_answered(ALICE, 0.2)
    assert teleop.command(0.2) == STANDSTILL
