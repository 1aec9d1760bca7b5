# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from talus_balance.swing_foot import SwingConfig, SwingFoot

DT, DURATION = 0.002, 0.45


def swing(landing, end_height=0.0, until=1.0):
    foot = SwingFoot(SwingConfig(), np.array([0.0, 0.1, 0.0]), np.zeros(3), 0.0)
    steps = round(until * DURATION / DT)
    return [foot.step(np.array(landing), end_height, 0.2, k * DT / DURATION, DURATION, DT) for k in range(1, steps + 1)]


def test_it_lands_where_and_how_it_was_told():
    last = swing([0.35, 0.12])[-1]
    assert np.allclose(last.position[:2], [0.35, 0.12], atol=0.005)
    assert np.linalg.norm(last.velocity[:2]) < 0.1
    assert last.position[2] == pytest.approx(0.0, abs=1e-3)
    assert last.velocity[2] == pytest.approx(-SwingConfig().lowering, rel=0.05)
    assert last.yaw == pytest.approx(0.2, abs=0.02)


def test_it_clears_the_ground_by_the_clearance():
    heights = [r.position[2] for r in swing([0.3, 0.1], end_height=0.05)]
    assert max(heights) == pytest.approx(0.05 + SwingConfig().clearance, abs=2e-3)


def test_velocity_and_acceleration_are_the_derivatives_of_position():
    path = swing([0.3, 0.1])
    z = np.array([r.position[2] for r in path])
    vz = np.array([r.velocity[2] for r in path])
    assert np.allclose(np.gradient(z, DT)[2:-2], vz[2:-2], atol=0.02)


def test_late_ground_is_searched_at_the_lowering_speed():
    path = swing([0.3, 0.1], until=1.5)
    late = [r.position[2] for r in path if r.position[2] < -1e-3]
    assert np.allclose(np.diff(late)[1:], -SwingConfig().lowering * DT, atol=1e-6)


def test_a_target_that_jumps_keeps_the_acceleration_bounded():
    foot = SwingFoot(SwingConfig(), np.zeros(3), np.zeros(3), 0.0)
    for k in range(1, 200):
        landing = np.array([0.3, 0.1]) if k < 120 else np.array([0.5, -0.1])
        reference = foot.step(landing, 0.0, 0.0, k * DT / DURATION, DURATION, DT)
        assert np.all(np.abs(reference.acceleration[:2]) <= SwingConfig().max_acceleration)
