# SPDX-License-Identifier: Apache-2.0
"""Which of the commands that arrived goes to the last gate."""

import numpy as np
import pytest
from talus_core.state import JointCommand
from talus_drivers.commands.mailbox import MAILBOX_CAPACITY, CommandMailbox, is_sound

SIZE = 3


def command(sequence: int, value: float = 0.5, size: int = SIZE) -> JointCommand:
    array = np.full(size, value)
    return JointCommand(sequence, array, array, array, array, array)


@pytest.fixture
def mailbox() -> CommandMailbox:
    return CommandMailbox(SIZE)


def test_nothing_arrived(mailbox):
    assert mailbox.take(wanted=4, tick=5) is None


def test_the_answer_to_a_later_state_waits_for_its_tick(mailbox):
    mailbox.put(command(5))
    assert mailbox.take(wanted=4, tick=5) is None
    assert mailbox.take(wanted=5, tick=6).sequence == 5
    assert mailbox.take(wanted=6, tick=7) is None


def test_the_newest_due_answer_wins_and_the_others_are_counted(mailbox):
    for sequence in (3, 4, 2):
        mailbox.put(command(sequence))
    assert mailbox.take(wanted=4, tick=5).sequence == 4
    assert mailbox.superseded == 2


@pytest.mark.parametrize("bad", [command(4, np.nan), command(4, np.inf), command(4, size=2)])
def test_a_sound_frame_goes_before_a_malformed_one(mailbox, bad):
    mailbox.put(bad)
    mailbox.put(command(4))
    mailbox.put(bad)
    assert is_sound(mailbox.take(4, 5), SIZE)
    assert mailbox.malformed == 2


def test_a_malformed_frame_alone_is_for_the_gate_to_judge(mailbox):
    mailbox.put(command(4, np.nan))
    assert np.isnan(mailbox.take(4, 5).position).all()


def test_a_frame_from_the_future_is_for_the_gate_to_judge_unless_a_sound_one_is_there(mailbox):
    mailbox.put(command(900))
    assert mailbox.take(4, 5).sequence == 900
    mailbox.put(command(900))
    mailbox.put(command(5))
    assert mailbox.take(5, 6).sequence == 5
    assert mailbox.malformed == 1


def test_a_flood_is_dropped_and_counted(mailbox):
    for _ in range(MAILBOX_CAPACITY + 7):
        mailbox.put(command(4))
    assert mailbox.malformed == 7
