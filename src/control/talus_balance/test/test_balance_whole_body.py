# SPDX-License-Identifier: Apache-2.0
"""Tasks against each other: what a foot in the air cannot do must not move the rest."""

import numpy as np
import pytest
from standing_robot import ROBOT, standing_model
from talus_balance.stepping.swing_foot import FootReference
from talus_balance.whole_body.motion_target import MotionTarget
from talus_balance.whole_body.whole_body_control import (
    SPARE_LIFT_G,
    WholeBodyConfig,
    WholeBodyController,
)
from talus_dynamics.rotation_vectors import rotation_from_vector

JOINTS = ROBOT.structural_indices
ANKLE, KNEE = (
    [ROBOT.joint_names[j] for j in JOINTS].index(joint) for joint in ("r_ankle_pitch", "r_knee")
)
END = float(ROBOT.limits.lower[JOINTS[ANKLE]])


def stand_on_the_left(angle, rate, toe_up, foot_up=0.0, body_up=0.0, joint=ANKLE, is_held=False):
    """Return the rise of the CoM, m/s^2, and a joint's acceleration for a right foot in the air.

    It shall turn `toe_up` rad further and rise by `foot_up` m/s^2, the body by `body_up`;
    `is_held`: its knee.
    """
    model = standing_model()
    joints, velocity = ROBOT.poses["stand"][JOINTS].copy(), np.zeros(JOINTS.size)
    joints[ANKLE], velocity[ANKLE] = angle, rate
    model.update(np.array([0.0, 0.0, 0.85]), np.eye(3), np.zeros(3), np.zeros(3), joints, velocity)
    soles = tuple(model.frame(foot) for foot in model.feet)
    turned = rotation_from_vector(np.array([0.0, -toe_up, 0.0])) @ soles[1].rotation
    target = MotionTarget(
        com_acceleration=np.zeros(2),
        com_height=float(model.com[2]),
        com_vertical_speed=float(model.com_velocity[2]),
        com_vertical_acceleration=body_up,
        pelvis=model.frame(model.base).rotation,
        chest=model.frame(model.torso).rotation,
        posture=joints,
        in_contact=(True, False),
        max_force=np.array([1700.0, 0.0]),
        friction=np.ones(2),
        swing=(
            None,
            FootReference(soles[1].position, np.zeros(3), np.array([0.0, 0.0, foot_up]), turned),
        ),
    )
    control = WholeBodyController(model, WholeBodyConfig())
    limp = np.arange(JOINTS.size) == KNEE
    control.do_without(limp & is_held, limp & is_held)
    result = control.solve_tick(target, soles, joints, velocity)
    rise = (model.momentum_matrix[2] @ result.acceleration + model.momentum_drift[2]) / model.mass
    return rise, control.joint_acceleration(result)[joint]


@pytest.mark.parametrize("angle, rate", [(END, 0.0), (END + 0.1, -4.0)])
def test_a_foot_whose_ankle_is_at_its_end_does_not_throw_the_body_up(angle, rate):
    rise, _ = stand_on_the_left(angle, rate, toe_up=0.3)
    assert rise < 0.3


def test_a_foot_turns_where_its_ankle_has_room():
    _, acceleration = stand_on_the_left(END + 0.4, 0.0, toe_up=0.1)
    assert acceleration < -40.0  # kp 700 times 0.1 rad, less what the leg takes


def test_an_ankle_that_nears_its_end_is_braked():
    _, acceleration = stand_on_the_left(END + 0.1, -4.0, toe_up=0.3)
    assert acceleration > 40.0


@pytest.mark.parametrize("body_up, most", [(-2.0, SPARE_LIFT_G * 9.81), (3.0, 3.0)])
def test_no_foot_throws_the_body_up_faster_than_its_height_asks(body_up, most):
    rise, _ = stand_on_the_left(END + 0.4, 0.0, toe_up=0.0, foot_up=200.0, body_up=body_up)
    assert rise == pytest.approx(most, abs=0.1)


def test_a_knee_that_is_held_stays_and_the_body_does_not_lift_the_foot_for_it():
    knee = {"angle": END + 0.4, "rate": 0.0, "toe_up": 0.0, "foot_up": 20.0, "joint": KNEE}
    _, bends = stand_on_the_left(**knee)
    rise, held_bends = stand_on_the_left(**knee, is_held=True)
    assert bends > 10.0 and abs(held_bends) < 0.1
    assert rise < 1.5
