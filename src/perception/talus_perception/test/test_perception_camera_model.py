# SPDX-License-Identifier: Apache-2.0
"""The list of cameras: read as written, refused where wrong."""

import math

import pytest
from talus_core.errors import UnknownNameError
from talus_core.vision.cameras import CameraListError
from talus_perception.camera_model import chosen, load_cameras

GOOD = "cameras:\n  eye: {width: 320, height: 240, horizontal_fov_deg: 90, depth: true}\n"


def robot(folder, text):
    (folder / "robot.yaml").write_text(text)
    return folder


def test_a_camera_has_its_size_focal_length_and_frame(tmp_path):
    (eye,) = load_cameras(robot(tmp_path, GOOD))
    assert (eye.name, eye.optical_frame, eye.has_depth) == ("eye", "eye_camera_optical_frame", True)
    assert (
        eye.pinhole.fx == eye.pinhole.fy == pytest.approx(160.0)
    )  # half the width / tan(45 degrees)
    assert (eye.pinhole.cx, eye.pinhole.cy) == (159.5, 119.5)
    assert math.degrees(2 * math.atan(0.5 * eye.pinhole.height / eye.pinhole.fy)) == pytest.approx(
        73.74, abs=0.01
    )


def test_a_wrong_list_is_refused_in_one_line(tmp_path):
    with pytest.raises(CameraListError, match=r"robot\.yaml: no 'cameras' to read") as error:
        load_cameras(robot(tmp_path, "cameras: ["))
    assert "\n" not in str(error.value)


def test_no_robot_is_refused(tmp_path):
    with pytest.raises(CameraListError, match="No such file"):
        load_cameras(tmp_path)


def test_choosing_keeps_the_order_and_names_the_nearest(tmp_path):
    cameras = load_cameras(robot(tmp_path, GOOD + GOOD.split("\n")[1].replace("eye", "ear") + "\n"))
    assert [camera.name for camera in chosen(cameras, ("ear", "eye"))] == ["ear", "eye"]
    with pytest.raises(UnknownNameError, match="unknown camera 'eya'; nearest: eye"):
        chosen(cameras, ("eya",))
