# SPDX-License-Identifier: Apache-2.0
"""Draws over a picture what the network said of it: surfaces, boxes, key points, tracks."""

from __future__ import annotations

import colorsys

import cv2
import numpy as np

from talus_perception.seeing.lookout import CameraLook
from talus_perception.seeing.placing import Placed
from talus_perception.words import PERSON

SURFACE_SHARE = 0.35  # of the class colour in the picture
SURE_KEY_POINT = 0.3
TEXT_SIZE = 0.35  # of OpenCV's plain font: 8 px high
PERSON_COLOUR = (255, 90, 60)
THING_COLOUR = (255, 210, 60)
# Of COCO's key points: which are joined by a line.
BONES = (
    *((5, 6), (5, 7), (7, 9), (6, 8), (8, 10)),
    *((5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16)),
)


def class_colours(count: int) -> np.ndarray:
    """Return a colour (count, 3) uint8 for each class, neighbours far apart."""
    hues = (np.arange(count) * 0.618034) % 1.0
    rows = [colorsys.hsv_to_rgb(float(hue), 0.75, 0.95) for hue in hues]
    return (255.0 * np.array(rows)).astype(np.uint8)


def drawn(look: CameraLook, surfaces: int) -> np.ndarray:
    """Return the network's picture (rows, columns, 3) uint8 with all that it said drawn over it.

    Args:
        look: What was seen.
        surfaces: How many classes the model knows.
    """
    rows, columns = look.picture.shape[:2]
    number = np.minimum(look.outputs.dense("semantics_class"), surfaces - 1)
    colours = class_colours(surfaces)[number]
    colours = cv2.resize(colours, (columns, rows), interpolation=cv2.INTER_NEAREST)
    canvas = cv2.addWeighted(look.picture, 1.0 - SURFACE_SHARE, colours, SURFACE_SHARE, 0.0)
    for one, track in zip(look.placed, look.numbers, strict=True):
        _draw(canvas, one, track)
    return canvas


def _draw(canvas: np.ndarray, one: Placed, track: int) -> None:
    colour = PERSON_COLOUR if one.kind == PERSON else THING_COLOUR
    left, top, right, bottom = (round(min(max(side, -4e3), 4e3)) for side in one.box)
    cv2.rectangle(canvas, (left, top), (right, bottom), colour, 1)
    label = f"{one.kind} {track}" if track else one.kind
    at = (max(left, 0) + 2, max(top, 0) + 9)
    cv2.putText(canvas, label, at, cv2.FONT_HERSHEY_SIMPLEX, TEXT_SIZE, (0, 0, 0), 2)
    cv2.putText(canvas, label, at, cv2.FONT_HERSHEY_SIMPLEX, TEXT_SIZE, colour, 1)
    if one.key_points is None:
        return
    points = [
        (round(float(np.clip(u, -4e3, 4e3))), round(float(np.clip(v, -4e3, 4e3))))
        for u, v in one.key_points[:, :2]
    ]
    sure = one.key_points[:, 2] > SURE_KEY_POINT
    for begin, end in BONES:
        if sure[begin] and sure[end]:
            cv2.line(canvas, points[begin], points[end], colour, 1)
    for point, is_sure in zip(points, sure, strict=True):
        if is_sure:
            cv2.circle(canvas, point, 1, (255, 255, 255), -1)
