# SPDX-License-Identifier: Apache-2.0
"""Labels of the real video are sound, and what is found in it is scored fairly."""

import json

import numpy as np
import pytest
from talus_core.errors import TalusError
from talus_perception.evaluation import real_people
from talus_perception.evaluation.real_people import LabelledFrames, read_labelled, score_people
from talus_perception.seeing.decode import Sighting

VIDEO_WIDTH = 768
VIDEO_HEIGHT = 576
ELSEWHERE = (300.0, 300.0, 340.0, 400.0)


def test_labels_are_boxes_within_the_video():
    labels = json.loads(real_people.LABELS.read_text())
    boxes = [box for frame in labels["frames"].values() for box in frame["people"]]
    assert len(labels["frames"]) >= 30 and len(boxes) >= 150
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= VIDEO_WIDTH and 0 <= top < bottom <= VIDEO_HEIGHT
        assert bottom - top > right - left  # people walk upright


def test_a_video_that_was_not_labelled_is_refused(tmp_path):
    other = tmp_path / "other.avi"
    other.write_bytes(b"RIFF")
    with pytest.raises(TalusError, match="that was labelled"):
        read_labelled(other)
    with pytest.raises(TalusError, match="No such file"):
        read_labelled(tmp_path / "none.avi")


def person(score: float, box: tuple[float, ...]) -> Sighting:
    return Sighting("person", score, 0, box)


def test_who_is_unclear_counts_neither_way():
    clear, unclear = (10.0, 10.0, 40.0, 100.0), (200.0, 10.0, 230.0, 100.0)
    frames = LabelledFrames(np.zeros((1, 8, 8, 3), np.uint8), [[clear]], [[unclear]])
    found = [person(0.9, unclear), person(0.8, clear)]
    assert score_people(frames, found) == {"recall_1fp": 1.0, "ap50": 1.0}
    assert score_people(frames, [person(0.95, ELSEWHERE), *found])["ap50"] == 0.5


def test_parts_of_a_picture_are_put_back_where_they_were_and_told_once(monkeypatch):
    """Whoever stands in the middle is in all four parts, and is one person."""
    middle = np.array((374.0, 270.0, 394.0, 306.0))

    class OneInTheMiddle:
        def __init__(self, eyes):
            self.left_top = iter([(0, 0), (288, 0), (0, 216), (288, 216)])

        def run(self, picture):
            return next(self.left_top)

    def found(outputs, number):
        scale = 320 / 480
        box = (middle - (*outputs, *outputs)) * scale + (0, 8, 0, 8)
        return [Sighting("person", 0.9, number, tuple(box))]

    monkeypatch.setattr(real_people, "Runner", OneInTheMiddle)
    monkeypatch.setattr(real_people, "found_people", found)
    picture = np.zeros((1, VIDEO_HEIGHT, VIDEO_WIDTH, 3), np.uint8)
    (one,) = real_people.find_with_model(None, picture, in_parts=True)
    assert np.allclose(one.box, middle, atol=1.0)


def test_hog_that_is_not_there_is_named_with_the_way_to_get_it(tmp_path):
    with pytest.raises(TalusError, match="opencv-contrib-python-headless"):
        real_people.find_with_hog(np.zeros((1, 8, 8, 3), np.uint8), tmp_path)
