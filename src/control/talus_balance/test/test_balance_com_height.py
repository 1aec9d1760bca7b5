# SPDX-License-Identifier: Apache-2.0
"""The centre of mass is where it has to be when the foot lands, without a jerk on the way."""

import pytest
from talus_balance.whole_body.com_height import DEEPEST_SINKING_G, STEEPEST_LIFT_G, ComHeight

DT, GRAVITY = 0.002, 9.81


def _until_landing(reference, target, time):
    path = []
    while time > 0.0:
        path.append(reference.step_height(target, time, GRAVITY))
        time -= DT
    return path


@pytest.mark.parametrize("target", [0.80, 0.88, 0.92, 0.95])
def test_is_at_rest_at_the_height_of_the_landing(target):
    reference = ComHeight(DT)
    reference.reset(0.92)
    end = _until_landing(reference, target, 0.5)[-1]
    assert end.height == pytest.approx(target, abs=2e-3)
    assert abs(end.speed) < 0.05


def test_feet_keep_half_the_weight_however_late_the_landing_is_known():
    reference = ComHeight(DT)
    reference.reset(0.92)
    path = [*_until_landing(reference, 0.75, 0.15), *_until_landing(reference, 0.92, 0.3)]
    assert min(r.acceleration for r in path) == DEEPEST_SINKING_G * GRAVITY > -0.51 * GRAVITY
    assert max(r.acceleration for r in path) <= STEEPEST_LIFT_G * GRAVITY


def test_speed_and_height_belong_together():
    reference = ComHeight(DT)
    reference.reset(0.92)
    path = _until_landing(reference, 0.85, 0.4)
    assert path[-1].height - path[0].height == pytest.approx(sum(r.speed for r in path[1:]) * DT)


def test_rests_where_no_landing_comes():
    reference = ComHeight(DT)
    reference.reset(0.92)
    for _ in range(1000):
        last = reference.step_height(0.90, 0.0, GRAVITY)
    assert last.height == pytest.approx(0.90, abs=1e-4) and abs(last.speed) < 1e-3


def test_other_ground_under_the_feet_does_not_move_the_body_at_once():
    reference, ground = ComHeight(DT), 0.12
    reference.reset(0.80 + ground)
    before = reference.step_height(0.80 + ground, 0.0, GRAVITY)
    reference.ground_rises(ground)
    path = _until_landing(reference, 0.92, 0.7)
    assert ground + path[0].height == pytest.approx(before.height, abs=1e-4)
    assert path[-1].height == pytest.approx(0.92, abs=2e-3)
    assert max(abs(r.acceleration) for r in path) < 0.2 * GRAVITY
