# SPDX-License-Identifier: Apache-2.0
"""The levels of the stop ladder by number and by name."""

import pytest
from talus_core.words.stop_levels import StopLevel


def test_numbers_are_in_order_and_codes_say_them():
    assert [int(level) for level in StopLevel] == list(range(6))
    assert [level.code for level in StopLevel] == [level.name[:2] for level in StopLevel]


@pytest.mark.parametrize("number", [-1, 6, 255])
def test_a_number_that_names_no_level_restricts(number):
    assert StopLevel.from_message(number) is StopLevel.R3_SIT_THEN_CUT
    assert all(StopLevel.from_message(int(level)) is level for level in StopLevel)
