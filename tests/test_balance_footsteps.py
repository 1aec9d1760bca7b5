# SPDX-License-Identifier: Apache-2.0
"""Checks that proposed footsteps are stepped where they were proposed, if safe, else refused."""

import math

import numpy as np
import pytest
from talus_core.motion.footsteps import Footstep
from talus_core.rotations import matrix_from_quat_xyzw, matrix_from_yaw, yaw_of
from talus_core.words.modes import Mode
from talus_lab.rig.rig import Push, Rig

LEFT, RIGHT = 0, 1
WIDTH_M = 0.19  # between the feet
WITHIN_M = 0.03
SETTLING_S = 0.5  # after standing up


def footsteps(
    rig: Rig, shape: tuple[float, float, float], count: int, width: float = WIDTH_M
) -> list[Footstep]:
    """Return `count` steps from where the robot stands: ahead m, aside m, and turned rad, each."""
    ahead, aside, turn = shape
    soles = rig.report.sole_positions
    yaw = yaw_of(rig.report.base.rotation)
    place = soles.mean(axis=0)
    side = LEFT if aside > 0.0 or turn > 0.0 else RIGHT
    steps = []
    for k in range(count):
        yaw += turn
        share = 0.5 if k == 0 else 1.0
        place = place + share * matrix_from_yaw(yaw) @ np.array([ahead, aside, 0.0])
        sideways = 0.5 * width * (1.0 if side == LEFT else -1.0)
        foot = place + matrix_from_yaw(yaw) @ np.array([0.0, sideways, 0.0])
        steps.append(Footstep(side, foot, yaw))
        side = 1 - side
    return steps


def truth_of(rig: Rig, point_in_odom: np.ndarray) -> np.ndarray:
    """Return a point in odom in the world, (3,) m, by the true and the believed base."""
    base, truth = rig.report.base, rig.truth
    turn = matrix_from_quat_xyzw(truth.quat_xyzw) @ base.rotation.T
    return truth.position + turn @ (point_in_odom - base.position)


class Follower:
    """Proposes the steps that are left, and notes how far from each the foot landed."""

    def __init__(self, rig: Rig, steps: list[Footstep]):
        self.rig = rig
        self.left = list(steps)
        self.errors: list[float] = []
        self.refusals: list[str] = []
        self._swings: int | None = None
        rig.footsteps = tuple(self.left)

    def step(self) -> None:
        report = self.rig.step()
        swing = report.gait.swing_side if report.gait else None
        if report.gait and report.gait.refusal:
            self.refusals.append(report.gait.refusal.value)
        if swing is None and self._swings is not None and self.left:
            self._land(self._swings)
        self._swings = swing

    def _land(self, side: int) -> None:
        if side != self.left[0].side:
            return
        proposed = self.left.pop(0)
        wanted = truth_of(self.rig, proposed.position_in_odom)
        found = self.rig.driver.soles[side]
        self.errors.append(math.dist(wanted[:2], found[:2]))
        self.rig.footsteps = tuple(self.left)

    def run(self, seconds: float) -> None:
        """Go on until it stands again after the last step, for at most so many s."""
        end = self.rig.time + seconds
        done = False
        while self.rig.time < end and not done and not self.rig.has_fallen():
            self.step()
            done = not self.left and self.rig.mode is Mode.STANDING


SHAPES = {  # ahead m, aside m, turned rad a step, m between the feet, and number of steps
    "turning": ((0.12, 0.0, 0.1), WIDTH_M, 20),
    "long": ((0.25, 0.0, 0.0), WIDTH_M, 6),
    "sideways": ((0.0, 0.03, 0.0), 0.21, 6),  # the foot that follows comes no nearer than 0.18
    "back": ((-0.1, 0.0, -0.08), WIDTH_M, 6),
}


@pytest.mark.parametrize("name", SHAPES)
def test_proposed_footsteps_are_stepped_within_three_centimetres(rig, name):
    shape, width, count = SHAPES[name]
    rig.run_to(rig.time + SETTLING_S)
    follower = Follower(rig, footsteps(rig, shape, count, width))
    follower.run(20.0)
    assert not rig.has_fallen()
    assert follower.refusals == []
    assert len(follower.errors) == count
    assert max(follower.errors) < WITHIN_M, [round(error, 3) for error in follower.errors]
    assert rig.mode is Mode.STANDING, "it stands when no step is left"


UNSAFE = {
    "far": ((0.9, -0.2, 0.0), "beyond the reach"),
    "crossing": ((0.1, 0.1, 0.0), "legs would cross"),
    "high": ((0.2, -0.2, 0.15), "no sole is known to lie there"),
}


@pytest.mark.parametrize("name", UNSAFE)
@pytest.mark.parametrize("after", [0, 4], ids=["standing", "walking"])
def test_an_unsafe_proposal_is_refused_and_the_robot_does_not_fall(rig, name, after):
    offset, reason = UNSAFE[name]
    rig.run_to(rig.time + SETTLING_S)
    steps = footsteps(rig, (0.15, 0.0, 0.0), count=after + 1)
    last = steps[-1]
    mirror = np.array([1.0, 1.0 if last.side == RIGHT else -1.0, 1.0])
    soles = rig.report.sole_positions
    place = steps[-2].position_in_odom if after else soles.mean(axis=0)
    unsafe = place + matrix_from_yaw(last.yaw_in_odom) @ (mirror * np.array(offset))
    steps[-1] = Footstep(last.side, unsafe, last.yaw_in_odom)
    follower = Follower(rig, steps)
    end = rig.time + 8.0
    while not follower.refusals and rig.time < end and not rig.has_fallen():
        follower.step()
    follower.run(2.0)
    assert not rig.has_fallen()
    assert any(reason in refusal for refusal in follower.refusals)


def test_a_shoved_robot_steps_where_balance_needs_it(rig):
    rig.run_to(rig.time + SETTLING_S)
    follower = Follower(rig, footsteps(rig, (0.15, 0.0, 0.0), count=20))
    follower.run(3.0)
    rig.disturbances.pushes.append(Push(rig.time, (0.0, 45.0, 0.0)))
    follower.run(4.0)
    assert not rig.has_fallen()
    assert follower.refusals, "balance's own step won"
