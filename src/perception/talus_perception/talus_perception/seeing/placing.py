# SPDX-License-Identifier: Apache-2.0
"""Places what was found in a picture: metres in the frame `odom`, each with its covariance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from talus_core.pinhole import Pinhole
from talus_core.transform import Transform

from talus_perception.seeing.decode import Outputs, Sighting, found_objects, found_people
from talus_perception.words import (
    HALF_TURN_THINGS,
    KEY_POINTS,
    PERSON,
    THING_STRIDE,
)

CENTRE_DEVIATION_PX = 3.0  # of a found centre across the line of sight: a third of a cell
DEPTH_SHARE = (0.01, 0.6)  # of a depth: bounds of what its deviation may be said to be
PERSON_WIDTH_M = 0.5  # from above, of anybody: shoulders and a stride
PERSON_HEIGHT_M = (0.5, 2.2)  # a child that sits, a tall adult


@dataclass(frozen=True)
class Glance:
    """Describes one look through one camera: where it was, and what it can see.

    Attributes:
        camera: Its name.
        time: s.
        pinhole: Of the network's picture.
        pose: Of the optical frame in odom.
        depth: (rows, columns) m along the optical axis, of every place; None where not known.
    """

    camera: str
    time: float
    pinhole: Pinhole
    pose: Transform
    depth: np.ndarray | None = None


@dataclass(frozen=True)
class Placed:
    """Describes something that was found, where it is.

    Attributes:
        kind, score, box: As of `Sighting`.
        position: (3,) m in odom, of its middle.
        covariance: (3, 3) m2 in odom.
        size: (3,) m along its own axes.
        yaw: rad in odom, of its x axis; people: where they face.
        key_points: (17, 3) px of the picture and certainty 0 to 1; people only.
    """

    kind: str
    score: float
    box: tuple[float, ...]
    position: np.ndarray
    covariance: np.ndarray
    size: np.ndarray
    yaw: float
    key_points: np.ndarray | None = None


def place_all(
    outputs: Outputs, glance: Glance, focal: float, kinds: tuple[str, ...], least: float
) -> list[Placed]:
    """Return all things and people of a picture whose score is `least` or more.

    Args:
        outputs: The network's.
        glance: How they were made.
        focal: Of the camera for which the network's metres hold, px.
        kinds: What the channels of the objects' heat mean.
        least: Score, 0 to 1.
    """
    scale = glance.pinhole.fx / focal
    things = [s for s in found_objects(outputs, 0, scale, kinds) if s.score >= least]
    people = [s for s in found_people(outputs, 0) if s.score >= least]
    placed = [_thing(outputs, one, glance) for one in things]
    placed += [_person(outputs, one, glance, scale) for one in people]
    return [one for one in placed if np.isfinite(one.position).all()]


def depth_of(outputs: Outputs, glance_focal: float, focal: float) -> np.ndarray:
    """Return the depth of every place, m, for a camera with the first focal length, px."""
    return outputs.dense("depth") * np.float32(glance_focal / focal)


def place(
    glance: Glance, pixel: tuple[float, float], depth: float, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return position (3,) and covariance (3, 3) in odom of a pixel at a depth, m.

    `share`: one standard deviation of the depth over the depth.
    """
    pinhole = glance.pinhole
    ray = np.array(
        ((pixel[0] - pinhole.cx) / pinhole.fx, (pixel[1] - pinhole.cy) / pinhole.fy, 1.0)
    )
    across = (CENTRE_DEVIATION_PX * depth / pinhole.fx) ** 2
    along = (np.clip(share, *DEPTH_SHARE) * depth) ** 2
    turned = glance.pose.rotation @ ray
    covariance = across * np.eye(3) + along * np.outer(turned, turned)
    return glance.pose.position + depth * turned, covariance


def _thing(outputs: Outputs, found: Sighting, glance: Glance) -> Placed:
    u, v, depth = found.point
    share = _share(outputs, "objects_depth_log_variance", found)
    position, covariance = place(glance, (u, v), depth, share)
    turn = _angle(outputs, "objects_turn", found)
    if found.kind in HALF_TURN_THINGS:
        turn *= 0.5
    return Placed(
        found.kind,
        found.score,
        found.box,
        position,
        covariance,
        _at(outputs, "objects_size", found).astype(float),
        _sight(glance, position) + turn,
    )


def _person(outputs: Outputs, found: Sighting, glance: Glance, scale: float) -> Placed:
    left, top, right, bottom = found.box
    depth = float(_at(outputs, "people_depth", found)[0]) * scale
    share = _share(outputs, "people_depth_log_variance", found)
    middle = (0.5 * (left + right), 0.5 * (top + bottom))
    position, covariance = place(glance, middle, depth, share)
    height = float(np.clip((bottom - top) * depth / glance.pinhole.fx, *PERSON_HEIGHT_M))
    return Placed(
        PERSON,
        found.score,
        found.box,
        position,
        covariance,
        np.array((PERSON_WIDTH_M, PERSON_WIDTH_M, height)),
        _sight(glance, position) + _angle(outputs, "people_facing", found),
        _key_points(outputs, found),
    )


def _key_points(outputs: Outputs, found: Sighting) -> np.ndarray:
    row, column = found.cell
    off = _at(outputs, "people_key_points", found).reshape(len(KEY_POINTS), 2)
    centre = (np.array((column, row)) + 0.5) * THING_STRIDE
    return np.column_stack([off + centre, _at(outputs, "people_key_point_scores", found)])


def _sight(glance: Glance, position: np.ndarray) -> float:
    """Return the bearing of a point in odom from the camera, rad."""
    away = position - glance.pose.position
    return math.atan2(away[1], away[0])


def _share(outputs: Outputs, name: str, found: Sighting) -> float:
    """Return the standard deviation of a depth over it, from the log variance of its log."""
    return math.sqrt(2.0) * math.exp(0.5 * min(float(_at(outputs, name, found)[0]), 2.0))


def _angle(outputs: Outputs, name: str, found: Sighting) -> float:
    cosine, sine = _at(outputs, name, found)
    return math.atan2(sine, cosine)


def _at(outputs: Outputs, name: str, found: Sighting) -> np.ndarray:
    row, column = found.cell
    return outputs.dense(name)[:, row, column]
