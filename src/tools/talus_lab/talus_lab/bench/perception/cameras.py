# SPDX-License-Identifier: Apache-2.0
"""Stages seven faults in each camera of a robot that walks through a rendered world, and counts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from talus_core.rotations import matrix_from_yaw
from talus_core.transform import Transform
from talus_perception.camera_model import Camera, load_cameras
from talus_perception.evaluation.faults import spoil_picture
from talus_perception.seeing.health import HealthConfig, HealthMonitor
from talus_perception.seeing.lens import Calibration, Lens
from talus_perception.words import CAMERA_FAULTS, TRAFFIC_FAULTS
from talus_simulation.cameras.rendering import SceneRenderer, load_renderer

PICTURE_PERIOD_S = 0.2  # as the node looks while the robot walks
SOUND_PICTURES = 10  # of each camera before its fault
FAULT_PICTURES_SHOWN = 15  # within 3 s a fault is to be named
LATE_BY_S = 0.5
CAMERA_SPEED_MPS = 0.4
WALK_RADIUS_M = 0.8  # of the circle that it walks
BASE_SWAY_M = 0.02  # of the base, sideways, once a second


@dataclass(frozen=True)
class FaultCount:
    """Holds what was counted.

    Attributes:
        named: Pairs of a fault and a camera of which exactly that was named.
        staged: Of so many.
        wrong: What else was said, in words.
        false_alarms: Faults named of sound cameras.
        seconds: Of sound walking, simulated.
        pictures: That were judged on it.
    """

    named: int
    staged: int
    wrong: tuple[str, ...]
    false_alarms: int
    seconds: float
    pictures: int


def count_faults(talus: Path, world: str, seconds: float) -> FaultCount:
    """Let the robot walk for `seconds` without a fault, then stage all faults."""
    robot = talus / "urdf" / "talus40"
    cameras = load_cameras(robot)
    renderer = load_renderer(str(robot), world, str(talus / "urdf" / "worlds"), cameras)
    try:
        alarms, pictures = _walk_soundly(renderer, cameras, seconds)
        shown = [
            (pose, dict(_pictures(renderer, cameras, place)))
            for place, pose in map(_stance, range(SOUND_PICTURES + FAULT_PICTURES_SHOWN))
        ]
    finally:
        renderer.close()
    faults = (*CAMERA_FAULTS, *TRAFFIC_FAULTS)
    wrong = []
    for fault in faults:
        for camera in cameras:
            said = _stage(shown, cameras, camera.name, fault)
            if said != {camera.name: (fault,)}:
                wrong.append(f"{fault} of {camera.name}: {said or 'nothing'}")
    staged = len(faults) * len(cameras)
    return FaultCount(staged - len(wrong), staged, tuple(wrong), alarms, seconds, pictures)


def _stance(tick: int) -> tuple[np.ndarray, Transform]:
    """Return the generalised position of the base (7,), and its pose, after some pictures."""
    time = tick * PICTURE_PERIOD_S
    angle = CAMERA_SPEED_MPS * time / WALK_RADIUS_M
    side = BASE_SWAY_M * math.sin(2.0 * math.pi * time)
    radius = WALK_RADIUS_M + side
    position = np.array((radius * math.sin(angle), WALK_RADIUS_M - radius * math.cos(angle), 0.9))
    half = 0.5 * angle
    place = np.array((*position, math.cos(half), 0.0, 0.0, math.sin(half)))
    return place, Transform(matrix_from_yaw(angle), position)


def _pictures(
    renderer: SceneRenderer, cameras: tuple[Camera, ...], place: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    qpos = np.zeros(renderer.position_size)
    qpos[: len(place)] = place
    renderer.pose(qpos)
    for camera in cameras:
        colour, _ = renderer.render(camera.name, camera.pinhole)
        assert colour is not None
        yield camera.name, Lens(Calibration(camera.pinhole)).see(colour)


def _walk_soundly(
    renderer: SceneRenderer, cameras: tuple[Camera, ...], seconds: float
) -> tuple[int, int]:
    """Return faults that were named though there was none, and the pictures judged."""
    monitor = HealthMonitor(HealthConfig(), [camera.name for camera in cameras])
    alarms = 0
    pictures = 0
    before: set[str] = set()
    for tick in range(round(seconds / PICTURE_PERIOD_S)):
        place, pose = _stance(tick)
        now = tick * PICTURE_PERIOD_S
        for name, picture in _pictures(renderer, cameras, place):
            monitor.arrive(name, now, now)
            monitor.look(name, picture, pose)
            pictures += 1
        said = {f"{name} {kind}" for name, kinds in monitor.faults(now).items() for kind in kinds}
        alarms += len(said - before)
        before = said
    return alarms, pictures


def _stage(
    shown: list[tuple[Transform, dict[str, np.ndarray]]],
    cameras: tuple[Camera, ...],
    faulty: str,
    fault: str,
) -> dict[str, tuple[str, ...]]:
    """Return what is said at the end of a walk on which a fault began in one camera."""
    monitor = HealthMonitor(HealthConfig(), [camera.name for camera in cameras])
    last = shown[SOUND_PICTURES - 1][1][faulty]
    now = 0.0
    for tick, (pose, pictures) in enumerate(shown):
        now = tick * PICTURE_PERIOD_S
        has_begun = tick >= SOUND_PICTURES
        for name, picture in pictures.items():
            is_faulty = has_begun and name == faulty
            if is_faulty and fault == "missing":
                continue
            stamp = now - LATE_BY_S if is_faulty and fault == "late" else now
            monitor.arrive(name, stamp, now)
            if is_faulty:
                # The same cover, and the same noise, in all pictures of one fault.
                rng = np.random.default_rng(0)
                sound = last if fault == "frozen" else picture
                picture = spoil_picture(sound, fault, rng)
            monitor.look(name, picture, pose)
    return monitor.faults(now)
