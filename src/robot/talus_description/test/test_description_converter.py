# SPDX-License-Identifier: Apache-2.0
"""Checks the converter on a robot that is not ours: a box on one hinge."""

import sys

import mujoco
import pytest
from talus_description import generate
from talus_description.scene import load_scene

URDF = """<robot name="pendulum">
  <link name="body"><inertial><mass value="2"/><origin xyz="0 0 0.1" rpy="0 0 0"/>
    <inertia ixx="0.02" iyy="0.02" izz="0.01" ixy="0.001" ixz="0" iyz="0"/></inertial>
    <collision><geometry><box size="0.2 0.2 0.2"/></geometry></collision></link>
  <link name="leg"><inertial><mass value="1"/>
    <inertia ixx="0.01" iyy="0.01" izz="0.01" ixy="0" ixz="0" iyz="0"/></inertial>
    <collision><origin xyz="0 0 -0.2"/><geometry><cylinder radius="0.03" length="0.3"/></geometry>
    </collision></link>
  <link name="tip"><collision><geometry><sphere radius="0.02"/></geometry></collision></link>
  <joint name="hip" type="{kind}"><parent link="body"/><child link="leg"/>
    <origin xyz="0 0 -0.1"/><axis xyz="0 1 0"/>
    <limit lower="-1" upper="2" effort="30" velocity="5"/></joint>
  <joint name="tip_fixed" type="fixed"><parent link="leg"/><child link="tip"/>
    <origin xyz="0 0 -0.4" rpy="0.1 0.2 0.3"/></joint>
  <link name="body_imu"/>
  <joint name="imu" type="fixed"><parent link="body"/><child link="body_imu"/></joint>
</robot>"""
ROBOT = """
name: pendulum
urdf: pendulum.urdf
mjcf: pendulum.xml
sdf: pendulum.sdf
joints: {left_leg: [hip]}
feet: {left: {frame: tip, length: 0.1, width: 0.1}}
frames: {base: body, imu: body_imu}
simulation: {self_collision: [[leg, %s]]}
"""


@pytest.fixture
def make(tmp_path, monkeypatch, capsys):
    def run(kind="revolute", other="body"):
        folder = tmp_path / "pendulum"
        folder.mkdir(exist_ok=True)
        (folder / "pendulum.urdf").write_text(URDF.format(kind=kind))
        (folder / "robot.yaml").write_text(ROBOT % other)
        monkeypatch.setattr(sys, "argv", ["generate", str(folder)])
        return folder, generate.main(), capsys.readouterr().err

    return run


def test_converts_a_robot_that_is_not_ours(make, worlds):
    folder, code, _ = make()
    assert code == 0
    model = load_scene(folder, "flat", worlds)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    assert model.nu == 1 and model.npair == 1
    assert model.body("body").mass[0] == 2.0
    assert list(model.joint("hip").range) == [-1.0, 2.0]
    assert data.site("tip").xpos[2] - data.body("body").xpos[2] == pytest.approx(-0.5)
    capsule = model.geom("leg_collision_0")
    assert capsule.type[0] == mujoco.mjtGeom.mjGEOM_CAPSULE
    assert 2 * (capsule.size[0] + capsule.size[1]) == pytest.approx(0.3)
    assert (folder / "pendulum.sdf").read_text().count("<link ") == 2


def test_keeps_inertia_products(make, worlds):
    folder, _, _ = make()
    model = load_scene(folder, "flat", worlds)
    assert sorted(model.body("body").inertia) == pytest.approx(sorted([0.021, 0.019, 0.01]))


def test_refuses_a_joint_that_it_cannot_convert(make):
    _, code, error = make(kind="planar")
    assert code == 2
    assert "'hip' is planar" in error and error.count("\n") == 1


def test_refuses_a_collision_pair_without_shapes(make):
    _, code, error = make(other="tail")
    assert code == 2
    assert "'tail' has no collision geometry" in error
