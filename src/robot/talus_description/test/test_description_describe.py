# SPDX-License-Identifier: Apache-2.0
"""Prints robots as others get them: the URDF of robot.yaml, meshes where others find them."""

import pytest
from small_biped import biped, biped_folder, mesh
from talus_core.robot import RobotDescriptionError
from talus_description.describe import description_text, main
from talus_description.scene import SceneError, load_scene

pytestmark = pytest.mark.fast


def test_talus40_is_printed_letter_by_letter(folder):
    assert description_text(folder) == (folder / "talus40.urdf").read_text()


def test_meshes_beside_the_urdf_get_uris_that_hold_anywhere(tmp_path, capsysbinary, monkeypatch):
    home = tmp_path / "mein Läufer"
    home.mkdir()
    look = f"<visual>{mesh('meshes/leg.stl')}</visual>"
    solid = f"<collision>{mesh('package://guest/meshes/leg.stl')}</collision>"
    folder = biped_folder(home, biped(visual=look, collision=solid))
    (folder / "guest.urdf").rename(folder / "body.urdf")
    robot = folder / "robot.yaml"
    robot.write_text(robot.read_text().replace("guest.urdf", "body.urdf"))
    monkeypatch.setattr("sys.argv", ["describe", str(folder)])
    assert main() == 0
    text = capsysbinary.readouterr().out.decode()
    assert f'"file://{tmp_path}/mein%20L%C3%A4ufer/guest/meshes/leg.stl"' in text
    assert '"package://guest/meshes/leg.stl"' in text


def test_a_robot_without_the_file_is_one_line(tmp_path, capsys, monkeypatch):
    (tmp_path / "robot.yaml").write_text("name: guest\n")
    monkeypatch.setattr("sys.argv", ["describe", str(tmp_path)])
    assert main() == 2
    assert "no entry 'urdf'" in capsys.readouterr().err
    with pytest.raises(SceneError, match="no entry 'mjcf'"):
        load_scene(tmp_path, "flat")
    with pytest.raises(RobotDescriptionError, match="a robot is a folder with"):
        description_text(tmp_path / "nowhere")
