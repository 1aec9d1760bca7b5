# SPDX-License-Identifier: Apache-2.0
from itertools import permutations

from talus_core.words.stop_levels import StopLevel
from talus_safety.kernel.decide.gate.permit import TorquePermit
from talus_safety.kernel.decide.gate.watchdog import CLOCK_ROUNDING_S, Watchdog
from talus_safety.kernel.decide.supervisor.ladder import most_restrictive


def test_greater_is_stricter():
    assert [int(level) for level in sorted(StopLevel)] == [0, 1, 2, 3, 4, 5]
    assert [level.name[:2] for level in sorted(StopLevel)] == ["R0", "R1", "R2", "R3", "R4", "R5"]


def test_unknown_number_reads_as_sit_then_cut():
    known = {int(level) for level in StopLevel}
    for value in range(256):
        level = StopLevel.from_message(value)
        assert level == (value if value in known else StopLevel.R3_SIT_THEN_CUT)


def test_strictest_request_wins_in_any_order():
    for length in range(1, 4):
        for levels in permutations(StopLevel, length):
            assert most_restrictive(levels) == max(levels)
    assert most_restrictive(()) is StopLevel.R0_RUN


def test_permit_lets_torque_start_only_armed_and_below_sit():
    for level in StopLevel:
        for armed in (False, True):
            for permitted in (False, True):
                permit = TorquePermit(level, armed, permitted, 0)
                assert permit.lets_torque_start == (
                    armed and permitted and level <= StopLevel.R2_SAFE_STAND
                )
                assert permit.lets_torque_stay == (
                    permitted and level <= StopLevel.R4_PROTECTIVE_FALL
                )


def test_permit_ages_in_ticks_and_refuses_the_future():
    permit = TorquePermit(StopLevel.R0_RUN, True, True, 10)
    assert permit.age(10, 0.002) == 0.0
    assert permit.age(60, 0.002) == 0.1
    assert permit.age(9, 0.002) == float("inf")


def test_watchdog_starts_expired_and_expires_past_its_limit():
    dog = Watchdog(0.02)
    assert dog.expired(0.0)
    dog.feed(1.0)
    assert not dog.expired(1.0) and not dog.expired(1.02)
    assert dog.expired(1.0201)
    exact = Watchdog(0.5)
    exact.feed(0.0)
    assert not exact.expired(0.5 + CLOCK_ROUNDING_S) and exact.expired(0.5 + 1.5 * CLOCK_ROUNDING_S)
    assert CLOCK_ROUNDING_S == 1e-6, "s: far below a tick"


def test_watchdog_expires_when_its_clock_runs_backwards():
    dog = Watchdog(0.02)
    dog.feed(1.0)
    assert dog.expired(0.999)
