# SPDX-License-Identifier: Apache-2.0
"""Checks robot and world joined, the worlds, and what the simulated sensors mean."""

from pathlib import Path

import mujoco
import numpy as np
import pytest
from talus_description.scene import SceneError, load_scene, pose_qpos, world_names

SOLES = ("l_sole", "r_sole")


WORLDS = Path(__file__).resolve().parents[4] / "urdf" / "worlds"


@pytest.fixture(params=world_names(WORLDS))
def world(request, folder):
    return load_scene(folder, request.param)


def test_all_worlds_are_found():
    assert world_names(WORLDS) == sorted(file.stem for file in WORLDS.iterdir())


def test_simulates_as_the_robot_asks(world):
    assert world.opt.timestep == 0.001
    assert world.opt.integrator == mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    assert world.opt.cone == mujoco.mjtCone.mjCONE_ELLIPTIC
    assert world.opt.impratio == 10
    assert (world.nu, world.nq, world.nv) == (40, 47, 46)


def test_robot_starts_free_of_everything_but_the_floor(world, robot):
    for pose in ("stand", "sit"):
        data = placed(world, robot, robot.poses[pose])
        touching = {world.geom(geom).name for contact in data.contact for geom in contact.geom}
        assert touching <= {"floor", *SOLES}


@pytest.mark.parametrize("name", ["flat", "factory"])
def test_way_ahead_is_free_and_there_is_something_to_map(folder, name):
    model = load_scene(folder, name)
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    obstacles = [
        i
        for i in range(model.ngeom)
        if model.geom_bodyid[i] == 0 and model.geom_contype[i] and i != 0
    ]
    assert len(obstacles) >= 10
    for i in obstacles:
        half = model.geom_aabb[i, 3:]
        reach = np.abs(data.geom_xmat[i].reshape(3, 3)) @ half
        low, high = data.geom_xpos[i] - reach, data.geom_xpos[i] + reach
        in_way = low[0] < 11.0 and high[0] > -1.4 and low[1] < 1.2 and high[1] > -1.2
        assert not in_way, model.geom(i).name


def test_in_the_open_there_is_nothing_but_the_floor_of_flat(folder):
    bare, flat = load_scene(folder, "open"), load_scene(folder, "flat")
    assert [bare.geom(i).name for i in range(bare.ngeom) if bare.geom_bodyid[i] == 0] == ["floor"]
    np.testing.assert_array_equal(bare.geom("floor").friction, flat.geom("floor").friction)


def test_rubble_is_low_and_starts_at_1_5_m(folder):
    model = load_scene(folder, "rubble")
    blocks = [model.geom(i) for i in range(model.ngeom) if model.geom(i).name.startswith("block_")]
    tops = [block.pos[2] + block.size[2] for block in blocks]
    assert len(blocks) >= 60
    assert min(tops) > 0.0 and max(tops) <= 0.04 and np.std(tops) > 0.008
    assert min(block.pos[0] - block.size[0] for block in blocks) == pytest.approx(1.5)


def test_slope_rises_5_degrees_without_a_step(folder):
    model = load_scene(folder, "slope")
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    x = np.array([1.4, 1.55, 2.5, 3.5, 4.4, 5.5, 6.6, 9.4, 9.6])
    height = np.array([_ground(model, data, at) for at in x])
    rise = np.tan(np.radians(5.0))
    expected = np.interp(x, [1.5, 4.5, 6.5, 9.5], [0.0, 3 * rise, 3 * rise, 0.0])
    assert height == pytest.approx(expected, abs=1e-3)


def test_ice_is_slippery_though_the_sole_is_not(folder, robot):
    model = load_scene(folder, "slippery")
    sliding = _slide(model, robot, at=1.8, push=0.5)
    holding = _slide(model, robot, at=-0.5, push=0.5)
    assert holding < 0.005 < 0.05 < sliding


def test_feet_feel_the_weight_and_where_it_is(scene, robot):
    data = placed(scene, robot, robot.poses["stand"])
    hold(scene, data, robot, robot.poses["stand"], steps=1500)
    force = [-data.sensor(f"{sole}_force").data for sole in SOLES]
    torque = [-data.sensor(f"{sole}_torque").data for sole in SOLES]
    assert sum(f[2] for f in force) == pytest.approx(57.0 * 9.81, rel=0.01)
    # Centre of pressure of each foot in the world: x = -torque y / force z, y = torque x / force z.
    centres = [
        data.site(sole).xpos[:2] + np.array([-t[1], t[0]]) / f[2]
        for sole, f, t in zip(SOLES, force, torque, strict=True)
    ]
    whole = (force[0][2] * centres[0] + force[1][2] * centres[1]) / (force[0][2] + force[1][2])
    assert whole == pytest.approx(data.body("base_link").subtree_com[:2], abs=0.004)


def test_imu_at_rest_feels_gravity_upwards(scene, robot):
    data = placed(scene, robot, robot.poses["stand"])
    hold(scene, data, robot, robot.poses["stand"], steps=1500)
    assert data.sensor("imu_accelerometer").data == pytest.approx([0, 0, 9.81], abs=0.15)
    assert data.sensor("imu_gyro").data == pytest.approx([0, 0, 0], abs=0.02)


@pytest.mark.parametrize(
    ("world", "text", "says"),
    [
        ("flatt", None, "nearest: flat"),
        ("nowhere/there.xml", None, "does not exist"),
        ("bad.xml", "<mujoco><worldbody></mujoco>", "bad.xml"),
        (
            "bare.xml",
            "<mujoco><worldbody><geom size='1'/></worldbody></mujoco>",
            "no geom named 'floor'",
        ),
    ],
)
def test_says_in_one_line_what_is_wrong_with_a_world(folder, tmp_path, world, text, says):
    if text:
        (tmp_path / world).write_text(text)
        world = tmp_path / world
    with pytest.raises(SceneError) as error:
        load_scene(folder, world)
    assert says in str(error.value) and "\n" not in str(error.value)


def test_leaves_no_log_file(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    load_scene(folder, "flat")
    assert list(tmp_path.iterdir()) == []


def placed(model, robot, pose) -> mujoco.MjData:
    """Return the model with the robot in a pose on the floor."""
    data = mujoco.MjData(model)
    data.qpos[:] = pose_qpos(model, robot.joint_names, pose, SOLES)
    mujoco.mj_forward(model, data)
    return data


def hold(model, data, robot, pose, steps: int) -> None:
    """Keep a pose stiffly, so that the robot stands like a statue."""
    limits = robot.limits
    for _ in range(steps):
        for i, name in enumerate(robot.joint_names):
            error = pose[i] - data.joint(name).qpos[0]
            data.ctrl[i] = (
                10 * limits.effort[i] * error - 0.2 * limits.effort[i] * data.joint(name).qvel[0]
            )
        mujoco.mj_step(model, data)


def _slide(model, robot, at: float, push: float) -> float:
    """Return how far the standing robot's feet slide in .3 s under `push` times its weight, m."""
    pose = robot.poses["stand"]
    data = placed(model, robot, pose)
    data.qpos[0] += at
    hold(model, data, robot, pose, steps=300)
    start = data.site("l_sole").xpos[0]
    for foot in ("l_foot", "r_foot"):
        data.body(foot).xfrc_applied[0] = push * 57.0 * 9.81 / 2
    hold(model, data, robot, pose, steps=300)
    return float(abs(data.site("l_sole").xpos[0] - start))


def _ground(model, data, x: float) -> float:
    """Return the height of the ground at x on the x axis, m."""
    geom = np.zeros(1, dtype=np.int32)
    everything = np.array([1, 0, 0, 0, 0, 0], dtype=np.uint8)
    distance = mujoco.mj_ray(model, data, [x, 0, 3.0], [0, 0, -1.0], everything, 1, -1, geom)
    return 3.0 - distance
