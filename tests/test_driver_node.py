# SPDX-License-Identifier: Apache-2.0
"""Checks the driver node as others meet it.

Topics, lock-step, last gate, services, bad input, and its end.
"""

import signal
import time
from itertools import pairwise

import numpy as np
import pytest
from driver_process import JOINTS, PATIENCE_S, ROBOT, Partner, driver, start
from geometry_msgs.msg import Vector3, WrenchStamped
from nav_msgs.msg import Odometry
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, Imu, JointState
from std_srvs.srv import Trigger
from talus_core.robot import load_robot
from talus_ros.command_path_node import SealedPublisher

from talus_interfaces.msg import Fault, JointCommand, SimulatorState
from talus_interfaces.srv import InjectFault, Push, SetFriction

STANDARD = {
    "joint_states": (JointState, 50.0),
    "imu": (Imu, 100.0),
    "foot/left/wrench": (WrenchStamped, 100.0),
    "foot/right/wrench": (WrenchStamped, 100.0),
    "battery_state": (BatteryState, 1.0),
    "clock": (Clock, 100.0),
    "sim/ground_truth": (Odometry, 50.0),
    "sim/state": (SimulatorState, 30.0),
}


@pytest.fixture
def partner():
    partner = Partner()
    yield partner
    partner.close()


def test_standard_topics_come_at_their_rates_in_simulated_time(partner):
    counts: dict[str, int] = dict.fromkeys(STANDARD, 0)
    newest: dict[str, object] = {}

    def hear(topic: str, message: object) -> None:
        counts[topic] += 1
        newest[topic] = message

    for topic, (kind, _) in STANDARD.items():
        partner.link.subscribe(kind, topic, lambda message, topic=topic: hear(topic, message), 100)
    with driver("driver:=mujoco", "pace:=fast"):
        partner.run_until(
            lambda: all(counts.values()), f"silent: {[t for t, c in counts.items() if not c]}"
        )
        before, start_time = dict(counts), partner.state.time
        partner.run_for(2.0)
        duration = partner.state.time - start_time
    for topic, (_, rate) in STANDARD.items():
        assert counts[topic] - before[topic] >= rate * duration - 3, topic
    assert newest["imu"].header.frame_id == "imu_link"
    assert newest["imu"].orientation_covariance[0] == -1.0
    assert newest["imu"].angular_velocity_covariance[0] > 0.0
    assert newest["foot/left/wrench"].header.frame_id == "l_sole"
    assert newest["foot/right/wrench"].header.frame_id == "r_sole"
    assert newest["sim/ground_truth"].child_frame_id == "base_link"
    assert newest["joint_states"].name == list(load_robot(ROBOT).joint_names)
    assert 0.9 < newest["battery_state"].percentage <= 1.0


def test_every_tick_is_answered_in_lock_step_and_torque_needs_a_permit(partner):
    sequences = []
    partner.change = lambda command: (sequences.append(command.sequence), command)[1]
    partner.permits = False
    with driver("driver:=mock", "pace:=fast"):
        partner.run_for(0.5)
        assert not partner.state.torque_enabled
        partner.permits = True
        partner.run_until(lambda: partner.state.torque_enabled, "torque stays off")
        partner.run_for(0.5)
    steady = sequences[50:]
    assert all(later == earlier + 1 for earlier, later in pairwise(steady))


def test_bad_commands_beside_good_ones_are_counted_and_harmless(partner):
    good_bad = SealedPublisher(partner.node, JointCommand, "joint_command", 10)
    with driver("driver:=mock", "pace:=fast"):
        partner.run_until(
            lambda: partner.state is not None and partner.state.torque_enabled, "torque stays off"
        )

        def stray(number: int) -> None:
            size = JOINTS if number % 2 else 3
            values = [float("nan")] * size
            sequence = partner.state.sequence
            good_bad.publish(
                JointCommand(
                    sequence=sequence,
                    position=values,
                    velocity=values,
                    effort=values,
                    kp=values,
                    kd=values,
                )
            )
            partner.run_for(0.02)

        def stray_is_counted(number: int) -> None:
            """Return whether a stray is counted; one may be lost.

            That is before the driver knows its sender, or of three that come before it looks.
            """
            before = partner.gate.rejected
            partner.run_until(
                lambda: stray(number) or partner.gate.rejected > before,
                f"stray {number} is not counted",
            )

        partner.run_until(lambda: partner.gate is not None, "no gate state")
        for number in range(10):
            stray_is_counted(number)
        assert partner.state.torque_enabled
        assert not partner.standby_active
        assert np.isfinite(partner.state.position).all()


def test_nan_from_the_controller_itself_ends_in_standby(partner):
    with driver("driver:=mujoco", "pace:=fast"):
        partner.run_until(
            lambda: partner.state is not None and partner.state.torque_enabled, "torque stays off"
        )
        partner.change = lambda command: command.with_(effort=np.full(JOINTS, np.nan))
        partner.run_until(lambda: partner.gate.latched, "no reaction to NaN")
        assert partner.gate.rejected >= 3
        assert np.isfinite(partner.state.effort).all()


def test_simulated_time_waits_for_a_slow_controller_and_leaves_a_silent_one_behind(partner):
    silent_after = 3.0
    with driver("driver:=mock", "pace:=fast", f"step.silent_after_s:={silent_after}"):
        partner.run_for(0.2)
        partner.run_until(lambda: partner.state.torque_enabled, "torque stays off")
        partner.answers = False
        stopped_at = partner.state.sequence
        begin = time.monotonic()
        while time.monotonic() < begin + 0.3:
            partner.link.wait(0.02)
        # A machine that was busy for as long as that silence proves nothing.
        assert partner.state.sequence <= stopped_at + 3 or time.monotonic() > begin + silent_after
        partner.run_until(lambda: partner.state.sequence > stopped_at + 50, "time does not run on")
        partner.run_until(lambda: partner.gate.latched, "the watchdog did not see the silence")
        assert "joint_command" in partner.gate.reason


def test_simulator_services(partner):
    with driver("driver:=mujoco", "pace:=fast"):
        partner.run_for(0.1)
        push = Push.Request(impulse=Vector3(x=5.0), duration=0.05)
        assert partner.call(Push, "sim/push", push) == (True, "")
        success, message = partner.call(Push, "sim/push", Push.Request(link="torsoo"))
        assert not success
        assert "nearest: torso" in message
        assert partner.call(
            SetFriction, "sim/set_friction", SetFriction.Request(target="floor", friction=0.5)
        )[0]
        success, message = partner.call(
            SetFriction, "sim/set_friction", SetFriction.Request(target="floor", friction=-1.0)
        )
        assert not success
        assert "0.01" in message
        before = partner.state.time
        assert partner.call(Trigger, "sim/reset", Trigger.Request())[0]
        partner.run_for(0.05)
        assert partner.state.time > before
        assert not partner.state.torque_enabled
        assert partner.gate.latched
        assert "reset" in partner.gate.reason


def test_faults_by_name_with_their_onset(partner):
    heard: list[Fault] = []
    partner.link.subscribe(Fault, "sim/faults", heard.append)
    with driver("driver:=mock", "pace:=fast"):
        partner.run_until(
            lambda: partner.state is not None and partner.state.torque_enabled, "torque stays off"
        )
        refused = partner.call(
            InjectFault, "sim/inject_fault", InjectFault.Request(name="imu.stuk")
        )
        assert not refused[0]
        assert "nearest: imu.stuck" in refused[1]
        wish = InjectFault.Request(name="imu.off", duration=0.004)
        nan_at = []
        watch = partner.change
        partner.change = lambda command: (
            nan_at.append(partner.state.sequence)
            if np.isnan(partner.state.angular_velocity).any()
            else None,
            watch(command),
        )[1]
        assert partner.call(InjectFault, "sim/inject_fault", wish) == (True, "")
        partner.run_until(lambda: len(heard) == 2, "onset and end are not told")
        assert nan_at == [heard[0].sequence, heard[0].sequence + 1]
        assert [one.active for one in heard] == [True, False]
        assert heard[0].onset.sec + 1e-9 * heard[0].onset.nanosec == pytest.approx(
            0.002 * heard[0].sequence
        )
        wish = InjectFault.Request(name="state.off", duration=0.2)
        assert partner.call(InjectFault, "sim/inject_fault", wish)[0]
        partner.run_until(lambda: partner.gate.latched, "lost states led to no standby")
        began = heard[2].sequence
        assert partner.gate.sequence - began >= 10


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(partner, number):
    with driver("driver:=mock", "pace:=fast") as process:
        partner.run_for(0.1)
        partner.answers = partner.permits = False
        process.send_signal(number)
        deadline = time.monotonic() + PATIENCE_S
        while process.poll() is None and time.monotonic() < deadline:
            partner.link.wait(0.05)
        assert process.returncode == 0


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ("driver:=mujocco", "unknown driver 'mujocco'; nearest: mujoco"),
        ("world:=flatt", "flat"),
        ("pace:=slow", "parameter 'pace'"),
        (
            "control_rate_hz:=10.0",
            "parameter 'control_rate_hz' is 10.0; it must be from 50.0 to 1000.0",
        ),
        ("seed:=many", "parameter 'seed' is 'many'; it must be of type int"),
        ("contol_rate_hz:=500.0", "unknown parameter 'contol_rate_hz'; nearest: control_rate_hz"),
        ("robot:=/nowhere", "robot.yaml"),
    ],
)
def test_bad_input_is_one_line_that_says_what_would_work(parameter, message):
    process = start(parameter)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert len(errors.strip().splitlines()) == 1
    assert message in errors


def test_free_running_waits_for_nobody_and_is_never_ahead_of_the_wall(partner):
    partner.answers = partner.permits = False
    began = time.monotonic()
    with driver("driver:=mock", "lockstep:=false"):
        partner.run_until(
            lambda: partner.state is not None and partner.state.time > 1.0, "time stands still"
        )
        assert (
            partner.state.time <= time.monotonic() - began + 0.1
        )  # 0.1 s may be made up after a delay
