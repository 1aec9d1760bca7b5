# SPDX-License-Identifier: Apache-2.0
"""A fall is called in time, and the legs alone tell where up is."""

import math

import numpy as np
import pytest
from safety_samples import PERIOD, ROBOT, STANDING_EFFORT, N, state
from talus_safety.belief.leg_tilt import LegTilt
from talus_safety.kernel.judge.consistency import ConsistencyWatch
from talus_safety.kernel.judge.fall import (
    CALLED_FALL_TICKS,
    FALL_TILT_COSINE,
    LEAST_TILT_SINE,
    PENDULUM_FREQUENCY_RADPS,
    UPRIGHT_CAPTURE_ANGLE_RAD,
    UPRIGHT_TIME_S,
    FallWatch,
    capture_angle,
)
from talus_safety.kernel.measure.tilt import TiltFilter


class Leaning:
    """A vertical that leans forward, rad, at a rate, rad/s."""

    def __init__(self, angle: float, rate: float = 0.0):
        self.up, self.rate = (-math.sin(angle), 0.0, math.cos(angle)), (0.0, rate, 0.0)


def test_capture_angle_is_tilt_and_where_the_rate_takes_it():
    assert capture_angle(Leaning(0.3)) == pytest.approx(0.3)
    assert capture_angle(Leaning(0.3, 0.34)) == pytest.approx(0.4)
    assert capture_angle(Leaning(0.3, -0.34)) == pytest.approx(0.2)
    assert capture_angle(Leaning(0.0, 3.4)) == pytest.approx(1.0)
    assert capture_angle(Leaning(0.1, -3.4)) == 0.0
    assert capture_angle(Leaning(math.pi / 2 + 0.2)) == pytest.approx(math.pi / 2 + 0.2)


def test_capture_angle_is_the_derivative_of_the_filter():
    """The rate term against finite differences of the filter that it reads."""
    tilt = TiltFilter()
    tilt.step([0.0] * 3, [2.0, -1.0, 9.0], PERIOD)
    rates = [0.3, -0.2, 0.5]
    angles = []
    for _ in range(3):
        angles.append(math.acos(tilt.up[2]))
        tilt.step(rates, [0.0] * 3, PERIOD)
    expected = (angles[2] - angles[1]) / PERIOD / 3.4
    assert capture_angle(tilt) - math.acos(tilt.up[2]) == pytest.approx(expected, abs=1e-3)


def test_fall_is_called_only_of_a_robot_that_was_upright():
    watch, ticks = FallWatch(0.75, PERIOD), round(UPRIGHT_TIME_S / PERIOD)
    assert not any(watch.step(Leaning(1.4)) for _ in range(1000)), "it lies, and gets up"
    for _ in range(ticks - 1):
        watch.step(Leaning(0.1))
    assert not any(watch.step(Leaning(0.8)) for _ in range(10))
    for _ in range(ticks):
        watch.step(Leaning(0.1))
    said = [watch.step(Leaning(0.8)) for _ in range(CALLED_FALL_TICKS)]
    assert said == [False] * (CALLED_FALL_TICKS - 1) + [True]
    assert watch.step(Leaning(0.1)), "a swing back is no recovery"
    assert [watch.step(Leaning(0.1)) for _ in range(ticks)][-1] is False
    watch.step(Leaning(0.8)), watch.step(Leaning(0.8)), watch.step(Leaning(0.8))
    assert watch.is_falling
    watch.forget()
    assert not watch.is_falling


def test_a_new_watch_has_seen_nothing_and_limits_themselves_are_still_allowed():
    ticks, at_limit = round(UPRIGHT_TIME_S / PERIOD), FallWatch(capture_angle(Leaning(0.8)), PERIOD)
    new, at_edge, at_cosine = (FallWatch(0.75, PERIOD) for _ in range(3))
    for watch, count in ((new, ticks - 1), (at_limit, ticks), (at_cosine, ticks)):
        assert not any(watch.step(Leaning(0.0)) for _ in range(count))
    assert not any(new.step(Leaning(0.8)) for _ in range(10))
    assert not any(at_limit.step(Leaning(0.8)) for _ in range(10))
    steep = Leaning(0.3, 3.4)
    steep.up = (steep.up[0], 0.0, FALL_TILT_COSINE)
    assert not any(at_cosine.step(steep) for _ in range(10))
    assert capture_angle(Leaning(0.0, 0.5 * PENDULUM_FREQUENCY_RADPS)) == UPRIGHT_CAPTURE_ANGLE_RAD
    assert not any(at_edge.step(Leaning(0.0, 0.5 * PENDULUM_FREQUENCY_RADPS)) for _ in range(ticks))
    assert not any(at_edge.step(Leaning(0.8)) for _ in range(10)), "it was not upright"


def test_a_new_watch_calls_a_fall_after_its_ticks():
    watch = FallWatch(0.75, 0.5 * UPRIGHT_TIME_S)
    said = [watch.step(Leaning(lean)) for lean in (0.1, 0.1, 0.8, 0.8, 0.8)]
    assert said == [False] * 4 + [True]


def test_a_body_that_hardly_leans_falls_wherever_it_turns():
    barely = Leaning(0.0, -PENDULUM_FREQUENCY_RADPS)
    barely.up = (-LEAST_TILT_SINE, 0.0, 1.0)
    assert capture_angle(barely) == pytest.approx(1.0 + LEAST_TILT_SINE)
    barely.up = (-1.01 * LEAST_TILT_SINE, 0.0, 1.0)
    assert capture_angle(barely) == 0.0, "it turns back"


def test_who_is_balanced_may_lean_far_for_a_tenth_of_a_second_and_nobody_else():
    """A shove that steps catch leans the trunk that far for 18 to 102 ms; falls stay beyond it."""
    watch = FallWatch(0.75, PERIOD)
    for _ in range(round(UPRIGHT_TIME_S / PERIOD)):
        watch.step(Leaning(0.1))
    assert not any(watch.step(Leaning(0.8), is_balanced=True) for _ in range(round(0.1 / PERIOD)))
    assert watch.step(Leaning(0.8)), "and at once when nobody balances it any more"


def test_a_robot_that_only_leans_far_was_not_upright():
    watch, ticks = FallWatch(0.75, PERIOD), round(UPRIGHT_TIME_S / PERIOD)
    assert not any(watch.step(Leaning(0.6)) for _ in range(2 * ticks))
    assert not any(watch.step(Leaning(0.8)) for _ in range(10))


@pytest.mark.parametrize("lean_deg, is_called", [(14.0, False), (16.0, True)])
def test_a_fall_needs_a_lean_besides_the_rate(lean_deg, is_called):
    watch = FallWatch(0.75, PERIOD)
    for _ in range(round(UPRIGHT_TIME_S / PERIOD)):
        watch.step(Leaning(0.0))
    fast = Leaning(math.radians(lean_deg), 3.4)
    assert [watch.step(fast) for _ in range(CALLED_FALL_TICKS)][-1] is is_called


def test_standing_legs_say_the_same_as_the_imu():
    tilt = LegTilt(ConsistencyWatch(ROBOT)._body, (0.6, 0.0, 0.8), PERIOD)
    for _ in range(100):
        tilt.step(state(effort=STANDING_EFFORT))
    np.testing.assert_allclose(tilt.up, (0.0, 0.0, 1.0), atol=1e-3)
    assert tilt.turn == pytest.approx(0.0, abs=1e-6)


def test_legs_turn_the_body_over_the_foot():
    """Both ankles turn by +w: the body over them turns by -w about y."""
    velocity = np.zeros(N)
    velocity[[ROBOT.joint_names.index(f"{side}_ankle_pitch") for side in "lr"]] = 0.5
    tilt = LegTilt(ConsistencyWatch(ROBOT)._body, (0.0, 0.0, 1.0), PERIOD)
    for _ in range(100):
        tilt.step(state(velocity=velocity))
    np.testing.assert_allclose(tilt.rate, (0.0, -0.5, 0.0), atol=1e-3)
    flying = tilt.up
    tilt.step(state(foot_wrenches=np.zeros((2, 6))))
    assert tilt.up is flying
