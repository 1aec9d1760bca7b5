# SPDX-License-Identifier: Apache-2.0
"""The schedule: its mean rate holds whatever the stream's, and no clock makes it silent."""

import numpy as np
import pytest
from talus_core.schedule import Schedule


@pytest.mark.parametrize("stream_hz", [29.4, 30.0, 31.25, 100.0, 500.0])
def test_the_mean_rate_is_kept(stream_hz):
    schedule = Schedule(12.0)
    due = sum(schedule.is_due(now) for now in np.arange(0.0, 10.0, 1.0 / stream_hz))
    assert due == pytest.approx(120, abs=1)


def test_a_slower_stream_is_taken_whole():
    schedule = Schedule(12.0)
    assert all(schedule.is_due(now) for now in np.arange(0.0, 3.0, 0.1))


@pytest.mark.parametrize("jump", [-50.0, 50.0])
def test_after_a_jump_of_the_clock_it_goes_on_at_once(jump):
    schedule = Schedule(10.0)
    assert schedule.is_due(100.0) and not schedule.is_due(100.05)
    assert schedule.is_due(100.0 + jump) and not schedule.is_due(100.05 + jump)
    assert schedule.is_due(100.1 + jump)
