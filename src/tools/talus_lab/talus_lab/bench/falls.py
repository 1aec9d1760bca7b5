# SPDX-License-Identifier: Apache-2.0
"""Plays falls and getting up on the simulated body, judged by what really touches the ground."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.words.modes import Mode

from talus_lab.rig.bounds import HEAD_LINK, OPEN_WORLD
from talus_lab.rig.fork import in_fork
from talus_lab.rig.rig import Push, Rig

GET_UP_LIMIT_S = 60.0  # three times what it takes
STANDS_FOR_S = 2.0  # on the feet until getting up counts
LYING_SPREAD_RAD = 0.2  # of the joints beside the pose in which the limp body is let go
# Of lying until torque: braked joints creep for seconds, and the gyroscope's bias is averaged then.
LIE_STILL_S = 6.0
STAND_LIMIT_S = 6.0  # to stand up from the start pose, which takes 2.2 s
FALL_LIMIT_S = 3.0  # after the push: the slowest fall lies still by then
# At the chest: 1.6 to 2.5 m/s, beyond what steps catch but in some forward pushes.
SURE_FALL_NS = (90.0, 140.0)
FALL_SPEEDS_MPS = (-0.2, 0.5)  # of those that walk when they are pushed
USEFUL_LEAD_S = 0.2  # the least time between a fall that is called and its impact that is of use


@dataclass(frozen=True)
class FallTrial:
    """Holds what became of one push.

    Attributes:
        fell: Something besides the soles touched the ground.
        predicted: The controller judged a fall to be certain.
        lead: s from that judgement to the first touch; None where one of them is missing.
        head_strike: The head touched the ground before the body lay still.
        peak_force: N, the largest normal force of the ground on one link besides the soles.
        first: Link that touched first; empty if none.
    """

    fell: bool
    predicted: bool
    lead: float | None
    head_strike: bool
    peak_force: float
    first: str


def get_up_trial(robot: RobotDescription, seed: int, start: str) -> tuple[bool, float]:
    """Lay a robot down and let it get up.

    Args:
        robot: The robot.
        seed: Seed of noise, model error and of how its limbs lie.
        start: The side that it lies on: `front`, `back`, `left` or `right`.

    Returns:
        Whether it came to stand, and s that it took.
    """
    options = {
        "lying": start,
        "start_pose": "stand",
        "start_spread": LYING_SPREAD_RAD,
        "settle_s": LIE_STILL_S,
    }
    rig = Rig(robot, seed=seed, model_error=True, options=options)
    rig.get_up = True
    began = rig.time
    stood_since = math.inf
    while rig.time < GET_UP_LIMIT_S:
        rig.step()
        if rig.mode is not Mode.STANDING:
            stood_since = math.inf
            continue
        stood_since = min(stood_since, rig.time)
        if rig.time >= stood_since + STANDS_FOR_S:
            return not rig.has_fallen(), stood_since - began
    return False, rig.time - began


def fall_trial(robot: RobotDescription, seed: int) -> FallTrial:
    """Fell a robot by a push while it stands or walks, from any side; all by the seed."""
    return push_trial(robot, seed, _sure_fall(seed))


def soft_and_limp_fall(robot: RobotDescription, seed: int) -> tuple[FallTrial, FallTrial]:
    """Fell a robot as `fall_trial` does, then once more: limp from when the fall is certain."""
    rig, begin = _pushed(robot, seed, _sure_fall(seed), "torso")
    rig.run_to(begin)
    limp = in_fork(lambda: _watch(rig, begin + FALL_LIMIT_S, protects=False))
    return _watch(rig, begin + FALL_LIMIT_S), limp


def _sure_fall(seed: int) -> float:
    """Return the impulse of a push that fells a robot, N s."""
    return np.random.default_rng(seed).uniform(*SURE_FALL_NS)


def push_trial(
    robot: RobotDescription, seed: int, impulse: float, link: str = "torso"
) -> FallTrial:
    """Push a link by `impulse` N s from a side, at a moment by the seed; half of them walk."""
    rig, begin = _pushed(robot, seed, impulse, link)
    return _watch(rig, begin + FALL_LIMIT_S)


def _pushed(robot: RobotDescription, seed: int, impulse: float, link: str) -> tuple[Rig, float]:
    """Return a robot on its feet, and the s when it will be pushed."""
    random = np.random.default_rng((seed, 1))
    rig = Rig(robot, seed=seed, model_error=True, world=OPEN_WORLD)
    rig.run_until(Mode.STANDING, STAND_LIMIT_S)
    if random.random() < 0.5:
        rig.velocity = np.array([random.uniform(*FALL_SPEEDS_MPS), 0.0, 0.0])
    begin = rig.time + random.uniform(1.0, 2.0)
    heading = random.uniform(-math.pi, math.pi)
    vector = (impulse * math.cos(heading), impulse * math.sin(heading), 0.0)
    rig.disturbances.pushes.append(Push(begin, vector, link=link))
    return rig, begin


def _watch(rig: Rig, until: float, protects: bool = True) -> FallTrial:
    predicted: float | None = None
    touched: float | None = None
    has_struck_head = False
    peak = 0.0
    first = ""
    while rig.time < until:
        if predicted is None or protects:
            rig.step()
        else:
            rig.driver.stop()
            rig.driver.advance()
        if rig.mode is Mode.FALLING and predicted is None:
            predicted = rig.time
        forces = rig.driver.touching()
        if forces and touched is None:
            touched = rig.time
            first = max(forces, key=lambda name: forces[name])
        peak = max(peak, *forces.values(), 0.0)
        is_over = predicted is not None and rig.mode is Mode.LIMP
        has_struck_head = has_struck_head or (HEAD_LINK in forces and not is_over)
    lead = None if predicted is None or touched is None else touched - predicted
    return FallTrial(
        fell=touched is not None,
        predicted=predicted is not None,
        lead=lead,
        head_strike=has_struck_head,
        peak_force=peak,
        first=first,
    )
