# SPDX-License-Identifier: Apache-2.0
"""What a sound drive may answer: a tick late, and less than asked beyond its rated speed."""

import itertools

import numpy as np
import pytest
from monitored_drives import EXACT, KNEE, LIMITS, Drives, found, with_
from safety_samples import N


@pytest.mark.parametrize("shares", [[0.0] * 50 + [0.2] * 50, [0.2, -0.2] * 25])
def test_drive_that_reports_a_tick_late_is_sound(shares):
    """As on a bus: the robot begins to rise; its ankles reverse from tick to tick."""
    drives = Drives()
    for given, asked in itertools.pairwise([0.0, *shares]):
        drives.step(sent=EXACT.with_(effort=asked * LIMITS.effort), effort=given * LIMITS.effort)
    assert found(drives.monitor) == ("", "", "", "")
    assert not drives.monitor.findings.limp.any()


@pytest.mark.parametrize("way", [1.0, -1.0])
@pytest.mark.parametrize(
    "speed_of_rated, asked_of_peak, given_of_peak, is_blamed",
    [
        (1.01, 0.2, 0.1, False),  # the voltage does not reach for more
        (1.01, 0.2, -0.01, False),  # beyond its no-load speed it brakes
        (1.01, 0.2, 0.26, True),  # nothing makes it give more
        (1.01, -0.2, -0.1, True),  # there is voltage enough to brake
        (1.0, 0.2, 0.1, True),
    ],
)
def test_a_drive_need_not_give_its_torque_beyond_its_rated_speed(
    way, speed_of_rated, asked_of_peak, given_of_peak, is_blamed
):
    peak = way * LIMITS.effort[KNEE]
    drives = Drives()
    drives.run(
        20,
        sent=EXACT.with_(effort=with_(np.zeros(N), KNEE, asked_of_peak * peak)),
        velocity=with_(np.zeros(N), KNEE, way * speed_of_rated * LIMITS.velocity[KNEE]),
        effort=with_(np.zeros(N), KNEE, given_of_peak * peak),
    )
    said = "l_knee does not give the torque that is asked"
    assert (drives.monitor.findings.leg == said) is is_blamed
