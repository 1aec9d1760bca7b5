# SPDX-License-Identifier: Apache-2.0
"""Lets a robot stand up, walk, take a shove and sit, in any simulated body, and measures it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from talus_core.words.modes import Mode

from talus_lab.rig.rig import BodyRig

RISING_LIMIT_S = 15.0  # standing up takes 4 s
SITTING_LIMIT_S = 20.0
CALM_S = 2.0  # after walking, before the shove
CATCHING_S = 5.0  # a catch takes at most four steps of 0.6 s
RUN_UP_M = 1.0  # until it walks evenly
SHOVE_DURATION_S = 0.1
SLOWEST_SHARE = 0.5  # of the speed that was asked for; slower is not walking


@dataclass(frozen=True)
class Outing:
    """Says what to do.

    Attributes:
        speed: To walk with, m/s.
        distance: To walk, m.
        shove: Impulse (3,) N s, in the world, on the torso while it stands; None: no shove.
    """

    speed: float = 0.4
    distance: float = 3.0
    shove: tuple[float, float, float] | None = (0.0, 20.0, 0.0)


@dataclass(frozen=True)
class OutingReport:
    """Holds what was measured; by the ground truth.

    Attributes:
        stood, walked, caught, sat: Whether it did, on its feet.
        ended: What it did last, in words.
        speed: Mean forward speed after the run-up, m/s.
        step_length: Mean advance from one landing to the next, m.
        height: Mean height of the base over the lower sole while walking, m.
        simulated_s, cpu_s: Time of the whole outing; CPU time of this process.
        controller_cpu_s: The controller's share of the latter.
    """

    stood: bool
    walked: bool
    caught: bool
    sat: bool
    ended: str
    speed: float
    step_length: float
    height: float
    simulated_s: float
    cpu_s: float
    controller_cpu_s: float

    @property
    def succeeded(self) -> bool:
        """Return whether it did all."""
        return self.stood and self.walked and self.caught and self.sat


def play_outing(rig: BodyRig, outing: Outing) -> OutingReport:
    """Play an outing from the limp start to the seat, or to a fall."""
    began_cpu = time.process_time()
    began = rig.time
    walk = _Walk(0.0, 0.0, 0.0)
    walked = False
    caught = False
    sat = False
    stood = rig.run_until(Mode.STANDING, began + RISING_LIMIT_S) and not rig.has_fallen()
    if stood:
        walked, walk = _walk(rig, outing)
    if walked:
        rig.velocity = np.zeros(3)
        rig.run_to(rig.time + CALM_S)
        caught = True
        if outing.shove is not None:
            rig.driver.push("torso", np.array(outing.shove), SHOVE_DURATION_S)
            caught = rig.run_to(rig.time + CATCHING_S)
    if caught:
        rig.stand = False
        sat = rig.run_until(Mode.SEATED, rig.time + SITTING_LIMIT_S) and not rig.has_fallen()
    return OutingReport(
        stood=stood,
        walked=walked,
        caught=caught,
        sat=sat,
        ended="fallen" if rig.has_fallen() else rig.mode.words,
        speed=walk.speed,
        step_length=walk.step_length,
        height=walk.height,
        simulated_s=rig.time - began,
        cpu_s=time.process_time() - began_cpu,
        controller_cpu_s=rig.cpu,
    )


@dataclass(frozen=True)
class _Walk:
    speed: float
    step_length: float
    height: float


def _walk(rig: BodyRig, outing: Outing) -> tuple[bool, _Walk]:
    """Walk forwards; return whether it arrived, and how it walked after the run-up."""
    start = rig.truth.position[:2].copy()
    limit = rig.time + outing.distance / (SLOWEST_SHARE * outing.speed)
    rig.velocity = np.array([outing.speed, 0.0, 0.0])
    heights: list[float] = []
    landings: list[float] = []
    even_since: tuple[float, float] | None = None
    side: int | None = None
    gone = 0.0
    while gone < outing.distance:
        rig.step()
        gone = float(np.linalg.norm(rig.truth.position[:2] - start))
        if rig.has_fallen() or rig.time > limit:
            return False, _Walk(0.0, 0.0, 0.0)
        if gone < RUN_UP_M:
            continue
        even_since = even_since or (rig.time, gone)
        heights.append(float(rig.truth.position[2] - rig.driver.soles[:, 2].min()))
        if rig.swing_side is None and side is not None:
            landings.append(gone)
        side = rig.swing_side
    assert even_since is not None
    speed = (gone - even_since[1]) / (rig.time - even_since[0])
    step_length = float(np.mean(np.diff(landings))) if len(landings) > 1 else 0.0
    return True, _Walk(speed, step_length, float(np.mean(heights)))
