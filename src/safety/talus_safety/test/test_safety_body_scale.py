# SPDX-License-Identifier: Apache-2.0
"""Lengths and times of the gate follow the size of the robot; talus40's own stay to the bit."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from safety_samples import PERIOD, ROBOT, STANDING_EFFORT, WEIGHT, state
from talus_safety.kernel.judge.drive_checks import (
    ENVELOPE_TICKS,
    SHOVED_LIMB_RADPS,
    SPEED_OF_LIMIT,
    SPEED_ROW,
    EnvelopeCheck,
)
from talus_safety.kernel.judge.fall import PENDULUM_FREQUENCY_RADPS, FallWatch
from talus_safety.kernel.limits import MonitorConfig
from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.body_scale import (
    AS_TALUS40,
    TALUS40_CENTRE_HEIGHT_M,
    BodyScale,
    body_scale,
)
from talus_safety.kernel.measure.soles import Soles
from talus_safety.kernel.measure.tilt import TiltFilter

A_QUARTER = BodyScale(0.25, 0.5)


class Turning:
    """A robot that leans and turns, as `Vertical` says it."""

    up = (-np.sin(0.3), 0.0, np.cos(0.3))
    turn = 0.0

    def __init__(self, rate: float):
        self.rate = (0.0, rate, 0.0)


def test_talus40_has_the_size_one_to_the_bit():
    assert Body(ROBOT).scale == AS_TALUS40


def test_a_robot_a_quarter_as_high_is_twice_as_quick():
    assert body_scale(0.25 * TALUS40_CENTRE_HEIGHT_M) == A_QUARTER


@pytest.mark.parametrize(("scale", "falls"), [(AS_TALUS40, True), (A_QUARTER, False)])
def test_a_small_robot_may_turn_faster_before_it_falls(scale, falls):
    watch = FallWatch(0.75, 0.1, scale)
    for _ in range(10):
        watch.step(TiltFilter())
    turn = Turning(1.3 * (0.75 - 0.3) * PENDULUM_FREQUENCY_RADPS)
    assert any([watch.step(turn) for _ in range(5)]) is falls


@pytest.mark.parametrize("limit", [1.0, 20.0])
def test_a_slow_drive_that_a_push_turns_is_no_runaway(limit):
    limits = replace(ROBOT.limits, velocity=np.full_like(ROBOT.limits.velocity, limit))
    shoved = np.full_like(limits.velocity, SHOVED_LIMB_RADPS)
    check = EnvelopeCheck(limits, PERIOD, MonitorConfig(), shoved)
    bound = max(SPEED_OF_LIMIT * limit, SHOVED_LIMB_RADPS)
    for share, is_wild in ((0.99, False), (1.01, True)):
        now = state()
        now.velocity[:] = share * bound
        for _ in range(ENVELOPE_TICKS):
            check.measure(now, now.position)
            found = check.find(np.ones(len(limits.velocity), dtype=bool))
        assert (found is not None and bool(found[SPEED_ROW].all())) is is_wild


def test_a_leg_without_ankle_roll_shows_the_force_on_its_sole_too():
    now = state(effort=STANDING_EFFORT)
    six, five = Body(ROBOT), copy.copy(Body(ROBOT))
    five.legs = six.legs[:, :-1]
    borne = [
        Soles(ROBOT, body).borne(0, now, now.effort, TiltFilter(), body.place(now.position))
        for body in (six, five)
    ]
    assert borne == pytest.approx([WEIGHT / 2, WEIGHT / 2], rel=0.02)
