# SPDX-License-Identifier: Apache-2.0
"""Encoders that repeat themselves or jump are found, and sound ones are left alone."""

import numpy as np
import pytest
from monitored_drives import HOLD, KNEE, LIMITS, Drives, found, settled, with_
from safety_samples import PERIOD, N
from talus_safety.kernel.judge import drive_checks


def test_encoder_that_repeats_itself():
    drives = settled()
    stuck = HOLD.position[KNEE] + 1e-5
    for tick in range(drive_checks.ENCODER_STUCK_TICKS + 1):
        assert drives.monitor.findings.encoder == ""
        position = with_(HOLD.position + 1e-4 * drives.random.normal(size=N), KNEE, stuck)
        drives.step(position=position)
        assert tick < 10
    assert drives.monitor.findings.encoder == "l_knee is stuck"


def test_encoder_that_repeats_itself_for_a_moment_is_not_stuck():
    drives = settled()
    for _ in range(3):
        drives.run(
            drive_checks.ENCODER_STUCK_TICKS, position=HOLD.position
        )  # the first of them is new
        assert drives.run(2).findings.encoder == ""


@pytest.mark.parametrize("changes, word", [(49, ""), (50, "is stuck")])
def test_encoders_are_known_to_have_noise_after_fifty_ticks(changes, word):
    drives, last = Drives(), HOLD.position
    for _ in range(2):
        drives.run(5, position=last)  # they begin anew
        drives.run(changes)
        last = drives.monitor._last
    said = drives.run(drive_checks.ENCODER_STUCK_TICKS, position=last).findings.encoder
    assert word in said and bool(said) == bool(word)


@pytest.mark.parametrize("changes, is_stuck", [(49, False), (50, True)])
def test_encoders_that_have_just_been_switched_on_show_their_noise_first(changes, is_stuck):
    check = drive_checks.StuckCheck(2)
    for _ in range(changes):
        assert check.find(np.array([1e-4, 1e-4])) is None
    repeats = np.array([1e-4, 0.0])
    found = [check.find(repeats) for _ in range(drive_checks.ENCODER_STUCK_TICKS)]
    assert (found[-1] is not None) is is_stuck


def test_encoders_without_noise_are_never_stuck():
    assert found(settled(noise=0.0).run(300)) == ("", "", "", "")


def test_encoder_that_jumps_is_found_at_once():
    drives = settled()
    allowed = 1.5 * LIMITS.velocity[KNEE] * PERIOD + 0.05
    assert (
        drives.step(
            position=with_(HOLD.position, KNEE, HOLD.position[KNEE] + allowed - 1e-3)
        ).findings.encoder
        == ""
    )
    drives = settled()
    assert not drives.monitor.findings.jumped.any()
    assert (
        drives.step(
            position=with_(HOLD.position, KNEE, HOLD.position[KNEE] + 6.28)
        ).findings.encoder
        == "l_knee jumped"
    )
    assert list(np.flatnonzero(drives.monitor.findings.jumped)) == [KNEE]
