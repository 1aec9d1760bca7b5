# SPDX-License-Identifier: Apache-2.0
"""Injected faults: the matrix is whole, each fault does what its row says, in both bodies."""

import numpy as np
import pytest
from talus_core.driver import DriverSetup
from talus_core.errors import UnknownNameError
from talus_core.graph.channel import Channel
from talus_core.state import JointCommand
from talus_drivers.registry import create_driver
from talus_simulation.faults.catalogue import (
    CATALOGUE,
    FAULT_COMPONENTS,
    FAULT_KINDS,
    FAULT_TYPES,
    NOT_APPLICABLE,
    FaultRequest,
)
from talus_simulation.faults.channels import make_effect
from talus_simulation.faults.signals import Bursts

pytestmark = pytest.mark.sim

PERIOD = 0.002
TARGETS = {"encoder": "l_knee", "drive": "l_knee", "limb": "left_leg", "foot": "left"}
SOFT = {"mujoco": {"settle_s": 0.2, "noise.scale": 0.0}, "mock": {}}


def body(name, robot, seed=0):
    driver = create_driver(name, DriverSetup(robot, PERIOD, seed=seed, options=SOFT[name]))
    driver.connect()
    return driver


@pytest.fixture(params=["mujoco", "mock"])
def driver(request, robot):
    return body(request.param, robot)


def hold(state, position):
    zero = np.zeros_like(position)
    return JointCommand(state.sequence, position, zero, zero, zero + 50.0, zero + 2.0)


def run(driver, position, ticks):
    """The states of so many ticks, the joints held at a position."""
    states = []
    for _ in range(ticks):
        states.append(driver.read(driver.time))
        driver.write(hold(states[-1], position))
        driver.advance()
    return states


def sit(robot):
    return robot.poses["sit"]


def joint(robot, name="l_elbow"):
    return robot.joint_names.index(name)


def test_every_type_of_every_component_is_there_or_says_why_not():
    there = {(kind.component, kind.type) for kind in FAULT_KINDS if kind.type}
    wanted = {(component, kind) for component in FAULT_COMPONENTS for kind in FAULT_TYPES}
    assert there | NOT_APPLICABLE.keys() == wanted
    assert not there & NOT_APPLICABLE.keys()
    assert len(CATALOGUE) == len(FAULT_KINDS)


@pytest.fixture(params=["mujoco", "mock"], scope="module")
def shared(request, robot):
    """One body for all faults in turn: what one leaves behind, the next would meet."""
    return body(request.param, robot)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_fault_of_either_body_begins_and_ends_at_its_ticks_and_leaves_nothing_behind(
    shared, robot, name
):
    driver = shared
    heard = []
    driver.faults.log = heard.append
    first = run(driver, sit(robot), 2)[-1].sequence + 1
    target = TARGETS.get(CATALOGUE[name].component, "")
    injection = driver.faults.inject(FaultRequest(name, target, duration=3 * PERIOD))
    assert (injection.tick, injection.time) == (first, first * PERIOD)
    assert [one.name for one in driver.faults.active] == [name]
    run(driver, sit(robot), 3)
    driver.battery()
    assert driver.faults.active == ()
    assert [one.active for one in heard] == [True, False]
    assert driver.faults.drives.is_idle
    assert all(
        c.is_sound for c in (driver.faults.commands, driver.faults.states, driver.faults.permits)
    )
    assert np.isfinite(run(driver, sit(robot), 1)[0].position).all()


def test_the_same_seed_fails_in_the_same_way(robot):
    def story(seed):
        driver = body("mock", robot, seed)
        driver.faults.inject(FaultRequest("imu.garbage"))
        return run(driver, sit(robot), 5)[-1].angular_velocity

    np.testing.assert_array_equal(story(1), story(1))
    assert (story(1) != story(2)).all()


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (FaultRequest("imu.stuk"), "unknown fault 'imu.stuk'; nearest: .*imu.stuck"),
        (FaultRequest("drive.off", "l_kne"), "unknown joint or group 'l_kne'; nearest: l_knee"),
        (FaultRequest("foot.stuck", "lef"), "unknown foot 'lef'; nearest: left"),
        (FaultRequest("imu.off", "left"), "target of imu.off is 'left'; it has none"),
        (
            FaultRequest("imu.off", severity=1.0),
            "severity of imu.off is 1; it must be 0: this fault has none",
        ),
        (
            FaultRequest("bus.wrong", severity=2.0),
            "severity of bus.wrong is 2; it must be from 0 to 1",
        ),
        (FaultRequest("imu.off", severity=float("nan")), "severity of imu.off is nan"),
        (
            FaultRequest("imu.off", duration=-1.0),
            "duration of imu.off is -1 s; it must be at least 0",
        ),
    ],
)
def test_bad_requests_are_one_line_and_change_nothing(robot, request_, message):
    driver = body("mock", robot)
    with pytest.raises((ValueError, UnknownNameError), match=message):
        driver.faults.inject(request_)
    assert driver.faults.active == ()


@pytest.mark.parametrize(
    "component, field", [("imu", "linear_acceleration"), ("foot", "foot_wrenches")]
)
def test_a_sensor_that_is_off_says_not_a_number(driver, robot, component, field):
    driver.faults.inject(FaultRequest(f"{component}.off"))
    assert np.isnan(getattr(run(driver, sit(robot), 1)[0], field)).all()


def test_a_stuck_encoder_repeats_its_angle_and_its_drive_believes_it(driver, robot):
    j = joint(robot)
    run(driver, sit(robot), 50)
    driver.faults.inject(FaultRequest("encoder.stuck", "l_elbow"))
    goal = sit(robot).copy()
    goal[j] -= 0.2
    states = run(driver, goal, 200)
    assert len({s.position[j] for s in states}) == 1
    assert states[-1].velocity[j] == 0.0
    driver.faults.clear()
    # The drive pushes on, since its angle never comes nearer the goal; the other arm arrives.
    assert driver.read(driver.time).position[j] < goal[j] - 0.02


def test_torque_loss_lock_and_runaway(driver, robot):
    j = joint(robot)
    run(driver, sit(robot), 100)
    driver.faults.inject(FaultRequest("drive.off", "l_elbow"))
    assert run(driver, sit(robot) + 0.3, 3)[-1].effort[j] == 0.0
    driver.faults.clear()
    run(driver, sit(robot), 300)
    driver.faults.inject(FaultRequest("drive.stuck", "l_elbow"))
    start = run(driver, sit(robot), 20)[-1].position[j]
    goal = sit(robot).copy()
    goal[j] -= 0.4
    assert run(driver, goal, 300)[-1].position[j] == pytest.approx(start, abs=0.01)
    driver.faults.clear()
    driver.faults.inject(FaultRequest("drive.runaway", "l_elbow"))
    run(driver, sit(robot), 200)
    assert abs(driver.read(driver.time).position[j] - start) > 0.2


def test_a_drive_that_locks_stops_its_joint_at_once(driver, robot):
    j = joint(robot)
    goal = sit(robot).copy()
    run(driver, sit(robot), 300)
    goal[j] -= 0.4
    assert abs(run(driver, goal, 10)[-1].velocity[j]) > 1.0
    driver.faults.inject(FaultRequest("drive.stuck", "l_elbow"))
    speeds = [state.velocity[j] for state in run(driver, goal, 30)[3:]]
    assert np.abs(speeds).max() < 0.1


def test_a_lock_shows_by_what_it_bears_while_there_is_torque(robot):
    """Without torque the brakes of sound joints bear it, too."""
    driver = body("mujoco", robot)
    run(driver, robot.poses["stand"], 20)  # off its seat
    driver.faults.inject(FaultRequest("drive.stuck", "l_knee"))
    driver.stop()
    for _ in range(100):
        driver.read(driver.time)
        driver.advance()
    assert driver.faults.is_latent
    run(driver, sit(robot), 50)
    assert not driver.faults.is_latent


def test_a_limb_without_a_bus_holds_where_it_is_and_says_nothing_new(driver, robot):
    j = joint(robot)
    run(driver, sit(robot), 300)
    driver.faults.inject(FaultRequest("limb.off", "left_arm"))
    goal = sit(robot).copy()
    goal[j] -= 0.4
    said = run(driver, goal, 300)
    for values in ("position", "velocity", "effort"):
        assert len({getattr(state, values)[j] for state in said}) == 1
    driver.faults.clear()
    assert driver.read(driver.time).position[j] == pytest.approx(sit(robot)[j], abs=0.02)


def test_a_limb_without_a_bus_does_not_hear_that_its_drives_are_cut(driver, robot):
    elbow, knee = (robot.joint_names.index(name) for name in ("l_elbow", "l_knee"))
    driver.faults.inject(FaultRequest("limb.off", "left_arm"))
    assert driver.faults.hear((elbow, knee)) == [knee]


def test_a_limb_without_a_bus_that_had_no_torque_gets_none(driver, robot):
    j = joint(robot)
    driver.faults.inject(FaultRequest("limb.off", "left_arm"))
    driver.read(driver.time)
    followed = driver.write(hold(driver.read(driver.time), sit(robot)))
    assert (
        followed.kp[j]
        == followed.kd[j]
        == followed.effort[j]
        == 0.0
        < followed.kp[joint(robot, "r_elbow")]
    )


def test_brownout_and_charge_show_in_the_pack(driver, robot):
    run(driver, sit(robot), 1)
    full = driver.battery()
    driver.faults.inject(FaultRequest("bus.wrong", severity=0.2))
    driver.faults.inject(FaultRequest("battery.drained"))
    run(driver, sit(robot), 1)
    low = driver.battery()
    assert low.charge_fraction == pytest.approx(0.04, abs=1e-4)
    assert low.voltage < 0.8 * full.voltage
    driver.faults.inject(FaultRequest("battery.stuck"))
    assert driver.battery() == driver.battery()


def test_a_foot_feels_the_weight_or_nothing(driver, robot):
    driver.faults.inject(FaultRequest("foot.contact", "left"))
    driver.faults.inject(FaultRequest("foot.no_contact", "right"))
    left, right = run(driver, sit(robot), 1)[0].foot_wrenches
    assert 400.0 < left[2] < 700.0
    assert not right.any()


def passed(effect, severity, messages_per_tick, seed=0, period=PERIOD):
    channel = Channel()
    channel.effects.append(make_effect(effect, severity, period, {}, np.random.default_rng(seed)))
    arrived = []
    for tick, messages in enumerate(messages_per_tick):
        for message in messages:
            channel.put(message)
        arrived.append(channel.take(tick))
    return arrived


ONE_EACH = [[k] for k in range(6)]


@pytest.mark.parametrize(
    ("effect", "severity", "expected"),
    [
        ("off", 0.0, [[]] * 6),
        ("stuck", 0.0, [[0]] * 6),
        ("slow", 2 * PERIOD, [[0], [], [2], [], [4], []]),
        ("delayed", 2 * PERIOD, [[], [], [0], [1], [2], [3]]),
        ("duplicate", 0.0, [[k, k] for k in range(6)]),
        ("reorder", 1.0, [[], [1, 0], [], [3, 2], [], [5, 4]]),
        ("replay", 2 * PERIOD, [[0], [1], [2, 0], [3, 1], [4, 2], [5, 3]]),
        ("flood", 3.0, [[k] * 3 for k in range(6)]),
        ("drop", 1.0, [[]] * 6),
        ("intermittent", 1.0, [[]] * 6),
    ],
)
def test_what_arrives_through_a_bad_channel(effect, severity, expected):
    assert passed(effect, severity, ONE_EACH) == expected


@pytest.mark.parametrize("effect", ["drop", "intermittent"])
def test_losses_have_their_share(effect):
    arrived = passed(effect, 0.3, [[k] for k in range(20000)])
    assert sum(map(len, arrived)) == pytest.approx(14000, rel=0.06)


def test_bursts_last_twenty_milliseconds_on_average():
    bursts = Bursts(0.5, PERIOD, np.random.default_rng(0))
    gone = np.array([bursts() for _ in range(40000)])
    assert gone[0]
    starts = np.count_nonzero(np.diff(gone.astype(int)) == 1) + 1
    assert gone.sum() / starts * PERIOD == pytest.approx(0.02, rel=0.1)


def test_a_drive_of_which_nothing_is_asked_hides_that_it_gives_nothing(robot):
    driver = body("mujoco", robot)
    j = joint(robot)
    run(driver, sit(robot), 300)
    for fault in ("drive.off", "drive.stuck"):
        still = driver.read(driver.time)
        driver.faults.inject(FaultRequest(fault, "l_elbow"))
        frame = hold(still, still.position)
        gains = np.where(np.arange(len(frame.kp)) == j, 0.0, frame.kp)
        driver.write(frame.with_(kp=gains, kd=0.0 * gains))
        driver.advance()
        assert driver.faults.is_latent
        goal = sit(robot).copy()
        goal[j] -= 0.4
        run(driver, goal, 10)
        assert not driver.faults.is_latent
        driver.faults.clear()
        run(driver, sit(robot), 300)
    driver.faults.inject(FaultRequest("drive.reboot", "l_elbow"))
    assert not driver.faults.is_latent, "its encoder tells"
