# SPDX-License-Identifier: Apache-2.0
"""Runs the driver node in a process, and a node beside it that acts as balance and supervisor."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from talus_core.state import JointCommand, RobotState
from talus_ros.cdr import JointCommandCodec, RobotStateCodec
from talus_ros.command_path_node import SealedPublisher
from talus_ros.fast_link_node import FAST_QOS, FastLink

from talus_interfaces import msg

ROOT = Path(__file__).parents[1]
ROBOT = ROOT / "urdf" / "talus40"
JOINTS = 40
PATIENCE_S = 300.0  # wall: on a busy two-core machine
ENDS_WITHIN_S = 15.0  # wall: a driver lets its body down for 10 s of the body's time at most


def start(*parameters: str) -> subprocess.Popen:
    """Start `driver_node` with these `name:=value` parameters."""
    words = [
        "--ros-args",
        "-p",
        f"robot:={ROBOT}",
        "-p",
        f"limits:={ROOT / 'config' / 'safety.yaml'}",
    ]
    for parameter in parameters:
        words += ["-p", parameter]
    command = [sys.executable, "-m", "talus_drivers.driver_node", *words]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


@contextmanager
def driver(*parameters: str) -> Iterator[subprocess.Popen]:
    """Yield a running driver that is ended at the end of the test whatever happened.

    It is asked first: a process that is killed while it writes to shared memory leaves its reader a
    broken lock there, which ends the reader, or keeps it waiting for seconds (Fast DDS 3.2).
    """
    process = start(*parameters)
    try:
        yield process
    finally:
        end(process)
        process.communicate()


def end(process: subprocess.Popen) -> None:
    """End a driver by SIGTERM, or kill it if it hangs.

    A driver with a body to let down may take its time.
    """
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(ENDS_WITHIN_S)
        process.kill()


class Partner:
    """Answers states like a balance node, permits torque like a supervisor, and listens."""

    def __init__(self) -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context, signal_handler_options=SignalHandlerOptions.NO)
        self.node = rclpy.create_node("partner", context=self.context)
        self.link = FastLink(self.node)
        self.state: RobotState | None = None
        self.standby_active = False
        self.gate: msg.GateState | None = None
        self.answers = True
        self.permits = True
        self.change: Callable[[JointCommand], JointCommand] = lambda command: command
        self._states, self._commands = RobotStateCodec(JOINTS), JointCommandCodec(JOINTS)
        self._commander = SealedPublisher(self.node, msg.JointCommand, "joint_command", FAST_QOS)
        self._supervisor = SealedPublisher(self.node, msg.SafetyState, "safety/state", 10)
        self.link.subscribe(msg.RobotState, "robot_state", self._on_state, raw=True)
        self.link.subscribe(msg.GateState, "gate/state", self._on_gate, 10)
        self._rest: np.ndarray | None = None

    def run_until(self, is_so: Callable[[], bool], what: str, patience: float = PATIENCE_S) -> None:
        """Serve the topics until a condition holds."""
        deadline = time.monotonic() + patience
        while not is_so():
            assert time.monotonic() < deadline, what
            self.link.wait(0.05)

    def run_for(self, seconds: float) -> None:
        """Serve the topics for some simulated time."""
        self.run_until(lambda: self.state is not None, "no robot_state")
        until = self.state.time + seconds
        self.run_until(lambda: self.state.time >= until, f"no {seconds} s of simulated time")

    def call(self, kind: type, name: str, request) -> tuple[bool, str]:
        """Call a service of the driver; return (success, message)."""
        client = self.node.create_client(kind, name)
        self.run_until(client.service_is_ready, f"no {name}")
        executor = SingleThreadedExecutor(context=self.context)
        executor.add_node(self.node)
        future = client.call_async(request)
        deadline = time.monotonic() + PATIENCE_S
        while not future.done():
            assert time.monotonic() < deadline, f"{name} did not answer"
            executor.spin_once(timeout_sec=0.0)
            self.link.wait(0.005)
        executor.shutdown()
        return future.result().success, future.result().message

    def close(self) -> None:
        rclpy.shutdown(context=self.context)

    def hold(self, sequence: int) -> JointCommand:
        """Return a command that holds the posture of the first state, softly."""
        zero = np.zeros(JOINTS)
        return JointCommand(
            sequence, self._rest, zero, zero, np.full(JOINTS, 20.0), np.full(JOINTS, 1.0)
        )

    def _on_state(self, data: bytes) -> None:
        self.state, self.standby_active = self._states.decode(data)
        if self._rest is None:
            self._rest = self.state.position.copy()
        if self.answers:
            self._commander.publish(
                self._commands.encode(self.change(self.hold(self.state.sequence)))
            )

    def _on_gate(self, message: msg.GateState) -> None:
        self.gate = message
        if self.permits:
            word = msg.SafetyState(armed=True, torque_permitted=True, sequence=message.sequence)
            self._supervisor.publish(word)
