# SPDX-License-Identifier: Apache-2.0
"""Checks that talus40's own MJCF, adopted, gives back what robot.yaml says of it."""

from pathlib import Path

import mujoco
import numpy as np
import pytest
import yaml
from talus_core.errors import TalusError
from talus_core.robot import load_robot
from talus_description.adopt import adopt, main
from talus_description.adoption.drives import drive_row
from talus_description.scene import load_scene, pose_qpos

ROOT = Path(__file__).parents[4]
TALUS40 = ROOT / "urdf" / "talus40"
FLAT = ROOT / "urdf" / "worlds" / "flat.xml"
TOE = """<mujoco><worldbody><body name="base">
  <freejoint/><geom size="0.1"/>{legs}</body></worldbody></mujoco>"""


@pytest.fixture(scope="module")
def adopted(tmp_path_factory):
    """Return the folder made of talus40.xml alone."""
    folder = tmp_path_factory.mktemp("robots") / "guest"
    adopt(TALUS40 / "talus40.xml", folder)
    return folder


def test_parts_and_limits_are_those_of_robot_yaml(adopted):
    guest, own = load_robot(adopted), load_robot(TALUS40)
    assert guest.joint_names == own.joint_names
    assert guest.groups == own.groups
    for name in ("lower", "upper", "effort", "rotor_inertia"):
        assert np.allclose(getattr(guest.limits, name), getattr(own.limits, name), atol=1e-9), name
    assert [(foot.length, foot.width) for foot in guest.feet] == [
        (foot.length, foot.width) for foot in own.feet
    ]
    assert {key: guest.frames[key] for key in ("base", "torso", "imu")} == {
        key: own.frames[key] for key in ("base", "torso", "imu")
    }


def test_body_stays_as_it_is(adopted):
    guest, own = load_scene(adopted / "guest.xml", FLAT), load_scene(TALUS40 / "talus40.xml", FLAT)
    joints = load_robot(TALUS40).joint_names
    pose = np.random.default_rng(0).uniform(-0.3, 0.3, len(joints))
    masses, places = [], []
    for model, soles in ((guest, ("left_sole", "right_sole")), (own, ("l_sole", "r_sole"))):
        data = mujoco.MjData(model)
        data.qpos[:] = pose_qpos(model, joints, pose, soles)
        mujoco.mj_forward(model, data)
        matrix = np.zeros((model.nv, model.nv))
        mujoco.mj_fullM(model, data, matrix)
        masses.append(matrix)
        places.append(np.array([data.site(sole).xpos for sole in soles]))
    assert np.allclose(masses[0], masses[1], atol=1e-9)
    assert np.allclose(places[0], places[1], atol=1e-9)


def test_soles_meet_the_ground_where_the_feet_did(adopted):
    guest, own = load_scene(adopted / "guest.xml", FLAT), load_scene(TALUS40 / "talus40.xml", FLAT)
    places = []
    for model in (guest, own):
        data = mujoco.MjData(model)
        mujoco.mj_kinematics(model, data)
        places.append([data.geom(f"{side}_sole").xpos - data.qpos[:3] for side in "lr"])
    assert np.allclose(*places, atol=1e-6)


def test_it_stands_balanced_on_both_soles(adopted):
    guest = load_robot(adopted)
    model = load_scene(adopted / "guest.xml", FLAT)
    soles = [foot.frame for foot in guest.feet]
    for name, least in (("stand", 0.85), ("sit", 0.6)):
        data = mujoco.MjData(model)
        data.qpos[:] = pose_qpos(model, guest.joint_names, guest.poses[name], soles)
        mujoco.mj_forward(model, data)
        centre = np.mean([data.site(sole).xpos for sole in soles], axis=0)
        com = data.subtree_com[model.body("base_link").id]
        assert com[:2] == pytest.approx(centre[:2], abs=2e-3)
        assert com[2] > least
        assert (guest.limits.lower <= guest.poses[name]).all()
        assert (guest.poses[name] <= guest.limits.upper).all()


def test_contacts_with_a_world_that_is_not_there_become_the_geoms_own(tmp_path):
    spec = mujoco.MjSpec.from_file(str(TALUS40 / "talus40.xml"))
    spec.meshdir = str(TALUS40 / "meshes")
    text = spec.to_xml().replace(
        "</contact>", '<pair geom1="l_sole" geom2="floor" friction="0.7 0.7"/></contact>'
    )
    (tmp_path / "source.xml").write_text(text)
    adopt(tmp_path / "source.xml", tmp_path / "guest")
    model = load_scene(tmp_path / "guest" / "guest.xml", FLAT)
    assert model.geom("l_sole").friction[0] == pytest.approx(0.7)
    assert model.geom("l_sole").priority[0] == 1
    assert model.geom("r_sole").friction[0] == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<mujoco/>", "0 free joints"),
        (TOE.format(legs=""), "no two legs"),
        ("<mujoco><world/></mujoco>", "unrecognized"),
    ],
)
def test_what_is_no_humanoid_is_refused_in_one_line(tmp_path, monkeypatch, capsys, text, message):
    file = tmp_path / "thing.xml"
    file.write_text(text)
    with pytest.raises(TalusError, match=message):
        adopt(file, tmp_path / "guest")
    monkeypatch.setattr("sys.argv", ["adopt", str(file), str(tmp_path / "guest")])
    assert main() == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "guest").exists()


def test_robot_yaml_gives_every_joint_a_drive(adopted):
    drives = yaml.safe_load((adopted / "robot.yaml").read_text())["drives"]
    assert set(drives) == set(load_robot(adopted).joint_names)
    knee = drives["l_knee"]
    gain = knee["torque_constant"] / knee["resistance"]
    left = gain * (52.0 - knee["torque_constant"] * knee["velocity"])  # N m at the speed limit
    assert left > knee["effort"]
    current = knee["effort"] / knee["torque_constant"]
    assert knee["resistance"] * current**2 == pytest.approx(6.0 * knee["effort"], rel=0.01)


@pytest.mark.parametrize("speed", [0.3, 1.0, 5.9, 6.1, 20.0])
def test_a_drive_gives_its_peak_torque_up_to_its_rated_speed_however_slow(adopted, speed):
    model = mujoco.MjModel.from_xml_path(str(adopted / "guest.xml"))
    drive = drive_row(model, "l_knee", speed)
    left = 52.0 - drive["torque_constant"] * speed
    assert left * drive["torque_constant"] / drive["resistance"] > 0.999 * drive["effort"]
    heat = drive["resistance"] * (drive["effort"] / drive["torque_constant"]) ** 2
    assert heat < 1.001 * 6.0 * drive["effort"]
