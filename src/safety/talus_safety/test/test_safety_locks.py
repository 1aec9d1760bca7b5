# SPDX-License-Identifier: Apache-2.0
"""A locked joint bears what its drive does not give."""

from dataclasses import replace

import numpy as np
import pytest
from safety_samples import PERIOD, ROBOT, WEIGHT, N, command, state
from talus_safety.belief.locks import (
    HIP_LOCK_LOOKS,
    LOCK_LOOK_PERIOD_S,
    LOCK_LOOKS,
    LockWatch,
    StallWatch,
)
from talus_safety.kernel.measure.body import Body

BODY = Body(ROBOT)
NAMES = ROBOT.joint_names
LOOK = round(LOCK_LOOK_PERIOD_S / PERIOD)  # ticks


def needed(position: np.ndarray, loads: tuple[float, float]) -> np.ndarray:
    """(n,) N m that hold the legs with so many N under each sole: by virtual work, link by link."""

    def work(angles: np.ndarray) -> float:
        placement = BODY.place(angles)
        soles = sum(
            load * BODY.locate(placement, sole)[1][2]
            for load, sole in zip(loads, BODY.soles, strict=True)
        )
        return soles - 9.81 * placement.moment[0, 2]

    step = 1e-5 * np.eye(N)
    return np.array([(work(position - h) - work(position + h)) / 2e-5 for h in step])


class Standing:
    """A robot at rest whose drives give what it needs, and more in the joints that are locked."""

    def __init__(self, loads=(WEIGHT / 2, WEIGHT / 2)):
        wrenches = np.zeros((2, 6))
        wrenches[:, 2] = loads
        told = state(0)
        self.told = replace(told, foot_wrenches=wrenches, effort=needed(told.position, loads))
        self.watch = LockWatch(ROBOT, BODY, PERIOD)

    def run(self, looks: int, joint: str = "", part: float = 0.0, speed: float = 0.0) -> str:
        """`part`: of the peak, that the drive gives too much."""
        effort, velocity = self.told.effort.copy(), np.zeros(N)
        if joint:
            effort[NAMES.index(joint)] += part * ROBOT.limits.effort[NAMES.index(joint)]
            velocity[NAMES.index(joint)] = speed
        for _ in range(looks * LOOK):
            self.watch.step(replace(self.told, effort=effort, velocity=velocity))
        return self.watch.fault


@pytest.mark.parametrize("loads", [(WEIGHT / 2, WEIGHT / 2), (WEIGHT, 0.0), (0.0, WEIGHT)])
def test_sound_joints_bear_what_their_drives_give(loads):
    assert Standing(loads).run(3 * HIP_LOCK_LOOKS) == ""


@pytest.mark.parametrize(
    "joint, looks",
    [
        ("l_knee", LOCK_LOOKS),
        ("r_ankle_pitch", LOCK_LOOKS),
        ("r_ankle_roll", LOCK_LOOKS),
        ("l_hip_roll", HIP_LOCK_LOOKS),
    ],
)
@pytest.mark.parametrize("part", [-0.1, 0.1])
def test_torque_that_turns_nothing_is_borne_by_a_lock(joint, looks, part):
    standing = Standing()
    assert standing.run(looks - 1, joint, part) == ""
    assert standing.run(1, joint, part) == f"{joint} is locked"
    assert standing.run(looks) == f"{joint} is locked", "until torque is off"
    standing.watch.relax()
    assert standing.run(HIP_LOCK_LOOKS) == ""


def test_dry_friction_bears_as_much_in_a_sound_joint():
    assert Standing().run(2 * HIP_LOCK_LOOKS, "l_knee", 0.06) == ""


def test_a_joint_that_turns_is_not_locked():
    assert Standing().run(2 * HIP_LOCK_LOOKS, "l_knee", 0.2, speed=0.1) == ""


def test_one_look_is_not_enough():
    standing = Standing()
    for _ in range(HIP_LOCK_LOOKS):
        assert standing.run(LOCK_LOOKS - 1, "l_knee", 0.2) == ""
        assert standing.run(1) == ""


def test_a_foot_in_the_air_says_nothing_about_its_knee():
    assert Standing((0.0, WEIGHT)).run(2 * HIP_LOCK_LOOKS, "l_knee", 0.2) == ""


def test_the_yaw_of_a_hip_is_not_judged():
    assert Standing().run(2 * HIP_LOCK_LOOKS, "l_hip_yaw", 0.5) == ""


def test_at_the_end_of_its_range_the_stop_may_bear_it():
    knee = NAMES.index("l_knee")
    upper = ROBOT.limits.upper.copy()
    upper[knee] = ROBOT.poses["stand"][knee] + 0.02
    standing = Standing()
    standing.watch = LockWatch(
        replace(ROBOT, limits=replace(ROBOT.limits, upper=upper)), BODY, PERIOD
    )
    assert standing.run(2 * HIP_LOCK_LOOKS, "l_knee", 0.5) == ""


def test_what_the_base_speeds_up_is_borne_too():
    """Felt 1 g more: the floor presses twice as hard, and so must the legs."""
    standing = Standing()
    told = standing.told
    faster = {
        "linear_acceleration": 2.0 * told.linear_acceleration,
        "foot_wrenches": 2.0 * told.foot_wrenches,
    }
    standing.told = replace(told, effort=2.0 * told.effort, **faster)
    assert standing.run(2 * HIP_LOCK_LOOKS) == ""


@pytest.mark.parametrize("foot, fault", [(0, ""), (1, "l_knee is locked")])
def test_a_foot_that_is_doubted_says_nothing_about_its_leg(foot, fault):
    standing, knee = Standing(), NAMES.index("l_knee")
    effort = standing.told.effort.copy()
    effort[knee] += 0.2 * ROBOT.limits.effort[knee]
    for _ in range(HIP_LOCK_LOOKS * LOOK):
        standing.watch.step(replace(standing.told, effort=effort), [foot == 0, foot == 1])
    assert standing.watch.fault == fault


def told_to_go(joint: str, speed: float, goes: float, ticks: int) -> StallWatch:
    """A watch after ticks in which a joint was told one speed and went at another, rad/s."""
    watch, velocity, moving = StallWatch(ROBOT, PERIOD), np.zeros(N), np.zeros(N)
    velocity[NAMES.index(joint)], moving[NAMES.index(joint)] = speed, goes
    for _ in range(ticks):
        watch.step(state(velocity=moving), command(velocity=velocity))
    return watch


@pytest.mark.parametrize("speed", [0.6, -0.6])
def test_an_arm_that_does_not_go_where_it_is_told_is_locked(speed):
    assert told_to_go("r_shoulder_pitch", speed, 0.0, 70).fault == ""
    watch = told_to_go("r_shoulder_pitch", speed, 0.02, 140)
    assert watch.fault == "r_shoulder_pitch is locked"
    watch.step(state(velocity=np.ones(N)), None)
    assert watch.fault, "until torque is off"
    watch.relax()
    assert watch.fault == ""


@pytest.mark.parametrize(
    "joint, speed, goes", [("l_elbow", 0.6, 0.3), ("l_elbow", 0.3, 0.0), ("l_knee", 2.0, 0.0)]
)
def test_who_goes_or_is_told_little_or_carries_is_not_stalled(joint, speed, goes):
    assert told_to_go(joint, speed, goes, 500).fault == ""
