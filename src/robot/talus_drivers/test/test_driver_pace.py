# SPDX-License-Identifier: Apache-2.0
"""Simulated time against the wall's."""

import pytest
from talus_drivers.lockstep.pace import FAST_PACE, PACE_CATCH_UP_S, REAL_TIME_PACE, SimulationPace


def test_real_time_is_never_ahead_of_the_wall():
    pace = SimulationPace(REAL_TIME_PACE, wall=100.0, time=0.0)
    assert pace.wait(100.0, 0.002, has_company=True) == pytest.approx(0.002)
    assert pace.wait(100.003, 0.002, has_company=True) == 0.0


def test_a_short_delay_is_made_up_a_long_one_is_given_up():
    pace = SimulationPace(REAL_TIME_PACE, wall=0.0, time=0.0)
    assert pace.wait(0.05, 0.002, True) == 0.0
    assert pace.wait(0.05, 0.052, True) == pytest.approx(0.002)
    assert pace.wait(10.0, 0.054, True) == 0.0
    assert pace.wait(10.0, 0.054 + PACE_CATCH_UP_S + 0.01, True) == pytest.approx(0.01)


def test_fast_does_not_wait_in_company():
    assert SimulationPace(FAST_PACE, wall=0.0, time=0.0).wait(0.0, 100.0, has_company=True) == 0.0


def test_fast_alone_goes_at_real_time_from_where_it_is():
    pace = SimulationPace(FAST_PACE, wall=0.0, time=0.0)
    assert pace.wait(1.0, 50.0, has_company=True) == 0.0
    assert pace.wait(1.0, 50.002, has_company=False) == pytest.approx(0.002)
