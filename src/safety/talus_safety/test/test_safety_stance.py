# SPDX-License-Identifier: Apache-2.0
"""Feet, centre of mass and capture point against finite differences and geometry."""

import numpy as np
import pytest
from safety_samples import ROBOT, WEIGHT, N, loads, state, tilt_of
from talus_core.physics import GRAVITY_MPS2
from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.stance import StanceObserver
from talus_safety.kernel.measure.tilt import TiltFilter

BODY = Body(ROBOT)


def stance_of(pose: str = "stand", tilt: TiltFilter | None = None, **changes):
    return StanceObserver(BODY).observe(state(pose=pose, **changes), tilt or tilt_of())


def test_standing_still_the_capture_point_is_under_the_centre():
    stance = stance_of()
    assert stance.supports == (True, True)
    np.testing.assert_allclose(stance.level, np.eye(3), atol=1e-3)
    np.testing.assert_allclose(stance.velocity, np.zeros(2), atol=1e-12)
    np.testing.assert_allclose(stance.capture_point, stance.centre[:2])
    assert 0.88 < stance.height < 0.95
    assert stance.omega == pytest.approx(np.sqrt(GRAVITY_MPS2 / stance.height))


@pytest.mark.parametrize("left, right", [(WEIGHT, 0.0), (0.0, WEIGHT), (WEIGHT / 2, WEIGHT / 2)])
def test_falling_over_still_feet_shows_as_speed(left, right):
    """Pitching about the soles at w: the centre of mass, h above them, moves with w h."""
    tilt = tilt_of()
    tilt.rate = (0.0, 0.2, 0.0)
    stance = stance_of(tilt=tilt, foot_wrenches=loads(left, right))
    assert stance.velocity[0] == pytest.approx(0.2 * stance.height, rel=1e-6)


def test_speed_is_that_of_finite_differences():
    """Both feet fixed to the ground, base level: dc = - d(sole)/dt + d(centre in base)/dt."""
    rate = np.random.default_rng(3).normal(0, 0.3, N)
    at, step = state().position, 1e-5
    ahead, behind = (stance_of(position=at + s * step * rate) for s in (1, -1))

    def over_feet(stance):
        return stance.level.T @ (stance.centre - stance.soles.mean(axis=0))

    expected = (over_feet(ahead) - over_feet(behind)) / (2 * step)
    stance = stance_of(velocity=rate)
    np.testing.assert_allclose(stance.velocity, (stance.level @ expected)[:2], atol=1e-6)


def test_contact_has_hysteresis():
    observer, tilt = StanceObserver(BODY), tilt_of()
    seen = [
        observer.observe(state(foot_wrenches=loads(force, WEIGHT)), tilt).supports[0]
        for force in (
            0.9 * BODY.contact.on,
            1.1 * BODY.contact.on,
            1.1 * BODY.contact.off,
            0.9 * BODY.contact.off,
        )
    ]
    assert seen == [False, True, True, False]


@pytest.mark.parametrize("roll, lower", [(0.1, "right"), (-0.1, "left")])
def test_in_the_air_the_lower_foot_counts_as_ground(roll, lower):
    tilt = tilt_of(roll)
    tilt.rate = (0.5, 0.0, 0.0)
    in_air = stance_of(tilt=tilt, foot_wrenches=loads(0.0, 0.0))
    on_it = stance_of(
        tilt=tilt, foot_wrenches=loads(0.0, 99.0) if lower == "right" else loads(99.0, 0.0)
    )
    np.testing.assert_allclose(in_air.velocity, on_it.velocity)


def test_toes_up_or_down_level_frame_stays_defined():
    stance = stance_of(tilt=tilt_of(pitch=-np.pi / 2))
    np.testing.assert_allclose(stance.level @ stance.level.T, np.eye(3), atol=1e-9)


def test_pressure_is_where_the_sensors_feel_it():
    wrenches = loads(WEIGHT, 0.0)
    wrenches[0, 3:5] = (
        0.02 * WEIGHT,
        -0.05 * WEIGHT,
    )  # N m: pressed 2 cm left and 5 cm ahead of the centre
    stance = stance_of(foot_wrenches=wrenches)
    np.testing.assert_allclose(stance.pressure[0], stance.soles[0, :2] + (0.05, 0.02), atol=2e-3)
    np.testing.assert_array_equal(stance.pressure[1], stance.soles[1, :2])


@pytest.mark.parametrize("left, supports", [(WEIGHT / 2, (False, True)), (0.0, (False, True))])
def test_lame_leg_is_no_support_beside_a_sound_one(left, supports):
    now = state(foot_wrenches=loads(left, WEIGHT / 2))
    assert StanceObserver(BODY).observe(now, tilt_of(), (True, False)).supports == supports
    assert StanceObserver(BODY).observe(now, tilt_of(), (False, True)).supports == (
        left > 0.0,
        left == 0.0,
    )
