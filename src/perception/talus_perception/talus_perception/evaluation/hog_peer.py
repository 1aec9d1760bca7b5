# SPDX-License-Identifier: Apache-2.0
"""Finds people by OpenCV's HOG detector: a program of its own, run beside an OpenCV that has it.

OpenCV 5 no longer has it; `real_people.py` runs this file with an OpenCV 4 before everything else.
It imports nothing of Talus.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

import numpy as np

cv2: Any = importlib.import_module("cv2")  # types of an OpenCV 5 would not know the detector

# What OpenCV's own example takes off each side of a window: people do not fill it.
SPARE_WIDTH = 0.15
SPARE_HEIGHT = 0.05
ENLARGED = 2.0  # the window is 128 px high: higher than most people in the video


def main() -> None:
    """Read pictures (n, rows, columns, 3) from a file; write rows of picture, box and score."""
    pictures = np.load(sys.argv[1])
    detector = cv2.HOGDescriptor()
    detector.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())
    rows = []
    for number, picture in enumerate(pictures):
        large = cv2.resize(picture, None, fx=ENLARGED, fy=ENLARGED)
        boxes, scores = detector.detectMultiScale(
            large, hitThreshold=-0.5, winStride=(8, 8), padding=(16, 16), scale=1.05
        )
        for (left, top, width, height), score in zip(boxes, np.ravel(scores), strict=True):
            aside = SPARE_WIDTH * width
            above = SPARE_HEIGHT * height
            box = (left + aside, top + above, left + width - aside, top + height - above)
            rows.append([number, *(float(side) / ENLARGED for side in box), float(score)])
    with open(sys.argv[2], "w") as file:
        json.dump(rows, file)


if __name__ == "__main__":
    main()
