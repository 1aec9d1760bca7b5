# SPDX-License-Identifier: Apache-2.0
"""Checks the body of talus40: mass, inertia, ranges, frames, and what stands on the floor."""

import mujoco
import numpy as np
import pytest
from talus_description.scene import pose_qpos


def test_weighs_57_kg(urdf):
    masses = [link.inertial.mass for link in urdf.links.values() if link.inertial]
    assert sum(masses) == pytest.approx(57.0, abs=1e-9)
    assert min(masses) > 0.0


@pytest.mark.parametrize(("part", "mass"), [("leg", 10.9), ("arm", 4.6), ("hand", 0.65)])
def test_limbs_weigh_what_the_description_says(urdf, part, mass):
    root = {"leg": "hip_yaw_link", "arm": "shoulder_pitch_link", "hand": "hand"}[part]
    for side in "lr":
        assert _mass_below(urdf, f"{side}_{root}") == pytest.approx(mass, abs=1e-9)


def test_inertias_are_those_of_real_bodies(urdf):
    for link in urdf.links.values():
        if link.inertial is None:
            continue
        moments = np.linalg.eigvalsh(link.inertial.inertia)
        assert moments[0] > 0.0, link.name
        assert moments[2] <= moments[0] + moments[1] + 1e-12, f"{link.name}: triangle inequality"


def test_is_1_73_m_tall_with_straight_legs(scene, robot):
    data = placed(scene, robot, np.zeros(len(robot.joint_names)))
    head = scene.geom("head_visual_0")
    points = scene.mesh_vert[scene.mesh_vertadr[head.dataid[0]] :][
        : scene.mesh_vertnum[head.dataid[0]]
    ]
    top = (
        points @ data.geom("head_visual_0").xmat.reshape(3, 3).T + data.geom("head_visual_0").xpos
    )[:, 2].max()
    assert top == pytest.approx(1.73, abs=1e-3)


def test_every_range_holds_zero_and_every_pose(robot):
    limits = robot.limits
    assert (limits.lower < limits.upper).all()
    assert (limits.lower <= 0.0).all() and (limits.upper >= 0.0).all()
    assert (
        (limits.velocity > 0.0).all()
        and (limits.effort > 0.0).all()
        and (limits.rotor_inertia > 0.0).all()
    )
    for name, pose in robot.poses.items():
        assert (pose >= limits.lower).all() and (pose <= limits.upper).all(), name


def test_every_limit_has_a_reason(body, facts):
    assert all(len(joint["why"].split()) >= 2 for joint in body["joints"].values())
    assert all(len(drive["parent"].split()) >= 2 for drive in facts["drives"].values())


def test_sides_mirror_each_other(robot, body):
    limits, names = robot.limits, robot.joint_names
    for joint, data in body["joints"].items():
        if f"l_{joint}" not in names:
            continue
        left, right = names.index(f"l_{joint}"), names.index(f"r_{joint}")
        swapped = data.get("mirror") == "range"
        expected = (
            (-limits.upper[left], -limits.lower[left])
            if swapped
            else (limits.lower[left], limits.upper[left])
        )
        assert (limits.lower[right], limits.upper[right]) == expected, joint
        assert limits.effort[left] == limits.effort[right]


def test_drives_cover_every_joint_once(facts, robot):
    driven = [joint for drive in facts["drives"].values() for joint in drive["joints"]]
    assert sorted(driven) == sorted(robot.joint_names)


def test_speed_limits_leave_the_bus_voltage_room(facts):
    for name, drive in facts["drives"].items():
        no_load = facts["battery"]["nominal_voltage"] / drive["torque_constant"]
        assert drive["velocity"] <= 0.7 * no_load, name


def test_battery_numbers_agree(facts):
    battery = facts["battery"]
    assert battery["nominal_voltage"] * battery["capacity"] / 1000 == pytest.approx(
        battery["energy"], rel=0.01
    )
    assert battery["empty_voltage"] < battery["nominal_voltage"] < battery["full_voltage"]


def test_frames_of_rep_120_and_of_the_cameras_exist(urdf, facts, robot):
    sides = [f"{side}_{name}" for side in "lr" for name in ("sole", "ankle", "wrist", "gripper")]
    cameras = [
        f"{name}_camera{end}" for name in facts["cameras"] for end in ("_link", "_optical_frame")
    ]
    wanted = ["base_link", "torso", "gaze", "imu_link", *sides, *cameras, *robot.frames.values()]
    assert set(wanted) <= set(urdf.links)
    assert urdf.root == "base_link"


def test_front_cameras_are_a_level_stereo_pair(scene, robot):
    data = placed(scene, robot, robot.poses["stand"])
    left, right = data.camera("front_left"), data.camera("front_right")
    assert left.xpos - right.xpos == pytest.approx([0.0, 0.07, 0.0], abs=1e-9)
    assert left.xmat == pytest.approx(right.xmat, abs=1e-9)


def test_down_camera_sees_from_before_the_toes_to_beyond_1_5_m(scene, robot):
    data = placed(scene, robot, robot.poses["stand"])
    camera, half = data.camera("down"), np.radians(scene.camera("down").fovy[0]) / 2
    forward = -camera.xmat.reshape(3, 3)[:, 2]
    lean = np.arctan2(-forward[2], forward[0])
    reach = [camera.xpos[0] + camera.xpos[2] / np.tan(lean + turn) for turn in (half, -half)]
    toes = data.site("l_sole").xpos[0] + robot.feet[0].length / 2
    assert reach[0] < toes and reach[1] > 1.5


@pytest.mark.parametrize("pose", ["stand", "sit"])
def test_soles_are_flat_on_the_floor(scene, robot, pose):
    data = placed(scene, robot, robot.poses[pose])
    for foot in robot.feet:
        site = data.site(foot.frame)
        assert site.xpos[2] == pytest.approx(0.0, abs=1e-9)
        assert site.xmat.reshape(3, 3)[:, 2] == pytest.approx([0, 0, 1], abs=1e-9)
        box = scene.geom(foot.frame)
        assert list(2 * box.size[:2]) == pytest.approx([foot.length, foot.width])
        assert data.geom(foot.frame).xpos[2] - box.size[2] == pytest.approx(0.0, abs=1e-9)


def test_little_to_draw(scene):
    assert (scene.geom_group[scene.geom_bodyid > 0] == 2).sum() <= 90
    assert scene.mesh_facenum.sum() <= 25_000


def placed(model, robot, pose) -> mujoco.MjData:
    """Return the model with the robot in a pose on the floor."""
    data = mujoco.MjData(model)
    data.qpos[:] = pose_qpos(model, robot.joint_names, pose, [foot.frame for foot in robot.feet])
    mujoco.mj_forward(model, data)
    return data


def _mass_below(urdf, link) -> float:
    own = urdf.links[link].inertial.mass if urdf.links[link].inertial else 0.0
    return own + sum(_mass_below(urdf, joint.child) for joint in urdf.joints_from(link))
