# SPDX-License-Identifier: Apache-2.0
"""Generates a biped from a URDF in many spellings: it means the same, or is refused by name."""

from pathlib import Path

import mujoco
import numpy as np
import pytest
from small_biped import BOX, INERTIAL, LIMIT, biped, biped_folder, mesh
from talus_core.errors import TalusError
from talus_description.conversion.remarks import Remarks
from talus_description.formats.urdf_reader import parse_urdf
from talus_description.generate import generate

pytestmark = pytest.mark.fast

FINGER = (
    """
  <link name="{0}">"""
    + INERTIAL.format(0.2)
    + """</link>
  <joint name="{0}" type="revolute"><parent link="base_link"/><child link="{0}"/>
    <axis xyz="0 1 0"/><limit lower="-1" upper="1" effort="5" velocity="5"/>{1}</joint>"""
)
MIMIC = '<mimic joint="finger" multiplier="0.5" offset="0.1"/>'


def colour(name: str) -> str:
    return f'<visual>{BOX}<material name="{name}"><color rgba="0.7 0.2 0.2 1"/></material></visual>'


def short(value) -> str:
    """Return a name of a parameter that fits into a line."""
    return str(value)[:40] if "<robot" not in str(value) else "urdf"


def made(tmp_path, urdf, more=""):
    """Return the model of a generated folder, and what was said of it."""
    remarks = Remarks()
    folder = biped_folder(tmp_path, urdf, more)
    generate(folder, remarks)
    return mujoco.MjModel.from_xml_path(str(folder / "guest.xml")), "\n".join(remarks.lines())


def in_meshes(visual: str, collision: str) -> str:
    package = "package://guest/meshes"
    return biped(
        visual=f"<visual>{mesh(f'{package}/{visual}')}</visual>",
        collision=f"<collision>{mesh(f'{package}/{collision}')}</collision>",
    )


@pytest.mark.parametrize(
    ("urdf", "said"),
    [
        (biped(), ""),
        (biped(visual=colour("steel")), ""),
        (biped(visual=colour("")), ""),
        (
            biped(top='<material name="skin"><texture filename="skin.png"/></material>'),
            "lost: material 'skin': texture skin.png",
        ),
        (in_meshes("visual/leg.stl", "collision/leg.stl"), ""),
        (in_meshes("leg.dae", "leg.stl"), ""),
        (in_meshes("empty.dae", "text.stl"), "lost: visual of base_link, visual of l_leg"),
        (biped(visual=f"<visual>{mesh('meshes/leg.stl', '0.1 0.1 0.1')}</visual>"), ""),
        (biped(sole=INERTIAL.format(0).replace("0.02", "0").replace("0.01", "0")), ""),
        (
            biped(
                collision='<collision><geometry><capsule radius="0.05" length="0.2"/></geometry>'
                "</collision>"
            ),
            "",
        ),
        (
            biped().replace(
                '<link name="base_link">',
                '<link name="root"/><joint name="root_fixed" type="fixed"><parent link="root"/>'
                '<child link="base_link"/></joint><link name="base_link">',
            ),
            "",
        ),
        (biped().replace("l_leg", "linkes_Bein_ä").replace('name="guest"', 'name="Läufer"'), ""),
    ],
    ids=short,
)
def test_a_spelling_means_the_same(tmp_path, urdf, said):
    model, text = made(tmp_path, urdf)
    assert said in text if said else text == ""
    assert sorted(model.body_mass[model.body_mass > 0.0]) == [4.0, 4.0, 10.0]
    assert model.jnt_range[1:].tolist() == [[-1.0, 1.0]] * 2
    assert model.actuator_ctrlrange.tolist() == [[-80.0, 80.0]] * 2


@pytest.mark.parametrize(
    ("urdf", "message"),
    [
        (biped(limit='<limit effort="80" velocity="10"/>'), "'l_hip': <limit> has neither lower"),
        (biped(limit=""), "'l_hip' has no <limit>; give it lower"),
        (biped(limit=LIMIT.replace("80", "0")), "'l_hip': <limit effort> is 0; give"),
        (biped(limit=LIMIT.replace("10", "0")), "'l_hip': <limit velocity> is 0; give"),
        (biped(limit=LIMIT.replace('"-1"', '"2"')), "'l_hip': lower 2 is above upper 1; swap"),
        (biped(limit=LIMIT.replace('"-1"', '"1"')), "lower and upper are both 1; make"),
        (biped(limit=LIMIT.replace("80", "nan")), "<limit effort> is 'nan'; it must be a number"),
        (biped(kind="continuous"), "'l_hip' is continuous; the controller needs stops"),
        (biped(kind="planar"), "'l_hip' is planar; revolute, continuous, fixed are known"),
        (biped(leg=""), "'l_leg' moves by joint 'l_hip', but neither it nor"),
        (biped(leg=INERTIAL.format(-1)), "link 'l_leg': its mass is -1 kg"),
        (biped(leg=INERTIAL.format(4).replace('"0.01"', '"0.1"')), "no body has one above the sum"),
        (biped(leg=INERTIAL.format(4).replace('"0.01"', '"0"')), "principal moment of its <iner"),
        (biped(leg='<inertial><mass value="4"/></inertial>'), "4 kg but no <inertia>; give"),
        (biped().replace("r_hip", "l_hip"), "two joints are named 'l_hip'"),
        (biped().replace("r_leg", "l_leg"), "two links are named 'l_leg'"),
        (biped(tail='<link name="ball"/>'), "2 root links (base_link, ball)"),
        (biped().replace('<parent link="base_link"/>', '<parent link="base"/>'), "nearest: base_l"),
        (biped().replace("imu_fixed", "imu_link"), "joint 'imu_link' is called as a link"),
        (biped().encode("utf-16"), "not UTF-8"),
        (in_meshes("leg.stl", "shin.stl"), "mesh 'package://guest/meshes/shin.stl' is not there"),
        (in_meshes("leg.stl", "empty.dae"), "it holds no triangles in a scene; save it as OBJ"),
        (biped(tail=FINGER.format("a", MIMIC)), "joint 'a' mimics another: unknown joint 'finger'"),
    ],
    ids=short,
)
def test_a_fault_is_one_line_that_names_element_and_remedy(tmp_path, urdf, message):
    with pytest.raises(TalusError) as caught:
        made(tmp_path, urdf)
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert f"{tmp_path / 'guest'}/" in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["guest"]
    assert not (tmp_path / "guest" / "guest.xml").exists()


def test_a_joint_follows_the_one_that_it_mimics(tmp_path):
    fingers = FINGER.format("finger", "") + FINGER.format("tip", MIMIC)
    model, _ = made(tmp_path, biped(tail=fingers), more=", left_hand: [finger]")
    data = mujoco.MjData(model)
    data.qpos[model.joint("finger").qposadr[0]] = 0.6
    data.qpos[model.joint("tip").qposadr[0]] = 0.4
    mujoco.mj_forward(model, data)
    assert model.neq == 1 and abs(data.efc_pos[data.efc_type == 0]).max() < 1e-9
    assert model.nu == 3


def test_a_joint_without_a_drive_is_told(tmp_path):
    _, text = made(tmp_path, biped(tail=FINGER.format("finger", "")))
    assert text == "assumed: finger: swings freely: no group of `joints` in robot.yaml has it"


def test_meshes_of_one_name_stay_apart_and_keep_their_scales(tmp_path):
    model, _ = made(tmp_path, in_meshes("visual/leg.stl", "collision/leg.stl"))
    assert model.nmesh == 2
    urdf = biped(
        visual=f"<visual>{mesh('package://guest/meshes/leg.stl', '0.1 0.1 0.1')}</visual>",
        collision=f"<collision>{mesh('package://guest/meshes/leg.stl')}</collision>",
    )
    model, _ = made(tmp_path, urdf)
    sizes = [model.geom(f"l_leg_{kind}_0").size for kind in ("visual", "collision")]
    assert np.allclose(10.0 * sizes[0], sizes[1], atol=1e-6)


def test_a_package_may_be_named_behind_three_strokes(tmp_path):
    urdf = in_meshes("leg.stl", "leg.stl").replace("package://guest", "package:///guest")
    model, said = made(tmp_path, urdf)
    assert model.nmesh == 1 and "lost" not in said


def test_a_collada_file_is_read_with_its_units_axes_and_places(tmp_path):
    model, _ = made(tmp_path, in_meshes("leg.stl", "leg.dae"))
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    geom = model.geom("l_leg_collision_0")
    first = model.mesh_vertadr[geom.dataid[0]]
    points = model.mesh_vert[first : first + 4]
    local = points @ np.reshape(_matrix(geom.quat), (3, 3)).T + geom.pos
    # Y up: (x, y, z) is (x, -z, y) here; the node lies 10 cm along z.
    wanted = [(0, -0.1, 0), (0.1, -0.1, 0), (0, -0.1, 0.1), (0, -0.2, 0)]
    assert np.allclose(sorted(map(tuple, local.round(6))), sorted(wanted), atol=1e-5)


def test_a_massless_link_keeps_its_shapes(tmp_path):
    tail = f"""<link name="shield"><collision>{BOX}</collision></link>
      <joint name="s" type="fixed"><origin xyz="0.3 0 0"/><parent link="l_leg"/>
      <child link="shield"/></joint>"""
    model, _ = made(tmp_path, biped(tail=tail))
    geom = model.geom("shield_collision_0")
    assert model.body(geom.bodyid[0]).name == "l_leg" and geom.pos[0] == pytest.approx(0.3)


def test_an_mjcf_of_others_is_left_alone_and_told(tmp_path):
    folder = biped_folder(tmp_path, biped())
    theirs = '<mujoco><worldbody><geom size="0.1"/></worldbody></mujoco>'
    (folder / "guest.xml").write_text(theirs)
    remarks = Remarks()
    generate(folder, remarks)
    assert (folder / "guest.xml").read_text() == theirs
    assert remarks.lines() == [
        "changed: guest.xml: nothing but cameras: `generate` did not write it"
    ]


def _matrix(quat) -> np.ndarray:
    out = np.empty(9)
    mujoco.mju_quat2Mat(out, quat)
    return out


def taken_over(urdf: str):
    """Return the model of a URDF of somebody else, as `adopt` reads it, and what it says of it."""
    remarks = Remarks()
    model = parse_urdf(urdf, Path("guest.urdf"), remarks, is_lenient=True)
    return model, "\n".join(remarks.lines())


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('effort="5" velocity="5"', 'effort="0" velocity="0"', "nothing drives it"),
        ('type="revolute"><parent link="base_link"/><child link="finger"', None, "it slides"),
    ],
    ids=["no torque", "slide"],
)
def test_adopt_fixes_a_finger_that_no_hinge_drives_and_what_follows_it(old, new, why):
    finger = FINGER.format("finger", "")
    changed = finger.replace(old, new or old.replace("revolute", "prismatic"))
    assert changed != finger
    tips = FINGER.format("tip", MIMIC) + FINGER.format("nail", MIMIC.replace("finger", "tip"))
    model, said = taken_over(biped(tail=changed + tips))
    kinds = {joint.name: joint.kind for joint in model.joints}
    assert {kinds[name] for name in ("finger", "tip", "nail")} == {"fixed"}
    assert kinds["l_hip"] == "revolute"
    assert f"finger: {why}" in said
    assert "fixed where it is drawn, with 2 that follow it" in said
    assert "speed limit" not in said


def test_adopt_takes_a_mass_without_inertia_for_a_ball_of_water():
    point = '<inertial><mass value="4"/><inertia ixx="0" iyy="0" izz="0" ixz="2e-35"/></inertial>'
    model, said = taken_over(biped(leg=point))
    radius = (4.0 / 1000.0 / (4.0 / 3.0 * np.pi)) ** (1.0 / 3.0)
    np.testing.assert_allclose(
        model.links["l_leg"].inertial.inertia, 0.4 * 4.0 * radius**2 * np.eye(3)
    )
    assert "inertia of a ball of 1 kg/l" in said
