# SPDX-License-Identifier: Apache-2.0
"""Checks the judge of a run on a leg computed by hand; counting; pace; the summary."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from talus_cli.run.judging.judge import Judge, JudgedPose
from talus_cli.run.judging.legs import SoleHeights
from talus_cli.run.judging.pace import PaceMeter
from talus_cli.run.judging.summary import RunSummary
from talus_cli.run.operating.inbox import Decoded, MessageInbox
from talus_cli.run.status import Status, StatusScreen
from talus_core.machine.terminal import Terminal
from talus_core.words.falls import FALLEN_TILT_RAD

UP = np.array([0.0, 0.0, 1.0])
STRAIGHT = {"hip": 0.0, "knee": 0.0}
SEAT = {"hip": -math.pi / 2, "knee": math.pi / 2}


@pytest.fixture
def soles(tmp_path: Path) -> SoleHeights:
    """Return a leg of two links of 0.4 m, hip and knee about y, sole 0.1 m below the shank."""
    file = tmp_path / "leg.urdf"
    joints = (("hip", "base", "thigh", 0.0), ("knee", "thigh", "shank", -0.4))
    body = "".join(
        f'<joint name="{name}" type="revolute"><parent link="{parent}"/><child link="{child}"/>'
        f'<origin xyz="0 0 {z}"/><axis xyz="0 1 0"/></joint>'
        for name, parent, child, z in joints
    )
    fixed = (
        '<joint name="f" type="fixed"><parent link="shank"/><child link="sole"/>'
        '<origin xyz="0 0 -0.5"/></joint>'
    )
    file.write_text(f"<robot>{body}{fixed}</robot>")
    return SoleHeights(file, "base", ("sole",))


def pose(
    x: float = 0.0, y: float = 0.0, z: float = 1.0, yaw: float = 0.0, pitch: float = 0.0
) -> JudgedPose:
    quat = {
        False: np.array([0.0, math.sin(pitch / 2), 0.0, math.cos(pitch / 2)]),
        True: np.array([0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2)]),
    }[yaw != 0.0]
    return JudgedPose(np.array([x, y, z]), quat)


def test_height_follows_the_joints(soles: SoleHeights):
    assert soles.height_of_base(STRAIGHT, UP) == pytest.approx(0.9)
    assert soles.height_of_base(SEAT, UP) == pytest.approx(0.5)
    tilted = np.array([math.sin(0.3), 0.0, math.cos(0.3)])
    assert soles.height_of_base(STRAIGHT, tilted) == pytest.approx(0.9 * math.cos(0.3))


@pytest.mark.parametrize(
    ("pitch", "joints", "fell"),
    [
        (0.0, STRAIGHT, False),
        (0.0, SEAT, False),
        (0.5, SEAT, False),
        (FALLEN_TILT_RAD - 0.01, STRAIGHT, False),
        (FALLEN_TILT_RAD + 0.01, STRAIGHT, True),
        (math.pi / 2, STRAIGHT, True),
        # Folded under itself: the base 0.1 m above the sole, where the seat is at 0.5 m.
        (0.0, {"hip": -math.pi / 2 - 0.5, "knee": math.pi - 0.2}, True),
    ],
)
def test_fall(soles: SoleHeights, pitch: float, joints: dict, fell: bool):
    judge = Judge(soles, SEAT)
    judge.see_truth(pose(pitch=pitch))
    judge.see_joints(joints)
    assert judge.fell is fell


def test_fall_is_not_forgotten(soles: SoleHeights):
    judge = Judge(soles, SEAT)
    for pitch in (1.5, 0.0):
        judge.see_truth(pose(pitch=pitch))
        judge.see_joints(STRAIGHT)
    assert judge.fell


def test_distance_and_odometry_error_do_not_care_where_the_frames_are(soles: SoleHeights):
    judge = Judge(soles, SEAT)
    judge.see_truth(pose(10.0, 5.0, 1.0, yaw=math.pi / 2))
    judge.see_odometry(pose(0.0, 0.0, 0.9))
    judge.begin()
    judge.see_truth(pose(10.0, 9.0, 1.0, yaw=math.pi / 2))
    judge.see_odometry(pose(3.9, 0.03, 0.9))
    assert judge.distance == pytest.approx(4.0)
    assert judge.odometry_error == pytest.approx(math.hypot(0.1, 0.03))


def test_nothing_seen_is_no_distance(soles: SoleHeights):
    judge = Judge(soles, SEAT)
    judge.begin()
    assert (judge.distance, judge.odometry_error, judge.fell) == (0.0, 0.0, False)


def test_speed_is_over_ground_and_simulated_time(soles: SoleHeights):
    judge = Judge(soles, SEAT)
    assert judge.speed(0.0) == 0.0
    judge.see_truth(pose(0.0))
    judge.speed(1.0)
    judge.see_truth(pose(0.3, 0.4, 2.0))
    assert judge.speed(3.0) == pytest.approx(0.25)


def test_inbox_counts_from_the_beginning_and_by_sequence():
    inbox = MessageInbox()
    take, hidden = inbox.taker("odom"), inbox.taker("gate/state", counts=False)
    assert inbox.silent(["odom", "robot_state"]) == ("odom", "robot_state")
    for data in (b"1", b"2"):
        take(data)
        hidden(data)
    inbox.see_sequence("robot_state", 100)
    inbox.begin()
    take(b"3")
    inbox.see_sequence("robot_state", 1100)
    assert inbox.rates(2.0) == {"odom": 0.5, "robot_state": 500.0}
    assert inbox.silent(["odom", "robot_state", "imu"]) == ("imu",)


def test_silence_shows_as_rate_zero():
    inbox = MessageInbox()
    inbox.taker("odom")(b"1")
    inbox.begin()
    assert inbox.rates(10.0) == {"odom": 0.0}


def test_messages_are_decoded_once_and_only_when_asked():
    inbox, decoded = MessageInbox(), []
    take = inbox.taker("odom")
    reader = Decoded(inbox, "odom", lambda data: decoded.append(data) or len(data))
    assert reader.get() is None
    take(b"12")
    take(b"123")
    assert (reader.get(), reader.get()) == (3, 3)
    assert decoded == [b"123"]


def test_pace():
    pace = PaceMeter()
    assert (pace.simulated, pace.overall) == (0.0, 0.0)
    pace.see(0.0, 5.0)
    pace.begin(10.0, 6.0)
    pace.see(20.0, 26.0)
    assert pace.simulated == 20.0
    assert pace.overall == 2.0
    assert pace.lately == pytest.approx(21.0 / 20.0)


SUMMARY = RunSummary(False, (), 5.12345678, 0.05, 1.5, 9000.0, "R3", {"odom": 62.5}, 24.0)
KEYS = {
    *("fell", "faults", "distance_m", "odom_error_m", "real_time_factor", "energy_j"),
    *("final_level", "rates_hz", "sim_seconds", "torque_kept"),
}


def test_summary_has_the_promised_keys(tmp_path: Path):
    SUMMARY.write(tmp_path / "out.json")
    written = json.loads((tmp_path / "out.json").read_text())
    assert set(written) == KEYS
    assert written["distance_m"] == 5.1235
    assert written["rates_hz"] == {"odom": 62.5}


@pytest.mark.parametrize(
    ("fell", "faults", "code"), [(False, (), 0), (True, (), 1), (False, ("x",), 1)]
)
def test_exit_code(fell: bool, faults: tuple, code: int):
    assert RunSummary(fell, faults, 0.0, 0.0, 0.0, 0.0, "R0", {}, 0.0).exit_code == code


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


STATUS = Status("running", 4, 1, "battery low", 12.3, 0.4, 3.0, 0.5, 1.25)


def test_live_line_is_overwritten_and_notes_stay():
    stream = Tty()
    screen = StatusScreen(Terminal(stream, {"TERM": "xterm"}))
    screen.show(STATUS, 0.0)
    screen.note("hello")
    assert stream.getvalue() == f"\r\x1b[K{str(STATUS)[:77]}\r\x1b[Khello\n"
    assert not screen.is_due(0.1)
    assert screen.is_due(0.2)


def test_pipe_gets_plain_lines_every_two_seconds():
    stream = io.StringIO()
    screen = StatusScreen(Terminal(stream, {"TERM": "xterm"}))
    screen.show(STATUS, 0.0)
    assert (
        stream.getvalue() == "   12.3 s | walking      | R1 (battery low) | 0.40 m/s   3.00 m | "
        "battery 50.0 % | 1.25 x real time\n"
    )
    assert not screen.is_due(1.9)
    assert screen.is_due(2.0)


def test_only_troubled_lines_of_processes_are_shown():
    stream = io.StringIO()
    screen = StatusScreen(Terminal(stream, {"TERM": "xterm"}))
    screen.line("map", "[INFO] [1.0] [map]: fine", True)
    screen.line("map", "[WARN] [1.0] [map]: others are not up yet", True)
    screen.line("map", "[ERROR] [1.0] [map]: not fine", True)
    screen.shows_warnings = True
    screen.line("map", "[WARN] [1.0] [map]: hm", True)
    assert stream.getvalue() == "map: [ERROR] [1.0] [map]: not fine\nmap: [WARN] [1.0] [map]: hm\n"
