# SPDX-License-Identifier: Apache-2.0
"""Adopts a small humanoid in the spellings of many builders: it stays what it is, or is refused.

`adopt` itself compares what it wrote with its source in random poses; here is looked at what it
says, and at what a comparison of bodies does not see.
"""

import re
import xml.etree.ElementTree as ElementTree

import mujoco
import numpy as np
import pytest
import yaml
from small_humanoid import small_humanoid
from talus_core.errors import TalusError
from talus_core.robot import load_robot
from talus_description.adopt import adopt, main
from talus_description.adoption.reroot import reframed, rerooted
from talus_description.conversion.compare import MujocoFigure, UrdfFigure, check_same
from talus_description.conversion.remarks import Remarks
from talus_description.formats.urdf_model import DescriptionError, FramePose
from talus_description.formats.urdf_reader import read_urdf
from transforms3d.euler import euler2mat

PAD_MESH = """<asset><mesh name="pad" vertex="-.1 -.05 -.01 .1 -.05 -.01 -.1 .05 -.01 .1 .05 -.01
  -.1 -.05 .01 .1 -.05 .01 -.1 .05 .01 .1 .05 .03"/></asset>"""
PAD = '<geom name="{s}_pad" type="TYPE pos="0.03 0 -0.05"/>'
SERVOS = '<default><general biastype="affine" gainprm="80" biasprm="0 -80 -2" gear="3"/></default>'


@pytest.fixture(autouse=True)
def no_trial(request, monkeypatch):
    """Spare the seconds of simulation that show whether a robot rests, but where it matters."""
    if "rest" not in request.node.name:
        monkeypatch.setattr("talus_description.adoption.rest.rests_limp", lambda *arguments: False)


def adopted(tmp_path, text, name="guest"):
    """Return the folder, the model and what was said of an adopted robot."""
    remarks = Remarks()
    (tmp_path / "source.xml").write_text(text)
    adopt(tmp_path / "source.xml", tmp_path / name, remarks=remarks)
    folder = tmp_path / name
    model = mujoco.MjModel.from_xml_path(str(folder / f"{name}.xml"))
    return folder, model, "\n".join(remarks.lines())


def turned(position, rpy) -> str:
    """Return the small humanoid with its base frame elsewhere in it."""
    spec = mujoco.MjSpec.from_string(small_humanoid())
    spec.compile()
    frame = FramePose(np.array(position), euler2mat(*rpy))
    text = reframed(spec.to_xml(), "pelvis", frame)
    return re.sub(r'<body name="pelvis"[^>]*>', '<body name="pelvis">', text)


def rooted(base: str) -> str:
    """Return the small humanoid with another body as its root."""
    spec = mujoco.MjSpec.from_string(small_humanoid())
    model = spec.compile()
    return rerooted(spec.to_xml(), model, base)


def height_of_soles(model, robot) -> float:
    """Return how far the base is above the soles with all joints at 0, m."""
    data = mujoco.MjData(model)
    data.qpos[3:7] = 1.0, 0.0, 0.0, 0.0
    mujoco.mj_kinematics(model, data)
    sole = data.site("left_sole")
    assert sole.xmat.reshape(3, 3) == pytest.approx(np.eye(3), abs=1e-4)
    assert sole.xpos[0] > 0.0 and sole.xpos[1] > 0.0  # ahead, and on the left
    return float(data.body(robot.frames["base"]).xpos[2] - sole.xpos[2])


@pytest.mark.parametrize(
    ("position", "rpy"),
    [
        ((0.05, 0.0, -0.66), (0.0, 0.0, 0.0)),
        ((0.0, 0.0, 0.0), (0.0, 0.0, np.pi)),
        ((0.0, 0.0, 0.02), (0.0, 0.0, -np.pi / 2)),
        ((0.0, 0.0, 0.0), (-np.pi / 2, 0.0, 0.0)),
        ((0.0, 0.0, 0.0), (0.0, np.pi / 2, 0.0)),
    ],
    ids=["at the ground", "backwards", "along y", "y up", "x down"],
)
def test_any_base_frame_becomes_a_pelvis_that_looks_ahead(tmp_path, position, rpy):
    folder, model, said = adopted(tmp_path, turned(position, rpy))
    assert "changed: frame of pelvis: x ahead, z up" in said
    assert height_of_soles(model, load_robot(folder)) == pytest.approx(0.66, abs=0.03)


@pytest.mark.parametrize("base", ["chest", "l_forearm"])
def test_a_robot_that_hangs_on_another_part_is_rooted_in_its_pelvis(tmp_path, base):
    folder, model, said = adopted(tmp_path, rooted(base))
    assert f"changed: base: body 'pelvis', from which the legs hang, not '{base}'" in said
    robot = load_robot(folder)
    assert robot.groups["torso"] == ("waist",) and len(robot.joint_names) == 17
    assert height_of_soles(model, robot) == pytest.approx(0.66, abs=1e-4)


def test_a_joint_drawn_at_an_angle_means_the_same_angle(tmp_path):
    text = small_humanoid(knee='ref="0.3"').replace('range="0 2.2"', 'range="0.3 2.5"')
    folder, model, _ = adopted(tmp_path, text)
    data = mujoco.MjData(model)
    for angles in ({}, {"l_knee": 0.5, "l_hip": -0.4}):
        for name, angle in angles.items():
            data.joint(name).qpos[0] = angle
    placed = UrdfFigure(read_urdf(folder / "guest.urdf")).place(
        {name: float(data.joint(name).qpos[0]) for name in load_robot(folder).joint_names}
    )
    mujoco.mj_kinematics(model, data)
    assert placed.frames["l_foot"].position == pytest.approx(data.body("l_foot").xpos, abs=1e-5)


def test_motors_give_the_torque_they_are_told_whatever_the_defaults_say(tmp_path):
    _, model, _ = adopted(tmp_path, small_humanoid(top=SERVOS))
    assert (model.actuator_biastype == mujoco.mjtBias.mjBIAS_NONE).all()
    assert model.actuator_gainprm[:, 0].tolist() == [1.0] * model.nu
    assert model.actuator_gear[:, 0].tolist() == [1.0] * model.nu
    assert model.actuator_ctrlrange[0].tolist() == [-60.0, 60.0]


@pytest.mark.parametrize(
    ("kind", "limit", "peak"),
    [
        ("motor", 'ctrlrange="-3 3" gear="20"', 60.0),
        ("position", 'kp="20" ctrlrange="-1 1" forcerange="-5 5"', 5.0),
    ],
)
def test_torque_limits_may_stand_with_the_motors(tmp_path, kind, limit, peak):
    text = small_humanoid(torque='armature="0.01"')
    joints = re.findall(r'<joint name="(\w+)"', text)
    motors = "".join(f'<{kind} joint="{joint}" {limit}/>' for joint in joints)
    text = text.replace("</mujoco>", f"<actuator>{motors}</actuator></mujoco>")
    _, model, _ = adopted(tmp_path, text)
    assert model.actuator_ctrlrange[:, 1].tolist() == [peak] * len(joints)


def test_a_foot_that_meets_nothing_in_its_file_meets_the_ground(tmp_path):
    untouched = '<default><geom contype="0" conaffinity="0" condim="1"/></default>'
    _, model, said = adopted(tmp_path, small_humanoid(top=untouched))
    assert "assumed: left_sole, right_sole: meets the ground" in said
    pad = model.geom("l_pad")
    assert (pad.conaffinity[0], pad.condim[0]) == (1, 3)


@pytest.mark.parametrize(
    ("foot", "top"),
    [
        (PAD.replace("TYPE", 'mesh" mesh="pad"'), PAD_MESH),
        (PAD.replace("TYPE", 'cylinder" size="0.08 0.01"'), ""),
        (
            '<body name="{s}_toe" pos="0.03 0 -0.05"><geom type="box" size="0.1 0.05 0.01"/>'
            '<inertial pos="0 0 0" mass="0.1" diaginertia="1e-4 1e-4 1e-4"/></body>',
            "",
        ),
    ],
    ids=["mesh", "cylinder", "on a body of its own"],
)
def test_soles_are_where_the_feet_meet_the_ground(tmp_path, foot, top):
    folder, model, _ = adopted(tmp_path, small_humanoid(foot=foot, top=top))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    sole = model.body("left_sole").id
    geom = int(np.flatnonzero(model.geom_bodyid == sole)[0])
    low = data.geom_xpos[geom] + data.geom_xmat[geom].reshape(3, 3) @ model.geom_aabb[geom][:3]
    assert low[:2] == pytest.approx(data.body("left_sole").xpos[:2], abs=0.02)
    assert data.body("left_sole").xpos[2] == pytest.approx(-0.66, abs=1e-4)
    assert load_robot(folder).feet[0].length > 0.08
    meets = [g for g in range(model.ngeom) if model.geom_bodyid[g] == sole]
    meets = [g for g in meets if model.geom_contype[g] | model.geom_conaffinity[g]]
    assert all(model.geom_type[g] != mujoco.mjtGeom.mjGEOM_MESH for g in meets) and meets


def test_feet_that_met_the_ground_by_a_pair_still_do(tmp_path):
    text = small_humanoid(
        foot=PAD.replace("TYPE", 'box" size="0.1 0.05 0.01" contype="0" conaffinity="0"'),
        tail='<contact><pair geom1="l_pad" geom2="floor" condim="6" friction="2 2 .1 .2 .2"/>'
        '<pair geom1="r_pad" geom2="floor"/></contact>',
    ).replace("<worldbody>", '<worldbody><geom name="floor" type="plane" size="1 1 1"/>')
    _, model, said = adopted(tmp_path, text)
    pad = model.geom("l_pad")
    assert (pad.conaffinity[0], pad.condim[0], model.npair) == (1, 6, 0)
    assert pad.friction.tolist() == [2.0, 0.1, 0.2]
    assert "lost: geom 'floor' of the world: a robot comes without its world" in said


def test_masses_that_follow_from_shapes_stay(tmp_path):
    text = re.sub(r'<inertial pos="0.03 0 -0.03"[^>]*>', "", small_humanoid())
    source = mujoco.MjModel.from_xml_string(text)
    _, model, _ = adopted(tmp_path, text)
    assert model.body("l_foot").mass[0] == pytest.approx(source.body("l_foot").mass[0], rel=1e-5)
    assert model.body("left_sole").mass[0] == 0.0


def test_a_body_that_is_called_as_a_joint_gets_another_name(tmp_path):
    text = small_humanoid().replace('name="l_thigh"', 'name="l_knee"')
    folder, _, said = adopted(tmp_path, text)
    assert "changed: l_knee: the body is called l_knee_body" in said
    links = {link.get("name") for link in ElementTree.parse(folder / "guest.urdf").iter("link")}
    assert not links & set(load_robot(folder).joint_names)


def test_what_drives_lack_is_assumed_and_told(tmp_path):
    _, model, said = adopted(tmp_path, small_humanoid(torque='actuatorfrcrange="-60 60"'))
    assert model.joint("l_knee").damping[0] == 0.0
    assert model.dof_armature[model.joint("l_knee").dofadr[0]] == pytest.approx(0.012)
    assert re.search(r"assumed: l_hip_yaw, .*: rotor inertia 0.012 kg m\^2: torque times", said)
    assert re.search(r"assumed: l_hip_yaw, .*: speed limit 25 rad/s", said)


def test_followers_follow_in_both_files(tmp_path):
    finger = (
        '<body name="{s}_f"><joint name="{s}_finger" axis="0 1 0" range="0 1" actuatorfrcrange='
        '"-1 1"/><inertial pos="0 0 0" mass="0.05" diaginertia="1e-4 1e-4 1e-4"/></body>'
        '<body name="{s}_t"><joint name="{s}_tip" axis="0 1 0" range="0 1"/>'
        '<inertial pos="0 0 0" mass="0.05" diaginertia="1e-4 1e-4 1e-4"/></body>'
    )
    row = '<joint joint1="{0}_tip" joint2="{0}_finger" polycoef="0.1 0.5 0 0 0"/>'
    tail = f"<equality>{row.format('l')}{row.format('r')}</equality>"
    folder, _, _ = adopted(tmp_path, small_humanoid(hand=finger, tail=tail))
    robot = load_robot(folder)
    assert robot.groups["left_hand"] == ("l_finger",)
    mimic = next(j.mimic for j in read_urdf(robot.urdf).joints if j.name == "l_tip")
    assert (mimic.joint, mimic.multiplier, mimic.offset) == ("l_finger", 0.5, 0.1)


def test_links_show_and_meet_in_the_urdf_what_they_do_in_the_mjcf(tmp_path):
    folder, _, _ = adopted(tmp_path, small_humanoid())
    links = {e.get("name"): e for e in ElementTree.parse(folder / "guest.urdf").iter("link")}
    for name, size in (("chest", "0.16 0.24 0.3"), ("left_sole", "0.2 0.1 0.02")):
        for kind in ("visual", "collision"):
            assert links[name].find(f"{kind}/geometry/box").get("size") == size


@pytest.mark.parametrize(
    ("torque", "rests"), [("-60 60", True), ("-16 16", False)], ids=["strong", "weak"]
)
def test_a_robot_gets_a_rest_or_is_said_to_need_its_torque(tmp_path, torque, rests):
    text = small_humanoid(torque=f'actuatorfrcrange="{torque}" armature="0.01"')
    folder, _, said = adopted(tmp_path, text)
    entries = yaml.safe_load((folder / "robot.yaml").read_text())["rest_path"]
    assert entries["hips"] == ["l_hip", "r_hip"]
    assert load_robot(folder).keeps_torque is not rests
    assert ("limp for 3 s in simulation" in said) == rests and ("cannot be cut" in said) != rests
    rows = yaml.safe_load((folder / "rest_path.yaml").read_text())["rows"]
    assert (np.diff([row["base_height"] for row in rows]) < 0.0).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (small_humanoid(torque=""), "joint l_hip_yaw has no torque limit: give it an actuatorfrc"),
        (small_humanoid().replace('name="waist"', 'name="waist" type="slide"'), "one hinge, or"),
        (small_humanoid().replace('range="0 2.2"', 'range="0 0.1"'), "l_knee, r_knee would be"),
        (re.sub(r"(?s)<body name=.[lr]_upper.*?</body></body>", "", small_humanoid()), "no two ar"),
        ("<sdf/>", "begins with <sdf>; MJCF has <mujoco>, URDF <robot>"),
        ("no file", "not valid XML"),
    ],
    ids=lambda value: value[:20],
)
def test_a_refusal_is_one_line_and_nothing_is_left(tmp_path, monkeypatch, capsys, text, message):
    (tmp_path / "source.xml").write_text(text)
    monkeypatch.setattr("sys.argv", ["adopt", f"{tmp_path}/source.xml", f"{tmp_path}/guest"])
    assert main() == 2
    said = capsys.readouterr()
    assert message in said.err and len(said.err.splitlines()) == 1 and said.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["source.xml"]


def test_a_robot_that_is_there_is_replaced_only_when_told(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "guest"
    folder.mkdir()
    (folder / "robot.yaml").write_text("name: mine\n")
    (tmp_path / "source.xml").write_text(small_humanoid())
    command = ["adopt", f"{tmp_path}/source.xml", str(folder)]
    monkeypatch.setattr("sys.argv", command)
    assert main() == 2
    assert "--replace" in capsys.readouterr().err
    assert (folder / "robot.yaml").read_text() == "name: mine\n"
    monkeypatch.setattr("sys.argv", [*command, "--replace"])
    assert main() == 0
    assert load_robot(folder).name == "guest"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["guest", "source.xml"]


def test_a_urdf_that_was_adopted_means_the_same_again(tmp_path):
    first, model, _ = adopted(tmp_path, small_humanoid())
    remarks = Remarks()
    adopt(first / "guest.urdf", tmp_path / "second", remarks=remarks)
    said = "\n".join(remarks.lines())
    assert "contact of rubber" in said and "speed limit" not in said
    again = mujoco.MjModel.from_xml_path(str(tmp_path / "second" / "second.xml"))
    assert again.body_mass.sum() == pytest.approx(model.body_mass.sum(), rel=1e-6)
    assert load_robot(tmp_path / "second").groups == load_robot(first).groups


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('mass="3"', 'mass="3.1"', "mass of 'l_thigh' is 3.1, in the source 3"),
        ('pos="0 0 -0.3"', 'pos="0 0 -0.301"', "in the source"),
        ('axis="0 1 0" range="-1.8 0.8"', 'axis="0 -1 0" range="-1.8 0.8"', "mass of 'l_thigh'"),
        ('range="0 2.2"', 'range="0 2"', "upper of joint 'l_knee' is 2"),
        ('diaginertia="0.03 0.03 0.004"', 'diaginertia="0.03 0.031 0.004"', "inertia of 'l_thigh'"),
        ('actuatorfrcrange="-60 60"', 'actuatorfrcrange="-6 6"', "effort of joint"),
    ],
)
def test_a_comparison_finds_what_differs(old, new, message):
    text = small_humanoid()
    assert old in text
    figures = [
        MujocoFigure(mujoco.MjModel.from_xml_string(t)) for t in (text, text.replace(old, new))
    ]
    with pytest.raises(DescriptionError, match=re.escape(message)):
        check_same(*figures, "guest.xml")
    assert issubclass(DescriptionError, TalusError)
