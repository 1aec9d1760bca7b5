# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pinocchio as pin
import pytest
from standing_robot import ROBOT, standing_model
from talus_dynamics.pose_facts import pose_facts
from talus_dynamics.robot_dynamics import BASE, FULL_FRICTION_SPEED_RADPS, WholeBodyModel

STEP = 1e-6


def moved(model, direction):
    """The same model after `STEP` s at the velocity `direction` (nv,)."""
    other = standing_model()
    q = pin.integrate(model.model, model.configuration, STEP * direction)
    joints = q[model.q_index]
    rotation = pin.Quaternion(q[3:7]).toRotationMatrix()
    other.update(q[:3], rotation, np.zeros(3), np.zeros(3), joints, np.zeros_like(joints))
    return other


@pytest.mark.parametrize("frame", ["feet", "base", "torso"])
def test_frame_jacobians_equal_finite_differences(frame):
    rng = np.random.default_rng(2)
    model = standing_model(rng, 0.2)
    frame_id = model.feet[1] if frame == "feet" else getattr(model, frame)
    terms = model.frame(frame_id)
    for _ in range(5):
        direction = rng.standard_normal(model.nv)
        after = moved(model, direction).frame(frame_id)
        linear = (after.position - terms.position) / STEP
        angular = pin.log3(after.rotation @ terms.rotation.T) / STEP
        assert np.allclose(terms.jacobian @ direction, np.concatenate((linear, angular)), atol=1e-4)


def test_centre_of_mass_velocity_equals_finite_differences():
    rng = np.random.default_rng(3)
    model = standing_model(rng, 0.2)
    after = moved(model, model.velocity.copy())
    assert np.allclose(model.com_velocity, (after.com - model.com) / STEP, atol=1e-4)


def test_mass_matrix_is_symmetric_and_carries_the_rotors():
    model = standing_model()
    matrix = model.mass_matrix
    assert np.allclose(matrix, matrix.T)
    rotors = ROBOT.limits.rotor_inertia[ROBOT.structural_indices]
    assert np.all(np.diag(matrix)[model.v_index] > rotors)


@pytest.mark.parametrize("gravity", [1.62, 9.81])
def test_gravity_at_rest_is_the_weight(gravity):
    model = standing_model()
    model.set_gravity(gravity)
    zero = np.zeros(3)
    model.update(
        zero,
        np.eye(3),
        zero,
        zero,
        ROBOT.poses["stand"][ROBOT.structural_indices],
        np.zeros(model.nv - 6),
    )
    assert model.weight == pytest.approx(57.0 * gravity)
    assert model.bias[2] == pytest.approx(model.weight)


def test_soles_seen_from_the_base_agree_with_the_full_model():
    rng = np.random.default_rng(4)
    model = standing_model(rng, 0.1)
    base = model.frame(model.base)
    for sole, position in zip(
        model.feet, model.soles_in_base(model.configuration[model.q_index]), strict=True
    ):
        assert np.allclose(base.position + base.rotation @ position, model.frame(sole).position)


def test_centroidal_momentum_agrees_with_pinocchio_own():
    model = standing_model(np.random.default_rng(5), 0.3)
    data, q, v = model.model.createData(), model.configuration, model.velocity
    drift = pin.computeCentroidalMomentumTimeVariation(
        model.model, data, q, v, np.zeros(model.nv)
    ).vector
    pin.ccrba(model.model, data, q, v)
    assert np.allclose(model.momentum_matrix, data.Ag)
    assert np.allclose(model.momentum_drift, drift)
    assert np.allclose(model.com, data.com[0])


def test_the_sit_pose_leans_forward_and_the_stand_pose_is_upright():
    model = standing_model()
    joints = ROBOT.structural_indices
    stand, sit = (pose_facts(model, ROBOT.poses[name][joints]) for name in ("stand", "sit"))
    assert stand.pelvis_pitch == pytest.approx(0.0, abs=1e-6)
    assert sit.pelvis_pitch > 0.1
    bend = ROBOT.poses["sit"][ROBOT.joint_names.index("torso_pitch")]
    assert bend > 0.3, "seated, the chest hangs over the knees"
    assert sit.chest_pitch == pytest.approx(sit.pelvis_pitch + bend)
    assert stand.chest_pitch == pytest.approx(0.0, abs=1e-6)
    assert stand.com_height - sit.com_height > 0.25


def test_dry_friction_is_taken_from_torque_the_way_a_joint_is_meant_to_go():
    model = WholeBodyModel(ROBOT)
    joints = ROBOT.structural_indices
    friction = ROBOT.limits.friction[joints]
    assert (friction > 0.0).any()
    at_rest = model.drag.copy()
    planned = np.zeros(len(joints))
    planned[::2] = 10.0 * FULL_FRICTION_SPEED_RADPS
    planned[1::2] = -10.0 * FULL_FRICTION_SPEED_RADPS
    model.plan_motion(planned)
    taken = (model.drag - at_rest)[model.v_index - BASE]  # in Talus's order
    assert np.allclose(taken, np.sign(planned) * friction)
    model.plan_motion(None)
    assert (model.drag == at_rest).all()


def test_a_joint_that_is_to_stay_is_not_shaken_by_the_noise_of_its_speed():
    model = WholeBodyModel(ROBOT)
    noise = 0.02  # rad/s
    model.plan_motion(np.full(len(ROBOT.structural_indices), noise))
    friction = ROBOT.limits.friction[ROBOT.structural_indices]
    assert (model.drag[model.v_index - BASE] <= 0.2 * friction).all()
