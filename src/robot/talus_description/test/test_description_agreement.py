# SPDX-License-Identifier: Apache-2.0
"""Checks that URDF, MJCF and SDF describe one and the same robot."""

import xml.etree.ElementTree as ElementTree

import mujoco
import numpy as np
import pinocchio
import pytest
from transforms3d.euler import euler2mat

SEEDS = range(4)


class Pair:
    """Holds URDF in pinocchio and MJCF in MuJoCo in one configuration, in pinocchio's order."""

    def __init__(self, pin_model, scene, robot, seed):
        self.pin, self.pin_data = pin_model, pin_model.createData()
        self.model, self.data = scene, mujoco.MjData(scene)
        random = np.random.default_rng(seed)
        angles = random.uniform(robot.limits.lower, robot.limits.upper)
        quat = random.normal(size=4)
        self.q = pinocchio.neutral(pin_model)
        self.q[:3], self.q[3:7] = random.normal(size=3), quat / np.linalg.norm(quat)
        self.data.qpos[:3], self.data.qpos[3:7] = self.q[:3], self.q[[6, 3, 4, 5]]
        self.dof = np.arange(pin_model.nv)
        self.armature = np.zeros(pin_model.nv)
        for name, angle, inertia in zip(
            robot.joint_names, angles, robot.limits.rotor_inertia, strict=True
        ):
            joint = pin_model.joints[pin_model.getJointId(name)]
            self.q[joint.idx_q] = self.data.qpos[scene.joint(name).qposadr[0]] = angle
            self.dof[joint.idx_v] = scene.joint(name).dofadr[0]
            self.armature[joint.idx_v] = inertia
        mujoco.mj_forward(scene, self.data)
        pinocchio.framesForwardKinematics(pin_model, self.pin_data, self.q)


@pytest.fixture(params=SEEDS)
def pair(request, pin_model, scene, robot):
    return Pair(pin_model, scene, robot, request.param)


def test_frames_are_in_the_same_places(pair, urdf):
    for name in urdf.links:
        placement = pair.pin_data.oMf[pair.pin.getFrameId(name)]
        for kind in ("body", "site"):
            if mujoco.mj_name2id(pair.model, mujoco.mju_str2Type(kind), name) >= 0:
                found = getattr(pair.data, kind)(name)
                assert found.xpos == pytest.approx(placement.translation, abs=1e-9), name
                assert found.xmat.reshape(3, 3) == pytest.approx(placement.rotation, abs=1e-9), name


def test_cameras_look_along_their_optical_frames(pair, facts):
    for name in facts["cameras"]:
        optical = pair.pin_data.oMf[pair.pin.getFrameId(f"{name}_camera_optical_frame")]
        camera = pair.data.camera(name)
        assert camera.xpos == pytest.approx(optical.translation, abs=1e-9)
        assert camera.xmat.reshape(3, 3) == pytest.approx(
            optical.rotation @ np.diag([1, -1, -1]), abs=1e-9
        )


def test_cameras_see_as_wide_as_robot_yaml_says(scene, facts):
    for name, camera in facts["cameras"].items():
        half_height = np.tan(np.radians(scene.camera(name).fovy[0]) / 2)
        half_width = half_height * camera["width"] / camera["height"]
        assert np.degrees(2 * np.arctan(half_width)) == pytest.approx(
            camera["horizontal_fov_deg"], abs=1e-3
        )
        assert list(scene.cam_resolution[scene.camera(name).id]) == [
            camera["width"],
            camera["height"],
        ]


def test_mass_matrix_and_centre_of_mass_agree(pair):
    mass = pinocchio.crba(pair.pin, pair.pin_data, pair.q)
    mass = np.triu(mass) + np.triu(mass, 1).T + np.diag(pair.armature)
    to_body = np.eye(
        pair.pin.nv
    )  # MuJoCo's free joint has its linear velocity in the world, pinocchio's in the body
    to_body[:3, :3] = pair.pin_data.oMi[1].rotation.T
    expected = np.zeros((pair.model.nv, pair.model.nv))
    mujoco.mj_fullM(pair.model, pair.data, expected)
    assert to_body.T @ mass @ to_body == pytest.approx(
        expected[np.ix_(pair.dof, pair.dof)], abs=1e-9
    )
    com = pinocchio.centerOfMass(pair.pin, pair.pin_data, pair.q)
    assert com == pytest.approx(pair.data.body("base_link").subtree_com, abs=1e-12)


def test_joints_and_motors_agree_with_the_description(scene, robot, urdf):
    joints = {joint.name: joint for joint in urdf.joints}
    motors = [scene.actuator(i).name for i in range(scene.nu)]
    assert motors == list(robot.joint_names)
    for index, name in enumerate(robot.joint_names):
        joint = scene.joint(name)
        assert list(joint.range) == pytest.approx(
            [robot.limits.lower[index], robot.limits.upper[index]]
        )
        assert list(scene.actuator(name).ctrlrange) == pytest.approx(
            [-joints[name].effort, joints[name].effort]
        )
        assert joint.frictionloss[0] == pytest.approx(0.004 * joints[name].effort)
        assert joint.damping[0] == joints[name].damping > 0.0


def test_joints_follow_the_order_of_the_groups(scene, robot):
    found = [scene.joint(i).name for i in range(1, scene.njnt)]
    groups = ("left_leg", "right_leg", "torso", "left_arm", "left_hand", "right_arm", "right_hand")
    assert found == [name for group in groups for name in robot.groups[group]]


def test_sdf_holds_the_same_joints(robot, urdf):
    model = ElementTree.parse(robot.sdf).getroot().find("model")
    found = {joint.get("name"): joint for joint in model.findall("joint")}
    expected = {j.name: j for j in urdf.joints if urdf.links[j.child].inertial}
    assert set(found) == set(expected)
    for name, joint in expected.items():
        element = found[name]
        assert (element.find("parent").text, element.find("child").text) == (
            joint.parent,
            joint.child,
        )
        assert element.find("pose").get("relative_to") == joint.parent
        _assert_pose(element.find("pose"), joint.pose)
        if joint.kind == "revolute":
            axis = element.find("axis")
            assert _numbers(axis.find("xyz")) == pytest.approx(joint.axis)
            for key in ("lower", "upper", "effort", "velocity"):
                assert float(axis.find(f"limit/{key}").text) == pytest.approx(getattr(joint, key))


def test_sdf_holds_the_same_bodies(robot, urdf):
    model = ElementTree.parse(robot.sdf).getroot().find("model")
    found = {link.get("name"): link for link in model.findall("link")}
    expected = {link.name: link.inertial for link in urdf.links.values() if link.inertial}
    assert set(found) == set(expected)
    for name, inertial in expected.items():
        element = found[name].find("inertial")
        assert float(element.find("mass").text) == pytest.approx(inertial.mass)
        _assert_pose(element.find("pose"), inertial.pose)
        for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)):
            value = float(element.find(f"inertia/i{'xyz'[i]}{'xyz'[j]}").text)
            assert value == pytest.approx(inertial.inertia[i, j], abs=1e-9)


def test_sdf_holds_the_sensors(robot, facts):
    model = ElementTree.parse(robot.sdf).getroot().find("model")
    kinds = [sensor.get("type") for sensor in model.iter("sensor")]
    assert kinds.count("imu") == 1 and kinds.count("force_torque") == 2
    assert kinds.count("rgbd_camera") == sum(
        camera["depth"] for camera in facts["cameras"].values()
    )
    assert kinds.count("camera") + kinds.count("rgbd_camera") == len(facts["cameras"])


def _numbers(element) -> list[float]:
    return [float(word) for word in element.text.split()]


def _assert_pose(element, pose) -> None:
    values = _numbers(element)
    assert values[:3] == pytest.approx(pose.position, abs=1e-9)
    assert euler2mat(*values[3:], axes="sxyz") == pytest.approx(pose.rotation, abs=1e-9)
