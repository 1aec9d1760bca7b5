# SPDX-License-Identifier: Apache-2.0
"""What the standby commands, tick by tick.

That a body stands on it is tested in simulation (tests/).
"""

import dataclasses

import numpy as np
import pytest
from safety_samples import PERIOD, ROBOT, UP, WEIGHT, N, loads, state, tilt_of
from talus_core.physics import GRAVITY_MPS2
from talus_safety.kernel.limits import StandbyConfig
from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.stance import StanceObserver
from talus_safety.kernel.measure.tilt import TiltFilter
from talus_safety.standby.footing import (
    STANDBY_EDGE_OF_LENGTH,
    STANDBY_EDGE_OF_WIDTH,
    FootingPlanner,
    joint_torque,
)
from talus_safety.standby.rest_path import load_rest_path
from talus_safety.standby.standby import Standby

pytestmark = pytest.mark.sim

BODY = Body(ROBOT)
PATH = load_rest_path(ROBOT, BODY)
FOOT = ROBOT.feet[0]
SOUND = np.zeros(N, dtype=bool)  # no joint is limp
ANKLES = [ROBOT.joint_names.index(name) for name in ("l_ankle_pitch", "r_ankle_pitch")]


def stance_of(pose: str = "stand", tilt: TiltFilter | None = None, **changes):
    return StanceObserver(BODY).observe(state(pose=pose, **changes), tilt or tilt_of())


def standby() -> Standby:
    return Standby(ROBOT, BODY, PATH, PERIOD, StandbyConfig())


def test_leg_whose_knee_is_limp_carries_nothing_and_follows():
    limp, knee = SOUND.copy(), ROBOT.joint_names.index("r_knee")
    limp[knee] = True
    stands = state(1, foot_wrenches=loads(0.0, WEIGHT))
    bent = stands.position.copy()
    bent[knee] += 0.2
    commands = {}
    for joints in (SOUND, limp):
        machine = standby()
        machine.begin_standby(stands)
        machine.step_standby(stands, tilt_of(), joints)
        now = state(2, position=bent, foot_wrenches=loads(0.0, WEIGHT))
        commands[bool(joints.any())] = machine.step_standby(now, tilt_of(), joints).command
    right = BODY.legs[1]
    assert (
        np.abs(commands[True].effort[right]).max()
        < 0.3 * np.abs(commands[False].effort[right]).max()
    )
    np.testing.assert_allclose(commands[True].position[right], bent[right], atol=1e-9)
    assert (
        commands[True].kp[BODY.legs[0]] > commands[False].kp[BODY.legs[0]]
    ).sum() >= 3  # it must be there in time


@pytest.mark.parametrize("wanted", [(0.0, 0.0), (0.05, 0.03), (-0.08, -0.1), (0.02, 0.13)])
def test_reachable_centre_of_pressure_is_reached(wanted):
    stance = stance_of()
    pressure = stance.soles[:, :2].mean(axis=0) + wanted
    footing = FootingPlanner(ROBOT).plan(stance, pressure, stance.supports)
    np.testing.assert_allclose(footing.pressure, pressure, atol=1e-9)
    assert footing.share.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("wanted", [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (3.0, -2.0)])
def test_unreachable_centre_of_pressure_ends_inside_the_soles(wanted):
    stance = stance_of()
    footing = FootingPlanner(ROBOT).plan(
        stance, stance.soles[:, :2].mean(axis=0) + wanted, stance.supports
    )
    offset = np.abs(footing.points - stance.soles[:, :2])
    assert (
        offset
        <= np.array(
            [
                (0.5 - STANDBY_EDGE_OF_LENGTH) * FOOT.length,
                (0.5 - STANDBY_EDGE_OF_WIDTH) * FOOT.width,
            ]
        )
        + 1e-9
    ).all()
    assert (footing.share >= 0.0).all() and footing.share.sum() == pytest.approx(1.0)


def test_a_narrow_sole_keeps_some_width_to_balance_with_on_both_sides():
    feet = tuple(dataclasses.replace(foot, length=0.09, width=0.02) for foot in ROBOT.feet)
    planner = FootingPlanner(dataclasses.replace(ROBOT, feet=feet))
    stance = stance_of()
    for way in (-1.0, 1.0):
        footing = planner.plan(stance, stance.soles[:, :2].mean(axis=0) + way, (True, True))
        offset = footing.points - stance.soles[:, :2]
        assert (way * offset > 0.0).all()
        assert (np.abs(offset) < (0.045, 0.01)).all()


@pytest.mark.parametrize(
    "left, right, share", [(WEIGHT, 0, [1, 0]), (0, WEIGHT, [0, 1]), (0, 0, [0, 0])]
)
def test_only_feet_on_the_ground_carry(left, right, share):
    stance = stance_of(foot_wrenches=loads(left, right))
    np.testing.assert_array_equal(
        FootingPlanner(ROBOT).plan(stance, np.zeros(2), stance.supports).share, share
    )


@pytest.mark.parametrize("pose", ["stand", "sit"])
@pytest.mark.parametrize("pitch", [-0.1, 0.0, 0.2])
@pytest.mark.parametrize("left, right", [(WEIGHT, 0.0), (WEIGHT / 2, WEIGHT / 2), (0.0, 0.0)])
def test_torques_balance_links_and_ground(pose, pitch, left, right):
    """Virtual work: with the base held, ground forces, specific force and torques do none."""
    stance = stance_of(pose, tilt_of(pitch=pitch), foot_wrenches=loads(left, right))
    footing = FootingPlanner(ROBOT).plan(stance, stance.centre[:2], stance.supports)
    torque = joint_torque(BODY, stance, footing)
    lean = (
        (stance.centre[:2] - footing.pressure) / stance.height
        if footing.share.any()
        else np.zeros(2)
    )
    push = stance.level.T @ (GRAVITY_MPS2 * np.append(lean, 1.0))
    here = BODY.place(ROBOT.poses[pose])
    points = np.column_stack((footing.points, stance.soles[:, 2])) @ stance.level
    located = [BODY.locate(here, sole) for sole in BODY.soles]
    in_soles = [
        rotation.T @ (point - origin)
        for point, (rotation, origin) in zip(points, located, strict=True)
    ]

    def work(position):
        placement = BODY.place(position)
        total = -BODY.mass * push @ BODY.centre_of_mass(placement)
        for share, sole, point in zip(footing.share, BODY.soles, in_soles, strict=True):
            rotation, origin = BODY.locate(placement, sole)
            total += share * BODY.mass * push @ (origin + rotation @ point)
        return total

    step = 1e-6
    for joint in range(N):
        ahead, behind = (work(ROBOT.poses[pose] + s * step * np.eye(N)[joint]) for s in (1, -1))
        assert torque[joint] == pytest.approx((behind - ahead) / (2 * step), abs=2e-3)


def on_flat_feet(position: np.ndarray) -> TiltFilter:
    """The vertical that these joint angles mean while the soles lie on level ground."""
    tilt = TiltFilter()
    rotation, _ = BODY.locate(BODY.place(position), BODY.soles[0])
    tilt.step(np.zeros(3), GRAVITY_MPS2 * rotation[:, 2], PERIOD)
    return tilt


def mirrored(array: np.ndarray) -> np.ndarray:
    """Left and right exchanged: pitch joints keep their sign, roll and yaw joints change it."""
    names = ROBOT.joint_names
    other = {"l": "r", "r": "l"}
    at = [
        names.index(other[name[0]] + name[1:]) if name[:2] in ("l_", "r_") else k
        for k, name in enumerate(names)
    ]
    sign = np.array([-1.0 if "roll" in name or "yaw" in name else 1.0 for name in names])
    return sign * array[at]


def steps(machine: Standby, seconds: float, **changes):
    machine.begin_standby(state(**changes))
    tilt = on_flat_feet(state(**changes).position)
    return [
        machine.step_standby(state(k, **changes), tilt, SOUND)
        for k in range(round(seconds / PERIOD))
    ]


def test_first_command_holds_what_it_found():
    position = state().position + np.where(np.isin(np.arange(N), BODY.legs), 0.0, 0.05)
    first = steps(standby(), PERIOD, position=position)[0].command
    np.testing.assert_allclose(first.position, position, atol=2e-3)
    assert np.isfinite(first.effort).all()


def test_speed_at_the_start_dies_away_softly():
    arms = ~np.isin(np.arange(N), BODY.legs)  # legs that carry keep the body upright instead
    fast = 2.0 * arms
    targets = np.array([s.command.position for s in steps(standby(), 0.4, velocity=fast)])
    assert (np.diff(targets, axis=0) / PERIOD <= 2.0 + 1e-6).all()
    np.testing.assert_allclose((targets[-1] - state().position)[arms], 0.1, atol=0.01)


@pytest.mark.parametrize("lean", [{"pitch": 0.1}, {"roll": 0.1}])
def test_legs_that_carry_turn_the_body_upright(lean):
    """Soles that stay where they are turn against it, seen from the body."""
    machine, tilt = standby(), tilt_of(**lean)
    machine.begin_standby(state())
    placement = BODY.place(machine.step_standby(state(), tilt, SOUND).command.position)
    for sole in BODY.soles:
        normal = BODY.locate(placement, sole)[0][:, 2]
        np.testing.assert_allclose(normal, 2.0 * UP - np.array(tilt.up), atol=0.02)


def test_tipping_forward_presses_the_toes():
    machine = standby()
    machine.begin_standby(state())
    straight = machine.step_standby(state(), tilt_of(), SOUND).command.effort
    forward = machine.step_standby(state(1), tilt_of(pitch=0.05), SOUND).command.effort
    assert (forward[ANKLES] > straight[ANKLES] + 3.0).all()


def test_leaning_left_is_the_mirror_image_of_leaning_right():
    efforts = []
    for roll in (0.04, -0.04):
        machine = standby()
        machine.begin_standby(state())
        efforts.append(machine.step_standby(state(), tilt_of(roll), SOUND).command.effort)
    body = slice(0, 28)  # the fingers' axes are mirrored by themselves
    np.testing.assert_allclose(mirrored(efforts[0])[body], efforts[1][body], atol=1e-6)
    assert np.abs(efforts[0] - efforts[1]).max() > 10.0


def test_story_hold_sit_let_go():
    config, path = StandbyConfig(), []
    machine = standby()
    machine.begin_standby(state())
    for k in range(round(6.0 / PERIOD)):
        pose = path[-1].command.position if path else state().position
        path.append(machine.step_standby(state(k, position=pose), on_flat_feet(pose), SOUND))
    times = {
        name: next(k for k, s in enumerate(path) if getattr(s, name)) * PERIOD
        for name in ("is_sitting", "is_finished")
    }
    assert config.hold_s - PERIOD <= times["is_sitting"] <= config.hold_at_most_s
    sat = times["is_sitting"] + config.sit_s + config.release_s
    assert sat - 0.05 <= times["is_finished"] <= sat + 1.5
    np.testing.assert_allclose(path[-1].command.position[:12], ROBOT.poses["sit"][:12], atol=2e-3)
    is_braked = ROBOT.limits.holding_brake > 0.0
    last = path[-1].command
    assert not last.kp[~is_braked].any() and not last.effort[~is_braked].any()
    assert last.kp[is_braked].all() and last.kd.all()
    jumps = np.abs(np.diff([s.command.position for s in path], axis=0)).max() / PERIOD
    assert jumps < 1.6  # rad/s


def test_off_balance_it_waits_before_sitting_but_not_for_ever():
    machine = standby()
    machine.begin_standby(state())
    said = [
        machine.step_standby(state(k), tilt_of(pitch=0.1), SOUND)
        for k in range(round(2.2 / PERIOD))
    ]
    began = next(k for k, s in enumerate(said) if s.is_sitting) * PERIOD
    assert began == pytest.approx(StandbyConfig().hold_at_most_s, abs=2 * PERIOD)


def test_from_the_seat_it_only_lets_go():
    said = steps(standby(), 3.5, pose="sit")
    assert said[-1].is_finished
    assert max(np.abs(s.command.position - state(pose="sit").position).max() for s in said) < 0.2


def test_fallen_it_only_damps():
    machine = standby()
    machine.begin_standby(state())
    fallen = machine.step_standby(state(), tilt_of(pitch=1.3), SOUND)
    assert (
        not fallen.command.kp.any()
        and not fallen.command.effort.any()
        and (fallen.command.kd > 0.0).all()
    )
    assert not fallen.is_finished


def test_foot_in_the_air_is_sent_down_and_stops_where_it_lands():
    machine, knee = standby(), ROBOT.joint_names.index("l_knee")
    position = state().position
    position[knee] += 0.6
    machine.begin_standby(state(position=position))
    said = []
    for k in range(round(0.3 / PERIOD)):
        now = state(k, position=position, foot_wrenches=loads(0.0, WEIGHT))
        said.append(machine.step_standby(now, tilt_of(), SOUND).command)
        position = np.where(np.isin(np.arange(N), BODY.legs[0]), said[-1].position, position)
    assert said[0].velocity[BODY.legs[0]].any() and not said[0].velocity[BODY.legs[1]].any()
    assert position[knee] < state().position[knee] + 0.3
    landed = machine.step_standby(state(k, position=position), tilt_of(), SOUND).command
    np.testing.assert_allclose(landed.velocity, 0.0, atol=0.05)


def test_with_a_leg_that_hears_nothing_it_stands_and_goes_down_to_put_it_on_the_ground():
    machine, tilt = standby(), tilt_of()
    now = state(1, pose="stand", foot_wrenches=loads(WEIGHT / 2, WEIGHT / 2))
    machine.begin_standby(now)
    said = [
        machine.step_standby(now, tilt, SOUND, (True, False)) for _ in range(round(3.0 / PERIOD))
    ]
    assert not any(step.is_sitting or step.is_finished for step in said)
    knee = ROBOT.joint_names.index("r_knee")
    lifted = now.position.copy()
    lifted[ROBOT.joint_names.index("l_knee")] += 0.3
    in_the_air = state(2, position=lifted, foot_wrenches=loads(0.0, WEIGHT))
    bends = {}
    for held in ((False, False), (True, False)):
        machine.begin_standby(in_the_air)
        bends[held] = machine.step_standby(in_the_air, tilt, SOUND, held).command.position[knee]
    assert bends[True, False] > bends[False, False] + 0.01
