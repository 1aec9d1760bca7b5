# SPDX-License-Identifier: Apache-2.0
"""Drives that give nothing are found, and nobody else."""

import numpy as np
from talus_estimation.limp_drives import FOUND_AFTER_S, LimpDrives

DT, PEAK = 0.002, np.array([200.0, 80.0, 10.0])
TICKS = round(FOUND_AFTER_S / DT)


REST = np.zeros(3)


def observe(watch: LimpDrives, asked, given, planned, velocity) -> bool:
    return watch.observe_drives(asked=asked, given=given, planned=planned, velocity=velocity)


def run(watch: LimpDrives, ticks: int, asked, given, planned=REST, velocity=REST) -> list[int]:
    for _ in range(ticks):
        observe(watch, np.array(asked), np.array(given), np.array(planned), np.array(velocity))
    return np.flatnonzero(watch.limp).tolist()


def test_a_drive_that_gives_nothing_though_it_is_asked_is_limp_until_reset():
    watch = LimpDrives(PEAK, DT)
    assert run(watch, TICKS - 1, [25.0, -20.0, 0.5], [0.5, -20.0, 0.0]) == []
    assert run(watch, 1, [25.0, -20.0, 0.5], [-0.5, -20.0, 0.0]) == [0]
    assert run(watch, 50, [0.0, -20.0, 0.5], [0.0, -20.0, 0.0]) == [0]
    assert not observe(watch, np.array([25.0, 0.0, 0.0]), REST, REST, REST), "it is known"
    watch.reset()
    assert run(watch, TICKS - 1, [25.0, 0.0, 0.0], [0.0, 0.0, 0.0]) == []


def test_who_is_asked_for_little_or_gives_something_now_and_then_is_not():
    watch = LimpDrives(PEAK, DT)
    for _ in range(10):
        assert run(watch, TICKS - 1, [19.0, 20.0, 5.0], [0.0, 0.9, 0.0]) == []
        assert run(watch, 1, [19.0, 20.0, 5.0], [0.0, 0.9, 1.0]) == []


def swing(watch: LimpDrives, seconds: float, acceleration: float, follows: float) -> None:
    """The first joint is asked for 5 N m and gives none; it changes its speed by a share of what
    was planned.
    """
    for tick in range(round(seconds / DT)):
        velocity = np.array([follows * acceleration * tick * DT, 0.0, 0.0])
        observe(
            watch, np.array([5.0, 0.0, 0.0]), REST, np.array([acceleration, 0.0, 0.0]), velocity
        )


def test_little_torque_tells_where_the_joint_does_not_go_either():
    watch = LimpDrives(PEAK, DT)
    swing(watch, 0.1, -40.0, 1.0)
    assert not watch.limp.any(), "it goes where it is told: gravity does the work"
    watch.reset()
    swing(watch, 0.1, -40.0, 0.0)
    assert watch.limp.tolist() == [True, False, False]
    assert watch.held.tolist() == [True, False, False]


def test_a_joint_without_torque_that_goes_where_gravity_takes_it_is_free():
    watch = LimpDrives(PEAK, DT)
    assert run(watch, TICKS, [25.0, 0.0, 0.0], REST) == [0]
    swing(watch, 0.1, -40.0, 1.0)
    assert watch.limp[0] and not watch.held[0]
    watch.reset()
    assert run(watch, TICKS, [25.0, 0.0, 0.0], REST) == [0]
    swing(watch, 0.1, -40.0, 0.05)
    assert watch.held[0], "a brake or shorted windings"
    run(watch, 200, [0.0] * 3, REST)
    assert watch.held[0], "as long as nothing else shows"
    run(watch, 5, [0.0] * 3, REST, velocity=[2.0, 0.0, 0.0])
    assert not watch.held[0]
