# SPDX-License-Identifier: Apache-2.0
"""Adds a camera by one row of robot.yaml, and looks for it everywhere."""

import math
import shutil
from itertools import takewhile
from pathlib import Path

import mujoco
import numpy as np
import pytest
from talus_core.errors import TalusError
from talus_core.robot import load_robot
from talus_description.adopt import adopt
from talus_description.formats.urdf_reader import read_urdf
from talus_description.generate import generated, main
from talus_map.config import with_cameras_of_robot
from talus_perception.camera_model import load_cameras
from talus_view.drawing.urdf_visuals import parse_urdf

TALUS40 = Path(__file__).parents[1] / "urdf" / "talus40"
CHIN = (
    "  chin: {parent: head, at: [0.112, 0, 0.05], rpy: [0, 0.6, 0], width: 320, height: 160, "
    "horizontal_fov_deg: 90, depth: true, map_rate_hz: 6}\n"
)
# A robot whose URDF somebody wrote by hand: talus40 without its xacro.
HAND_WRITTEN = ("robot.yaml", "talus40.urdf", "talus40.xml", "talus40.sdf")
SOURCES = ("robot.yaml", "talus40.yaml", "looks.yaml", "talus40.urdf.xacro", "macros.urdf.xacro")


def copied(folder: Path, row: str, has_xacro: bool = True) -> Path:
    """Return a copy of talus40 with one more row among its cameras."""
    folder.mkdir()
    for name in SOURCES if has_xacro else HAND_WRITTEN:
        shutil.copy(TALUS40 / name, folder)
    shutil.copytree(TALUS40 / "meshes", folder / "meshes")
    robot = folder / "robot.yaml"
    robot.write_text(robot.read_text().replace("cameras:\n", f"cameras:\n{row}"))
    return folder


def generate(folder: Path) -> None:
    """Write URDF, MJCF and SDF; neither meshes nor the rest path, which no camera changes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("talus_description.generate.mesh_texts", lambda looks: {})
        for path, text in takewhile(lambda item: item[0].suffix != ".yaml", generated(folder)):
            path.write_text(text)
            if path.suffix == ".sdf":
                return


@pytest.fixture(scope="module", params=[True, False], ids=["xacro", "urdf"])
def robot(request, tmp_path_factory):
    folder = copied(tmp_path_factory.mktemp("robots") / "talus40", CHIN, has_xacro=request.param)
    generate(folder)
    return folder


def test_both_frames_are_where_the_row_says(robot):
    joints = {joint.child: joint for joint in read_urdf(robot / "talus40.urdf").joints}
    link, optical = joints["chin_camera_link"], joints["chin_camera_optical_frame"]
    assert (link.parent, optical.parent) == ("head", "chin_camera_link")
    assert link.pose.position == pytest.approx([0.112, 0.0, 0.05])
    outwards = link.pose.rotation @ [1.0, 0.0, 0.0]
    assert outwards == pytest.approx([math.cos(0.6), 0.0, -math.sin(0.6)])
    right, down, ahead = (link.pose @ optical.pose).rotation.T
    assert right == pytest.approx([0.0, -1.0, 0.0], abs=1e-9)
    assert down == pytest.approx([-math.sin(0.6), 0.0, -math.cos(0.6)], abs=1e-9)
    assert ahead == pytest.approx(outwards, abs=1e-9)


def test_the_simulator_sees_through_it(robot):
    model = mujoco.MjModel.from_xml_path(str(robot / "talus40.xml"))
    camera = model.camera("chin")
    assert list(model.cam_resolution[camera.id]) == [320, 160]
    assert camera.fovy[0] == pytest.approx(math.degrees(2 * math.atan(0.5)), abs=1e-3)
    assert 'name="chin" type="rgbd_camera"' in (robot / "talus40.sdf").read_text()


def test_drivers_map_and_page_know_it(robot):
    chin = next(camera for camera in load_cameras(robot) if camera.name == "chin")
    assert chin.has_depth and chin.pinhole.fx == pytest.approx(160.0)
    assert chin.optical_frame == "chin_camera_optical_frame"
    given = with_cameras_of_robot({"robot": str(robot)})
    rates = dict(zip(given["depth_cameras"], given["depth_rates_hz"], strict=True))
    assert rates == {"chin": 6.0, "front_left": 30.0, "down": 6.0}
    text = (robot / "talus40.urdf").read_text()
    assert "chin" in parse_urdf(text, lambda uri: TALUS40 / "meshes" / Path(uri).name).cameras


def test_the_body_stays_as_it_is(robot):
    models = [mujoco.MjModel.from_xml_path(str(f / "talus40.xml")) for f in (robot, TALUS40)]
    for name in ("body_mass", "body_inertia", "body_ipos", "jnt_range", "geom_size"):
        assert np.array_equal(*(getattr(model, name) for model in models)), name
    assert load_robot(robot).joint_names == load_robot(TALUS40).joint_names


def test_generating_again_changes_nothing_and_follows_the_row(robot):
    files = [robot / name for name in ("talus40.urdf", "talus40.xml", "talus40.sdf")]
    first = [file.read_text() for file in files]
    generate(robot)
    assert [file.read_text() for file in files] == first
    rows = (robot / "robot.yaml").read_text()
    try:
        (robot / "robot.yaml").write_text(rows.replace(CHIN, CHIN.replace("0.112", "0.2")))
        generate(robot)
        joints = {joint.child: joint for joint in read_urdf(files[0]).joints}
        assert joints["chin_camera_link"].pose.position[0] == pytest.approx(0.2)
        (robot / "robot.yaml").write_text(rows.replace(CHIN, ""))
        generate(robot)
        committed = [(TALUS40 / file.name).read_text() for file in files]
        assert [file.read_text() for file in files] == committed
    finally:
        (robot / "robot.yaml").write_text(rows)
        generate(robot)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (CHIN.replace("parent: head", "parent: haed"), "camera 'chin': unknown link 'haed'"),
        (CHIN.replace("rpy", "rpi"), "camera 'chin': unknown entry 'rpi'; nearest: rpy"),
        (CHIN.replace("90", "190"), "horizontal_fov_deg is 190; it must be from 1 to 170"),
        (
            "  chin: {width: 320, height: 160, horizontal_fov_deg: 90, depth: true}\n",
            "talus40.urdf has no link 'chin_camera_optical_frame'; give the row the entries parent",
        ),
    ],
)
def test_a_wrong_row_is_one_line_and_exit_code_2(tmp_path, monkeypatch, capsys, row, message):
    folder = copied(tmp_path / "talus40", row, has_xacro=False)
    monkeypatch.setattr("sys.argv", ["generate", str(folder)])
    assert main() == 2
    said = capsys.readouterr().err
    assert message in said and len(said.splitlines()) == 1


def test_a_hand_written_place_that_differs_from_the_row_is_refused(tmp_path):
    folder = copied(tmp_path / "talus40", "", has_xacro=False)
    rows = (folder / "robot.yaml").read_text()
    (folder / "robot.yaml").write_text(rows.replace("[0.112, 0, 0.082]", "[0.2, 0, 0.082]"))
    with pytest.raises(TalusError, match=r"camera 'down': talus40\.urdf has .* elsewhere"):
        generate(folder)


def test_an_mjcf_that_a_robot_brought_along_gets_the_camera_and_keeps_all_else(tmp_path):
    folder = tmp_path / "guest"
    adopt(TALUS40 / "talus40.xml", folder)
    before = mujoco.MjModel.from_xml_path(str(folder / "guest.xml"))
    with (folder / "robot.yaml").open("a") as file:
        file.write("cameras:\n" + CHIN.replace("parent: head", "parent: torso"))
    generate(folder)
    first = (folder / "guest.xml").read_text()
    generate(folder)
    assert (folder / "guest.xml").read_text() == first
    after = mujoco.MjModel.from_xml_path(str(folder / "guest.xml"))
    assert after.ncam == before.ncam + 1
    assert after.camera("chin").pos == pytest.approx([0.112, 0.0, 0.05], abs=1e-9)
    assert after.body(after.camera("chin").bodyid[0]).name == "torso"
    for name in ("body_mass", "body_inertia", "geom_size", "geom_pos", "jnt_range", "pair_geom1"):
        assert np.array_equal(getattr(before, name), getattr(after, name)), name
