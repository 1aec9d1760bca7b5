# SPDX-License-Identifier: Apache-2.0
"""The supply is held against its own mean, and the drive with the least torque left is named."""

import math

import numpy as np
import pytest
from safety_samples import PERIOD, ROBOT, N
from talus_safety.kernel.judge.power import PowerMonitor, PowerReport


def test_bus_voltage_is_held_against_its_mean():
    power = PowerMonitor(ROBOT.joint_names, PERIOD)
    power.step(PowerReport())
    assert (power.drop, power.left, power.weakest) == (0.0, 1.0, "")
    for voltage in (50.0, float("nan"), 50.0):
        power.step(PowerReport(voltage))
    assert power.drop == 0.0
    for _ in range(50):
        power.step(PowerReport(40.0))
    assert power.drop > 0.17, "in a tenth of a second"
    for _ in range(20000):
        power.step(PowerReport(40.0))
    assert power.drop < 0.01, "a pack that empties slowly is no brownout"


def test_the_weakest_drive_is_named():
    power = PowerMonitor(ROBOT.joint_names, PERIOD)
    weakened = np.ones(N)
    weakened[ROBOT.joint_names.index("l_knee")] = 0.7
    power.step(PowerReport(torque_left=weakened))
    assert (power.left, power.weakest) == (0.7, "l_knee")
    power.step(PowerReport())
    assert power.left == 0.7, "who says nothing has not recovered"


def test_voltage_and_mean_follow_with_their_own_time_constants():
    power = PowerMonitor(ROBOT.joint_names, PERIOD)
    power.step(PowerReport(50.0))
    voltage = mean = 50.0
    for _ in range(25):
        power.step(PowerReport(40.0))
        voltage += PERIOD / 0.02 * (40.0 - voltage)
        mean += PERIOD / 10.0 * (40.0 - mean)
        assert power.drop == pytest.approx(1.0 - voltage / mean)


def test_a_bus_without_voltage_drops_by_nothing():
    power = PowerMonitor(ROBOT.joint_names, PERIOD)
    for voltage in (0.0, 0.0, -1.0):
        power.step(PowerReport(voltage))
        assert power.drop == 0.0


def test_a_silent_report_says_nothing():
    assert math.isnan(PowerReport().voltage) and PowerReport().torque_left is None
