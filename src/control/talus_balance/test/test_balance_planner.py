# SPDX-License-Identifier: Apache-2.0
import math
from dataclasses import replace

import numpy as np
import pytest
from talus_balance.stepping.step_planner import (
    HURRIED_LANDING_WINDOW_S,
    MINIMUM_JERK_PEAK_FACTOR,
    StepPlanner,
    StepPlannerConfig,
    nominal_offset,
)
from talus_balance.stepping.step_state import StepPlan, StepState
from talus_balance.stepping.swing_foot import SwingConfig

pytestmark = pytest.mark.sim

CONFIG = StepPlannerConfig()
OMEGA = 3.28
STANCE = np.zeros(2)
STILL = np.zeros(2)


def step_state(
    capture_point, stance, swing, swing_velocity, swing_sign, elapsed, free_at, velocity, **changes
) -> StepState:
    values = {
        "capture_point": capture_point,
        "stance": stance,
        "swing": swing,
        "swing_velocity": swing_velocity,
        "swing_sign": swing_sign,
        "elapsed": elapsed,
        "free_at": free_at,
        "velocity": velocity,
        "omega": OMEGA,
    }
    return StepState(**(values | changes))


def planned(planner: StepPlanner, *values, **changes) -> StepPlan:
    return planner.plan(step_state(*values, **changes))


def periodic_start(velocity, swing_sign):
    """Capture point just after a touchdown of the periodic gait at (vx, 0), stance foot at the
    origin.
    """
    width = CONFIG.step_width
    return nominal_offset(OMEGA, CONFIG.duration, velocity[0] * CONFIG.duration, width, width) * [
        1.0,
        -swing_sign,
    ]


@pytest.mark.parametrize("swing_sign", [1.0, -1.0])
@pytest.mark.parametrize("velocity", [(0.0, 0.0), (0.4, 0.0), (-0.2, 0.0), (0.3, 0.05)])
def test_the_periodic_gait_keeps_its_nominal_step(velocity, swing_sign):
    velocity = np.array(velocity)
    swing = np.array([-velocity[0] * CONFIG.duration, swing_sign * CONFIG.step_width])
    start = periodic_start(velocity, swing_sign)
    plan = planned(
        StepPlanner(CONFIG),
        start,
        STANCE,
        swing,
        STILL,
        swing_sign,
        0.0,
        0.05,
        velocity,
    )
    nominal = velocity * CONFIG.duration + np.array([0.0, swing_sign * CONFIG.step_width])
    # walking sideways alternates a wide and a narrow step: only the pair is periodic
    tolerance = 0.005 if velocity[1] == 0.0 else 0.06
    assert np.allclose(plan.landing, nominal, atol=tolerance)
    assert plan.duration == pytest.approx(CONFIG.duration, abs=0.03 if velocity[1] == 0.0 else 0.15)


@pytest.mark.parametrize("swing_sign", [1.0, -1.0])
def test_onto_a_leg_that_will_hurry_the_foot_lands_farther_outside_the_capture_point(swing_sign):
    """A short step that follows leaves that little time to run to the other side."""
    start, swing = (
        periodic_start(STILL, swing_sign),
        np.array([0.0, swing_sign * CONFIG.step_width]),
    )

    def outside(then_hurries):
        plan = planned(
            StepPlanner(CONFIG),
            start,
            STANCE,
            swing,
            STILL,
            swing_sign,
            0.0,
            0.05,
            STILL,
            then_hurries=then_hurries,
        )
        ran = plan.pressure + math.exp(OMEGA * plan.duration) * (start - plan.pressure)
        return swing_sign * (plan.landing - ran)[1]

    assert outside(True) > outside(False) + 0.02


@pytest.mark.parametrize("following", [0.2, 0.55, 0.7])
def test_steps_of_two_durations_in_turn_are_periodic(following):
    first, width = 0.55, CONFIG.step_width
    offset = -nominal_offset(OMEGA, first, 0.0, width, width, following)[
        1
    ]  # from the foot, towards the other one
    other = width - offset * math.exp(OMEGA * following)  # the same, when that one has landed
    assert width - other * math.exp(OMEGA * first) == pytest.approx(offset)


def test_a_push_forward_makes_a_longer_or_earlier_step():
    planner = StepPlanner(CONFIG)
    start, swing = periodic_start(np.zeros(2), 1.0), np.array([0.0, CONFIG.step_width])
    calm = planned(
        planner,
        start,
        STANCE,
        swing,
        STILL,
        1.0,
        0.1,
        0.05,
        np.zeros(2),
    )
    pushed = planned(
        StepPlanner(CONFIG),
        start + np.array([0.15, 0.0]),
        STANCE,
        swing,
        STILL,
        1.0,
        0.1,
        0.05,
        np.zeros(2),
    )
    assert pushed.landing[0] > calm.landing[0] + 0.1
    assert pushed.duration <= calm.duration


@pytest.mark.parametrize("swing_sign", [1.0, -1.0])
def test_a_foot_that_has_just_landed_steps_again_when_the_body_falls_over_it(swing_sign):
    planner, outward = StepPlanner(CONFIG), np.array([1.0, -swing_sign])
    other = np.array([-0.27, swing_sign * CONFIG.step_width])

    def prefers(ahead, aside):
        capture_point = outward * [ahead, aside]
        state = step_state(capture_point, STANCE, other, STILL, swing_sign, 0.0, 0.0, STILL)
        return planner.prefers_same_foot(state)

    assert prefers(0.06, 0.10), "shoved aside"
    assert prefers(-0.10, 0.10), "shoved aside and back"
    assert not prefers(0.06, -0.05), "walking"
    assert not prefers(0.06, 0.02), "within the sole"
    assert not prefers(0.35, 0.10), "shoved ahead: the other foot reaches farther"


def test_a_foot_lands_in_line_with_the_other_only_a_soles_length_ahead_of_it():
    def landing(ahead):
        start, swing = np.array([ahead, -0.15]), np.array([-0.27, CONFIG.step_width])
        return planned(
            StepPlanner(CONFIG),
            start,
            STANCE,
            swing,
            STILL,
            1.0,
            0.05,
            0.05,
            np.array([0.5, 0.0]),
        ).landing

    assert landing(0.0)[1] == pytest.approx(CONFIG.bounds.narrow)
    far = landing(0.25)
    assert far[0] > CONFIG.bounds.apart and far[1] < CONFIG.bounds.narrow


def test_random_states_never_leave_the_bounds():
    rng = np.random.default_rng(5)
    planner = StepPlanner(CONFIG)
    for _ in range(500):
        sign = rng.choice([-1.0, 1.0])
        swing = np.array([rng.uniform(-0.3, 0.3), sign * rng.uniform(0.15, 0.3)])
        elapsed = rng.uniform(0.0, 0.5)
        plan = planned(
            planner,
            rng.uniform(-0.5, 0.5, 2),
            STANCE,
            swing,
            rng.uniform(-2.0, 2.0, 2),
            sign,
            elapsed,
            0.05,
            rng.uniform(-0.5, 0.5, 2),
        )
        assert -CONFIG.bounds.backward - 1e-9 <= plan.landing[0] <= CONFIG.bounds.forward + 1e-9
        assert (
            planner.narrowest(plan.landing[0]) - 1e-9
            <= sign * plan.landing[1]
            <= CONFIG.bounds.wide + 1e-9
        )
        assert plan.duration > elapsed
        assert (
            abs(plan.pressure[0]) <= CONFIG.pressure_x
            and abs(plan.pressure[1]) <= CONFIG.pressure_y
        )


def walk_pendulum(velocity, push=(0.0, 0.0), steps=30):
    """A linear inverted pendulum that obeys the plan; returns the mean velocity and the capture
    point's last offset.
    """
    xi, com = periodic_start(np.zeros(2), 1.0), np.array([0.0, 0.05])
    stance, swing, sign = np.zeros(2), np.array([0.0, CONFIG.step_width]), 1.0
    planner, dt, start = StepPlanner(CONFIG), 0.005, None
    time = 0.0
    for step in range(steps):
        if step == 10:
            xi = xi + np.array(push) / OMEGA
            start = (com.copy(), time)
        elapsed = 0.0
        while True:
            plan = planned(
                planner,
                xi,
                stance,
                swing,
                STILL,
                sign,
                elapsed,
                0.05,
                np.array(velocity),
            )
            if plan.duration - elapsed <= 0.025:
                break
            pivot = stance + plan.pressure
            xi = pivot + (xi - pivot) * math.exp(OMEGA * dt)
            com = com + dt * OMEGA * (xi - com)
            elapsed += dt
            time += dt
            swing = swing + (plan.landing - swing) * min(dt / (plan.duration - elapsed), 1.0)
        stance, swing, sign = plan.landing, stance, -sign
    return (com - start[0]) / (time - start[1]), xi - stance


@pytest.mark.parametrize("velocity", [(0.4, 0.0), (-0.3, 0.0), (0.0, 0.15), (0.5, 0.1)])
def test_a_pendulum_that_obeys_the_plan_walks_at_the_wanted_velocity(velocity):
    mean, offset = walk_pendulum(velocity)
    assert np.allclose(mean, velocity, atol=0.06)
    assert np.linalg.norm(offset) < 0.15


@pytest.mark.parametrize("push", [(0.8, 0.0), (-0.8, 0.0), (0.0, 0.3), (0.0, -0.3)])
def test_a_pendulum_that_obeys_the_plan_survives_a_push(push):
    _, offset = walk_pendulum((0.0, 0.0), push)
    assert np.linalg.norm(offset) < 0.1


def test_off_a_foot_that_slides_away_it_steps_as_soon_as_the_legs_can():
    start, swing = periodic_start(np.zeros(2), 1.0), np.array([0.0, CONFIG.step_width])
    state = (
        start,
        STANCE,
        swing,
        STILL,
        1.0,
        0.1,
        0.05,
        np.zeros(2),
    )
    calm, hurried = (
        planned(StepPlanner(CONFIG), *state),
        planned(StepPlanner(CONFIG), *state, hurries=True),
    )
    assert calm.duration == pytest.approx(CONFIG.duration, abs=0.05)
    assert hurried.duration <= CONFIG.min_duration + HURRIED_LANDING_WINDOW_S + 1e-9


def test_a_foot_that_comes_in_beside_the_other_keeps_the_time_to_stop_there():
    """However much the capture point asks for haste: one that cannot stop lands on the other
    foot.
    """
    swing, capture_point = np.array([0.0, 0.4]), np.array([0.1, -0.3])

    def lands_in(speed):
        velocity = np.array([0.0, speed])
        plan = planned(
            StepPlanner(CONFIG),
            capture_point,
            STANCE,
            swing,
            velocity,
            1.0,
            0.3,
            0.05,
            np.array([0.5, 0.0]),
            hurries=True,
        )
        return plan.duration - 0.3

    assert lands_in(-8.0) >= 8.0 / SwingConfig().max_acceleration
    assert lands_in(0.0) < 0.02 + HURRIED_LANDING_WINDOW_S + 1e-9
    assert lands_in(8.0) < 0.02 + HURRIED_LANDING_WINDOW_S + 1e-9, "away from it"


def test_three_steps_reach_the_gait_itself_and_miss_what_runs_away():
    planner, soon = StepPlanner(CONFIG), 0.1

    def missed_by(capture_point, sign, landing_in):
        state = step_state(capture_point, STANCE, STANCE, STILL, sign, 0.0, 0.0, STILL)
        offset = state.capture_point - state.stance
        return planner.missed(offset, state.swing_sign, state.omega, landing_in)

    def missed(ahead, aside, landing_in=soon):
        return missed_by(np.array([ahead, aside]), 1.0, landing_in)

    start = periodic_start(np.array([0.5, 0.0]), 1.0)
    assert missed(*start, landing_in=CONFIG.duration) == 0.0
    assert missed(0.5, 0.05) == 0.0 < missed(1.0, 0.05)
    assert (
        missed(0.0, 0.4) == 0.0 < missed(0.0, -0.4)
    )  # towards the foot in the air, and away from it
    assert missed(0.0, -0.4, landing_in=2.0 * soon) > missed(0.0, -0.4)
    assert missed_by(np.array([0.0, 0.4]), -1.0, soon) == missed(0.0, -0.4)


def test_a_foot_on_its_swing_keeps_in_reach_what_was_in_reach_when_it_was_lifted():
    duration, free_at = 0.5, 0.05
    time = duration - free_at
    lifted = np.array([0.0, 0.19])
    # Pulled farther aside than the foot can go, the landing is the end of what is in reach.
    shoved = np.array([0.0, 2.0])

    def farthest(swing, velocity, elapsed) -> float:
        planner = StepPlanner(replace(CONFIG, swing_acceleration=8.0))
        state = step_state(shoved, STANCE, swing, velocity, 1.0, elapsed, free_at, STILL)
        return float(planner._reachable(state, np.ones(2), np.array([duration]))[1][0, 1])

    goal = farthest(lifted, STILL, free_at)
    way = goal - lifted[1]
    assert way == pytest.approx(8.0 * time**2 / MINIMUM_JERK_PEAK_FACTOR)
    for share in np.linspace(0.0, 0.95, 20):
        place = lifted[1] + way * share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
        speed = way * 30.0 * share**2 * (1.0 - share) ** 2 / time
        now = farthest(np.array([0.0, place]), np.array([0.0, speed]), free_at + share * time)
        assert now >= goal - 1e-9


def test_no_walk_aside_asks_for_feet_farther_apart_than_legs_reach():
    double = 0.05
    planner = StepPlanner(CONFIG)
    width = CONFIG.step_width + 2.0 * planner.fastest_aside(double) * CONFIG.duration
    assert width == pytest.approx(CONFIG.bounds.wide)
    slow = StepPlanner(replace(CONFIG, swing_speed=0.5))
    way = 2.0 * slow.fastest_aside(double) * CONFIG.duration
    assert way == pytest.approx(0.5 * (CONFIG.duration - double))
