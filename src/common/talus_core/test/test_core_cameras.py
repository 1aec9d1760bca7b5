# SPDX-License-Identifier: Apache-2.0
"""Checks that a robot's cameras are read as written, and refused in one line where wrong."""

import pytest
from talus_core.vision.cameras import CameraListError, CameraRow, load_camera_rows

GOOD = (
    "cameras:\n"
    "  eye: {parent: head, at: [0.1, 0, 0.05], rpy: [0, 0.6, 0], width: 320, height: 240, "
    "horizontal_fov_deg: 90, depth: true, map_rate_hz: 6}\n"
)


def robot(folder, text):
    (folder / "robot.yaml").write_text(text)
    return folder


def test_a_row_says_all(tmp_path):
    (eye,) = load_camera_rows(robot(tmp_path, GOOD))
    assert eye == CameraRow(
        name="eye",
        width=320,
        height=240,
        horizontal_fov_deg=90.0,
        has_depth=True,
        parent="head",
        position=(0.1, 0.0, 0.05),
        rpy=(0.0, 0.6, 0.0),
        map_rate_hz=6.0,
    )
    assert (eye.link, eye.optical_frame) == ("eye_camera_link", "eye_camera_optical_frame")


def test_place_and_rate_may_be_missing(tmp_path):
    row = "{width: 320, height: 240, horizontal_fov_deg: 90, depth: false}"
    (eye,) = load_camera_rows(robot(tmp_path, f"cameras:\n  eye: {row}\n"))
    assert (eye.parent, eye.map_rate_hz, eye.position) == (None, None, (0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (GOOD, "name: x\n", "robot.yaml: no 'cameras' to read"),
        (GOOD, "cameras: [", "robot.yaml: no 'cameras' to read"),
        (GOOD, "cameras: [eye]", r"cameras is \['eye'\]; it must have one entry a camera"),
        ("eye:", "Eye-2:", "camera 'Eye-2': its name must be small letters"),
        ("height: 240, ", "", "camera 'eye': entry 'height' is missing"),
        ("rpy", "rpi", "camera 'eye': unknown entry 'rpi'; nearest: rpy"),
        ("90", "wide", "horizontal_fov_deg is 'wide'; it must be from 1 to 170"),
        ("90", "180", "horizontal_fov_deg is 180; it must be from 1 to 170"),
        ("320", "0", "width is 0; it must be a number of pixels, at least 1"),
        ("240", "1.5", "height is 1.5; it must be a number of pixels"),
        ("[0, 0.6, 0]", "[0, 0.6]", r"rpy is \[0, 0.6\]; it must be three numbers in rad"),
        ("[0.1, 0, 0.05]", "[0.1, .nan, 0]", "at is .*; it must be three numbers in m"),
        ("parent: head, ", "", "'at' and 'rpy' need a 'parent'"),
        ("parent: head", "parent: [head]", r"parent is \['head'\]; it must be the name of a link"),
        ("depth: true", "depth: 3", "depth is 3; it must be true or false"),
        ("depth: true", "depth: false", "map_rate_hz is 6, but the map needs depth: true"),
        ("map_rate_hz: 6", "map_rate_hz: 900", "map_rate_hz is 900; it must be from 0.1 to 60"),
    ],
)
def test_a_wrong_row_is_refused_in_one_line(tmp_path, old, new, message):
    with pytest.raises(CameraListError, match=message) as error:
        load_camera_rows(robot(tmp_path, GOOD.replace(old, new)))
    assert "\n" not in str(error.value)


def test_no_robot_is_refused(tmp_path):
    with pytest.raises(CameraListError, match="No such file"):
        load_camera_rows(tmp_path)
