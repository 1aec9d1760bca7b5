# SPDX-License-Identifier: Apache-2.0
"""Windings warm with the square of torque, and hot is called in time."""

import math

import numpy as np
import pytest
from safety_samples import ROBOT, N
from talus_safety.kernel.judge import heat
from talus_safety.kernel.judge.heat import HEAT_AHEAD_S, HeatModel

LIMITS = ROBOT.limits
KNEE = ROBOT.joint_names.index("l_knee")


def heated(seconds: float, part: float, dt: float = 0.1) -> HeatModel:
    """After so long a load at part of the peak."""
    heat = HeatModel(LIMITS.effort, ROBOT.joint_names, 0.5, 60.0)
    load = np.zeros(N)
    load[KNEE] = part * LIMITS.effort[KNEE]
    for _ in range(round(seconds / dt)):
        heat.step(load, dt)
    return heat


def test_continuous_torque_is_borne_for_ever_and_heat_grows_as_it_should():
    assert heated(600.0, 0.5).warmest == pytest.approx(1.0, abs=1e-3)
    assert heated(60.0, 0.5).warmest == pytest.approx(1.0 - math.exp(-1.0), abs=0.01)
    assert heated(600.0, 0.49).predicted < 1.0


def test_hot_is_called_ten_seconds_before():
    seconds = next(s for s in np.arange(0.5, 60.0, 0.5) if heated(s, 1.0).predicted > 1.0)
    assert heated(seconds, 1.0).joint == "l_knee"
    until_hot = next(s for s in np.arange(seconds, 60.0, 0.5) if heated(s, 1.0).warmest > 1.0)
    assert until_hot - seconds >= HEAT_AHEAD_S


def test_prediction_follows_the_load_within_its_second():
    heat = HeatModel(LIMITS.effort, ROBOT.joint_names, 0.5, 1e9)
    for _ in range(100):
        heat.step(0.5 * LIMITS.effort, 0.01)
    assert (heat.predicted - heat.warmest) * 1e9 / HEAT_AHEAD_S == pytest.approx(
        1.0 - math.exp(-1.0), abs=0.01
    )


def test_load_that_predicts_is_smoothed(monkeypatch):
    monkeypatch.setattr(heat, "LOAD_SMOOTHING_S", 2.0)
    heavy = HeatModel(LIMITS.effort, ROBOT.joint_names, 0.5, 1e9)
    heavy.step(0.5 * LIMITS.effort, 1.0)
    assert (heavy.predicted - heavy.warmest) * 1e9 / HEAT_AHEAD_S == pytest.approx(0.5)


def test_heat_begins_cold_and_never_passes_its_load():
    gap, quick = (HeatModel(LIMITS.effort, ROBOT.joint_names, 0.5, 5.0) for _ in range(2))
    assert (gap.warmest, gap.predicted, gap.joint) == (0.0, 0.0, ROBOT.joint_names[0])
    gap.step(0.5 * LIMITS.effort, 1000.0)
    assert gap.warmest == gap.predicted == pytest.approx(1.0)
    quick.step(0.5 * LIMITS.effort, 1.0)
    assert (quick.warmest, quick.predicted) == pytest.approx((0.2, 1.0)), (
        "what is ahead ends at the load, too"
    )


def test_heat_without_a_number_goes_on_as_before():
    heat = heated(10.0, 0.5)
    heat.step(np.full(N, np.nan), 0.1)
    assert math.isfinite(heat.warmest) and math.isfinite(heat.predicted)
