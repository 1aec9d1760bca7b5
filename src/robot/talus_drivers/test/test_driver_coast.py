# SPDX-License-Identifier: Apache-2.0
"""Ticks without a new command."""

import numpy as np
import pytest
from talus_core.state import JointCommand
from talus_drivers.commands.coast import FEED_FORWARD_FADE_S, Coast

PERIOD = 0.002
GIVEN = JointCommand(1, *(np.full(3, value) for value in (0.1, 0.2, 10.0, 50.0, 2.0)))


def test_new_commands_pass_as_they_are():
    coast = Coast(PERIOD)
    for _ in range(3):
        assert coast(GIVEN, is_new=True) is GIVEN


def test_feed_forward_fades_while_the_targets_stay():
    coast = Coast(PERIOD)
    coast(GIVEN, is_new=True)
    efforts = [
        coast(GIVEN, is_new=False).effort[0] for _ in range(round(FEED_FORWARD_FADE_S / PERIOD))
    ]
    assert efforts[0] == pytest.approx(10.0 * np.exp(-PERIOD / FEED_FORWARD_FADE_S))
    assert efforts[-1] == pytest.approx(10.0 / np.e)
    held = coast(GIVEN, is_new=False)
    for name in ("position", "velocity", "kp", "kd"):
        np.testing.assert_array_equal(getattr(held, name), getattr(GIVEN, name))


def test_the_next_command_starts_afresh():
    coast = Coast(PERIOD)
    for _ in range(10):
        coast(GIVEN, is_new=False)
    assert coast(GIVEN, is_new=True) is GIVEN
    assert coast(GIVEN, is_new=False).effort[0] > 9.0
