# SPDX-License-Identifier: Apache-2.0
"""Measures the driver `can` without walking: CPU time of a tick, and noise read as frames."""

from __future__ import annotations

import time

import numpy as np
from talus_can.codec.drives import Drives
from talus_can.codec.feedback import Feedback
from talus_can.codec.registry import family_names, make_family
from talus_can.frames import FLEXIBLE_BYTES, make_frames
from talus_can.models import load_motor_models
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand

from talus_lab.bench.drivers.bodies import can_body, setup_of

_WARM_UP_TICKS = 50
_BATCH = 10_000  # frames that are read at once
_DRIVES = 8
_ALL_FLAGS = 64
_BUSES = 2
_SOFT_PER_EFFORT = (0.1, 0.002)  # kp, 1/rad, and kd, s/rad, over the torque limit


def cpu_ms_per_tick(robot: RobotDescription, family: str, ticks: int) -> float:
    """Return the median CPU time of `read` and `write` of a tick, ms, while a posture is held.

    It is that of codec and sockets: simulated time passes in between, in another process.
    """
    body = can_body(setup_of(robot, 0), family)
    try:
        body.connect()
        state = body.read(0.0)
        zero = np.zeros_like(state.position)
        kp, kd = (share * robot.limits.effort for share in _SOFT_PER_EFFORT)
        spent = []
        for _ in range(_WARM_UP_TICKS + ticks):
            begin = time.thread_time()
            now = body.read(body.time)
            command = JointCommand(now.sequence, state.position, zero, zero, kp, kd)
            body.write(command)
            spent.append(time.thread_time() - begin)
            body.advance()
        return 1e3 * float(np.median(spent[_WARM_UP_TICKS:]))
    finally:
        body.close()


def read_noise(frames: int, seed: int) -> int:
    """Let the codec of each family read so many random frames; return how many were read in all.

    Whatever a codec raises is raised.
    """
    models = load_motor_models()
    done = 0
    for number, name in enumerate(family_names()):
        kinds = models.of_family(name)
        drives = Drives(
            joints=tuple(f"joint_{place}" for place in range(_DRIVES)),
            bus=np.zeros(_DRIVES, int),
            drive_id=np.arange(1, _DRIVES + 1),
            models=tuple(kinds[place % len(kinds)] for place in range(_DRIVES)),
        )
        family = make_family(name, drives)
        feedback = Feedback.unheard(_DRIVES)
        random = np.random.default_rng((seed, number))
        for begin in range(0, frames, _BATCH):
            count = min(_BATCH, frames - begin)
            batch = make_frames(
                random.integers(0, _BUSES, count),
                # Half of the identifiers are near those of drives.
                random.integers(0, np.where(random.random(count) < 0.5, 0x400, 1 << 29)),
                random.integers(0, _ALL_FLAGS, count),
                random.integers(0, FLEXIBLE_BYTES + 1, count),
                random.integers(0, 256, (count, FLEXIBLE_BYTES), np.uint8),
            )
            family.decode(batch, feedback)
            done += count
    return done
