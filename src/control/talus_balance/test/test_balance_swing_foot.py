# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from talus_balance.stepping.swing_foot import SwingConfig, SwingFoot
from talus_core.rotations import yaw_of

DT, DURATION = 0.002, 0.45


LEVEL = np.zeros(2)


def moved(foot, landing, height, gradient, yaw, phase, duration, dt):
    return foot.step_swing(
        landing=landing,
        height=height,
        gradient=gradient,
        yaw=yaw,
        phase=phase,
        duration=duration,
        dt=dt,
    )


def swing(landing, end_height=0.0, until=1.0, gradient=LEVEL):
    foot = SwingFoot(SwingConfig(), np.array([0.0, 0.1, 0.0]), np.zeros(3), 0.0)
    steps = round(until * DURATION / DT)
    return [
        moved(foot, np.array(landing), end_height, gradient, 0.2, k * DT / DURATION, DURATION, DT)
        for k in range(1, steps + 1)
    ]


def test_it_lands_where_and_how_it_was_told():
    last = swing([0.35, 0.12])[-1]
    assert np.allclose(last.position[:2], [0.35, 0.12], atol=0.005)
    assert np.linalg.norm(last.velocity[:2]) < 0.1
    assert last.position[2] == pytest.approx(0.0, abs=1e-3)
    assert last.velocity[2] == pytest.approx(-SwingConfig().lowering, rel=0.05)
    assert yaw_of(last.rotation) == pytest.approx(0.2, abs=0.02)


def hasty(end_height=0.0, yaw=0.0, **changes):
    """A foot that trails far behind, 1.0 m along `yaw` to go in 0.35 s."""
    duration, ahead = 0.35, np.array([np.cos(yaw), np.sin(yaw)])
    foot = SwingFoot(replace(SwingConfig(), **changes), np.zeros(3), np.zeros(3), yaw)
    steps = [k * DT / duration for k in range(1, round(duration / DT) + 1)]
    path = [
        moved(foot, 1.0 * ahead, end_height, LEVEL, yaw, phase, duration, DT) for phase in steps
    ]
    return path, np.array([r.acceleration[:2] @ ahead for r in path]), ahead


@pytest.mark.parametrize("yaw", [0.0, 2.0])
def test_a_hasty_foot_goes_ahead_at_once_and_arrives(yaw):
    path, acceleration, ahead = hasty(yaw=yaw)
    gentle, _, _ = hasty(yaw=yaw, hasty=np.inf)
    early = round(0.05 / DT)
    assert path[early].position[:2] @ ahead > 1.5 * (gentle[early].position[:2] @ ahead)
    far = sum(1.0 - r.position[:2] @ ahead > SwingConfig().near for r in path)
    assert far > 0.7 * len(path)
    assert max(np.abs(acceleration[:far])) <= 1.001 * SwingConfig().sagittal
    assert (
        max(np.abs(np.diff(acceleration[:far], prepend=0.0))) <= 1.001 * SwingConfig().max_jerk * DT
    )
    assert np.allclose(path[-1].position[:2], 1.0 * ahead, atol=0.03)
    assert all(r.is_hasty for r in path)


def test_a_foot_near_its_place_is_never_hasty_however_late_the_place_moves():
    duration, place = 0.4, np.array([0.2, 0.0])
    foot = SwingFoot(SwingConfig(), np.zeros(3), np.zeros(3), 0.0)
    for k in range(1, round(duration / DT) + 1):
        if k == round(0.9 * duration / DT):
            place = np.array([0.23, 0.0])
        assert not moved(foot, place, 0.0, LEVEL, 0.0, k * DT / duration, duration, DT).is_hasty


@pytest.mark.parametrize("rise", [0.12, -0.12])
def test_over_an_edge_no_foot_goes_ahead_before_it_is_up(rise):
    path, _, _ = hasty(rise)
    gentle, _, _ = hasty(rise, hasty=np.inf)
    assert not any(r.is_hasty for r in path)
    assert all(np.array_equal(a.position, b.position) for a, b in zip(path, gentle, strict=True))


def test_it_clears_the_ground_by_the_clearance():
    heights = [r.position[2] for r in swing([0.3, 0.1], end_height=0.05)]
    assert max(heights) == pytest.approx(0.05 + SwingConfig().clearance, abs=2e-3)


def test_velocity_and_acceleration_are_the_derivatives_of_position():
    path = swing([0.3, 0.1])
    z = np.array([r.position[2] for r in path])
    vz = np.array([r.velocity[2] for r in path])
    assert np.allclose(np.gradient(z, DT)[2:-2], vz[2:-2], atol=0.02)


def test_late_ground_is_searched_from_the_lowering_speed_on_ever_faster():
    path = swing([0.3, 0.1], until=1.5)
    late = [r.position[2] for r in path if r.position[2] < -1e-3]
    speed = -np.diff(late) / DT
    assert speed[1] == pytest.approx(SwingConfig().lowering, rel=0.1)
    assert np.allclose(np.diff(speed)[1:] / DT, SwingConfig().hurry, rtol=1e-3)


def test_it_lands_parallel_to_the_ground():
    normal = swing([0.3, 0.1], gradient=np.array([0.17, -0.1]))[-1].rotation[:, 2]
    assert np.allclose(normal[:2] / normal[2], [-0.17, 0.1])


def test_a_late_foot_follows_its_target():
    foot = SwingFoot(SwingConfig(), np.array([0.0, 0.1, 0.0]), np.zeros(3), 0.0)
    for k in range(1, 300):
        late = max(k * DT - DURATION, 0.0)
        target = np.array([0.3 + 0.5 * late, 0.1])
        reference = moved(foot, target, 0.0, LEVEL, 0.0, k * DT / DURATION, DURATION, DT)
    assert np.allclose(reference.position[:2], target, atol=0.03)


def test_a_target_that_jumps_keeps_the_acceleration_bounded():
    foot = SwingFoot(SwingConfig(), np.zeros(3), np.zeros(3), 0.0)
    for k in range(1, 200):
        landing = np.array([0.3, 0.1]) if k < 120 else np.array([0.5, -0.1])
        reference = moved(foot, landing, 0.0, LEVEL, 0.0, k * DT / DURATION, DURATION, DT)
        assert np.all(np.abs(reference.acceleration[:2]) <= SwingConfig().max_acceleration)


@pytest.mark.parametrize("rise", [0.12, -0.12])
def test_the_foot_is_high_where_the_edge_of_a_step_is(rise):
    path = swing([0.3, 0.1], end_height=rise, until=1.0)
    at_edge = (
        next(r for r in path if r.position[0] > 0.04)
        if rise > 0.0
        else [r for r in path if r.position[0] < 0.26][-1]
    )
    assert at_edge.position[2] > max(rise, 0.0)


def test_down_a_step_the_foot_is_over_its_place_before_it_passes_the_edge():
    below = [r.position[0] for r in swing([0.3, 0.1], end_height=-0.12) if r.position[2] < 0.0]
    assert min(below) > 0.3 - 0.01


def test_a_foot_that_ran_against_an_edge_first_moves_up_and_lands_where_it_was_told():
    config = SwingConfig()
    foot = SwingFoot(config, np.array([0.0, 0.1, 0.02]), np.zeros(3), 0.0, config.rise_time)
    path = [
        moved(foot, np.array([0.3, 0.1]), 0.0, LEVEL, 0.0, k * DT / DURATION, DURATION, DT)
        for k in range(1, round(DURATION / DT) + 1)
    ]
    rising = path[: round(config.rise_time / DT) - 1]
    assert all(np.array_equal(r.position[:2], [0.0, 0.1]) for r in rising)
    assert rising[-1].position[2] > 0.02 + 0.6 * config.clearance
    assert max(abs(r.acceleration[2]) for r in rising) <= 1.01 * config.max_lift
    assert np.allclose(path[-1].position, [0.3, 0.1, 0.0], atol=5e-3)


def test_a_foot_told_to_stay_comes_down_there():
    foot = SwingFoot(SwingConfig(), np.zeros(3), np.zeros(3), 0.0)
    for k in range(1, round(DURATION / DT) + 1):
        reference = moved(
            foot, np.array([0.3, 0.1]), 0.0, LEVEL, 0.0, k * DT / DURATION, DURATION, DT
        )
        if k == 180:
            stays = reference.position[:2].copy()
            foot.stay(stays)
    assert np.array_equal(reference.position[:2], stays)
    assert reference.position[2] == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(
    "height, speed", [(0.03, [1.8, 0.3, 0.2]), (0.005, [0.5, 0.0, 0.0]), (0.07, [-1.0, 0.0, 0.5])]
)
def test_a_foot_that_is_put_down_comes_to_rest_without_a_jolt(height, speed):
    config = SwingConfig()
    foot = SwingFoot(config, np.zeros(3), np.zeros(3), 0.0)
    start = np.array([0.2, 0.1, height])
    place, time = foot.put_down(start, np.array(speed), 0.0)
    path = [
        moved(foot, place, 0.0, LEVEL, 0.0, k * DT / time, time, DT)
        for k in range(1, round(time / DT) + 1)
    ]
    assert np.allclose(path[0].position, start, atol=0.01), "from where it is"
    assert np.allclose(path[-1].position[:2], place, atol=0.01)
    assert np.linalg.norm(path[-1].velocity[:2]) < 0.2
    assert path[-1].position[2] == pytest.approx(0.0, abs=2e-3)
    assert time < 0.14
    assert max(np.linalg.norm(r.acceleration[:2]) for r in path) < config.max_acceleration
