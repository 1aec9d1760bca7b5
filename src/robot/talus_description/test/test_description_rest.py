# SPDX-License-Identifier: Apache-2.0
"""Checks that seated the robot stays without torque, and that the path to it is balanced."""

import mujoco
import numpy as np
import pytest
import yaml
from talus_description.scene import pose_qpos

SOLES = ("l_sole", "r_sole")


@pytest.fixture
def limp(scene, facts) -> mujoco.MjModel:
    """Return the scene with the power cut: windings shorted through a resistor, brakes closed."""
    for drive in facts["drives"].values():
        for joint in drive["joints"]:
            scene.joint(joint).damping += drive["torque_constant"] ** 2 / (2 * drive["resistance"])
            scene.joint(joint).frictionloss += drive.get("holding_brake", 0.0)
    return scene


@pytest.fixture(scope="module")
def path(folder):
    return yaml.safe_load((folder / "rest_path.yaml").read_text())


def test_sits_as_high_as_on_a_chair(scene, robot):
    data = placed(scene, robot, "sit")
    hip = data.joint("l_hip_pitch").xanchor[2]
    assert 0.42 <= hip <= 0.50


@pytest.mark.parametrize("pose", ["stand", "sit"])
def test_centre_of_mass_is_well_inside_the_feet(scene, robot, pose):
    assert abs(com_ahead(placed(scene, robot, pose))) <= robot.feet[0].length / 2 - 0.05


def test_braking_is_5_to_11_percent_of_the_torque_limit_per_rad_s(facts):
    for name, drive in facts["drives"].items():
        braking = drive["torque_constant"] ** 2 / (2 * drive["resistance"])
        assert 0.04 <= braking / drive["effort"] <= 0.11, name


@pytest.mark.parametrize("seed", range(3))
def test_seated_it_stays_without_torque_for_30_s(limp, robot, seed):
    data = placed(limp, robot, "sit")
    random = np.random.default_rng(seed)
    data.qpos[7:] += random.normal(0.0, 0.01, limp.nq - 7)
    data.qvel[6:] = random.normal(0.0, 0.1, limp.nv - 6)
    mujoco.mj_step(limp, data, nstep=3_000)
    settled = data.qpos.copy()
    mujoco.mj_step(limp, data, nstep=27_000)
    for joint in ("hip_pitch", "knee", "ankle_pitch"):
        for side in "lr":
            name = f"{side}_{joint}"
            stop = limp.joint(name).range[1 if joint == "knee" else 0]
            assert data.joint(name).qpos[0] == pytest.approx(stop, abs=0.04), (
                f"{name} is not on its stop"
            )
    assert np.abs(data.qpos[:7] - settled[:7]).max() < 0.03
    assert np.abs(data.qvel[:6]).max() < 0.02
    assert abs(com_ahead(data)) < robot.feet[0].length / 2 - 0.05
    assert all(data.site(sole).xmat.reshape(3, 3)[2, 2] > 0.999 for sole in SOLES)


def test_standing_it_falls_without_torque(limp, robot):
    data = placed(limp, robot, "stand")
    upright = data.body("torso").xmat.reshape(3, 3)[2, 2]
    assert upright > 0.99
    mujoco.mj_step(limp, data, nstep=3_000)
    assert data.body("head").xpos[2] < 0.6
    assert data.body("torso").xmat.reshape(3, 3)[2, 2] < 0.5


def test_falls_also_without_control_but_with_free_joints(scene, robot):
    data = placed(scene, robot, "stand")
    mujoco.mj_step(scene, data, nstep=2_000)
    assert data.body("head").xpos[2] < 0.6


def test_rest_path_leads_from_stand_to_sit(path, robot):
    rows = np.array([row["position"] for row in path["rows"]])
    assert len(rows) >= 12
    assert path["joints"] == [robot.joint_names[i] for i in robot.structural_indices]
    for row, pose in ((rows[0], "stand"), (rows[-1], "sit")):
        assert row == pytest.approx(robot.poses[pose][robot.structural_indices], abs=1e-5)
    heights = [row["base_height"] for row in path["rows"]]
    assert (np.diff(heights) < 0.0).all()
    assert np.abs(np.diff(rows, axis=0)).max() < 0.15


def test_rest_path_stays_in_balance_range_and_torque(path, robot, scene):
    structural = robot.structural_indices
    limits = robot.limits
    for row in path["rows"]:
        pose = np.zeros(len(robot.joint_names))
        pose[structural] = row["position"]
        data = placed(scene, robot, pose)
        assert data.qpos[2] == pytest.approx(row["base_height"], abs=1e-4)
        assert com_ahead(data) == pytest.approx(row["com_ahead"], abs=1e-4)
        assert abs(com_ahead(data)) <= robot.feet[0].length / 2 - 0.04
        assert (pose >= limits.lower).all() and (pose <= limits.upper).all()
        assert (np.abs(row["torque"]) <= 0.6 * limits.effort[structural]).all()


@pytest.mark.parametrize("index", [0, 8, 16])
def test_rest_path_torques_hold_the_robot_still(path, robot, scene, index):
    row = path["rows"][index]
    pose = np.zeros(len(robot.joint_names))
    pose[robot.structural_indices] = row["position"]
    data = placed(scene, robot, pose)
    for _ in range(300):  # the torques, and a weak hold against what balance would do
        for name, angle, torque in zip(path["joints"], row["position"], row["torque"], strict=True):
            joint, motor = data.joint(name), data.actuator(name)
            motor.ctrl = torque + 200.0 * (angle - joint.qpos[0]) - 5.0 * joint.qvel[0]
        mujoco.mj_step(scene, data)
    held = [data.joint(name).qpos[0] for name in path["joints"]]
    assert held == pytest.approx(row["position"], abs=0.02)


def placed(model, robot, pose) -> mujoco.MjData:
    """Return the model with the robot in a pose, by name or angles, on the floor."""
    data = mujoco.MjData(model)
    angles = robot.poses[pose] if isinstance(pose, str) else pose
    data.qpos[:] = pose_qpos(model, robot.joint_names, angles, SOLES)
    mujoco.mj_forward(model, data)
    return data


def com_ahead(data) -> float:
    """Return how far the centre of mass is ahead of the soles' middle, m along the left sole."""
    middle = np.mean([data.site(sole).xpos for sole in SOLES], axis=0)
    return float(
        (data.body("base_link").subtree_com - middle) @ data.site(SOLES[0]).xmat.reshape(3, 3)[:, 0]
    )
