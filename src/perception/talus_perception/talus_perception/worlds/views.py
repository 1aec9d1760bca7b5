# SPDX-License-Identifier: Apache-2.0
"""Chooses where a camera is, what it looks at, how it moves, and what of the robot it sees."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from talus_core.pinhole import Pinhole

from talus_perception.words import PICTURE_HEIGHT, PICTURE_WIDTH
from talus_perception.worlds.things import Part, Plan, Thing, colour

FOV_DEG = (58.0, 110.0)  # across; those of robots' cameras
HEIGHT_M = (0.25, 1.75)  # of a camera on a humanoid: from the shin to the head
LOOKS_AT_THING = 0.6  # share of the views that are aimed at something
SWAY_RAD = 0.04  # sd of the turn between two frames
SWAY_M = 0.04


@dataclass(frozen=True)
class View:
    """Describes two frames of one moving camera.

    Attributes:
        pinhole: Its intrinsics.
        poses: Of its optical frame (x right, y down, z forward) in the world, each (4, 4).
        times: Of the frames, s.
        shows_own_body: Whether arms of the robot are before it.
    """

    pinhole: Pinhole
    poses: tuple[np.ndarray, np.ndarray]
    times: tuple[float, float]
    shows_own_body: bool


def choose_view(rng: np.random.Generator, plan: Plan) -> View:
    """Return a view from a free place of the room."""
    place = plan.free_place(rng, 0.15, tries=40) or (0.0, 0.0)
    height = min(float(rng.uniform(*HEIGHT_M)), plan.height - 0.3)
    fov = math.radians(float(rng.uniform(*FOV_DEG)))
    focal = 0.5 * PICTURE_WIDTH / math.tan(0.5 * fov)
    pinhole = Pinhole(
        PICTURE_WIDTH,
        PICTURE_HEIGHT,
        focal,
        focal,
        0.5 * (PICTURE_WIDTH - 1),
        0.5 * (PICTURE_HEIGHT - 1),
    )
    position = np.array((*place, height))
    yaw = float(rng.uniform(-math.pi, math.pi))
    pitch = float(rng.choice((0.0, 0.15, 0.6, 1.0)) + rng.normal(0.0, 0.15))  # down is positive
    if rng.random() < LOOKS_AT_THING:
        position, yaw, pitch = _aimed(rng, plan, position, yaw, pitch)
    roll = float(rng.normal(0.0, 0.05))
    first = _pose(position, yaw, pitch, roll)
    step = rng.normal(0.0, SWAY_M, 3)
    turn = rng.normal(0.0, SWAY_RAD, 3)
    second = _pose(position + step, yaw + turn[0], pitch + turn[1], roll + 0.5 * turn[2])
    start = float(rng.uniform(-0.5, 0.5))
    return View(
        pinhole,
        (first, second),
        (start, start + float(rng.uniform(0.05, 0.25))),
        bool(rng.random() < 0.3),
    )


def _aimed(
    rng: np.random.Generator, plan: Plan, position: np.ndarray, yaw: float, pitch: float
) -> tuple[np.ndarray, float, float]:
    """Return position, yaw and pitch that look at one of the things, near for a small one."""
    wanted = [thing for thing in plan.things if thing.kind]
    if not wanted:
        return position, yaw, pitch
    kinds = sorted({thing.kind for thing in wanted})
    kind = kinds[int(rng.integers(len(kinds)))]  # each kind alike, however many there are
    alike = [thing for thing in wanted if thing.kind == kind]
    thing = alike[int(rng.integers(len(alike)))]
    target = np.add(thing.position, (0.0, 0.0, thing.centre[2]))
    reach = max(0.35, 1.5 * max(thing.size)) * float(rng.uniform(1.0, 2.2))
    for _ in range(10):
        angle = float(rng.uniform(-math.pi, math.pi))
        near = target[:2] + reach * np.array((math.cos(angle), math.sin(angle)))
        is_inside = all(abs(near[i]) < plan.half[i] - 0.15 for i in (0, 1))
        blocked = any(math.hypot(near[0] - x, near[1] - y) < 0.8 * r for x, y, r in plan.taken)
        if is_inside and (not blocked or max(thing.size) < 0.5):
            height = target[2] + float(rng.uniform(0.0, 1.2)) * reach
            position = np.array((*near, np.clip(height, 0.2, min(1.8, plan.height - 0.2))))
            break
    way = target - position
    yaw = math.atan2(way[1], way[0]) + float(rng.normal(0.0, 0.2))
    pitch = -math.atan2(way[2], math.hypot(way[0], way[1])) + float(rng.normal(0.0, 0.15))
    return position, yaw, pitch


def _pose(position: np.ndarray, yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Return an optical frame in the world; at zero it looks along x."""
    forward = np.array(
        (math.cos(yaw) * math.cos(pitch), math.sin(yaw) * math.cos(pitch), -math.sin(pitch))
    )
    right = np.array((math.sin(yaw), -math.cos(yaw), 0.0))
    down = np.cross(forward, right)
    pose = np.eye(4)
    pose[:3, 0] = math.cos(roll) * right + math.sin(roll) * down
    pose[:3, 1] = math.cos(roll) * down - math.sin(roll) * right
    pose[:3, 2] = forward
    pose[:3, 3] = position
    return pose


def own_arms(rng: np.random.Generator) -> Thing:
    """Return the robot's arms in the optical frame of its camera."""
    tint = colour(rng, 0.1)
    dark = colour(rng, 0.05)
    parts: list[Part] = []
    for side in (-1, 1):
        if rng.random() < 0.15:
            continue
        shoulder = np.array((side * rng.uniform(0.15, 0.3), rng.uniform(0.25, 0.45), 0.0))
        elbow = np.array(
            (side * rng.uniform(0.1, 0.35), rng.uniform(0.2, 0.5), rng.uniform(0.1, 0.3))
        )
        wrist = np.array(
            (side * rng.uniform(0.0, 0.3), rng.uniform(0.0, 0.35), rng.uniform(0.25, 0.6))
        )
        radius = float(rng.uniform(0.025, 0.05))
        parts.append(_bone(shoulder, elbow, 1.2 * radius, tint))
        parts.append(_bone(elbow, wrist, radius, dark if rng.random() < 0.5 else tint))
        onward = (wrist - elbow) / np.linalg.norm(wrist - elbow)
        for spread in (-1, 1):
            base = wrist + 0.03 * spread * np.array((1.0, 0.0, 0.0))
            parts.append(_bone(base, base + 0.1 * onward, 0.012, dark))
    return Thing("", tuple(parts))


def _bone(start: np.ndarray, end: np.ndarray, radius: float, tint) -> Part:
    """Return a capsule from start to end."""
    way = end - start
    length = float(np.linalg.norm(way))
    along = way / length
    # The half turn of z to `along`: (1 + z.along, z x along), normalised.
    quat = np.array((1.0 + along[2], -along[1], along[0], 0.0))
    quat /= max(float(np.linalg.norm(quat)), 1e-9)
    middle = 0.5 * (start + end)
    return Part(
        "capsule",
        (radius, 0.5 * length, 0.0),
        tuple(float(v) for v in middle),  # type: ignore[arg-type]
        "robot",
        None,
        tint,
        tuple(float(v) for v in quat),  # type: ignore[arg-type]
    )
