# SPDX-License-Identifier: Apache-2.0
"""Checks that the controller keeps the simulated body upright.

Sensors are noisy, the delay is 2 ms, masses are wrong, and only the estimator tells the state.
"""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from talus_core.robot import load_robot
from talus_core.words.modes import Mode
from talus_lab.rig.rig import Push, Rig

TALUS40 = Path(__file__).parents[1] / "urdf" / "talus40"
SIDES = {
    "front": (-20.0, 0.0, 0.0),
    "left": (0.0, -20.0, 0.0),
}


def displacement(rig: Rig, start: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Return true and estimated movement (2,) m since `start`."""
    return rig.truth.position[:2] - start[0], rig.report.base.position[:2] - start[1]


def places(rig: Rig) -> tuple:
    return rig.truth.position[:2].copy(), rig.report.base.position[:2].copy()


def test_falls_when_the_torque_is_cut_while_it_stands(rig):
    end = rig.time + 3.0
    while rig.time < end:
        rig.driver.stop()
        rig.driver.advance()
    assert rig.has_fallen()


def test_stands_five_seconds_and_stays_where_it_is(rig):
    start = places(rig)
    assert rig.run_to(rig.time + 5.0)
    moved, _ = displacement(rig, start)
    assert np.linalg.norm(moved) < 0.05
    assert rig.mode is Mode.STANDING
    assert rig.report.solver_failures == 0


def test_walks_two_metres_and_knows_it(rig):
    start, began = places(rig), rig.time
    rig.velocity = np.array([0.4, 0.0, 0.0])
    assert rig.run_to(began + 6.0)
    moved, estimated = displacement(rig, start)
    assert moved[0] > 2.0
    assert abs(moved[1]) < 0.1
    assert np.linalg.norm(estimated - moved) < 0.02 * np.linalg.norm(moved)


@pytest.mark.parametrize(
    ("velocity", "expected"), [((0.0, 0.2, 0.0), (0.0, 0.8)), ((-0.3, 0.0, 0.0), (-1.35, 0.0))]
)
def test_walks_sideways_and_backwards(rig, velocity, expected):
    start = places(rig)
    rig.velocity = np.array(velocity)
    assert rig.run_to(rig.time + 5.0)
    moved, _ = displacement(rig, start)
    assert np.allclose(moved, expected, atol=0.25)


def test_turns_on_the_spot(rig):
    start, heading = places(rig), rig.heading()
    rig.velocity = np.array([0.0, 0.0, 0.5])
    assert rig.run_to(rig.time + 4.0)
    turned = math.remainder(rig.heading() - heading, 2.0 * math.pi)
    assert 1.2 < turned < 2.2
    assert np.linalg.norm(displacement(rig, start)[0]) < 0.3


@pytest.mark.parametrize("side", SIDES)
def test_survives_a_shove_of_20_newton_seconds_while_it_stands(rig, side):
    rig.disturbances.pushes.append(Push(rig.time + 0.5, SIDES[side]))
    assert rig.run_to(rig.time + 5.0)
    assert rig.run_until(Mode.STANDING, rig.time + 3.0)


def test_survives_a_shove_towards_the_foot_that_has_just_landed(rig):
    rig.velocity = np.array([0.5, 0.0, 0.0])
    assert rig.run_to(rig.time + 3.0)
    landed = [0, 0]
    while landed != [1, 0]:  # the right foot has carried, now the left one lands
        landed = [landed[1], int(rig.step().gait.landing_side == 0)]
    left = rig.heading() + 0.5 * math.pi
    rig.disturbances.pushes.append(
        Push(rig.time, (51.3 * math.cos(left), 51.3 * math.sin(left), 0.0))
    )  # 0.9 m/s of 57 kg
    assert rig.run_to(rig.time + 4.0)


def test_told_to_sit_while_walking_it_stops_sits_and_rests_without_torque(rig):
    rig.velocity = np.array([0.4, 0.0, 0.0])
    assert rig.run_to(rig.time + 3.0)
    told = rig.time
    rig.stand = False
    assert rig.run_until(Mode.SEATED, told + 6.0)
    rig.torque = False
    assert rig.run_to(rig.time + 3.0)
    assert 0.38 < rig.truth.position[2] < 0.52
    assert np.linalg.norm(rig.truth.linear_velocity) < 0.02


def test_sits_down_gently_and_stands_up_again(rig):
    rig.stand = False
    assert rig.run_until(Mode.SEATED, rig.time + 5.0)
    # It is let onto its stops: when it dropped, at 0.33 m/s, it rocked for a second.
    for _ in range(300):
        rig.step()
        assert abs(rig.truth.linear_velocity[2]) < 0.1
    rig.stand = True
    assert rig.run_until(Mode.STANDING, rig.time + 5.0)


def test_a_robot_that_keeps_its_torque_stays_balanced_in_its_seat_until_told_to_stand():
    robot = replace(load_robot(TALUS40), keeps_torque=True)
    rig = Rig(robot, is_gated=False)
    assert rig.run_until(Mode.STANDING_UP, 3.0) and rig.run_to(rig.time + 1.5)
    rig.stand = False
    assert rig.run_until(Mode.SEATED, rig.time + 5.0)
    height = rig.truth.position[2]
    assert rig.run_to(rig.time + 1.5)
    assert rig.mode is Mode.SEATED
    assert rig.truth.position[2] == pytest.approx(height, abs=0.02), "it went back to `stand`"
    rig.stand = True
    assert rig.run_until(Mode.STANDING, rig.time + 5.0)
