# SPDX-License-Identifier: Apache-2.0
"""Checks worlds of others: what moves in them, their names, floors, options, and refusals."""

import math

import mujoco
import numpy as np
import pytest
from talus_description.scene import SceneError, join_scene, pose_qpos

FLOOR = "<geom name='floor' type='plane' size='20 20 .1'/>"
BALL = "<body name='ball' pos='1.5 .8 .11'><freejoint name='ball'/><geom size='.11'/></body>"
SECOND_BALL = BALL.replace("'ball'", "'second'").replace("1.5 .8", "-1.5 -.8")
DOOR = (
    "<body name='door' pos='3 0 1'><joint name='door' axis='0 0 1'/>"
    "<geom type='box' size='.4 .02 1' pos='.4 0 0'/></body>"
)
SLEDGE = (
    "<body name='sledge' pos='-2 1 .3'><joint name='sledge' type='slide' axis='1 0 0'/>"
    "<geom type='box' size='.2 .2 .1'/></body>"
)
EVERY_KIND_TWICE = """
<mujoco model="names of the robot's own">
  <compiler angle="degree"/>
  <default>
    <default class="visual"><geom contype="0" conaffinity="0" group="2"/></default>
    <default class="collision"><geom group="3"/></default>
    <default class="sole"><geom friction="0.1 0.005 0.0001"/></default>
  </default>
  <asset>
    <material name="white" rgba="1 1 1 1"/>
    <mesh name="head_white" vertex="0 0 0 1 0 0 0 1 0 0 0 1"/>
  </asset>
  <worldbody>
    <geom name="floor" type="plane" size="20 20 0.1"/>
    <site name="imu_link" pos="9 9 9"/>
    <site name="l_sole" pos="9 9 9"/>
    <camera name="front_left" pos="5 5 3"/>
    <body name="base_link" pos="3 3 .5">
      <freejoint name="floating_base"/>
      <geom name="l_sole" class="collision" type="mesh" mesh="head_white" material="white"/>
      <body name="torso">
        <joint name="l_knee" axis="0 1 0" range="-90 90"/>
        <geom class="visual" size=".1"/>
        <geom class="collision" size=".1"/>
      </body>
    </body>
  </worldbody>
  <tendon><fixed name="cord"><joint joint="l_knee" coef="1"/></fixed></tendon>
  <actuator>
    <motor name="l_knee" joint="l_knee"/>
    <motor name="winch" tendon="cord"/>
  </actuator>
  <sensor>
    <jointpos name="imu_gyro" joint="l_knee"/>
    <gyro name="l_sole_force" site="imu_link"/>
  </sensor>
</mujoco>
"""


@pytest.fixture
def joined(folder, tmp_path):
    """Return a function that joins the robot and a world of a given text."""

    def join(text: str, name: str = "hall"):
        file = tmp_path / f"{name}.xml"
        file.write_text(text)
        return join_scene(folder, file)

    return join


def hall(things: str = "", floor: str = FLOOR, before: str = "") -> str:
    return f"<mujoco>{before}<worldbody>{floor}{things}</worldbody></mujoco>"


def seated(robot, model) -> mujoco.MjData:
    data = mujoco.MjData(model)
    soles = [foot.frame for foot in robot.feet]
    data.qpos[:] = pose_qpos(model, robot.joint_names, robot.poses["sit"], soles)
    mujoco.mj_forward(model, data)
    return data


def soles_of(robot, data) -> np.ndarray:
    return np.array([data.site(foot.frame).xpos for foot in robot.feet])


@pytest.mark.parametrize(
    "things",
    [BALL, DOOR, SLEDGE, BALL + DOOR + SLEDGE, BALL + SECOND_BALL],
    ids=["ball", "hinge", "slider", "all", "two balls"],
)
def test_robot_sits_on_the_floor_and_what_moves_is_where_its_file_says(robot, joined, things):
    model = joined(hall(things)).model
    data = seated(robot, model)
    assert soles_of(robot, data)[:, 2] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert data.body("base_link").xpos[:2] == pytest.approx([0.0, 0.0])
    assert not (data.contact.dist < -0.01).any()
    for name, place in (("ball", [1.5, 0.8, 0.11]), ("door", [3, 0, 1]), ("sledge", [-2, 1, 0.3])):
        if f"'{name}'" in things:
            assert data.body(name).xpos == pytest.approx(place)


def test_world_may_have_every_name_of_the_robot(robot, joined):
    scene = joined(EVERY_KIND_TWICE)
    model = scene.model
    data = seated(robot, model)
    assert soles_of(robot, data)[:, 2] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert data.body("world/base_link").xpos == pytest.approx([3, 3, 0.5])
    assert model.joint("world/l_knee").range == pytest.approx([-math.pi / 2, math.pi / 2])
    assert model.joint("l_knee").qposadr[0] != model.joint("world/l_knee").qposadr[0]
    assert model.actuator("l_knee").trnid[0] == model.joint("l_knee").id
    assert model.sensor("l_sole_force").type[0] == mujoco.mjtSensor.mjSENS_FORCE
    assert model.geom("l_sole").friction[0] == 0.9
    assert len(scene.remarks) == 1
    for word in ("hall.xml", "'world/'", "body 'base_link'", "material 'white'", "camera"):
        assert word in scene.remarks[0]


def test_names_of_a_world_are_kept_where_the_robot_has_none_like_them(joined):
    scene = joined(hall(BALL + DOOR))
    assert scene.remarks == ()
    assert {scene.model.body(i).name for i in range(1, 3)} == {"ball", "door"}


def test_two_more_robots_in_a_world_are_part_of_it(robot, folder, joined):
    (first, second) = (
        f"<attach model='other' prefix='{name}_' body='base_link'/>" for name in ("a", "b")
    )
    frames = f"<frame pos='3 0 1'>{first}</frame><frame pos='0 3 1'>{second}</frame>"
    model_file = (folder / "talus40.xml").as_posix()
    assets = f"<asset><model name='other' file='{model_file}'/></asset>"
    model = joined(hall(frames, before=assets)).model
    data = seated(robot, model)
    assert model.nu == 120
    assert soles_of(robot, data)[:, 2] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert data.body("a_base_link").xpos[:2] == pytest.approx([3.0, 0.0])


def test_keyframe_of_a_world_moves_nothing_and_is_told(robot, joined):
    key = "<keyframe><key name='home' qpos='1 2 3 1 0 0 0'/></keyframe></mujoco>"
    scene = joined(hall(BALL).replace("</mujoco>", key))
    data = seated(robot, scene.model)
    assert data.body("ball").xpos == pytest.approx([1.5, 0.8, 0.11])
    assert scene.model.nkey == 0
    assert "hall.xml" in scene.remarks[0] and "'home'" in scene.remarks[0]


@pytest.mark.parametrize(
    ("option", "value"),
    [("timestep", "0.005"), ("integrator", "RK4"), ("cone", "pyramidal"), ("iterations", "3")],
)
def test_robot_is_simulated_as_it_asks_and_the_world_hears_of_it(joined, folder, option, value):
    model = joined(hall(before=f"<option {option}='{value}'/>"))
    usual = join_scene(folder, "open").model.opt
    assert getattr(model.model.opt, option) == getattr(usual, option)
    is_default = (option, value) == ("cone", "pyramidal")  # nobody can tell it from unsaid
    assert [option in remark and "hall.xml" in remark for remark in model.remarks] == (
        [] if is_default else [True]
    )


def test_switched_off_contacts_of_a_world_are_not_taken(joined):
    scene = joined(hall(before="<option><flag contact='disable'/></option>"))
    assert scene.model.opt.disableflags == 0
    assert "disableflags" in scene.remarks[0]


def test_gravity_of_a_world_is_taken_and_told(joined):
    scene = joined(hall(before="<option gravity='0 0 -1.62'/>"))
    assert scene.model.opt.gravity[2] == -1.62
    assert "gravity='0 0 -1.62'" in scene.remarks[0]


def test_air_and_light_are_the_worlds(joined):
    before = (
        "<option density='1.2' wind='1 0 0'/><statistic extent='7'/>"
        "<visual><headlight ambient='.5 .5 .5'/></visual>"
    )
    scene = joined(hall(before=before))
    assert scene.remarks == ()
    assert scene.model.opt.density == 1.2 and scene.model.opt.wind[0] == 1.0
    assert scene.model.stat.extent == 7.0
    assert scene.model.vis.headlight.ambient == pytest.approx([0.5] * 3)


@pytest.mark.parametrize("angle", ["degree", "radian"])
def test_each_file_has_its_own_unit_of_angles(folder, joined, angle):
    turn = "90" if angle == "degree" else "1.5707963267948966"
    box = f"<geom name='box' type='box' size='.1 .2 .3' pos='3 0 1' euler='0 0 {turn}'/>"
    model = joined(hall(box, before=f"<compiler angle='{angle}'/>")).model
    assert model.geom("box").quat == pytest.approx([math.sqrt(0.5), 0, 0, math.sqrt(0.5)])
    own = join_scene(folder, "open").model
    assert model.joint("l_knee").range == pytest.approx(own.joint("l_knee").range)


def test_weight_of_the_robot_is_its_own_whatever_the_world_sets(joined, folder):
    scene = joined(hall(BALL, before="<compiler settotalmass='5'/>"))
    own = join_scene(folder, "open").model
    mass = scene.model.body("base_link").subtreemass[0]
    assert mass == own.body("base_link").subtreemass[0]
    assert "settotalmass" in scene.remarks[0]


def test_meshes_and_included_files_lie_beside_the_world(joined, tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "wedge.obj").write_text(
        "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 1 4 3\n"
    )
    (tmp_path / "more.xml").write_text(hall(BALL, floor=""))
    text = (
        "<mujoco><compiler meshdir='parts'/><asset><mesh name='wedge' file='wedge.obj'/></asset>"
        f"<include file='more.xml'/><worldbody>{FLOOR}"
        "<geom name='wedge' type='mesh' mesh='wedge' pos='3 0 0'/></worldbody></mujoco>"
    )
    model = joined(text).model
    assert model.body("ball").id == 1
    assert model.geom("wedge").type[0] == mujoco.mjtGeom.mjGEOM_MESH


HEIGHT_FIELD = "<asset><hfield name='hill' nrow='9' ncol='9' size='5 5 .4 .1'/></asset>"
SLAB_MESH = (
    "<asset><mesh name='slab' vertex='-9 -9 -.1 9 -9 -.1 9 9 -.1 -9 9 -.1 "
    "-9 -9 0 9 -9 0 9 9 0 -9 9 0'/></asset>"
)


@pytest.mark.parametrize(
    ("floor", "before", "height"),
    [
        ("<geom name='floor' type='plane' size='9 9 .1' pos='0 0 .7'/>", "", 0.7),
        ("<geom name='floor' type='plane' size='9 9 .1' pos='0 0 -2'/>", "", -2.0),
        ("<geom name='floor' type='box' size='9 9 .1' pos='0 0 .2'/>", "", 0.3),
        ("<geom name='floor' type='hfield' hfield='hill' pos='0 0 .5'/>", HEIGHT_FIELD, 0.5),
        ("<geom name='floor' type='mesh' mesh='slab' pos='0 0 .65'/>", SLAB_MESH, 0.65),
        (FLOOR + "<geom type='box' size='1 1 .05' pos='0 0 .05'/>", "", 0.1),
        (FLOOR + "<geom type='plane' size='1 1 .05' pos='0 0 .05'/>", "", 0.05),
        (FLOOR + "<geom type='box' size='5 5 .1' pos='0 0 2.5'/>", "", 0.0),
        (
            FLOOR.replace("/>", " pos='0 0 -3'/>")
            + "<geom type='box' size='1 1 .25' pos='0 0 -.25'/>",
            "",
            0.0,
        ),
        (FLOOR + "<geom type='box' size='1 1 .05' contype='0' conaffinity='0'/>", "", 0.0),
    ],
    ids=[
        "high",
        "low",
        "box",
        "hfield",
        "mesh",
        "plate",
        "second_floor",
        "ceiling",
        "platform",
        "paint",
    ],
)
def test_robot_starts_on_the_ground_wherever_that_is(robot, joined, floor, before, height):
    data = seated(robot, joined(hall(floor=floor, before=before)).model)
    assert soles_of(robot, data)[:, 2] == pytest.approx([height] * 2, abs=1e-6)
    assert not (data.contact.dist < -0.01).any()


@pytest.mark.parametrize(("roll", "pitch"), [(0, 6), (0, -6), (5, 0), (4, 4)])
def test_robot_starts_along_a_floor_that_leans(robot, joined, roll, pitch):
    floor = f"<geom name='floor' type='plane' size='9 9 .1' euler='{roll} {pitch} 0'/>"
    data = seated(robot, joined(hall(floor=floor)).model)
    normal = data.geom("floor").xmat.reshape(3, 3)[:, 2]
    assert soles_of(robot, data) @ normal == pytest.approx([0.0, 0.0], abs=1e-6)
    for foot in robot.feet:
        assert data.site(foot.frame).xmat.reshape(3, 3)[:, 2] == pytest.approx(normal, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("<mujoco><worldbody></mujoco>", "hall.xml"),
        ("<mujoco><include file='more.xml'/></mujoco>", "more.xml"),
        ("<mujoco><include file='hall.xml'/></mujoco>", "already included"),
        (hall("<geom siz='1'/>"), "siz"),
        (hall("<body name='ghost'><freejoint/></body>"), "ghost"),
        (hall("<geom type='mesh' mesh='cup'/>"), "cup"),
        (hall(floor="<geom type='plane' size='1 1 1'/>"), "no geom named 'floor'"),
        ("<robot name='arm'><link name='hand'/></robot>", "no geom named 'floor'"),
        (hall(before="<option gravity='0 0 0'/>"), "gravity='0 0 0'"),
        (hall(before="<option gravity='0 -9.81 0'/>"), "gravity='0 -9.81 0'"),
        (
            hall(floor=f"<body name='raft'><freejoint/>{FLOOR.replace('plane', 'box')}</body>"),
            "raft",
        ),
        (hall(floor=FLOOR.replace("/>", " contype='2' conaffinity='2'/>")), "contype 2"),
    ],
)
def test_says_in_one_line_why_a_world_cannot_be_used(joined, text, says):
    with pytest.raises(SceneError) as error:
        joined(text)
    line = str(error.value)
    assert says in line and "hall.xml" in line and "\n" not in line


def test_a_robots_own_file_is_no_world(folder, tmp_path):
    with pytest.raises(SceneError, match=r"no geom named 'floor'.*--robot"):
        join_scene(folder, folder / "talus40.xml")


def test_floor_must_be_below_the_origin(robot, joined):
    floor = "<geom name='floor' type='box' size='1 1 .1' pos='5 0 0'/>"
    with pytest.raises(SceneError, match="not below"):
        seated(robot, joined(hall(floor=floor)).model)
