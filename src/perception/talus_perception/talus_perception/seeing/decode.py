# SPDX-License-Identifier: Apache-2.0
"""Reads things and people out of the network's tensors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talus_perception.words import PERSON, THING_STRIDE, THINGS

LEAST_HEAT = 0.05
MOST_FOUND = 30  # of a picture and class
SAME_PERSON_OVERLAP = 0.6  # of two boxes, from which they are one person's


@dataclass(frozen=True)
class Outputs:
    """Holds all tensors of one picture by name."""

    tensors: dict[str, np.ndarray]

    def dense(self, name: str) -> np.ndarray:
        """Return a tensor without its first axis."""
        return self.tensors[name][0]


@dataclass(frozen=True)
class Sighting:
    """Describes something in a picture.

    Attributes:
        kind: A word of THINGS, or PERSON.
        score: 0 to 1.
        picture: Number of the picture.
        box: Left, top, right, bottom, px.
        point: u, v of its centre, px, and its depth, m.
        focal: Of the camera, px; of truths only.
        cell: Row and column at which all heads tell the rest about it.
    """

    kind: str
    score: float
    picture: int
    box: tuple[float, ...]
    point: tuple[float, float, float] = (0.0, 0.0, 0.0)
    focal: float = 1.0
    cell: tuple[int, int] = (0, 0)


def peaks(heat: np.ndarray) -> list[tuple[int, int]]:
    """Return rows and columns at which heat (rows, columns) is highest around, hottest first."""
    padded = np.pad(heat, 1)
    rows, columns = heat.shape
    around = [padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    places = np.argwhere((heat >= np.max(around, 0)) & (heat > LEAST_HEAT))
    order = np.argsort(-heat[places[:, 0], places[:, 1]], kind="stable")[:MOST_FOUND]
    return [(int(row), int(column)) for row, column in places[order]]


def found_objects(
    outputs: Outputs, picture: int, scale: float, kinds: tuple[str, ...] = THINGS
) -> list[Sighting]:
    """Return all things in a picture.

    Args:
        outputs: The network's.
        picture: Its number, handed on.
        scale: Focal length of the camera over the canonical one.
        kinds: What the channels of the heat mean.
    """
    heat = outputs.dense("objects_heat")
    offset = outputs.dense("objects_offset")
    box = outputs.dense("objects_box")
    depth = outputs.dense("objects_depth")[0] * scale
    found = []
    for number, kind in enumerate(kinds):
        for y, x in peaks(heat[number]):
            u = float(x + offset[0, y, x]) * THING_STRIDE
            v = float(y + offset[1, y, x]) * THING_STRIDE
            wide, high = (0.5 * float(side) for side in box[:, y, x])
            found.append(
                Sighting(
                    kind,
                    float(heat[number, y, x]),
                    picture,
                    (u - wide, v - high, u + wide, v + high),
                    (u, v, float(depth[y, x])),
                    cell=(y, x),
                )
            )
    return found


def found_people(outputs: Outputs, picture: int) -> list[Sighting]:
    """Return all people in a picture."""
    heat = outputs.dense("people_heat")[0]
    box = outputs.dense("people_box")
    found = []
    for y, x in peaks(heat):
        u = (x + 0.5) * THING_STRIDE
        v = (y + 0.5) * THING_STRIDE
        left, up, right, down = (float(side) for side in box[:, y, x])
        sides = (u - left, v - up, u + right, v + down)
        found.append(Sighting(PERSON, float(heat[y, x]), picture, sides, cell=(y, x)))
    return apart(found, SAME_PERSON_OVERLAP)


def apart(found: list[Sighting], most: float) -> list[Sighting]:
    """Return those whose boxes overlap no surer one by as much as `most`, surest first."""
    kept: list[Sighting] = []
    for each in sorted(found, key=lambda one: -one.score):
        if all(overlap(each.box, other.box) < most for other in kept):
            kept.append(each)
    return kept


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Return intersection over union of two boxes: left, top, right, bottom."""
    wide = max(min(a[2], b[2]) - max(a[0], b[0]), 0.0)
    high = max(min(a[3], b[3]) - max(a[1], b[1]), 0.0)
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return wide * high / max(areas - wide * high, 1e-9)
