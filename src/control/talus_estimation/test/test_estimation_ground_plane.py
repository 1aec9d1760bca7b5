# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from talus_core.rotations import yaw_of
from talus_estimation.ground_plane import GroundConfig, GroundPlane, sole_on_ground

DT = 0.002
LEVEL = np.eye(3)
CLIMB = np.array([0.17, 0.0])


BESIDE = np.array([[0.0, 0.1, 0.0], [0.0, -0.1, 0.0]])


def watched(left, right, places=BESIDE):
    plane = GroundPlane(GroundConfig(), DT)
    for _ in range(round(0.5 / DT)):
        plane.watch([left, right], places, np.array([0.5, 0.5]))
    return plane


@pytest.mark.parametrize("gradient", [(0.0, 0.0), (0.17, 0.0), (-0.1, 0.12)])
@pytest.mark.parametrize("yaw", [0.0, 0.7, -2.0])
def test_a_sole_on_the_ground_lies_in_the_plane_and_points_ahead(gradient, yaw):
    rotation = sole_on_ground(np.array(gradient), yaw)
    assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    for axis in rotation[:, :2].T:
        assert axis[2] == pytest.approx(np.dot(gradient, axis[:2]))
    assert yaw_of(rotation) == pytest.approx(yaw)


def test_soles_that_agree_show_the_slope():
    sole = sole_on_ground(CLIMB, 0.4)
    assert np.allclose(watched(sole, sole).gradient, CLIMB, atol=1e-3)


def test_soles_that_disagree_show_none():
    plane = watched(sole_on_ground(CLIMB, 0.0), sole_on_ground(-CLIMB, 0.0))
    assert np.allclose(plane.gradient, 0.0)
    assert np.allclose(watched(sole_on_ground(CLIMB, 0.0), LEVEL).gradient, 0.0)


@pytest.mark.parametrize(
    ("rise", "share"), [(0.034, 1.0), (0.06, 1.0), (0.017, 0.5), (0.0, 0.0), (-0.02, 0.0)]
)
def test_the_heights_of_the_soles_must_show_the_slope_too(rise, share):
    sole, places = (
        sole_on_ground(CLIMB, 0.0),
        BESIDE + np.array([[0.0, 0.0, 0.0], [0.2, 0.0, rise]]),
    )
    assert np.allclose(watched(sole, sole, places).gradient, share * CLIMB, atol=1e-3)


def test_a_foot_in_the_air_teaches_nothing():
    plane = watched(LEVEL, LEVEL)
    for _ in range(200):
        plane.watch([LEVEL, sole_on_ground(CLIMB, 0.0)], BESIDE, np.array([1.0, 0.02]))
    assert np.allclose(plane.gradient, 0.0)


def test_it_climbs_with_the_body_without_delay():
    sole = sole_on_ground(CLIMB, 0.0)
    plane = watched(sole, sole)
    com, velocity = np.array([0.0, 0.0, 0.9]), np.array([0.4, 0.0, 0.0])
    plane.reset(0.0)
    plane.gradient = CLIMB
    for k in range(1, 501):
        com[0] = 0.4 * DT * k
        plane.follow(np.zeros(3), com, velocity)
    assert plane.height == pytest.approx(CLIMB[0] * com[0], abs=1e-9)
    assert plane.climb(velocity) == pytest.approx(0.068)


def test_a_step_up_is_told_to_who_moves_over_the_plane_and_motion_along_it_is_none():
    plane = GroundPlane(GroundConfig(), DT)
    plane.gradient = CLIMB
    com, velocity = np.array([0.0, 0.0, 0.9]), np.array([0.4, 0.0, 0.0])
    rises = []
    for k in range(1, 101):
        com[0] = 0.4 * DT * k
        rises.append(plane.follow(np.array([0.0, 0.0, 0.05 if k > 50 else 0.0]), com, velocity))
    assert rises[50] == pytest.approx(0.05)
    assert np.allclose(np.delete(rises, 50), 0.0)
