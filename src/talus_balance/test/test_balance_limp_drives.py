# SPDX-License-Identifier: Apache-2.0
"""Drives that give nothing are found, and nobody else."""

import numpy as np
from talus_balance.limp_drives import LASTS, LimpDrives

DT, PEAK = 0.002, np.array([200.0, 80.0, 10.0])
TICKS = round(LASTS / DT)


def run(watch: LimpDrives, ticks: int, asked, given) -> list[int]:
    for _ in range(ticks):
        watch.step(np.array(asked), np.array(given))
    return np.flatnonzero(watch.limp).tolist()


def test_a_drive_that_gives_nothing_though_it_is_asked_is_limp_until_reset():
    watch = LimpDrives(PEAK, DT)
    assert run(watch, TICKS - 1, [25.0, -20.0, 0.5], [0.5, -20.0, 0.0]) == []
    assert run(watch, 1, [25.0, -20.0, 0.5], [-0.5, -20.0, 0.0]) == [0]
    assert run(watch, 50, [0.0, -20.0, 0.5], [0.0, -20.0, 0.0]) == [0]
    assert not watch.step(np.array([25.0, 0.0, 0.0]), np.zeros(3)), "it is known"
    watch.reset()
    assert run(watch, TICKS - 1, [25.0, 0.0, 0.0], [0.0, 0.0, 0.0]) == []


def test_who_is_asked_for_little_or_gives_something_now_and_then_is_not():
    watch = LimpDrives(PEAK, DT)
    for _ in range(10):
        assert run(watch, TICKS - 1, [19.0, 20.0, 5.0], [0.0, 0.9, 0.0]) == []
        assert run(watch, 1, [19.0, 20.0, 5.0], [0.0, 0.9, 1.0]) == []
