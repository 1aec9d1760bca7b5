# SPDX-License-Identifier: Apache-2.0
"""The simulator is a process of its own: frames and time over UNIX sockets, bad input in a line."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from one_drive import batch_of
from talus_can.codec.drives import Drives
from talus_can.codec.family import Order
from talus_can.codec.feedback import Feedback
from talus_can.codec.registry import make_family
from talus_can.codec.targets import Targets
from talus_can.frames import FrameBatch
from talus_core.driver import DriverError
from talus_drive_simulator.stage.client import StageClient
from talus_drive_simulator.stage.server import socket_path
from talus_drive_simulator.wires.frame import FRAME_BYTES, frames_of, pack_frames, unpack_frames
from talus_drive_simulator.wiring import load_wiring

PATIENCE_S = 300
JOINTS = ("l_hip_pitch", "l_knee", "r_hip_pitch", "r_knee")
WIRING = """
buses: {can0: {}, can1: {data_rate: 5.0e+6}}
drives:
  l_hip_pitch: {bus: can0, id: 1, family: damiao, model: 10010L, overrides: {kp: 2000, kd: 60}}
  l_knee: {bus: can0, id: 2, family: damiao, model: 10010L, overrides: {kp: 2000, kd: 60}}
  r_hip_pitch: {bus: can1, id: 1, family: moteus, model: default, sign: -1,
                overrides: {kp: 2000, kd: 60}}
  r_knee: {bus: can1, id: 2, family: moteus, model: default, gear: 2.0, offset: 0.3,
           overrides: {kp: 500, kd: 15}}
"""


def command_line(*words: object) -> list[str]:
    return [sys.executable, "-m", "talus_drive_simulator", *map(str, words)]


@contextlib.contextmanager
def simulator(robot, folder: Path) -> Iterator[subprocess.Popen]:
    """Run the process until the block ends; it listens already."""
    wiring = folder / "wiring.yaml"
    wiring.write_text(WIRING)
    settings = ("--set", "settle_s=0.0", "--set", "noise.scale=0.0")
    words = (robot.folder, "--wiring", wiring, "--sockets", folder, *settings)
    process = subprocess.Popen(
        command_line(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"listening in {folder}\n", process.stderr.read()
        yield process
    finally:
        process.kill()
        process.communicate()


def connected(folder: Path, name: str) -> socket.socket:
    wire = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    wire.connect(str(socket_path(folder, name)))
    return wire


class Robot:
    """Moves the four drives over their sockets."""

    def __init__(self, robot, folder: Path):
        wiring = load_wiring(folder / "wiring.yaml", robot.joint_names)
        self.stage = StageClient.at(folder)
        self.wires = [connected(folder, name) for name in wiring.buses]
        self.families = []
        self.seen = []
        for bus, name in enumerate(wiring.buses):
            drives = [drive for drive in wiring.drives if drive.row.bus == name]
            codec = Drives(
                joints=tuple(drive.joint for drive in drives),
                bus=np.full(len(drives), bus),
                drive_id=np.array([drive.row.id for drive in drives]),
                models=tuple(drive.spec.model for drive in drives),
            )
            self.families.append(make_family(drives[0].row.family, codec, None))
            self.seen.append(Feedback.unheard(len(drives)))

    def send(self, bus: int, batch: FrameBatch) -> None:
        self.wires[bus].send(pack_frames(frames_of(batch)))

    def tick(self) -> None:
        self.stage.advance()
        for bus, wire in enumerate(self.wires):
            while select.select([wire], [], [], 0)[0]:
                frames = unpack_frames(wire.recv(FRAME_BYTES * 64))
                decoded = self.families[bus].decode(batch_of(frames, bus), self.seen[bus])
                assert (decoded.unknown, decoded.malformed) == (0, 0)

    def close(self) -> None:
        for wire in self.wires:
            wire.close()
        self.stage.close()


def test_a_posture_is_held_through_sockets_and_the_process_ends_with_its_client(robot, tmp_path):
    with simulator(robot, tmp_path) as process:
        host = Robot(robot, tmp_path)
        for bus, family in enumerate(host.families):
            host.send(bus, family.order(Order.ENABLE, host.seen[bus]))
        angles = {joint: robot.poses["sit"][robot.joint_names.index(joint)] for joint in JOINTS}
        # Of the shafts: sign, gear and offset are in the wiring.
        places = (
            [angles["l_hip_pitch"], angles["l_knee"]],
            [-angles["r_hip_pitch"], 2.0 * (angles["r_knee"] - 0.3)],
        )
        gains = ((1000.0, 20.0), (250.0, 5.0))
        for _ in range(40):
            for bus, family in enumerate(host.families):
                place = np.array(places[bus])
                zero = np.zeros(2)
                kp, kd = gains[bus]
                targets = Targets.of(place, zero, zero, np.full(2, kp), np.full(2, kd))
                host.send(bus, family.command(targets, host.seen[bus]))
            host.tick()
        for bus, family in enumerate(host.families):
            assert family.enabled(host.seen[bus]).all()
            assert host.seen[bus].position == pytest.approx(places[bus], abs=0.12)
            assert (host.seen[bus].replies >= 40).all()
        assert host.stage.time == pytest.approx(0.08)
        assert host.stage.senses.linear_acceleration[2] > 1.0
        assert host.stage.senses.battery.voltage > 50
        check_stage(host)
        host.close()
        assert process.wait(PATIENCE_S) == 0
        assert not list(tmp_path.glob("*.sock"))


def check_stage(host: Robot) -> None:
    """Time, pushes, faults and reset over the same socket; what cannot be is refused in words."""
    stage = host.stage
    truth = stage.ground_truth()
    assert truth.position.shape == (3,) and truth.quat_xyzw.shape == (4,)
    stage.push("torso", np.array([0.0, 5.0, 0.0]), 0.1)
    stage.set_friction("floor", 0.5)
    with pytest.raises(ValueError, match="torsi"):
        stage.push("torsi", np.zeros(3), 0.1)
    with pytest.raises(ValueError, match=r"wire\.loss"):
        stage.inject_fault("wire.los")
    with pytest.raises(ValueError, match="unknown verb 'adv'"):
        stage._asked("adv")
    with pytest.raises(ValueError, match="finite"):
        stage.set_friction("floor", float("nan"))
    record = stage.inject_fault("wire.cut", "can0", duration=0.01)
    assert record.active and record.ends == 45
    assert stage.counts()["can0"]["frames"] == 164
    stage.reset()
    assert stage.time == pytest.approx(0.08)
    host.wires[0].send(b"no frames at all")
    host.tick()  # goes on
    check_restart(host)


def check_restart(host: Robot) -> None:
    """A client that connects anew brings the host's controller back from bus-off."""
    name, path = "can0", host.wires[0].getpeername()
    host.stage.inject_fault("wire.bus_off", name)
    host.wires[0].close()
    host.stage.advance()
    host.wires[0] = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    host.wires[0].connect(path)
    frames_before = host.stage.counts()[name]["frames"]
    for _ in range(3):
        host.stage.advance()
    told = unpack_frames(host.wires[0].recv(FRAME_BYTES * 64))
    assert [frame.can_id for frame in told] == [0x100]  # restarted, as Linux reports it
    host.send(0, host.families[0].order(Order.POLL, host.seen[0]))
    host.tick()
    assert host.stage.counts()[name]["frames"] == frames_before + 4


def test_sigterm_ends_it_cleanly(robot, tmp_path):
    with simulator(robot, tmp_path) as process:
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, told) == (130, "stopped\n")
        assert not list(tmp_path.glob("*.sock"))


def test_two_simulators_do_not_share_a_folder(robot, tmp_path):
    with simulator(robot, tmp_path):
        words = (robot.folder, "--wiring", tmp_path / "wiring.yaml", "--sockets", tmp_path)
        done = run(*words)
        assert done.returncode == 2
        assert "can0.sock: Address already in use" in done.stderr
        StageClient.at(tmp_path).close()


def run(*words: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        command_line(*words), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def test_bad_input_is_one_line_and_code_2(robot, tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("buses: {can0: {}}\ndrives: {l_kne: {}}\n")
    done = run(robot.folder, "--wiring", wrong, "--sockets", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "l_knee" in done.stderr


@pytest.mark.parametrize(
    "words, named",
    [
        ([], "--wiring FILE and --sockets DIR"),
        (["--rate", "3000"], "--rate is 3000"),
        (["--plan", "damio"], "damiao"),
        (["--set", "x"], "--set x"),
        (["--set", "noise.scal=1"], "noise.scale"),
        (["--world", "nowhere"], "nowhere"),
        (["--sockets", "/proc/nowhere"], "/proc/nowhere"),
    ],
)
def test_other_bad_input_too(robot, tmp_path, capsys, words, named):
    from talus_drive_simulator.__main__ import main

    file = tmp_path / "wiring.yaml"
    file.write_text(WIRING)
    usual = ["--wiring", str(file), "--sockets", str(tmp_path)] if words[:1] != [] else []
    try:
        code = main([str(robot.folder), *usual, *words])
    except SystemExit as error:
        code = error.code
    told = capsys.readouterr().err
    assert code == 2 and named in told and told.count("\n") == 1


def test_a_plan_is_printed_as_a_wiring(robot, tmp_path, capsys):
    from talus_drive_simulator.__main__ import main

    assert main([str(robot.folder), "--plan", "damiao"]) == 0
    file = tmp_path / "wiring.yaml"
    file.write_text(capsys.readouterr().out)
    assert len(load_wiring(file, robot.joint_names).drives) == 40


def test_a_stage_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DriverError, match=r"control\.sock.*start the simulator"):
        StageClient.at(tmp_path)
