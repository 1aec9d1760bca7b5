# SPDX-License-Identifier: Apache-2.0
"""Checks odometer, real-time factor and paces."""

import numpy as np
import pytest
from talus_view.gauges import Odometer, RealTimeFactor
from talus_view.page.pace import QUICK_ANSWER_S, SLOWEST_PERIOD_S, DrawingPace, draw_period


def test_odometer_sums_a_round_trip():
    odometer = Odometer()
    for x in [*np.linspace(0, 2, 101), *np.linspace(2, 0, 101)]:
        odometer.add(np.array([x, 0.0, 0.84]))
    assert odometer.distance == pytest.approx(4.0, abs=2 * Odometer.STEP)


def test_odometer_ignores_sway():
    odometer = Odometer()
    for t in np.linspace(0, 60, 6000):
        odometer.add(np.array([0.02 * np.sin(2 * t), 0.01 * np.cos(3 * t), 0.84]))
    assert odometer.distance == 0.0


@pytest.mark.parametrize("factor", [0.3, 1.0, 2.5])
def test_real_time_factor(factor):
    gauge = RealTimeFactor(window=2.0)
    assert gauge.value(0.0) is None
    for wall in np.linspace(0, 10, 51):
        gauge.add(100.0 + factor * wall, wall)
    assert gauge.value(10.0) == pytest.approx(factor)


def test_real_time_factor_forgets_the_start_and_sees_a_standstill():
    gauge = RealTimeFactor(window=1.0)
    for wall in np.arange(0, 5, 0.1):
        gauge.add(0.1 * wall, wall)
    for wall in np.arange(5, 8, 0.1):
        gauge.add(0.5 + (wall - 5), wall)
    assert gauge.value(8.0) == pytest.approx(1.0, rel=0.05)
    assert gauge.value(12.0) == 0.0


def test_real_time_factor_survives_a_restart_of_the_simulator():
    gauge = RealTimeFactor()
    gauge.add(50.0, 0.0)
    gauge.add(51.0, 1.0)
    gauge.add(0.0, 2.0)
    gauge.add(1.0, 3.0)
    assert gauge.value(3.0) == pytest.approx(1.0)


def test_pace_is_kept_for_each_thing():
    pace = DrawingPace()
    due = [pace.is_due("card", 0.2, 0.05 * k) for k in range(9)]
    assert sum(due) == 3
    assert due[0] and pace.is_due("map", 1.0, 0.01)


@pytest.mark.parametrize(
    ("answer_time", "period"),
    [(0.0, 0.04), (0.9 * QUICK_ANSWER_S, 0.04), (0.2, 0.4), (0.4, 0.8), (3.0, SLOWEST_PERIOD_S)],
)
def test_slow_browsers_get_fewer_pictures(answer_time, period):
    assert draw_period(0.04, answer_time) == pytest.approx(period)
