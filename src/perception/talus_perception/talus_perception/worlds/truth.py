# SPDX-License-Identifier: Apache-2.0
"""Works out the truth of a frame for every head, from the scene alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from talus_core.pinhole import Pinhole

from talus_perception.words import (
    DENSE_STRIDE,
    PICTURE_HEIGHT,
    PICTURE_WIDTH,
    SURFACES,
    THING_STRIDE,
    THINGS,
)
from talus_perception.worlds.rendering import TRUTH_STRIDE, Render
from talus_perception.worlds.things import Part, Thing
from talus_perception.worlds.views import View

# Bits of `ground`.
FLOOR_BIT = 1
FREE_BIT = 2
STEP_EDGE_BIT = 4
WALKABLE_UP = 0.9  # the least of a normal's part along the vertical; 25 degrees
CLEARANCE_CELLS = 2  # how near in the picture an obstacle may be to free floor
EDGE_RISE_M = (0.03, 0.35)  # between neighbouring cells of a step's edge
OBSTACLE_M = (0.08, 1.9)  # heights over the floor in which something is in the way
FAR_RANGE_M = 15.0  # of the scan, where nothing is in the way
LEAST_CELLS = 4  # of the truth that a thing must show, px at half the size
LEAST_SHOWN = 0.25  # of a thing's expected picture
SEEN_M = 0.2  # how far behind what is seen a key point may be and still be seen
_IS_WALKABLE = np.array([name in ("floor", "step") for name in SURFACES])


@dataclass(frozen=True)
class FrameTruth:
    """Holds the truth of one frame.

    A row of `things` is: class, centre u and v, px, depth, m, size x y z, m, cos and sin of
    `period`-fold yaw as the camera sees it (see `heads/objects.py`), box's width and height, px.
    A row of `people` is: left, top, right, bottom, px; depth, m; cos and sin of where it faces
    (1, 0: away from the camera); velocity right and away, m/s; then u, v, seen of 17 key points.
    A row of `hands` is: left, top, right, bottom, px; side (0 left, 1 right); depth, m.

    Attributes:
        surface: Number in SURFACES, (rows, columns) uint8 at DENSE_STRIDE.
        depth: m along the optical axis, 0 where nothing is, same size, float16.
        normal: Towards the camera, in its optical frame, times 127, (.., 3) int8; 0 unknown.
        height: Over the floor, m, float16.
        ground: Bits FLOOR_BIT, FREE_BIT, STEP_EDGE_BIT, uint8.
        flow: Where each cell was in the other frame less where it is, px, (.., 2) float16 at
            THING_STRIDE.
        moving: Whether what is there moved by itself, same cells, uint8.
        scan: Distance over ground to what is in the way, m, for each column at THING_STRIDE.
        attitude: The world's up in the optical frame (3), and the camera's height, m.
        focal: px.
    """

    surface: np.ndarray
    depth: np.ndarray
    normal: np.ndarray
    height: np.ndarray
    ground: np.ndarray
    flow: np.ndarray
    moving: np.ndarray
    scan: np.ndarray
    attitude: np.ndarray
    focal: np.ndarray
    things: np.ndarray
    people: np.ndarray
    hands: np.ndarray


TRUTH_NAMES = tuple(field.name for field in fields(FrameTruth))


def frame_truth(
    things: tuple[Thing, ...],
    parts: list[tuple[int, Part]],
    view: View,
    frames: tuple[Render, Render],
    now: int,
) -> FrameTruth:
    """Return the truth of frame `now`, 0 or 1; motion is against the other one."""
    render = frames[now]
    other = frames[1 - now]
    eye = view.poses[now]
    other_eye = view.poses[1 - now]
    half = _shrunk(view.pinhole, TRUTH_STRIDE)
    points = half.rays() * render.depth[..., None]
    surface_of = np.array([SURFACES.index(part.surface) for _, part in parts] + [0])
    surface = surface_of[render.shapes].astype(np.uint8)
    normal = _normals(points, render.shapes)
    heights = (points @ eye[2, :3] + eye[2, 3]).astype(np.float32)
    every = DENSE_STRIDE // TRUTH_STRIDE
    cut = (slice(None, None, every), slice(None, None, every))
    thing_of = np.array([number for number, _ in parts] + [-1])[render.shapes]
    motion_cut = (slice(None, None, THING_STRIDE // TRUTH_STRIDE),) * 2
    flow, moving = _motion(
        points[motion_cut], thing_of[motion_cut], render, other, eye, other_eye, view.pinhole
    )
    time = view.times[now]
    return FrameTruth(
        surface=surface[cut],
        depth=render.depth[cut].astype(np.float16),
        normal=np.round(127.0 * normal[cut]).astype(np.int8),
        height=np.where(render.shapes[cut] >= 0, heights[cut], 0).astype(np.float16),
        ground=_ground(surface[cut], heights[cut], normal[cut] @ eye[2, :3], render.depth[cut]),
        flow=flow,
        moving=moving,
        scan=_scan(points, heights, render.shapes, surface, eye),
        attitude=np.array((*eye[2, :3], eye[2, 3]), np.float32),
        focal=np.array((view.pinhole.fx,), np.float32),
        things=_thing_rows(things, thing_of, surface, render, eye, view.pinhole),
        people=_person_rows(things, thing_of, render, eye, view.pinhole, time),
        hands=_hand_rows(things, render, eye, view.pinhole),
    )


def _shrunk(pinhole: Pinhole, stride: int) -> Pinhole:
    """Return the camera of pictures that are rendered `stride` times smaller."""
    width = pinhole.width // stride
    height = pinhole.height // stride
    focal = pinhole.fx / stride
    return Pinhole(width, height, focal, focal, 0.5 * (width - 1), 0.5 * (height - 1))


def _normals(points: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """Return unit normals towards the camera from neighbours of the same shape; 0 where none."""
    right = np.zeros_like(points)
    down = np.zeros_like(points)
    for axis, step in ((1, right), (0, down)):
        ahead = np.diff(points, axis=axis)
        same = np.diff(shapes, axis=axis) == 0
        first = (slice(None),) * axis + (slice(0, -1),)
        last = (slice(None),) * axis + (slice(1, None),)
        step[first] = np.where(same[..., None], ahead, 0)
        bare = (step[last] == 0).all(-1, keepdims=True)
        step[last] = np.where(bare & same[..., None], ahead, step[last])
    normal = np.cross(down, right)
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    normal = np.where(length > 1e-9, normal / np.maximum(length, 1e-9), 0.0)
    away = (normal * points).sum(-1, keepdims=True) > 0
    return np.where(away, -normal, normal) * (shapes >= 0)[..., None]


def _ground(
    surface: np.ndarray, heights: np.ndarray, up: np.ndarray, depth: np.ndarray
) -> np.ndarray:
    floor = _IS_WALKABLE[surface] & (up > WALKABLE_UP) & (depth > 0)
    blocked = ~floor & (depth > 0) & (heights > OBSTACLE_M[0]) & (heights < OBSTACLE_M[1])
    free = floor & ~_spread(blocked, CLEARANCE_CELLS)
    edge = np.zeros_like(floor)
    is_step = surface == SURFACES.index("step")
    for axis in (0, 1):
        rise = np.abs(np.diff(heights, axis=axis))
        near = np.abs(np.diff(depth, axis=axis)) < 0.6
        touches = np.logical_or(*_ends(is_step, axis))
        both = np.logical_and(*_ends(_IS_WALKABLE[surface], axis))
        hit = (rise > EDGE_RISE_M[0]) & (rise < EDGE_RISE_M[1]) & near & touches & both
        first, last = _ends(edge, axis)
        first |= hit
        last |= hit
    return (FLOOR_BIT * floor + FREE_BIT * free + STEP_EDGE_BIT * edge).astype(np.uint8)


def _ends(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return views of all but the last and all but the first along axis 0 or 1."""
    return (values[:-1], values[1:]) if axis == 0 else (values[:, :-1], values[:, 1:])


def _spread(mask: np.ndarray, cells: int) -> np.ndarray:
    wide = mask.copy()
    for _ in range(cells):
        grown = wide.copy()
        for axis in (0, 1):
            first, last = _ends(grown, axis)
            before, after = _ends(wide, axis)
            first |= after
            last |= before
        wide = grown
    return wide


def _motion(
    points: np.ndarray,
    thing_of: np.ndarray,
    render: Render,
    other: Render,
    eye: np.ndarray,
    other_eye: np.ndarray,
    pinhole: Pinhole,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the flow to the other frame, px, and whether a cell's thing moved in the world."""
    moves = other.poses @ np.linalg.inv(render.poses)  # of each thing, in the world
    moved = np.linalg.norm(other.poses[:, :3, 3] - render.poses[:, :3, 3], axis=1) > 0.01
    moved[-1] = False  # the own body moves with the camera
    into_eye = np.linalg.inv(other_eye)
    chains = np.stack([into_eye @ move @ eye for move in moves] + [np.eye(4)])
    chain = chains[thing_of]
    there = np.einsum("hwij,hwj->hwi", chain[..., :3, :3], points) + chain[..., :3, 3]
    seen = (there[..., 2] > 0.05) & (points[..., 2] > 0.05)
    flat = np.where(seen[..., None], there, 1.0).reshape(-1, 3)
    here = np.where(seen[..., None], points, 1.0).reshape(-1, 3)
    flow = (pinhole.project(flat) - pinhole.project(here)).reshape(*points.shape[:2], 2)
    flow = np.where(seen[..., None], np.clip(flow, -200.0, 200.0), np.nan)
    return flow.astype(np.float16), (np.append(moved, False)[thing_of]).astype(np.uint8)


def _scan(
    points: np.ndarray,
    heights: np.ndarray,
    shapes: np.ndarray,
    surface: np.ndarray,
    eye: np.ndarray,
) -> np.ndarray:
    """Return the nearest thing in the way in each column of cells, m over ground."""
    world = points @ eye[:3, :3].T
    distance = np.hypot(world[..., 0], world[..., 1])
    is_own = surface == SURFACES.index("robot")
    hit = (shapes >= 0) & (heights > OBSTACLE_M[0]) & (heights < OBSTACLE_M[1]) & ~is_own
    nearest = np.where(hit, distance, FAR_RANGE_M).min(0)
    cells = nearest.reshape(-1, THING_STRIDE // TRUTH_STRIDE)
    return np.minimum(cells.min(1), FAR_RANGE_M).astype(np.float16)


def _into(eye: np.ndarray, pose: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return points of a thing's frame, (n, 3), in the optical frame."""
    chain = np.linalg.inv(eye) @ pose
    return points @ chain[:3, :3].T + chain[:3, 3]


def _box_of(points: np.ndarray, pinhole: Pinhole) -> np.ndarray | None:
    """Return left, top, right, bottom of points' picture, px, cut by its edges; None outside."""
    ahead = points[points[:, 2] > 0.05]
    if len(ahead) < 4:
        return None
    pixels = pinhole.project(ahead)
    low = np.maximum(pixels.min(0), 0.0)
    high = np.minimum(pixels.max(0), (PICTURE_WIDTH - 1, PICTURE_HEIGHT - 1))
    return None if (high - low < 2.0).any() else np.array((*low, *high))


def _corners(thing: Thing) -> np.ndarray:
    signs = np.array([(a, b, c) for a in (-0.5, 0.5) for b in (-0.5, 0.5) for c in (-0.5, 0.5)])
    return np.asarray(thing.centre) + signs * thing.size


def _cells_of(box: np.ndarray) -> tuple[slice, slice]:
    left, top, right, bottom = np.round(box / TRUTH_STRIDE).astype(int)
    return slice(max(top, 0), bottom + 1), slice(max(left, 0), right + 1)


def _is_shown(thing_of: np.ndarray, number: int, box: np.ndarray, fills: float) -> bool:
    """Return whether enough of a thing is seen of what its box would show."""
    part = thing_of[_cells_of(box)]
    count = int((part == number).sum())
    return count >= LEAST_CELLS and count >= LEAST_SHOWN * fills * part.size


def _thing_rows(
    things: tuple[Thing, ...],
    thing_of: np.ndarray,
    surface: np.ndarray,
    render: Render,
    eye: np.ndarray,
    pinhole: Pinhole,
) -> np.ndarray:
    rows = []
    present = set(np.unique(thing_of).tolist())
    for number, thing in enumerate(things):
        if thing.kind not in THINGS or number not in present:
            continue
        pose = render.poses[number]
        box = _box_of(_into(eye, pose, _corners(thing)), pinhole)
        own = np.where(surface == SURFACES.index(thing.kind), thing_of, -1)
        if box is None or not _is_shown(own, number, box, 0.5):
            continue
        middle = _into(eye, pose, np.asarray(thing.centre)[None])
        u, v = pinhole.project(middle)[0]
        inside = 0 <= u < PICTURE_WIDTH and 0 <= v < PICTURE_HEIGHT
        if not inside or middle[0, 2] < 0.1:
            continue
        turn = _seen_yaw(eye, pose, middle[0]) * (2 * math.pi / thing.period)
        size_in_picture = (box[2] - box[0], box[3] - box[1])
        rows.append(
            (
                THINGS.index(thing.kind),
                u,
                v,
                middle[0, 2],
                *thing.size,
                math.cos(turn),
                math.sin(turn),
                *size_in_picture,
            )
        )
    return np.array(rows, np.float32).reshape(-1, 11)


def _seen_yaw(eye: np.ndarray, pose: np.ndarray, middle: np.ndarray) -> float:
    """Return where a thing's x axis points, rad from the line of sight, left positive."""
    sight = eye[:3, :3] @ middle
    return math.atan2(pose[1, 0], pose[0, 0]) - math.atan2(sight[1], sight[0])


def _person_rows(
    things: tuple[Thing, ...],
    thing_of: np.ndarray,
    render: Render,
    eye: np.ndarray,
    pinhole: Pinhole,
    time: float,
) -> np.ndarray:
    rows = []
    for number, thing in enumerate(things):
        if thing.person is None:
            continue
        pose = render.poses[number]
        box = _box_of(_into(eye, pose, thing.person.outline), pinhole)
        if box is None or not _is_shown(thing_of, number, box, 0.35):
            continue
        middle = _into(eye, pose, np.asarray(thing.centre)[None])[0]
        turn = _seen_yaw(eye, pose, middle)
        sight = eye[:3, :3] @ middle
        angle = math.atan2(sight[1], sight[0])
        speed_x, speed_y, _ = thing.velocity
        right = math.sin(angle) * speed_x - math.cos(angle) * speed_y
        away = math.cos(angle) * speed_x + math.sin(angle) * speed_y
        points = _into(eye, pose, thing.person.key_points)
        rows.append(
            (
                *box,
                max(float(middle[2]), 0.1),
                math.cos(turn),
                math.sin(turn),
                right,
                away,
                *_seen_points(points, render.depth, pinhole).ravel(),
            )
        )
    return np.array(rows, np.float32).reshape(-1, 60)


def _seen_points(points: np.ndarray, depth: np.ndarray, pinhole: Pinhole) -> np.ndarray:
    """Return u, v, px, and whether each point (n, 3) is before all else, (n, 3)."""
    ahead = points[:, 2] > 0.05
    pixels = pinhole.project(np.where(ahead[:, None], points, 1.0))
    column, row = np.round(pixels / TRUTH_STRIDE).astype(int).T
    inside = (column >= 0) & (column < depth.shape[1]) & (row >= 0) & (row < depth.shape[0])
    found = depth[np.clip(row, 0, depth.shape[0] - 1), np.clip(column, 0, depth.shape[1] - 1)]
    seen = ahead & inside & (points[:, 2] < found + SEEN_M)
    return np.column_stack([pixels, seen])


def _hand_rows(
    things: tuple[Thing, ...], render: Render, eye: np.ndarray, pinhole: Pinhole
) -> np.ndarray:
    rows = []
    for number, thing in enumerate(things):
        if thing.person is None:
            continue
        for side, corners in enumerate(thing.person.hands):
            points = _into(eye, render.poses[number], corners)
            box = _box_of(points, pinhole)
            middle = points.mean(0, keepdims=True)
            if box is None or middle[0, 2] < 0.1 or (box[2:] - box[:2]).max() < 6.0:
                continue
            if _seen_points(middle, render.depth, pinhole)[0, 2]:
                rows.append((*box, side, middle[0, 2]))
    return np.array(rows, np.float32).reshape(-1, 6)
