# SPDX-License-Identifier: Apache-2.0
"""Checks that an image becomes a view once its instant is known; until then the lack is named."""

import numpy as np
import pytest
from talus_core.errors import RefusedInputError
from talus_core.pinhole import Pinhole
from talus_core.vision.depth_inbox import MOST_WAITING_IMAGES, DepthImage, DepthInbox

CAMERA = Pinhole.from_fovy(160, 120, np.radians(60.0))
NO_TURN = (0.0, 0.0, 0.0, 1.0)
DEPTH = np.ones((CAMERA.height, CAMERA.width), np.float32)


def image(time, camera="eye", depth=DEPTH):
    return DepthImage(camera, f"{camera}_optical", time, depth)


def know(inbox, *times):
    for time in times:
        inbox.frames.set("odom", "base_link", time, (time, 0, 0.9), NO_TURN)


@pytest.fixture
def inbox():
    inbox = DepthInbox("odom", "base_footprint", {"eye": 1000.0, "nose": 2.0})
    inbox.links = ("base_link",)
    inbox.put_camera("eye", CAMERA)
    inbox.frames.set_static("base_link", "eye_optical", (0.1, 0, 0.6), NO_TURN)
    inbox.frames.set_static("base_link", "base_footprint", (0, 0, -0.9), NO_TURN)
    know(inbox, 0.0, 1.0)
    return inbox


def taken(inbox):
    return [view.time for view in inbox.take_ready()]


def test_a_view_has_the_poses_of_its_instant(inbox):
    inbox.put_image(image(0.5))
    (view,) = inbox.take_ready()
    assert view.camera_in_odom.position == pytest.approx([0.6, 0.0, 1.5])
    assert view.feet == pytest.approx([0.5, 0.0, 0.0])
    assert view.links_in_odom["base_link"].position == pytest.approx([0.5, 0.0, 0.9])
    assert inbox.is_empty and taken(inbox) == [] and inbox.waits_for == ""


def test_an_image_waits_for_frames_that_come_later(inbox):
    inbox.put_image(image(0.9))
    inbox.put_image(image(1.5))
    assert taken(inbox) == [0.9]
    assert inbox.waits_for == "frame 'base_link' is known from 0.000 to 1.000 s, not at 1.500 s"
    know(inbox, 2.0)
    assert taken(inbox) == [1.5] and inbox.dropped == 0


def test_an_image_of_a_forgotten_instant_is_dropped(inbox):
    inbox.put_image(image(-3.0))
    assert taken(inbox) == [] and inbox.is_empty and inbox.dropped == 1


def test_what_is_missing_is_named(inbox):
    inbox.put_image(image(0.5, "nose"))
    assert taken(inbox) == [] and inbox.waits_for == "camera_info of nose"
    inbox.put_camera("nose", CAMERA)
    assert taken(inbox) == [] and "unknown frame 'nose_optical'" in inbox.waits_for
    inbox.links = None
    assert taken(inbox) == [] and inbox.waits_for == "the robot's description"


def test_an_image_of_another_size_than_its_camera_waits(inbox):
    inbox.put_image(image(0.5, depth=DEPTH[::2]))
    assert taken(inbox) == [] and "with the size of its images" in inbox.waits_for


def test_images_of_two_cameras_come_in_the_order_of_their_time(inbox):
    inbox.put_camera("nose", CAMERA)
    inbox.frames.set_static("base_link", "nose_optical", (0.1, 0, 0.6), NO_TURN)
    for camera, time in (("eye", 0.2), ("eye", 0.6), ("nose", 0.1), ("nose", 0.7)):
        inbox.put_image(image(time, camera))
    assert taken(inbox) == [0.1, 0.2, 0.6, 0.7]


def test_too_many_push_out_the_oldest(inbox):
    times = np.linspace(0.0, 1.0, MOST_WAITING_IMAGES + 3)
    for time in times:
        inbox.put_image(image(time))
    assert inbox.dropped == 3
    assert taken(inbox) == times[3:].tolist()


def test_an_image_of_the_future_is_refused_and_holds_nothing_up(inbox):
    with pytest.raises(RefusedInputError, match=r"stamped 1000\.000 s, while frames are known"):
        inbox.put_image(image(1000.0))
    assert inbox.is_empty
    inbox.put_image(image(0.5))
    assert taken(inbox) == [0.5]


def test_a_camera_is_limited_to_its_rate(inbox):
    inbox.put_camera("nose", CAMERA)
    inbox.frames.set_static("base_link", "nose_optical", (0.1, 0, 0.6), NO_TURN)
    for time in np.arange(0.0, 1.0, 0.1):
        inbox.put_image(image(time, "nose"))
    assert taken(inbox) == pytest.approx([0.0, 0.5]) and inbox.dropped == 0
