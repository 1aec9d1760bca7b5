# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from talus_balance.stepping.gait_types import ToleranceConfig
from talus_balance.stepping.speed_trim import SpeedTrim

TOLERANCE = ToleranceConfig()

STEP = 0.5  # s


def walk(trim, command, real, heading=0.0, steps=40):
    """Steps of a gait that makes `real(command + trim)` m/s of a velocity; returns the last."""
    c, s = np.cos(heading), np.sin(heading)
    place, forward = np.zeros(2), np.array([c, s])
    for k in range(steps):
        made = real(command + trim.value)
        place = place + STEP * np.array([[c, -s], [s, c]]) @ made
        trim.observe_landing(k * STEP, place, command, forward)
    return made


@pytest.mark.parametrize("heading", [0.0, 2.0])
def test_a_gait_that_walks_too_fast_and_drifts_is_brought_to_the_command(heading):
    command = np.array([0.5, 0.1])
    made = walk(SpeedTrim(TOLERANCE), command, lambda v: 1.1 * v + [0.0, 0.03], heading)
    assert np.allclose(made, command, atol=1e-3)


def test_the_trim_is_bounded():
    trim = SpeedTrim(TOLERANCE)
    walk(trim, np.array([0.5, 0.0]), lambda v: np.array([0.3, 0.0]))
    assert trim.value[0] == pytest.approx(TOLERANCE.most_trim)


def test_a_push_and_a_new_command_teach_nothing():
    trim = SpeedTrim(TOLERANCE)
    walk(trim, np.array([0.5, 0.0]), lambda v: np.array([0.5 + 1.1 * TOLERANCE.disturbance, 0.0]))
    assert not trim.value.any()
    for k in range(20):  # the command rises while it walks
        trim.observe_landing(
            k * STEP, np.array([0.1 * k, 0.0]), np.array([0.02 * k, 0.0]), np.array([1.0, 0.0])
        )
    assert not trim.value.any()
