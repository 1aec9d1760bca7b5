# SPDX-License-Identifier: Apache-2.0
"""Scores the people that a model finds in a real video, beside OpenCV's HOG detector.

The video is OpenCV's own sample `vtest.avi`; it is not part of Talus. Its labels are.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from talus_core.errors import TalusError

from talus_perception.evaluation.evaluate import Runner
from talus_perception.evaluation.scores import OVERLAP, average_precision, recall_at
from talus_perception.model import EyesModel
from talus_perception.seeing.decode import Sighting, apart, found_people, overlap
from talus_perception.words import PICTURE_HEIGHT, PICTURE_WIDTH

LABELS = Path(__file__).with_name("vtest_people.json")
HOG_PROGRAM = Path(__file__).with_name("hog_peer.py")
INSTALL_HOG = (
    "./talus exec -- python -m pip install --no-deps --target .talus/peers/opencv4 "
    "opencv-contrib-python-headless==4.10.0.84"
)
PADDING_GREY = 110
# A picture is also looked at in parts, so that people of 90 px are as large as a robot sees them.
PARTS_ACROSS = 2
PART_SHARE = 0.625  # of the width and height: neighbours share a quarter of the picture


@dataclass(frozen=True)
class LabelledFrames:
    """Holds pictures (n, rows, columns, 3) uint8, blue first, and the boxes in each.

    Attributes:
        pictures: Frames of the video.
        people: Left, top, right, bottom of each person, px, by picture.
        unclear: Boxes that may be found or not, by picture.
    """

    pictures: np.ndarray
    people: list[list[tuple[float, ...]]]
    unclear: list[list[tuple[float, ...]]]

    @cached_property
    def truths(self) -> list[Sighting]:
        """Return all people."""
        return [
            Sighting("person", 1.0, number, box)
            for number, boxes in enumerate(self.people)
            for box in boxes
        ]

    def without_unclear(self, found: list[Sighting]) -> list[Sighting]:
        """Return what was found but for what lies on unclear boxes and on no person."""
        return [
            each
            for each in found
            if _best(each.box, self.people[each.picture]) >= OVERLAP
            or _best(each.box, self.unclear[each.picture]) < OVERLAP
        ]


def _best(box: tuple[float, ...], others: list[tuple[float, ...]]) -> float:
    return max((overlap(box, other) for other in others), default=0.0)


def read_labelled(video: Path) -> LabelledFrames:
    """Read the labelled frames of `vtest.avi`. Raises TalusError."""
    labels = json.loads(LABELS.read_text())
    try:
        sha256 = hashlib.sha256(video.read_bytes()).hexdigest()
    except OSError as error:
        raise TalusError(f"--people-video {video}: {error.strerror}") from error
    if sha256 != labels["sha256"]:
        raise TalusError(
            f"--people-video {video}: not the vtest.avi that was labelled, of Debian's opencv-doc"
        )
    wanted: dict[str, Any] = labels["frames"]
    reader = cv2.VideoCapture(str(video))
    pictures = []
    for number in range(max(map(int, wanted)) + 1):
        is_read, picture = reader.read()
        if not is_read:
            raise TalusError(f"--people-video {video}: this OpenCV reads no frame {number} of it")
        if str(number) in wanted:
            pictures.append(picture)
    reader.release()
    boxes = [
        [[tuple(map(float, box)) for box in frame[kind]] for frame in wanted.values()]
        for kind in ("people", "unclear")
    ]
    return LabelledFrames(np.stack(pictures), *boxes)


def find_with_model(eyes: EyesModel, pictures: np.ndarray, in_parts: bool) -> list[Sighting]:
    """Return the people that a model finds; `in_parts`: in overlapping parts of each picture."""
    runner = Runner(eyes)
    found: list[Sighting] = []
    for number, picture in enumerate(pictures):
        here: list[Sighting] = []
        for left, top, part in _parts(picture) if in_parts else [(0, 0, picture)]:
            small, scale, above = _fitted(part)
            for each in found_people(runner.run(small[..., ::-1]), number):
                sides = np.array(each.box).reshape(2, 2)
                sides = (sides - (0, above)) / scale + (left, top)
                here.append(replace(each, box=tuple(sides.ravel().tolist())))
        found += apart(here, OVERLAP)  # parts share their borders
    return found


def _parts(picture: np.ndarray) -> list[tuple[int, int, np.ndarray]]:
    """Return left, top and picture of each overlapping part."""
    rows, columns = picture.shape[:2]
    high = int(PART_SHARE * rows)
    wide = int(PART_SHARE * columns)
    lefts = np.linspace(0, columns - wide, PARTS_ACROSS).astype(int)
    tops = np.linspace(0, rows - high, PARTS_ACROSS).astype(int)
    return [
        (left, top, picture[top : top + high, left : left + wide]) for top in tops for left in lefts
    ]


def _fitted(picture: np.ndarray) -> tuple[np.ndarray, float, int]:
    """Return a picture of the network's size, its scale, and the rows of padding above."""
    rows, columns = picture.shape[:2]
    scale = PICTURE_WIDTH / columns
    high = min(round(scale * rows), PICTURE_HEIGHT)
    above = (PICTURE_HEIGHT - high) // 2
    small = np.full((PICTURE_HEIGHT, PICTURE_WIDTH, 3), PADDING_GREY, np.uint8)
    small[above : above + high] = cv2.resize(
        picture, (PICTURE_WIDTH, high), interpolation=cv2.INTER_AREA
    )
    return small, scale, above


def find_with_hog(pictures: np.ndarray, packages: Path) -> list[Sighting]:
    """Return the people that HOG finds, by an OpenCV 4 in a folder. Raises TalusError."""
    if not (packages / "cv2").is_dir():
        raise TalusError(f"{packages} holds no OpenCV 4: {INSTALL_HOG}")
    path = os.pathsep.join([str(packages), os.environ.get("PYTHONPATH", "")])
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "pictures.npy"
        answer = Path(folder) / "people.json"
        np.save(given, pictures)
        done = subprocess.run(
            [sys.executable, str(HOG_PROGRAM), str(given), str(answer)],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            raise TalusError(f"HOG did not run: {said[-1]}")
        rows = json.loads(answer.read_text())
    return [Sighting("person", row[5], int(row[0]), tuple(row[1:5])) for row in rows]


def score_people(frames: LabelledFrames, found: list[Sighting]) -> dict[str, float]:
    """Return recall at one false alarm a picture, and the average precision."""
    counted = frames.without_unclear(found)
    return {
        "recall_1fp": recall_at(counted, frames.truths, len(frames.pictures)),
        "ap50": average_precision(counted, frames.truths),
    }
