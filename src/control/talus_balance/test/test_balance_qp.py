# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from standing_robot import ROBOT, standing_model
from talus_balance.whole_body.limits.contact_cones import ContactConfig
from talus_balance.whole_body.limits.joint_range import JointRange, JointRangeConfig
from talus_balance.whole_body.limits.limit import LimitBlock, SoleLoads
from talus_balance.whole_body.limits.torque_limit import TorqueConfig, TorqueLimit
from talus_balance.whole_body.tasks.posture_task import JointCost
from talus_balance.whole_body.whole_body_control import LimitConfig, body_qp
from talus_dynamics.robot_dynamics import BASE, WholeBodyModel

FULL = np.array([1700.0, 1700.0])


def problem_of(model):
    """The QP with all limits of the body, and its torque limit."""
    torque = TorqueLimit(model, TorqueConfig())
    joint_range = JointRange(model, JointRangeConfig())
    return body_qp(model, LimitConfig(), torque, joint_range), torque


def solve(model, qp, com_acceleration=(0.0, 0.0, 0.0), max_force=FULL, friction=(1.0, 1.0)):
    """Hold the soles and the posture, move the centre of mass."""
    rows, targets = [], []
    for side in (0, 1):
        terms = model.frame(model.feet[side])
        rows.append(30.0 * terms.jacobian)
        targets.append(-30.0 * terms.drift)
    rows.append(5.0 * model.momentum_matrix[:3] / model.mass)
    targets.append(5.0 * (np.array(com_acceleration) - model.momentum_drift[:3] / model.mass))
    diagonal = np.concatenate((np.full(BASE, 0.0), np.full(model.nv - BASE, 0.01)))
    task = np.concatenate(rows), np.concatenate(targets)
    posture = JointCost(diagonal, np.zeros(model.nv))
    return qp.solve(*task, posture, SoleLoads(max_force, np.array(friction)))


def base_residual(model, result):
    inertia = model.mass_matrix[:BASE] @ result.acceleration + model.bias[:BASE]
    contact = sum(model.foot_jacobian_local(s)[:, :BASE].T @ result.wrenches[s] for s in (0, 1))
    return inertia - contact


def test_standing_still_the_soles_carry_the_weight():
    model = standing_model()
    result = solve(model, problem_of(model)[0])
    assert result.solved
    rise = (model.momentum_matrix[2] @ result.acceleration + model.momentum_drift[2]) / model.mass
    assert abs(rise) < 0.05
    assert result.wrenches[:, 2].sum() == pytest.approx(
        57.0 * (model.gravity + rise), rel=1e-6
    )  # level soles
    assert np.abs(result.acceleration).max() < 0.5


@pytest.mark.parametrize("seed", range(8))
def test_dynamics_cones_and_torque_limits_hold(seed):
    rng = np.random.default_rng(seed)
    model = standing_model(rng, 0.1)
    qp, torque = problem_of(model)
    result = solve(model, qp, com_acceleration=rng.uniform(-6.0, 6.0, 3))
    assert result.solved
    assert np.allclose(base_residual(model, result), 0.0, atol=1e-4)
    assert np.all(np.abs(result.torque) <= 1.01 * torque.limit)
    for side, wrench in enumerate(result.wrenches):
        foot = model.description.feet[side]
        assert wrench[2] >= ContactConfig().min_force - 1e-6
        assert np.hypot(*wrench[:2]) <= np.sqrt(2.0) * ContactConfig().friction * wrench[2] + 1e-6
        assert abs(wrench[4] / wrench[2]) <= 0.5 * foot.length
        assert abs(wrench[3] / wrench[2]) <= 0.5 * foot.width


def test_a_slippery_sole_is_asked_for_no_more_than_it_has_until_that_is_over():
    model, ahead = standing_model(), (3.0, 0.0, 0.0)
    qp = problem_of(model)[0]
    usual = solve(model, qp, ahead).wrenches
    slippery = solve(model, qp, ahead, friction=(0.05, 1.0)).wrenches
    assert abs(slippery[0, 0]) <= 0.05 * slippery[0, 2] + 1e-6 < 0.5 * abs(usual[0, 0])
    assert slippery[1, 0] > usual[1, 0]
    assert np.allclose(solve(model, qp, ahead).wrenches, usual, atol=1e-6)


def test_a_sole_in_the_air_carries_nothing():
    model = standing_model()
    result = solve(model, problem_of(model)[0], max_force=np.array([1700.0, 0.0]))
    assert result.solved
    assert np.all(result.wrenches[1] == 0.0)
    assert np.allclose(base_residual(model, result), 0.0, atol=1e-4)


def test_load_that_must_leave_a_sole_stays_under_its_limit():
    model = standing_model()
    result = solve(model, problem_of(model)[0], max_force=np.array([1700.0, 90.0]))
    assert result.wrenches[1, 2] <= 90.0 + 1e-6


def test_torques_follow_from_accelerations_and_wrenches():
    rng = np.random.default_rng(9)
    model = standing_model(rng, 0.05)
    result = solve(model, problem_of(model)[0])
    contact = sum(model.foot_jacobian_local(s)[:, BASE:].T @ result.wrenches[s] for s in (0, 1))
    forces = model.bias[BASE:] + model.drag - contact
    expected = model.mass_matrix[BASE:] @ result.acceleration + forces
    assert np.allclose(result.torque, expected, atol=1e-6)


def test_a_problem_without_solution_is_counted_and_the_last_answer_held():
    model = standing_model()
    qp = problem_of(model)[0]
    good = solve(model, qp)
    bad = solve(model, qp, com_acceleration=(np.nan, 0.0, 0.0))
    assert not bad.solved and qp.failures == 1
    assert np.array_equal(bad.torque, good.torque)


def test_what_is_planned_does_without_limp_drives():
    model = standing_model()
    qp, torque = problem_of(model)
    description = model.description
    names = [description.joint_names[j] for j in description.structural_indices]
    knee, limp = names.index("r_knee"), np.zeros(len(names), dtype=bool)
    column = int(np.flatnonzero(model.joints.order == knee)[0])
    usual = solve(model, qp)
    limp[knee] = True
    torque.do_without(limp)
    lame = solve(model, qp)
    assert abs(usual.torque[column]) > 10.0 and lame.solved
    assert abs(lame.torque[column]) < 2.1
    assert np.allclose(base_residual(model, lame), 0.0, atol=1e-4)
    assert lame.wrenches[0, 2] > lame.wrenches[1, 2], "the other leg bears more"
    torque.do_without(np.zeros(len(names), dtype=bool))
    np.testing.assert_allclose(solve(model, qp).torque, usual.torque, atol=1e-3)


def bounds_of(model, joint_range):
    """The bounds that a joint's range sets to the accelerations."""
    bounds = np.full(model.nv, -np.inf), np.full(model.nv, np.inf)
    block = LimitBlock((), *np.zeros((3, 0, model.nv)), *bounds, np.zeros((0, model.nv)))
    joint_range.write(block, SoleLoads(FULL, np.ones(2)))
    return block


@pytest.mark.parametrize(("share", "brakes"), [(1.0, False), (1.15, True), (-1.15, True)])
def test_a_joint_beyond_the_speed_of_its_drive_brakes(share, brakes):
    model = standing_model()
    limits = model.description.limits.velocity[model.description.structural_indices]
    model.velocity[BASE:] = share * limits[model.joints.order]
    block = bounds_of(model, JointRange(model, JointRangeConfig()))
    ahead = block.variable_upper if share > 0.0 else -block.variable_lower
    assert (ahead[BASE:] < 0.0).all() == brakes


def test_an_arm_that_is_no_hand_on_its_way_ends_its_swing_before_it_meets_the_robot():
    name = "l_shoulder_roll"
    at = ROBOT.joint_names.index(name)
    swing = ROBOT.swing.copy()
    swing[0, at] = 0.1
    model = WholeBodyModel(replace(ROBOT, swing=swing))
    column = BASE + int(np.flatnonzero(model.joints.order == at)[0])
    joint_range = JointRange(model, JointRangeConfig())

    def push_back(angle, speed=0.0):
        """Return the least acceleration of the joint, rad/s^2."""
        joints = ROBOT.poses["stand"][ROBOT.structural_indices].copy()
        joints[at] = angle
        model.update(*np.zeros((1, 3)), np.eye(3), *np.zeros((2, 3)), joints, 0.0 * joints)
        model.velocity[column] = speed
        return bounds_of(model, joint_range).variable_lower[column]

    assert push_back(0.15, speed=-1.5) > 0.0 > push_back(0.15)
    assert push_back(0.0) == 0.0, "an arm that is farther is not thrown back"
    assert push_back(0.0, speed=-1.0) > 0.0 > push_back(0.0, speed=1.0)
    joint_range.reaching = (False, True)
    assert push_back(0.15, speed=-1.5) > 0.0
    joint_range.reaching = (True, False)
    assert push_back(0.15, speed=-1.5) < 0.0, "a hand that has a target uses the whole range"
