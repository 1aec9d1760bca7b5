# SPDX-License-Identifier: Apache-2.0
"""Each monitor finds its fault after its ticks, not before, and leaves a sound robot alone."""

from dataclasses import replace

import numpy as np
import pytest
from monitored_drives import BODY, ELBOW, EXACT, HOLD, KNEE, LIMITS, Drives, found, settled, with_
from safety_samples import PERIOD, ROBOT, N
from talus_safety.kernel.judge import drive_checks
from talus_safety.kernel.judge.drive_monitor import DriveMonitor
from talus_safety.kernel.limits import MonitorConfig


@pytest.mark.parametrize("joint, place, name", [(KNEE, 1, "l_knee"), (ELBOW, 2, "r_elbow")])
def test_torque_that_is_not_given(joint, place, name):
    drives = settled()
    lost = {"effort": with_(np.zeros(N), joint, -0.06 * LIMITS.effort[joint])}
    assert found(drives.run(drive_checks.RESIDUAL_TICKS - 1, **lost)) == ("", "", "", "")
    assert found(drives.step(**lost))[place] == f"{name} does not give the torque that is asked"
    assert found(drives.run(50))[place], "what failed once stays known while torque is on"
    drives.monitor.relax()
    assert found(drives.run(100)) == ("", "", "", "")


def test_drive_that_gives_nothing_is_found_though_little_is_asked():
    drives, little = settled(), 0.02 * LIMITS.effort[ELBOW]
    asked = HOLD.with_(effort=with_(np.zeros(N), ELBOW, little))
    assert found(drives.run(50, sent=asked, effort=with_(np.zeros(N), ELBOW, little)))[2] == ""
    drives.run(drive_checks.DEAD_TICKS - 1, sent=asked, effort=np.zeros(N))
    assert found(drives.monitor)[2] == ""
    assert not drives.monitor.findings.limp.any()
    assert found(drives.run(1, sent=asked, effort=np.zeros(N)))[2] == "r_elbow gives no torque"
    assert list(np.flatnonzero(drives.monitor.findings.limp)) == [ELBOW]
    drives.run(1, effort=np.zeros(N))
    assert drives.monitor.findings.limp[ELBOW], "nothing was asked of it since"
    drives.run(1, sent=asked, effort=with_(np.zeros(N), ELBOW, little))
    assert not drives.monitor.findings.limp.any(), "it gives torque again"


@pytest.mark.parametrize(
    "asked, given",
    [(drive_checks.DEAD_ASKED_EFFORT_OF_PEAK, 0.0), (0.02, drive_checks.DEAD_MEAN_EFFORT_OF_PEAK)],
)
def test_drive_at_the_bounds_is_not_dead(asked, given):
    asked, given = asked * LIMITS.effort, given * LIMITS.effort
    assert not Drives().run(50, sent=EXACT.with_(effort=asked), effort=given).findings.limp.any()
    assert (
        Drives()
        .run(50, sent=EXACT.with_(effort=1.01 * asked), effort=0.99 * given)
        .findings.limp.all()
    )


def test_dead_drive_lives_again_from_what_noise_does_not_show():
    drives, asked = Drives(), EXACT.with_(effort=0.02 * LIMITS.effort)
    assert drives.run(50, sent=asked, effort=np.zeros(N)).findings.limp.all()
    assert drives.step(
        sent=asked, effort=0.99 * drive_checks.DEAD_EFFORT_OF_PEAK * LIMITS.effort
    ).findings.limp.all()
    assert not drives.step(
        sent=asked, effort=drive_checks.DEAD_EFFORT_OF_PEAK * LIMITS.effort
    ).findings.limp.any()


def test_drive_that_was_busy_until_nothing_is_asked_is_not_dead():
    drives, busy = Drives(), 0.5 * LIMITS.effort
    drives.run(50, sent=EXACT.with_(effort=busy), effort=busy)
    idle = EXACT.with_(effort=0.9 * drive_checks.DEAD_ASKED_EFFORT_OF_PEAK * LIMITS.effort)
    assert not drives.run(50, sent=idle, effort=np.zeros(N)).findings.limp.any()


@pytest.mark.parametrize(
    "mean, given, is_dead", [(0.013, 0.0, True), (0.007, 0.0, False), (0.013, 0.005, False)]
)
def test_what_is_asked_counts_in_the_mean(mean, given, is_dead):
    """A joint that hardly bears anything is asked for now more, now less."""
    drives, peak = settled(), LIMITS.effort[ELBOW]
    for tick in range(20):
        asked = HOLD.with_(effort=with_(np.zeros(N), ELBOW, (mean + 0.008 * (-1) ** tick) * peak))
        noisy = with_(np.zeros(N), ELBOW, (given + 0.002 * (-1) ** (tick // 2)) * peak)
        drives.step(
            sent=asked, effort=noisy, position=HOLD.position + 1e-6 * drives.random.normal(size=N)
        )
    assert found(drives.monitor)[2] == ("r_elbow gives no torque" if is_dead else "")


def test_torque_is_judged_only_against_commands_that_are_known():
    drives = settled()
    lost = {"effort": np.full(N, 0.5) * LIMITS.effort}
    assert found(drives.run(50, sent=None, **lost)) == ("", "", "", "")
    assert found(drives.run(drive_checks.RESIDUAL_TICKS, **lost)) == ("", "", "", "")


@pytest.mark.parametrize("is_new", [True, False])
def test_torque_is_judged_once_the_drives_have_taken_over(is_new):
    drives, lost = settled(), {"effort": 0.2 * LIMITS.effort}
    if is_new:
        drives.monitor.relax()
        drives.step()  # the first tick has none before it
    else:
        drives.run(1, sent=None)
    assert found(drives.run(2 * drive_checks.RESIDUAL_TICKS - 1, **lost)) == ("", "", "", "")
    assert found(drives.step(**lost))[1] != ""


def test_drive_that_damps_as_it_is_told_is_sound():
    turning = {"velocity": with_(np.zeros(N), KNEE, 1.0), "position": HOLD.position}
    told = HOLD.with_(kp=np.zeros(N))
    drives = settled(noise=0.0)
    effort = -HOLD.kd * turning["velocity"]
    assert found(drives.run(50, sent=told, effort=effort, **turning)) == ("", "", "", "")


def test_residual_that_comes_and_goes_is_no_fault():
    drives = settled()
    for _ in range(20):
        drives.run(drive_checks.RESIDUAL_TICKS - 1, effort=0.2 * LIMITS.effort)
        assert found(drives.step()) == ("", "", "", "")


@pytest.mark.parametrize("joint, place, name", [(KNEE, 1, "l_knee"), (ELBOW, 2, "r_elbow")])
@pytest.mark.parametrize("asked", [0.2, 0.0])
def test_drive_that_pushes_by_itself_is_found_at_once(joint, place, name, asked):
    drives, peak = settled(), LIMITS.effort[joint]
    told = HOLD.with_(effort=with_(np.zeros(N), joint, asked * peak))

    def wild(ticks: int, part: float) -> list[int]:
        for _ in range(ticks):
            position = HOLD.position + 1e-6 * drives.random.normal(size=N)
            drives.step(sent=told, position=position, effort=with_(np.zeros(N), joint, part * peak))
        return np.flatnonzero(drives.monitor.findings.wild).tolist()

    assert wild(drive_checks.RESIDUAL_TICKS - 1, asked + 0.29) == [] and found(drives.monitor) == (
        "",
        "",
        "",
        "",
    )
    wild(1, asked)
    assert wild(drive_checks.PUSH_TICKS - 1, asked + 0.31) == []
    assert (
        wild(1, asked + 0.31) == [joint]
        and found(drives.monitor)[place] == f"{name} pushes by itself"
    )
    assert wild(9, 0.0) == [joint], "until torque is off"
    drives.monitor.relax()
    assert wild(0, 0.0) == []


def test_drive_that_gives_less_than_asked_or_says_nothing_new_does_not_push():
    drives, peak = settled(), LIMITS.effort[KNEE]
    asked = HOLD.with_(effort=with_(np.zeros(N), KNEE, 0.9 * peak))
    for part in (0.1, -0.01, np.nan):
        drives = settled()
        assert not drives.run(
            20, sent=asked, effort=with_(np.zeros(N), KNEE, part * peak)
        ).findings.wild.any()
    finger, peak = int(LIMITS.effort.argmin()), LIMITS.effort.min()
    weak = {"sent": EXACT.with_(effort=with_(np.zeros(N), finger, 0.9 * peak))}
    assert (
        not settled()
        .run(20, **weak, effort=with_(np.zeros(N), finger, 0.5 * peak))
        .findings.wild.any()
    )
    peak = LIMITS.effort[KNEE]
    drives, loud = settled(), with_(np.zeros(N), KNEE, 0.9 * peak)
    for _ in range(20):
        position = with_(HOLD.position + 1e-4 * drives.random.normal(size=N), KNEE, 0.1)
        drives.step(position=position, effort=loud)
    assert not drives.monitor.findings.wild.any(), (
        "its bus is silent: it does what it was told last"
    )


@pytest.mark.parametrize("joint, place, name", [(KNEE, 1, "l_knee"), (ELBOW, 2, "r_elbow")])
def test_joint_that_is_asked_to_move_and_does_not(joint, place, name):
    drives = settled()
    effort = HOLD.kd * with_(np.zeros(N), joint, 1.1)
    fast = {
        "sent": HOLD.with_(velocity=with_(np.zeros(N), joint, 1.1)),
        "effort": np.minimum(effort, LIMITS.effort),
    }
    assert found(drives.run(drive_checks.LOCKED_TICKS - 1, **fast)) == ("", "", "", "")
    assert found(drives.step(**fast))[place] == f"{name} is locked"
    pausing = settled()
    for _ in range(3):
        pausing.run(drive_checks.LOCKED_TICKS - 1, **fast)
        assert found(pausing.step()) == ("", "", "", ""), (
            "asked again and again, each time for a short while"
        )
    moving = settled()
    assert found(moving.run(100, **fast, velocity=with_(np.zeros(N), joint, 0.11)))[3] == ""
    assert "locked" not in "".join(found(moving.monitor))


@pytest.mark.parametrize(
    "asked, turns",
    [(drive_checks.LOCKED_WANTED_SPEED_RADPS, 0.0), (1.1, drive_checks.LOCKED_SPEED_RADPS)],
)
def test_joint_at_the_bounds_of_being_asked_and_turning_is_not_locked(asked, turns):
    sent, velocity = (
        EXACT.with_(velocity=with_(np.zeros(N), KNEE, asked)),
        with_(np.zeros(N), KNEE, turns),
    )
    assert (
        settled().run(100, sent=sent, velocity=velocity, effort=np.zeros(N)).findings.locked == ""
    )
    sent, velocity = sent.with_(velocity=1.01 * sent.velocity), 0.99 * velocity
    assert (
        settled().run(100, sent=sent, velocity=velocity, effort=np.zeros(N)).findings.locked
        == "l_knee is locked"
    )


@pytest.mark.parametrize(
    "start, rests",
    [(drive_checks.STOPPED_FROM_SPEED_RADPS, 0.0), (3.0, drive_checks.STOPPED_SPEED_RADPS)],
)
def test_joint_at_the_bounds_of_stopping_is_not_locked(start, rests):
    for part, word in ((1.0, ""), (0.99, "l_knee is locked")):
        drives = settled()
        drives.run(5, velocity=with_(np.zeros(N), KNEE, start / part))
        assert (
            drives.run(50, velocity=with_(np.zeros(N), KNEE, part * rests)).findings.locked == word
        )


@pytest.mark.parametrize("start", [0.66, -3.0])
def test_leg_joint_that_stops_at_once_and_stays_is_locked(start):
    turning = {"velocity": with_(np.zeros(N), KNEE, start)}
    slowing = {"velocity": with_(np.zeros(N), KNEE, 0.3 * start)}
    drives = settled()
    drives.run(5, **turning)
    drives.step(**slowing)
    assert found(drives.run(drive_checks.STOPPED_TICKS - 1)) == ("", "", "", "")
    assert found(drives.step()) == ("", "l_knee is locked", "", "")
    assert drives.monitor.findings.leg == "", "the robot may stand on it"


@pytest.mark.parametrize("part, is_found", [(1.01, True), (0.99, False)])
def test_of_a_joint_that_its_damper_stops_at_once_speed_shows_no_lock(part, is_found):
    damping = LIMITS.rotor_inertia / (part * drive_checks.LEAST_COASTING_S)
    damped = replace(ROBOT, limits=replace(LIMITS, damping=damping))
    asked = HOLD.with_(velocity=with_(np.zeros(N), KNEE, 1.5), kp=np.zeros(N), kd=np.zeros(N))
    slow = Drives(robot=damped)
    slow.run(100)
    slow.run(50, sent=asked, velocity=with_(np.zeros(N), KNEE, 0.05), effort=np.zeros(N))
    assert bool(slow.monitor.findings.locked) is is_found
    drives = Drives(robot=damped)
    drives.run(100)
    drives.run(5, velocity=with_(np.zeros(N), KNEE, 3.0))
    assert bool(drives.run(50).findings.locked) is is_found


@pytest.mark.parametrize(
    "joint, start, slow_ticks, still_ticks",
    [(KNEE, 0.64, 1, 50), (KNEE, 3.0, 2, 50), (KNEE, 3.0, 1, 15), (ELBOW, 3.0, 1, 50)],
)
def test_joint_that_slows_down_or_moves_on_or_is_no_legs_is_not_locked(
    joint, start, slow_ticks, still_ticks
):
    drives = settled()
    drives.run(5, velocity=with_(np.zeros(N), joint, start))
    drives.run(slow_ticks, velocity=with_(np.zeros(N), joint, 0.09))
    drives.run(still_ticks, velocity=with_(np.zeros(N), joint, -0.07))
    assert found(drives.run(3, velocity=with_(np.zeros(N), joint, 0.09))) == ("", "", "", "")


@pytest.mark.parametrize("joint, foot", [("l_ankle_roll", 0), ("r_ankle_pitch", 1)])
def test_ankle_that_the_floor_stops_is_not_locked(joint, foot):
    ankle, forces = ROBOT.joint_names.index(joint), np.zeros((2, 6))
    forces[:, 2] = 0.9 * BODY.contact.on
    for bears, is_locked in ((0.9, True), (1.0, False)):
        forces[foot, 2] = bears * BODY.contact.on
        drives = settled()
        drives.run(5, velocity=with_(np.zeros(N), ankle, 1.3), foot_wrenches=forces)
        assert drives.run(50, foot_wrenches=forces).findings.locked == (
            f"{joint} is locked" if is_locked else ""
        )


def test_joint_that_slows_down_while_no_command_is_known_is_not_locked():
    """Lost commands: what was seen before them is no tick ago."""
    drives = settled()
    drives.run(5, velocity=with_(np.zeros(N), KNEE, 1.0))
    for speed in np.linspace(1.0, 0.0, 20):
        drives.step(sent=None, velocity=with_(np.zeros(N), KNEE, speed))
    assert found(drives.run(50)) == ("", "", "", "")


@pytest.mark.parametrize(
    "name, limit, factor", [("velocity", LIMITS.velocity, 1.2), ("effort", LIMITS.effort, 1.15)]
)
def test_joint_outside_its_envelope(name, limit, factor):
    drives, idle = settled(), {"sent": None, "effort": np.zeros(N)}
    inside = {**idle, name: with_(np.zeros(N), ELBOW, factor * limit[ELBOW] * 0.99)}
    outside = {**idle, name: with_(np.zeros(N), ELBOW, -factor * limit[ELBOW] * 1.01)}
    assert drives.run(10, **inside).findings.runaway == ""
    assert drives.run(drive_checks.ENVELOPE_TICKS - 1, **outside).findings.runaway == ""
    drives.monitor.relax()
    drives.run(1)
    assert drives.run(drive_checks.ENVELOPE_TICKS - 1, **outside).findings.runaway == "", (
        "counted anew"
    )
    assert drives.step(**outside).findings.runaway == "r_elbow beyond its speed or torque"
    assert drives.step(sent=None).findings.runaway == ""


@pytest.mark.parametrize("bound", ["speed", "torque", "power"])
def test_joint_at_a_bound_is_inside(bound):
    def step_for(part: float) -> str:
        drives = Drives()
        drives.monitor = DriveMonitor(ROBOT, BODY, PERIOD, MonitorConfig(power_at_most_w=64.0))
        drives.run(100)
        values = {
            "speed": {
                "velocity": part * drive_checks.SPEED_OF_LIMIT * LIMITS.velocity,
                "effort": np.zeros(N),
            },
            "torque": {
                "effort": part * drive_checks.EFFORT_OF_PEAK * LIMITS.effort,
                "velocity": np.zeros(N),
            },
            "power": {
                "effort": with_(np.zeros(N), KNEE, 32.0),
                "velocity": with_(np.zeros(N), KNEE, 2.0 * part),
            },
        }
        return drives.run(20, sent=None, **values[bound]).findings.runaway

    assert step_for(1.0) == "" and step_for(1.01) != ""


def test_power_of_all_joints():
    velocity = 0.5 * LIMITS.velocity
    effort = LIMITS.effort * MonitorConfig().power_at_most_w / (LIMITS.effort @ velocity)
    drives = settled()
    calm = {"sent": None, "velocity": velocity, "effort": 0.99 * effort}
    assert drives.run(20, **calm).findings.runaway == ""
    wild = {"sent": None, "velocity": velocity, "effort": 1.01 * effort}
    assert drives.run(drive_checks.POWER_TICKS - 1, **wild).findings.runaway == ""
    assert drives.step(**wild).findings.runaway == "the joints together beyond their power"
    assert drives.step(sent=None).findings.runaway == ""


def test_torque_that_is_not_a_number_is_outside():
    assert (
        settled()
        .run(drive_checks.ENVELOPE_TICKS, sent=None, effort=np.full(N, np.nan))
        .findings.runaway
    )
