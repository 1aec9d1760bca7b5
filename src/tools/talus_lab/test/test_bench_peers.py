# SPDX-License-Identifier: Apache-2.0
"""Checks what peers' policies are shown, and what the bench says without them."""

import inspect
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from talus_core.state import JointCommand, RobotState
from talus_core.words.stop_levels import StopLevel
from talus_lab.bench.balance.cases.case import Effort
from talus_lab.bench.balance.cases.catalogue import CASES
from talus_lab.bench.balance.peers.case import PeersCase
from talus_lab.bench.balance.peers.holosoma import (
    DEFAULT_POSE_RAD,
    POLICY_RATE_HZ,
    Clock,
    HolosomaController,
    observation,
)
from talus_lab.bench.balance.peers.packages import (
    INSTALL,
    POLICIES,
    REQUIREMENTS,
    missing,
)
from talus_lab.bench.balance.play import play
from talus_lab.bench.balance.scorecard import scorecard
from talus_lab.bench.balance.trials.trial import OURS, Setting, Trial, TrialOutcome
from talus_lab.bench.progress import BenchProgress
from talus_lab.bench.store import Store
from talus_lab.rig import rig
from talus_lab.rig.checkout import CHECKOUT
from talus_lab.rig.open_drives import OpenDrives
from talus_safety.kernel.decide.gate.permit import TorquePermit

JOINTS = 29
PLACES = {  # alphabetical, as holosoma sorts its terms
    "actions": slice(0, 29),
    "base_ang_vel": slice(29, 32),
    "command_ang_vel": slice(32, 33),
    "command_lin_vel": slice(33, 35),
    "cos_phase": slice(35, 37),
    "dof_pos": slice(37, 66),
    "dof_vel": slice(66, 95),
    "projected_gravity": slice(95, 98),
    "sin_phase": slice(98, 100),
}


def state(position, velocity, turn) -> RobotState:
    zero = np.zeros(JOINTS)
    return RobotState(
        0, 0.0, 0, position, velocity, zero, turn, np.zeros(3), np.zeros((2, 6)), True
    )


def test_a_policy_takes_the_place_of_the_controller_in_all_that_the_rig_asks_of_it():
    asked = set(re.findall(r"self\.controller\.(\w+)\(", inspect.getsource(rig)))
    assert asked >= {"step_balance", "sends"}
    assert asked <= set(dir(HolosomaController))


def test_observation_has_each_term_in_its_place_and_scale():
    numbers = np.arange(1.0, JOINTS + 1.0)
    seen = observation(
        state(DEFAULT_POSE_RAD + 0.01 * numbers, numbers, np.array([4.0, 8.0, 12.0])),
        up=np.array([0.6, 0.0, 0.8]),  # leaning forward: the vertical is ahead in base axes
        velocity=np.array([0.5, -0.1, 0.2]),
        action=-numbers,
        clock=Clock((0.5 * math.pi, -0.5 * math.pi)),
    )
    assert list(PLACES) == sorted(PLACES)
    assert seen.shape == (1, 100)
    assert seen.dtype == np.float32
    expected = {
        "actions": -numbers,
        "base_ang_vel": [1.0, 2.0, 3.0],
        "command_ang_vel": [0.2],
        "command_lin_vel": [0.5, -0.1],
        "cos_phase": [0.0, 0.0],
        "dof_pos": 0.01 * numbers,
        "dof_vel": 0.05 * numbers,
        "projected_gravity": [-0.6, 0.0, -0.8],
        "sin_phase": [1.0, -1.0],
    }
    for term, values in expected.items():
        assert seen[0, PLACES[term]] == pytest.approx(np.asarray(values), abs=1e-6), term


def test_clock_turns_once_a_second_and_rests_while_standing():
    clock, walk = Clock(), np.array([0.5, 0.0, 0.0])
    for _ in range(round(POLICY_RATE_HZ / 2)):
        clock.step(walk)
    assert abs(clock.phases[0]) == pytest.approx(math.pi)
    assert clock.phases[1] == pytest.approx(0.0, abs=1e-9)
    clock.step(np.zeros(3))
    assert clock.phases == (math.pi, math.pi)
    clock.step(walk)
    assert clock.phases == (0.0, math.pi)  # starts anew, on the same foot


class Driver:
    def __init__(self):
        self.sent = []

    def write(self, command):
        self.sent.append(command.sequence)

    def stop(self):
        self.sent.append(None)


def test_open_drives_delay_and_repeat_but_check_nothing():
    driver, zero = Driver(), np.zeros(JOINTS)
    drives = OpenDrives(driver, delay_ticks=1)
    for tick, (torque, fresh) in enumerate(
        [(True, True), (True, True), (True, False), (False, True)]
    ):
        if fresh:
            drives.put_command(JointCommand(tick, zero, zero, zero, zero, zero))
        drives.put_permit(TorquePermit(StopLevel.R0_RUN, torque, torque, tick))
        drives.step_drives(state(zero, zero, np.zeros(3)), 0.002 * tick)
    assert driver.sent == [None, 0, 1, None]


class Played:
    """Stands in for the workers: falls beyond a dv that belongs to the mind."""

    def __init__(self, limits):
        self._limits, self._queue = limits, []

    def put(self, trials):
        self._queue.extend(trials)

    def results(self):
        done, self._queue = self._queue, []
        return [(trial, self._outcome(trial)) for trial in done]

    def _outcome(self, trial: Trial) -> TrialOutcome:
        (shove,) = trial.shoves
        return TrialOutcome(fell=shove.dv > self._limits[trial.setting.mind] + 1e-9)


def played(case, tmp_path, limits):
    return play(
        {"peers": case},
        Effort(1, quick=True),
        store=Store(tmp_path, "x", TrialOutcome),
        workers=Played(limits),
        progress=BenchProgress("x"),
    )


def test_ratio_is_ours_over_the_best_peer_and_rows_say_who_reads_true_state(tmp_path):
    case, prepared = CASES["peers"], []
    case = replace(case, absent=list, prepare=lambda: prepared.append(True))
    results = played(case, tmp_path, {OURS: 0.45, "holosoma_fastsac": 0.6, "holosoma_ppo": 0.3})
    assert prepared == [True]
    assert results["peers"].summary == {"same_g1_ratio": pytest.approx(0.75)}
    reads = {row["controller"]: row["reads"] for row in results["peers"].rows}
    assert reads.keys() == {OURS, *POLICIES}
    assert [name for name, what in reads.items() if "true" in what] == list(POLICIES)
    assert "ceiling" not in results["peers"].rows[0]


def test_absent_peers_are_named_with_the_command_and_give_no_figure(tmp_path):
    case = PeersCase(Setting(velocity=(0.5, 0.0, 0.0)), absent=lambda: missing(tmp_path))
    results = played(case, tmp_path, {})
    report = scorecard(results)
    assert "same_g1_ratio" not in report.summary
    assert {row["controller"] for row in report.rows} == POLICIES.keys()
    assert any(INSTALL in note for note in report.notes)
    assert (CHECKOUT / REQUIREMENTS).is_file()
    assert report.lines()
