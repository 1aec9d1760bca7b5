# SPDX-License-Identifier: Apache-2.0
"""The ideal robot: soles never slip, the base follows them, the sensors agree with both."""

import numpy as np
import pytest
from talus_core.driver import DriverError, DriverSetup
from talus_core.physics import GRAVITY_MPS2
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.state import JointCommand
from talus_safety.kernel.measure.body import Body
from talus_simulation.mock_body.driver import MockDriver

pytestmark = pytest.mark.sim


@pytest.fixture
def mock(robot) -> MockDriver:
    driver = MockDriver(DriverSetup(robot, options={"start_pose": "stand"}))
    driver.connect()
    return driver


def follow(driver: MockDriver, pose: np.ndarray, ticks: int) -> None:
    one = np.ones(len(pose))
    zero = np.zeros(len(pose))
    for _ in range(ticks):
        driver.write(JointCommand(0, pose, zero, zero, one, one))
        driver.advance()


def bent(robot, **joints: float) -> np.ndarray:
    pose = robot.poses["stand"].copy()
    for name, angle in joints.items():
        pose[robot.joint_names.index(name)] += angle
    return pose


def soles_in_world(driver: MockDriver, robot) -> list[np.ndarray]:
    """(3,) m of both soles."""
    body = Body(robot)
    truth = driver.ground_truth()
    placement = body.place(driver.read(0.0).position)
    rotation = matrix_from_quat_xyzw(truth.quat_xyzw)
    return [truth.position + rotation @ body.locate(placement, sole)[1] for sole in body.soles]


def test_stands_level_on_both_soles(mock, robot):
    for sole in soles_in_world(mock, robot):
        assert sole[2] == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_allclose(mock.ground_truth().quat_xyzw, [0.0, 0.0, 0.0, 1.0], atol=1e-9)
    assert mock.ground_truth().position[2] == pytest.approx(0.84, abs=0.02)


def test_bending_the_knees_lowers_the_base_over_soles_that_stay(mock, robot):
    before = soles_in_world(mock, robot)
    legs = {f"{side}_{joint}": angle for side in "lr" for joint, angle in
            (("hip_pitch", -0.2), ("knee", 0.4), ("ankle_pitch", -0.2))}  # fmt: skip
    height = mock.ground_truth().position[2]
    follow(mock, bent(robot, **legs), 200)
    np.testing.assert_allclose(soles_in_world(mock, robot), before, atol=1e-3)
    assert mock.ground_truth().position[2] < height - 0.05


def test_a_lifted_foot_carries_nothing_the_other_everything(mock, robot):
    weight = GRAVITY_MPS2 * Body(robot).mass
    np.testing.assert_allclose(mock.read(0.0).foot_wrenches[:, 2], weight / 2.0)
    follow(mock, bent(robot, r_hip_pitch=-0.3, r_knee=0.6), 200)
    np.testing.assert_allclose(mock.read(0.0).foot_wrenches[:, 2], [weight, 0.0])


def test_the_imu_integrates_to_the_motion_of_the_base(mock, robot):
    """Leaning back about the ankles: gyroscope to attitude, accelerometer to speed."""
    imu = Body(robot).imu.rotation
    pose = bent(robot, l_ankle_pitch=0.1, r_ankle_pitch=0.1)
    rotation = matrix_from_quat_xyzw(mock.ground_truth().quat_xyzw)
    speed = np.zeros(3)
    for _ in range(60):
        follow(mock, pose, 1)
        state = mock.read(0.0)
        w = imu @ state.angular_velocity * mock.period
        rotation = rotation @ (
            np.eye(3) + np.array([[0, -w[2], w[1]], [w[2], 0, -w[0]], [-w[1], w[0], 0]])
        )
        speed += mock.period * (
            rotation @ imu @ state.linear_acceleration - [0.0, 0.0, GRAVITY_MPS2]
        )
    truth = mock.ground_truth()
    np.testing.assert_allclose(rotation, matrix_from_quat_xyzw(truth.quat_xyzw), atol=2e-3)
    np.testing.assert_allclose(speed, truth.linear_velocity, atol=0.02)


def test_joints_stop_at_the_ends_of_their_ranges(mock, robot):
    follow(mock, np.full(len(robot.joint_names), 10.0), 300)
    np.testing.assert_allclose(mock.read(0.0).position, robot.limits.upper, atol=1e-9)


def test_nothing_is_faster_than_the_speed_limits(mock, robot):
    for _ in range(100):
        follow(mock, np.full(len(robot.joint_names), -10.0), 1)
        assert (np.abs(mock.read(0.0).velocity) <= robot.limits.velocity + 1e-9).all()


def test_what_needs_forces_is_refused(mock):
    with pytest.raises(DriverError, match="use the driver mujoco"):
        mock.push("torso", np.ones(3), 0.1)
    with pytest.raises(DriverError, match="use the driver mujoco"):
        mock.set_friction("floor", 0.5)
