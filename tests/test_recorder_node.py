# SPDX-License-Identifier: Apache-2.0
"""Checks the recorder beside a running driver: an e-stop leaves a file with all around it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from driver_process import PATIENCE_S, Partner, driver
from mcap.reader import make_reader
from rclpy.serialization import deserialize_message
from talus_core.robot import load_robot
from talus_recorder.disk.archive import NOTE_FILE
from talus_recorder.disk.storage import Disk
from talus_recorder.format.chain import Digest
from talus_recorder.listening.topics import RECORDED_TOPICS
from talus_recorder.verify import verify_folder
from talus_ros.command_path_node import SealedPublisher

from talus_interfaces import msg

AFTER_S = 0.6
# Published at the control rate by driver and partner; 500 a second.
FAST = ("/robot_state", "/joint_command")
MOCK_TOPICS = {
    "/gate/state",
    "/safety/state",
    "/imu",
    "/foot/left/wrench",
    "/foot/right/wrench",
    *FAST,
}


@contextmanager
def recorder(folder: Path, *parameters: str) -> Iterator[subprocess.Popen]:
    """Yield a running recorder that is ended at the end of the test whatever happened."""
    words = [
        sys.executable,
        "-m",
        "talus_recorder.recorder_node",
        "--ros-args",
        "-p",
        f"folder:={folder}",
    ]
    for parameter in parameters:
        words += ["-p", parameter]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def partner():
    partner = Partner()
    yield partner
    partner.close()


class Supervised:
    """Acts as the supervisor too: `level` is what it states from now on."""

    def __init__(self, partner: Partner):
        self.level, self.cause = msg.SafetyState.R0_RUN, ""
        partner.permits = False
        publisher = SealedPublisher(partner.node, msg.SafetyState, "safety/state", 10)
        self.statuses: list[str] = []
        partner.link.subscribe(DiagnosticArray, "diagnostics", self._hear, 100)
        plain = partner._on_gate

        def on_gate(gate: msg.GateState) -> None:
            plain(gate)
            word = msg.SafetyState(
                level=self.level, cause=self.cause, armed=True, torque_permitted=True
            )
            word.stamp, word.sequence = gate.stamp, gate.sequence
            publisher.publish(word)

        partner.link.subscribe(msg.GateState, "gate/state", on_gate, 10)

    def _hear(self, array: DiagnosticArray) -> None:
        self.statuses += [status.message for status in array.status if status.name == "recorder"]


def end(process: subprocess.Popen, partner: Partner, body: subprocess.Popen) -> str:
    """Send SIGINT and return what the recorder printed.

    The robot goes on for a while meanwhile, and the recorder with it.
    """
    process.send_signal(signal.SIGINT)
    partner.run_for(0.3)
    body.terminate()
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, errors
    return output


def messages(path: Path) -> dict[str, list]:
    """Return (log time, message) by topic, decoded by rclpy."""
    from talus_recorder.conversions import message_type

    kinds = {f"/{topic.name.lstrip('/')}": message_type(topic.kind) for topic in RECORDED_TOPICS}
    found = defaultdict(list)
    with path.open("rb") as file:
        for _, channel, record in make_reader(file, validate_crcs=True).iter_messages():
            decoded = deserialize_message(record.data, kinds[channel.topic])
            found[channel.topic].append((record.log_time, decoded))
    return found


def seconds(stamp) -> float:
    return stamp.sec + stamp.nanosec * 1e-9


def test_an_e_stop_leaves_a_file_with_all_that_was_said_around_it(partner: Partner, tmp_path: Path):
    supervised = Supervised(partner)
    short = ("before_s:=1.0", f"after_s:={AFTER_S}", "segment_s:=0.5", "keep_free_mb:=0")
    with driver("driver:=mock", "pace:=real_time") as body, recorder(tmp_path, *short) as process:
        partner.run_until(
            lambda: "recording" in supervised.statuses, "no diagnostics of the recorder"
        )
        partner.run_for(AFTER_S + 2.0)
        supervised.level, supervised.cause = msg.SafetyState.R3_SIT_THEN_CUT, "stop: asked for"
        stopped_at = partner.state.time
        partner.run_for(AFTER_S + 1.0)
        output = end(process, partner, body)
    assert "level: R3_SIT_THEN_CUT: stop: asked for" in output
    [path] = tmp_path.glob("*-level.mcap")
    assert f"black box: {path}" in output
    found = messages(path)
    assert found.keys() >= MOCK_TOPICS
    for topic in FAST:
        sequences = [message.sequence for _, message in found[topic]]
        gaps = sum(later - earlier - 1 for earlier, later in pairwise(sequences) if later > earlier)
        assert gaps <= 0.02 * len(sequences), topic
    times = [seconds(message.stamp) for _, message in found["/robot_state"]]
    assert times[0] <= stopped_at - 1.0
    assert times[-1] >= stopped_at + AFTER_S
    assert times[-1] - times[0] < 1.0 + AFTER_S + 2.0  # around the event, not everything
    levels = [message.level for _, message in found["/safety/state"]]
    assert levels == sorted(levels)
    assert {levels[0], levels[-1]} == {0, 3}
    assert verify_folder(Disk(), tmp_path, Digest()) == {}
    assert not list(tmp_path.glob("ring-*"))


def test_a_killed_recorder_leaves_what_the_next_one_keeps(partner: Partner, tmp_path: Path):
    supervised = Supervised(partner)
    with driver("driver:=mock", "pace:=real_time") as body:
        with recorder(tmp_path, "keep_free_mb:=0") as process:
            partner.run_until(
                lambda: "recording" in supervised.statuses, "no diagnostics of the recorder"
            )
            partner.run_for(1.0)
            last = partner.state.sequence
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        supervised.statuses.clear()
        with recorder(tmp_path, "keep_free_mb:=0") as process:
            partner.run_until(
                lambda: "recording" in supervised.statuses, "no diagnostics of the second recorder"
            )
            end(process, partner, body)
    [path] = tmp_path.glob("000001-*-interrupted.mcap")
    sequences = [message.sequence for _, message in messages(path)["/robot_state"]]
    assert len(sequences) > 300
    assert (
        last - 1500 < sequences[-1] <= last + 10
    )  # half a second of wall time, at three times real time
    assert (tmp_path / NOTE_FILE).exists()
    assert verify_folder(Disk(), tmp_path, Digest()) == {}


def test_a_folder_that_cannot_be_written_is_told_and_ends_nothing(partner: Partner, tmp_path: Path):
    (tmp_path / "file").write_text("")
    supervised = Supervised(partner)
    with driver("driver:=mock", "pace:=real_time") as body, recorder(tmp_path / "file") as process:
        partner.run_until(
            lambda: any("not recording to disk" in text for text in supervised.statuses),
            "the recorder says nothing",
        )
        partner.run_for(0.5)
        end(process, partner, body)


def test_bad_input_is_one_line_that_says_what_would_work(tmp_path: Path):
    with recorder(tmp_path, "key_file:=/nowhere/key") as process:
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert errors == "error: key file '/nowhere/key': No such file or directory\n"


def test_the_robots_imu_looks_as_the_fall_watch_takes_it():
    robot = load_robot(Path(__file__).parents[1] / "urdf" / "talus40")
    joint = robot.urdf.read_text().split('<child link="imu_link"/>')[0].rsplit("<joint", 1)[1]
    assert 'rpy="0 0 0"' in joint or "rpy" not in joint
