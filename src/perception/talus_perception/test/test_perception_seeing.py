# SPDX-License-Identifier: Apache-2.0
"""Pictures become the network's, are chosen by need, placed in metres; bad ones are refused."""

import math

import numpy as np
import pytest
from stub_eyes import BOX_DEPTH_M, PERSON_DEPTH_M, painted, write_stub
from talus_core.errors import RefusedInputError
from talus_core.pinhole import Pinhole
from talus_core.transform import Transform
from talus_perception.config import PerceptionConfig
from talus_perception.model import EyesError, load_eyes
from talus_perception.seeing.lens import Calibration, Lens
from talus_perception.seeing.lookout import Lookout
from talus_perception.seeing.need import Need, NeedConfig
from talus_perception.seeing.overlay import drawn
from talus_perception.seeing.picture import Picture, rgb_of
from talus_perception.seeing.placing import Glance, place_all
from talus_perception.seeing.sight import open_sight
from talus_perception.seeing.status import status_of
from talus_perception.words import CANONICAL_FOCAL_PX, PERSON

PINHOLE = Pinhole(320, 240, 168.0, 168.0, 159.5, 119.5)
# Optical frame of a camera that looks along x of odom: x right, y down, z forward.
AHEAD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
CAMERAS = ("front", "rear", "down")


def test_a_usual_picture_is_only_widened_and_what_is_said_of_it_is_led_back():
    lens = Lens(Calibration(PINHOLE))
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (240, 320, 3), np.uint8)
    seen = lens.see(picture)
    assert seen.shape == (256, 320, 3) and np.array_equal(seen[8:248], picture)
    assert (lens.pinhole.cy, lens.pinhole.fx) == (127.5, 168.0)
    assert lens.restore(np.zeros((64, 80), np.uint8)).shape == (240, 320)


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (160, 120), (320, 320), (640, 640)])
def test_a_direction_is_the_same_in_pictures_of_every_size(size):
    width, height = size
    given = Pinhole(width, height, 0.5 * width, 0.5 * width, 0.5 * (width - 1), 0.5 * (height - 1))
    lens = Lens(Calibration(given))
    picture = np.zeros((height, width, 3), np.uint8)
    u, v = 0.7 * width, 0.5 * height + 0.1 * width
    reach = max(2, width // 80)
    picture[round(v) - reach : round(v) + reach, round(u) - reach : round(u) + reach] = 255
    rows, columns = np.nonzero(lens.see(picture)[..., 0] > 128)
    there = ((columns.mean() - lens.pinhole.cx), (rows.mean() - lens.pinhole.cy))
    here = ((round(u) - 0.5 - given.cx) / given.fx, (round(v) - 0.5 - given.cy) / given.fy)
    assert np.allclose(np.array(there) / lens.pinhole.fx, here, atol=0.006)


@pytest.mark.parametrize(
    ("model", "numbers"),
    [
        ("plumb_bob", (-0.25, 0.06, 0.0, 0.0, 0.0)),
        ("equidistant", (0.02, -0.01, 0.0, 0.0)),
        ("rational_polynomial", (0.1, 0.02, 0.0, 0.0, 0.0, 0.3, 0.02, 0.0)),
    ],
)
def test_a_distorted_picture_becomes_that_of_a_pinhole(model, numbers):
    """A point 0.4 to the right of the axis is there again, wherever the lens bends it to."""
    import cv2

    ray = np.array([[[0.4, 0.2, 1.0]]])
    matrix = PINHOLE.matrix
    if model == "equidistant":
        bent, _ = cv2.fisheye.projectPoints(
            ray, np.zeros(3), np.zeros(3), matrix, np.array(numbers)
        )
    else:
        bent, _ = cv2.projectPoints(ray[0], np.zeros(3), np.zeros(3), matrix, np.array(numbers))
    u, v = np.round(bent.ravel()).astype(int)
    picture = np.zeros((240, 320, 3), np.uint8)
    picture[v - 2 : v + 3, u - 2 : u + 3] = 255
    lens = Lens(Calibration(PINHOLE, model, numbers))
    rows, columns = np.nonzero(lens.see(picture)[..., 0] > 128)
    found = (columns.mean() - lens.pinhole.cx, rows.mean() - lens.pinhole.cy)
    assert np.allclose(np.array(found) / lens.pinhole.fx, (0.4, 0.2), atol=0.012)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"fx": 0.0}, "focal lengths"),
        ({"fx": math.nan}, "not finite"),
        ({"width": 0}, "0 x 240"),
        ({"model": "odd", "distortion": (0.1,)}, "distortion 'odd'"),
        ({"model": "plumb_bob", "distortion": (0.1,)}, "1 numbers"),
    ],
)
def test_a_camera_info_that_cannot_be_used_is_refused(changes, word):
    values = {"width": 320, "height": 240, "fx": 168.0, "fy": 168.0, "cx": 159.5, "cy": 119.5}
    pinhole = Pinhole(**(values | {k: v for k, v in changes.items() if k in values}))
    rest = {k: v for k, v in changes.items() if k not in values}
    with pytest.raises(RefusedInputError, match=word):
        Lens(Calibration(pinhole, **rest))


@pytest.mark.parametrize(
    ("width", "height", "step", "encoding", "size", "word"),
    [
        (0, 4, 0, "rgb8", 0, "0 x 4"),
        (4, 4, 12, "rgb8", 0, "in 0 bytes"),
        (4, 4, 11, "rgb8", 48, "11 a row"),
        (4, 4, 8, "16UC1", 32, "depth"),
        (4, 4, 16, "32FC1", 64, "depth"),
        (4, 4, 4, "bayer_rggb8", 16, "bayer_rggb8"),
        (1 << 20, 1 << 20, 3 << 20, "rgb8", 12, "pixels"),
    ],
)
def test_what_is_no_colour_picture_is_refused(width, height, step, encoding, size, word):
    with pytest.raises(RefusedInputError, match=word):
        rgb_of(b"\0" * size, width, height, step, encoding)


def test_other_encodings_and_padded_rows_are_converted():
    blue_first = np.array([[[3, 2, 1, 9], [6, 5, 4, 9]]], np.uint8)
    assert rgb_of(blue_first.tobytes(), 2, 1, 8, "bgra8").tolist() == [[[1, 2, 3], [4, 5, 6]]]
    assert rgb_of(bytes((7, 8, 0, 0)), 2, 1, 4, "mono8").tolist() == [[[7, 7, 7], [8, 8, 8]]]


def test_pictures_of_another_size_than_the_calibration_are_refused():
    with pytest.raises(RefusedInputError, match="both must be the same"):
        Lens(Calibration(PINHOLE)).see(np.zeros((480, 640, 3), np.uint8))


def streams(need, seconds=20.0, rate=12.0, cameras=CAMERAS):
    """Return how many pictures of each camera are taken, and the most of one instant."""
    taken = dict.fromkeys(cameras, 0)
    most = 0
    for tick in range(round(seconds * rate)):
        now = [camera for camera in cameras if need.is_due(camera, 5.0 + tick / rate)]
        most = max(most, len(now))
        for camera in now:
            taken[camera] += 1
    return {camera: count / seconds for camera, count in taken.items()}, most


def test_eight_cameras_share_the_ticks_at_their_rate():
    cameras = tuple(f"c{i}" for i in range(8))
    need = Need(NeedConfig(), cameras)
    need.speed = np.array((0.5, 0.0))
    rates, most = streams(need, cameras=cameras)
    assert most <= 5 and all(rate == pytest.approx(5.0, rel=0.1) for rate in rates.values())


def test_feet_while_walking_and_the_watched_direction_are_looked_at_more():
    need = Need(NeedConfig(), CAMERAS)
    for camera, axis in (("front", (1, 0, 0)), ("rear", (-1, 0, 0)), ("down", (0.5, 0, -0.86))):
        need.aim(camera, np.array(axis, float))
    assert {need.rate_of(camera) for camera in CAMERAS} == {2.5}
    need.speed = np.array((0.4, 0.0))
    assert [need.rate_of(camera) for camera in CAMERAS] == [10.0, 5.0, 10.0]
    need.speed = np.zeros(2)
    need.bearings = (math.pi,)
    assert [need.rate_of(camera) for camera in CAMERAS] == [2.5, 10.0, 2.5]


def test_a_clock_that_jumps_stops_no_camera():
    need = Need(NeedConfig(), CAMERAS)
    streams(need)
    assert sum(need.is_due("front", 1000.0 + 0.1 * i) for i in range(40)) >= 9
    assert sum(need.is_due("front", 1.0 + 0.1 * i) for i in range(40)) >= 9


def test_things_and_people_are_where_their_pixels_and_depths_say(tmp_path):
    sight = open_sight(write_stub(tmp_path))
    outputs = sight.look("front", painted({(16, 20): "red", (8, 30): "blue"}), 1.0)
    focal = 2.0 * CANONICAL_FOCAL_PX
    pinhole = Pinhole(320, 256, focal, focal, 159.5, 127.5)
    eye = np.array((1.0, 2.0, 1.5))
    glance = Glance("front", 1.0, pinhole, Transform(AHEAD, eye))
    placed = {one.kind: one for one in place_all(outputs, glance, 160.0, ("box",), 0.5)}
    depth = 2.0 * PERSON_DEPTH_M  # the picture is twice as large
    ahead = (depth, -(164.0 - 159.5) / focal * depth, -(132.0 - 127.5) / focal * depth)
    assert placed[PERSON].position == pytest.approx(eye + ahead)
    assert math.cos(placed[PERSON].yaw) == pytest.approx(-1.0, abs=0.01)  # faces the camera
    depth = 2.0 * BOX_DEPTH_M
    ahead = (depth, -(244.0 - 159.5) / focal * depth, (127.5 - 68.0) / focal * depth)
    assert placed["box"].position == pytest.approx(eye + ahead)
    spread = np.linalg.eigvalsh(placed["box"].covariance)
    assert spread[-1] > spread[0] > 0.0  # less sure along the line of sight


@pytest.mark.parametrize(
    ("spoilt", "word"),
    [
        ({"sha256": "0" * 64}, "SHA-256"),
        ({"inputs": [{"name": "picture", "shape": [1], "type": "uint8"}]}, "network.inputs"),
        ({"outputs": [{"name": "x", "shape": [1], "type": "float32"}]}, "lack objects_heat"),
        ({"file": "other.onnx"}, "other.onnx"),
    ],
)
def test_a_model_that_does_not_fit_is_refused_in_one_line(tmp_path, spoilt, word):
    with pytest.raises(EyesError, match=word) as refused:
        open_sight(write_stub(tmp_path, **spoilt))
    assert "\n" not in str(refused.value)


def test_a_model_of_an_opset_that_the_runtime_lacks_is_refused(tmp_path):
    with pytest.raises(EyesError, match="no network that runs"):
        open_sight(write_stub(tmp_path, opset=99))


def test_a_manifest_says_whether_it_is_trusted(tmp_path):
    assert load_eyes(write_stub(tmp_path)).trusted == ()
    assert load_eyes(write_stub(tmp_path, trusted=("people",))).trusted == ("people",)
    with pytest.raises(EyesError, match="trusted"):
        load_eyes(write_stub(tmp_path, trusted=("everything",)))


def eyes_with_frames(tmp_path, **changes):
    eyes = Lookout(PerceptionConfig(**changes), CAMERAS, open_sight(write_stub(tmp_path)))
    for time in (92.0, 100.0):
        eyes.inbox.frames.set("odom", "base_link", time, (0, 0, 1), (0, 0, 0, 1))
    eyes.inbox.frames.set_static("base_link", "front", (0, 0, 0.5), (-0.5, 0.5, -0.5, 0.5))
    return eyes


def show(eyes, picture, time):
    eyes.inbox.put(Picture("front", "front", time, picture))
    return list(eyes.looks())


def test_a_person_is_followed_from_picture_to_picture(tmp_path):
    eyes = eyes_with_frames(tmp_path)
    eyes.put_calibration("front", Calibration(PINHOLE))
    picture = painted({(16, 20): "red"})[8:248]
    for tick in range(4):
        looks = show(eyes, picture, 95.0 + 0.2 * tick)
    (person,) = eyes.objects()
    assert (person.kind, person.id, person.unseen) == (PERSON, 1, 0.0)
    assert looks[0].numbers == [1]
    assert person.position[2] == pytest.approx(1.5, abs=0.1)
    assert drawn(looks[0], 18).shape == (256, 320, 3)
    status = status_of(eyes, None, "")
    assert status.values["objects"] == 1


def test_a_picture_without_calibration_waits_and_is_named(tmp_path):
    eyes = eyes_with_frames(tmp_path)
    assert not eyes.wants("front", 99.9)
    assert "no camera_info of front" in status_of(eyes, None, "").message
    eyes.put_calibration("front", Calibration(PINHOLE))
    assert "no camera_info" not in status_of(eyes, None, "").message


@pytest.mark.parametrize("time", [-1.0, 102.0, math.nan, math.inf])
def test_a_stamp_that_cannot_be_is_refused(tmp_path, time):
    with pytest.raises(RefusedInputError, match="stamped"):
        eyes_with_frames(tmp_path).wants("front", time)


def test_without_a_network_the_cameras_are_watched_all_the_same():
    eyes = Lookout(PerceptionConfig(), CAMERAS, None)
    for time in (92.0, 100.0):
        eyes.inbox.frames.set("odom", "base_link", time, (0, 0, 1), (0, 0, 0, 1))
    eyes.inbox.frames.set_static("base_link", "front", (0, 0, 0.5), (0, 0, 0, 1))
    eyes.put_calibration("front", Calibration(PINHOLE))
    for tick in range(4):
        assert show(eyes, np.zeros((240, 320, 3), np.uint8), 99.0 + 0.2 * tick) == []
        eyes.health.arrive("front", 99.5 + 0.1 * tick, 99.5)
    assert eyes.health.faults(100.0)["front"] == ("black",)
    assert "camera front black" in status_of(eyes, None, "").message
    assert eyes.objects() == []
