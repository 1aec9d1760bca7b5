# SPDX-License-Identifier: Apache-2.0
"""Kinematics against finite differences and statics against the description's own figures."""

from dataclasses import replace

import numpy as np
import pytest
import yaml
from safety_samples import ROBOT, N
from talus_core.robot import RobotDescriptionError
from talus_safety.kernel.measure.body import Body, cross

BODY = Body(ROBOT)
GRAVITY = np.array([0.0, 0.0, -9.81])
PATH = yaml.safe_load((ROBOT.folder / "rest_path.yaml").read_text())


def some_posture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(ROBOT.limits.lower, ROBOT.limits.upper)


def test_cross_is_numpys():
    a, b = np.random.default_rng(0).normal(size=(2, 4, 5, 3))
    np.testing.assert_allclose(cross(a, b), np.cross(a, b))


def test_mass_is_57_kg():
    assert pytest.approx(57.0, abs=0.05) == BODY.mass


def test_feet_are_mirrored_and_level_when_standing():
    placement = BODY.place(ROBOT.poses["stand"])
    (left_rotation, left), (right_rotation, right) = (
        BODY.locate(placement, sole) for sole in BODY.soles
    )
    np.testing.assert_allclose(left * [1, -1, 1], right, atol=1e-12)
    np.testing.assert_allclose(left_rotation, right_rotation, atol=1e-12)
    np.testing.assert_allclose(left_rotation, np.eye(3), atol=1e-3)


def test_a_placement_is_kept_for_equal_angles_and_made_anew_for_an_array_that_changed():
    position = some_posture()
    first = BODY.place(position)
    assert BODY.place(position.copy()) is first
    position[0] += 0.1
    assert not np.array_equal(BODY.place(position).rotation, first.rotation)
    np.testing.assert_array_equal(BODY.place(some_posture()).rotation, first.rotation)


@pytest.mark.parametrize("seed", range(5))
def test_centre_velocity_is_the_derivative_of_the_centre(seed):
    position, velocity = some_posture(seed), np.random.default_rng(seed + 100).normal(size=N)
    step = 1e-6
    ahead, behind = (
        BODY.centre_of_mass(BODY.place(position + s * step * velocity)) for s in (1, -1)
    )
    np.testing.assert_allclose(
        BODY.centre_velocity(BODY.place(position), velocity),
        (ahead - behind) / (2 * step),
        atol=1e-7,
    )


@pytest.mark.parametrize("seed", range(5))
def test_gravity_torque_is_the_gradient_of_the_potential(seed):
    position, step = some_posture(seed), 1e-6
    torque = BODY.gravity_torque(BODY.place(position), GRAVITY)

    def potential(q):
        return -BODY.mass * GRAVITY @ BODY.centre_of_mass(BODY.place(q))

    for joint in range(N):
        dq = step * np.eye(N)[joint]
        assert torque[joint] == pytest.approx(
            (potential(position + dq) - potential(position - dq)) / (2 * step), abs=1e-4
        )


def test_upper_body_torques_are_those_of_the_rest_path():
    """Another program (rigid-body library and generator) made that table.

    Two ways to the same figures.
    """
    joints = [ROBOT.joint_names.index(name) for name in PATH["joints"]]
    for row in PATH["rows"]:
        position = np.zeros(N)
        position[joints] = row["position"]
        pitch = row["base_pitch"]
        gravity = 9.81 * np.array([np.sin(pitch), 0.0, -np.cos(pitch)])
        torque = BODY.gravity_torque(BODY.place(position), gravity)[joints]
        np.testing.assert_allclose(torque[12:], row["torque"][12:], atol=0.02)


def test_robot_whose_joint_hangs_on_another_root_is_refused():
    with pytest.raises(RobotDescriptionError, match="do not hang on torso"):
        Body(replace(ROBOT, frames={**ROBOT.frames, "base": "torso"}))


def test_imu_must_not_move_against_the_base():
    with pytest.raises(RobotDescriptionError, match="must be fixed to base_link"):
        Body(replace(ROBOT, frames={**ROBOT.frames, "imu": "gaze"}))


def test_unknown_frame_names_the_known_ones():
    with pytest.raises(RobotDescriptionError, match="unknown link 'imu_lnk'; nearest: imu_link"):
        Body(replace(ROBOT, frames={**ROBOT.frames, "imu": "imu_lnk"}))


@pytest.mark.parametrize(
    ("there", "gone", "said"),
    [
        ('<parent link="base_link"/>', "", "needs <parent link=...>"),
        ('<child link="l_hip_roll_link"/>', "<child/>", "needs <child link=...>"),
        ("<mass ", "<weight ", "inertial 'one' needs <mass value=...>"),
        ("<axis ", "<axle ", "needs <axis xyz=...>"),
    ],
)
def test_a_urdf_that_lacks_something_is_refused_by_name(tmp_path, there, gone, said):
    text = ROBOT.urdf.read_text()
    assert there in text
    (tmp_path / "poor.urdf").write_text(text.replace(there, gone, 1))
    with pytest.raises(RobotDescriptionError, match=said):
        Body(replace(ROBOT, urdf=tmp_path / "poor.urdf"))


def test_joint_without_an_origin_sits_at_its_parents(tmp_path):
    text, at = (
        ROBOT.urdf.read_text(),
        'child link="l_hip_roll_link"/>\n    <origin rpy="0 0 0" xyz="0 0 0"/>',
    )
    assert at in text
    (tmp_path / "bare.urdf").write_text(text.replace(at, at.split("\n")[0]))
    bare = Body(replace(ROBOT, urdf=tmp_path / "bare.urdf"))
    posture = some_posture()
    np.testing.assert_allclose(
        bare.centre_of_mass(bare.place(posture)), BODY.centre_of_mass(BODY.place(posture))
    )
