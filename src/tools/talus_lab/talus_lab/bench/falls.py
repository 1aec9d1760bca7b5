# SPDX-License-Identifier: Apache-2.0
"""Trials of falling and getting up on the simulated body, judged by what really touches the ground."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from talus_balance.controller import BalanceConfig, Mode
from talus_balance.falling.off_feet import OffFeetConfig
from talus_core.robot import RobotDescription

from talus_lab.bench.rig import OPEN, Push, Rig

GET_UP_LIMIT = 60.0  # s: three times what it takes
STANDS_FOR = 2.0  # s on the feet until getting up counts
LYING_SPREAD = 0.2  # rad of the joints beside the pose in which the limp body is let go
LIE_STILL = 6.0  # s of lying until torque: braked joints creep for seconds, and the gyroscope's bias is averaged then
STAND_LIMIT = 6.0  # s to stand up from the start pose
FALL_FOR = 3.0  # s after the push: the slowest fall lies still by then
SURE_FALL = (90.0, 140.0)  # N s at the chest: 1.6 to 2.5 m/s, beyond what steps catch but in some forward pushes
WALKING = (-0.2, 0.5)  # m/s
HEAD = "head"  # link


@dataclass(frozen=True)
class FallTrial:
    """One push and what became of it.

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
    """Whether a robot that lies on its `front`, `back`, `left` or `right` comes to stand, and s that it took."""
    options = {"lying": start, "start_pose": "stand", "start_spread": LYING_SPREAD, "settle_s": LIE_STILL}
    rig = Rig(robot, seed=seed, model_error=True, options=options)
    rig.get_up = True
    began, stood_since = rig.time, math.inf
    while rig.time < GET_UP_LIMIT:
        rig.step()
        if rig.mode is not Mode.STANDING:
            stood_since = math.inf
        elif rig.time >= (stood_since := min(stood_since, rig.time)) + STANDS_FOR:
            return not rig.has_fallen(), stood_since - began
    return False, rig.time - began


def foresees_wrongly(robot: RobotDescription, seed: int, impulse: float, link: str = "torso") -> bool:
    """Whether the controller, when it only foresees and does not act, calls a fall certain that does not come."""
    config = BalanceConfig(off_feet=OffFeetConfig(protects=False))
    rig, begin = _pushed(robot, seed, impulse, link, config)
    foreseen = False
    while rig.time < begin + FALL_FOR:
        foreseen = rig.step().expects_fall or foreseen
        if rig.driver.touching():
            return False
    return foreseen


def fall_trial(robot: RobotDescription, seed: int, protects: bool = True) -> FallTrial:
    """A push that fells, standing or walking, any heading; `protects`: False to go limp where the fall is certain."""
    random = np.random.default_rng(seed)
    return push_trial(robot, seed, random.uniform(*SURE_FALL), protects=protects)


def push_trial(
    robot: RobotDescription, seed: int, impulse: float, link: str = "torso", protects: bool = True
) -> FallTrial:
    """A push of `impulse` N s at a heading and a moment by the seed; half of the seeds walk."""
    rig, begin = _pushed(robot, seed, impulse, link)
    return _watch(rig, begin + FALL_FOR, protects)


def _pushed(
    robot: RobotDescription, seed: int, impulse: float, link: str, config: BalanceConfig | None = None
) -> tuple[Rig, float]:
    """A robot on its feet, and the s when it will be pushed."""
    random = np.random.default_rng((seed, 1))
    rig = Rig(robot, seed=seed, model_error=True, config=config, world=OPEN)
    rig.run_until(Mode.STANDING, STAND_LIMIT)
    if random.random() < 0.5:
        rig.velocity = np.array([random.uniform(*WALKING), 0.0, 0.0])
    begin, heading = rig.time + random.uniform(1.0, 2.0), random.uniform(-math.pi, math.pi)
    rig.pushes.append(Push(begin, (impulse * math.cos(heading), impulse * math.sin(heading), 0.0), link=link))
    return rig, begin


def _watch(rig: Rig, until: float, protects: bool) -> FallTrial:
    predicted, touched, head, peak, first = None, None, False, 0.0, ""
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
            touched, first = rig.time, max(forces, key=forces.get)
        peak = max(peak, *forces.values(), 0.0)
        is_over = predicted is not None and rig.mode is Mode.LIMP
        head = head or (HEAD in forces and not is_over)
    lead = None if predicted is None or touched is None else touched - predicted
    return FallTrial(touched is not None, predicted is not None, lead, head, peak, first)
