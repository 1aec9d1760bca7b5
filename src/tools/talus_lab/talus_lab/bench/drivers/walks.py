# SPDX-License-Identifier: Apache-2.0
"""Lets a robot stand up, walk and sit down on a body of its own, and says how it walked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.words.modes import Mode

from talus_lab.bench.drivers.bodies import body_maker, setup_of
from talus_lab.bench.falls import STAND_LIMIT_S
from talus_lab.rig.rig import BodyRig

WALK_SPEED_MPS = 0.4
WALKED_S = 20.0
SIT_LIMIT_S = 10.0
_STEADY_AFTER_S = 4.0  # of walking: the gait has its speed


@dataclass(frozen=True)
class BodyWalk:
    """Describes one walk: the body by its name, and the seed of its noise."""

    body: str
    seed: int

    @property
    def key(self) -> str:
        """Return its name in the file."""
        return f"walk {self.body} seed {self.seed} {WALK_SPEED_MPS} m/s {WALKED_S} s"


@dataclass(frozen=True)
class WalkOutcome:
    """Says how a robot walked.

    Attributes:
        has_walked: It stood up, walked for the whole time without a fall, and sat down.
        ended: What it did at the end, in words.
        distance_m: From where it began to walk to where it stopped, along the ground.
        speed_mps: Of the steady walk.
        step_m: Mean length of its steps in the steady walk.
        height_m: Mean height of the base over the lower sole in the steady walk.
    """

    has_walked: bool
    ended: str
    distance_m: float = 0.0
    speed_mps: float = 0.0
    step_m: float = 0.0
    height_m: float = 0.0


def walk(robot: RobotDescription, case: BodyWalk) -> WalkOutcome:
    """Play one walk."""
    body = body_maker(case.body)(setup_of(robot, case.seed))
    try:
        rig = BodyRig(robot, body)
        if not rig.run_until(Mode.STANDING, STAND_LIMIT_S):
            return WalkOutcome(False, f"did not stand up: {rig.mode.name.lower()}")
        return _walked(rig)
    finally:
        body.close()


def _walked(rig: BodyRig) -> WalkOutcome:
    rig.velocity = np.array([WALK_SPEED_MPS, 0.0, 0.0])
    begin = rig.time
    start = rig.truth.position[:2]
    steady = start
    steady_at = begin
    heights = []
    swings = 0
    side = rig.swing_side
    while rig.time < begin + WALKED_S:
        rig.step()
        if rig.has_fallen():
            return WalkOutcome(False, f"fell after {rig.time - begin:.1f} s of walking")
        if rig.time < begin + _STEADY_AFTER_S:
            steady = rig.truth.position[:2]
            steady_at = rig.time
            continue
        if rig.swing_side != side:
            side = rig.swing_side
            swings += side is not None
        heights.append(float(rig.truth.position[2] - rig.driver.soles[:, 2].min()))
    end = rig.truth.position[:2]
    way = float(np.linalg.norm(end - steady))
    rig.velocity = np.zeros(3)
    rig.run_to(rig.time + 2.0)
    rig.stand = False
    is_seated = rig.run_until(Mode.SEATED, rig.time + SIT_LIMIT_S) and not rig.has_fallen()
    return WalkOutcome(
        has_walked=is_seated,
        ended=rig.mode.name.lower(),
        distance_m=float(np.linalg.norm(end - start)),
        speed_mps=way / (begin + WALKED_S - steady_at),
        step_m=way / max(swings, 1),
        height_m=float(np.mean(heights)),
    )
