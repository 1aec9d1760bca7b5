# SPDX-License-Identifier: Apache-2.0
"""Counts how often each of eight cameras is looked through while the robot walks, and the cost."""

from __future__ import annotations

import time

import numpy as np
from talus_core.pinhole import Pinhole
from talus_perception.seeing.lens import Calibration, Lens
from talus_perception.seeing.need import Need, NeedConfig
from talus_perception.words import CANONICAL_FOCAL_PX

STREAM_HZ = 12.0  # of the simulated cameras
COUNTED_S = 60.0
WALK_VELOCITY = np.array((0.5, 0.0))  # m/s, ahead
# Where the cameras of talus40 look, in the frame of the base.
CAMERA_AXES = {
    "front_left": (1.0, 0.0, -0.1),
    "front_right": (1.0, 0.0, -0.1),
    "left": (0.0, 1.0, -0.2),
    "right": (0.0, -1.0, -0.2),
    "rear": (-1.0, 0.0, -0.2),
    "down": (0.5, 0.0, -0.87),
    "wide_left": (0.76, 0.64, -0.15),
    "wide_right": (0.76, -0.64, -0.15),
}
LENS_RUNS = 200


def measure_rates(frame_ms: float | None) -> dict[str, float]:
    """Return rates; with the cost of a picture, too, the share of a core that they take."""
    need = Need(NeedConfig(), tuple(CAMERA_AXES))
    need.speed = WALK_VELOCITY
    for name, axis in CAMERA_AXES.items():
        need.aim(name, np.array(axis) / np.linalg.norm(axis))
    taken = dict.fromkeys(CAMERA_AXES, 0)
    most = 0
    for tick in range(round(COUNTED_S * STREAM_HZ)):
        now = [name for name in CAMERA_AXES if need.is_due(name, tick / STREAM_HZ)]
        most = max(most, len(now))
        for name in now:
            taken[name] += 1
    looks = sum(taken.values()) / COUNTED_S
    found = {
        "cameras_hz": min(taken.values()) / COUNTED_S,
        "cameras_looks_per_s": looks,
        "cameras_most_at_once": float(most),
    }
    if frame_ms is not None:
        found["cameras_core_share"] = looks * 1e-3 * (frame_ms + _lens_ms())
    return found


def _lens_ms() -> float:
    focal = CANONICAL_FOCAL_PX
    lens = Lens(Calibration(Pinhole(320, 240, focal, focal, 159.5, 119.5)))
    picture = np.zeros((240, 320, 3), np.uint8)
    before = time.process_time()
    for _ in range(LENS_RUNS):
        lens.see(picture)
    return 1e3 * (time.process_time() - before) / LENS_RUNS
