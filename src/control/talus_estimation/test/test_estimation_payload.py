# SPDX-License-Identifier: Apache-2.0
"""What soles that feel a body other than the model's teach the controller about it."""

from pathlib import Path

import numpy as np
import pytest
from talus_core.robot import load_robot
from talus_dynamics.robot_dynamics import WholeBodyModel
from talus_estimation.payload import FARTHEST_LOAD_M, HEAVIEST_LOAD_OF_MASS, PayloadWatch

pytestmark = pytest.mark.sim

ROBOT = load_robot(Path(__file__).parents[4] / "urdf" / "talus40")
DT = 0.002
LEGS = np.zeros(len(ROBOT.structural_indices))


def stands_on_forces_of(
    mass: float, place: tuple[float, float], seconds: float, yaw: float = 0.0
) -> tuple:
    """Stand with `mass` kg at `place` (2,) m ahead and left of the CoM; return model and watch."""
    model, watch, still = WholeBodyModel(ROBOT), PayloadWatch(DT), np.zeros(3)
    rotation = np.array(
        [[np.cos(yaw), -np.sin(yaw), 0.0], [np.sin(yaw), np.cos(yaw), 0.0], [0.0, 0.0, 1.0]]
    )

    def update():
        model.update(np.array([1.0, -2.0, 0.9]), rotation, still, still, LEGS, np.zeros(LEGS.size))
        return [model.frame(foot) for foot in model.feet]

    soles = update()
    own, own_mass = model.com_in_base.copy(), model.mass
    weight = (own_mass + mass) * model.gravity
    centre = (own_mass * own[:2] + mass * (own[:2] + place)) / (own_mass + mass)
    between = np.mean([rotation.T @ (sole.position - [1.0, -2.0, 0.9]) for sole in soles], axis=0)[
        :2
    ]
    ahead, left = centre - between
    wrench = (
        0.5 * weight * np.array([0.0, 0.0, 1.0, left, -ahead, 0.0])
    )  # level soles, in the base's heading
    for _ in range(round(seconds / DT)):
        watch.step_payload(model, soles, np.array([wrench, wrench]))
        soles = update()
    return model, own_mass, own, centre


@pytest.mark.parametrize("yaw", [0.0, 2.0])
@pytest.mark.parametrize(("mass", "place"), [(10.0, (0.10, 0.05)), (-2.0, (0.0, 0.1))])
def test_mass_and_centre_of_mass_are_found(mass, place, yaw):
    model, own_mass, _, centre = stands_on_forces_of(mass, place, 15.0, yaw)
    assert model.mass == pytest.approx(own_mass + mass, abs=0.1)
    assert model.weight == pytest.approx(model.mass * model.gravity)
    assert np.allclose(model.com_in_base[:2], centre, atol=1e-3)


def test_a_robot_as_the_model_knows_it_carries_nothing():
    model, own_mass, own, _ = stands_on_forces_of(0.0, (0.0, 0.0), 2.0)
    assert model.mass == pytest.approx(own_mass, abs=1e-6)
    assert np.allclose(model.com_in_base, own, atol=1e-6)


def test_it_stays_within_what_a_robot_can_carry():
    model, own_mass, own, _ = stands_on_forces_of(100.0, (0.4, 0.0), 60.0)
    assert model.mass <= own_mass * (1.0 + HEAVIEST_LOAD_OF_MASS) + 1e-6
    assert np.abs(model.com_in_base - own).max() <= FARTHEST_LOAD_M + 1e-6
