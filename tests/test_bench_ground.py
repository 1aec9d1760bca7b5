# SPDX-License-Identifier: Apache-2.0
"""Checks the scorecard's ground in the simulator: surface, friction, load on the hands."""

import math
from pathlib import Path

import mujoco
import numpy as np
import pytest
from talus_core.driver import DriverSetup
from talus_core.errors import UnknownNameError
from talus_core.robot import load_robot
from talus_lab.bench.balance.trials.ground import (
    GROUND_KINDS,
    GROUND_START_M,
    TREAD_M,
    Ground,
    world_text,
)
from talus_simulation.mujoco_body.driver import MujocoDriver

ROBOT = load_robot(Path(__file__).parents[1] / "urdf" / "talus40")
SIZES = {"slope_up": 10.0, "slope_down": 10.0, "slope_across": 10.0, "flat": 0.0}
RISE = math.tan(math.radians(10.0))


def surface(ground: Ground):
    """Return the height of the ground at a place."""
    model = mujoco.MjModel.from_xml_string(world_text(ground))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)

    def height(x: float, y: float = 0.0) -> float:
        distance = mujoco.mj_ray(
            model,
            data,
            np.array([x, y, 2.0]),
            np.array([0.0, 0.0, -1.0]),
            None,
            1,
            -1,
            np.zeros(1, np.int32),
        )
        return 2.0 - distance

    return height


@pytest.mark.parametrize("kind", sorted(GROUND_KINDS))
def test_the_start_is_level_and_there_is_ground_all_the_way(kind):
    height = surface(Ground(kind, SIZES.get(kind, 0.05), seed=2))
    assert all(
        abs(height(x, y)) < 1e-9 for x in (-1.0, 0.0, GROUND_START_M - 0.01) for y in (-0.3, 0.3)
    )
    assert all(height(x, y) > -2.0 for x in np.linspace(-1.0, 6.0, 200) for y in (-0.5, 0.0, 0.5))


@pytest.mark.parametrize(
    ("ground", "x", "y", "expected"),
    [
        (Ground("step_up", 0.05), GROUND_START_M + 0.1, 0.0, 0.05),
        (Ground("step_down", 0.05), GROUND_START_M + 0.1, 0.0, -0.05),
        (Ground("stairs", 0.1), GROUND_START_M + 1.5 * TREAD_M, 0.0, 0.2),
        (Ground("slope_up", 10.0), GROUND_START_M + 1.0, 0.3, RISE),
        (Ground("slope_down", 10.0), GROUND_START_M + 1.0, 0.3, -RISE),
        (Ground("slope_across", 10.0), GROUND_START_M + 1.0, 0.3, 0.3 * RISE),
        (Ground("patch", 0.2), GROUND_START_M + 0.5, 0.1, 0.0),
        (Ground("patch_left", 0.2), GROUND_START_M + 0.5, -0.1, 0.0),
    ],
)
def test_the_surface_is_where_it_should_be(ground, x, y, expected):
    assert surface(ground)(x, y) == pytest.approx(expected, abs=1e-6)


def test_blocks_are_between_minus_and_plus_their_size():
    height = surface(Ground("blocks", 0.03, seed=1))
    tops = [
        height(x, y)
        for x in np.arange(GROUND_START_M + 0.15, GROUND_START_M + 3.0, 0.3)
        for y in (-0.45, -0.15, 0.15, 0.45)
    ]
    assert -0.03 <= min(tops) < -0.015
    assert 0.015 < max(tops) <= 0.03


@pytest.mark.parametrize("gripper", ["left_gripper", "right_gripper"])
def test_a_load_in_a_hand_moves_mass_and_centre_as_a_point_mass_there_does(gripper):
    driver = MujocoDriver(DriverSetup(ROBOT, 0.002, "flat", 0, {}))
    model = driver._plant.model
    frame = ROBOT.frames[gripper]
    body = model.site_bodyid[model.site(frame).id]
    mass, centre, at = model.body_mass[body], model.body_ipos[body].copy(), model.site(frame).pos
    about_site = rotational_inertia(model, body, at)
    driver.add_load(gripper, 5.0)
    assert driver.mass == pytest.approx(model.body_mass.sum())
    assert model.body_mass[body] == pytest.approx(mass + 5.0)
    assert model.body_ipos[body] == pytest.approx((mass * centre + 5.0 * at) / (mass + 5.0))
    assert rotational_inertia(model, body, at) == pytest.approx(
        about_site
    )  # a point mass there adds nothing there
    with pytest.raises(UnknownNameError, match="unknown frame 'hand'"):
        driver.add_load("hand", 1.0)
    with pytest.raises(ValueError, match="load -1"):
        driver.add_load(gripper, -1.0)


def rotational_inertia(model: mujoco.MjModel, body: int, about: np.ndarray) -> np.ndarray:
    """Return the inertia of one link about a point, in its axes, (3, 3) kg m^2."""
    axes = np.empty(9)
    mujoco.mju_quat2Mat(axes, model.body_iquat[body])
    axes = axes.reshape(3, 3)
    arm = model.body_ipos[body] - about
    steiner = model.body_mass[body] * (arm @ arm * np.eye(3) - np.outer(arm, arm))
    return axes @ np.diag(model.body_inertia[body]) @ axes.T + steiner
