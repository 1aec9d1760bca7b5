# SPDX-License-Identifier: Apache-2.0
"""Runs one side of a state-to-command round trip between two processes.

Either ours (fast link) or a plain rclpy executor's. Run as a module: `echo KIND` answers every
RobotState with a JointCommand; `measure KIND COUNT` prints JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
import rclpy
from rclpy.node import Node
from talus_core.state import JointCommand, RobotState
from talus_ros.cdr import JointCommandCodec, RobotStateCodec
from talus_ros.command_path_node import SealedPublisher
from talus_ros.fast_link_node import FAST_QOS, FastLink

from talus_interfaces import msg
from talus_lab.bench.executor_peer_node import MESSAGE_JOINTS, ExecutorPeer

ANSWER_LIMIT_S = 0.5  # longer: counted as lost
WARM_UP_TRIPS = 200  # not counted
LAST_SEQUENCE = 2**63  # a state of this sequence ends the echo


class Peer(Protocol):
    """Defines one side of the round trip."""

    def be_measured(self) -> None:
        """Publish states, hear commands."""

    def be_echo(self) -> None:
        """Answer states with commands."""

    def send(self, sequence: int) -> None:
        """Publish one state."""

    def wait(self, timeout: float) -> int:
        """Serve the topics for at most so many s; return the newest sequence that came."""


class FastPeer:
    """Speaks through fast link and codecs, as the driver and the balance node do."""

    def __init__(self, node: Node):
        self._link = FastLink(node)
        self._states = RobotStateCodec(MESSAGE_JOINTS)
        self._commands = JointCommandCodec(MESSAGE_JOINTS)
        self._newest = -1
        self._node = node
        zero = np.zeros(MESSAGE_JOINTS)
        self._state = (zero, zero, zero, np.zeros(3), np.zeros(3), np.zeros((2, 6)), True)

    def be_measured(self) -> None:
        """Publish states, hear commands."""
        self._publisher = SealedPublisher(self._node, msg.RobotState, "robot_state", FAST_QOS)
        self._link.subscribe(
            msg.JointCommand, "joint_command", self._on_command, FAST_QOS, raw=True
        )

    def be_echo(self) -> None:
        """Answer states with commands."""
        self._publisher = SealedPublisher(self._node, msg.JointCommand, "joint_command", FAST_QOS)
        self._link.subscribe(msg.RobotState, "robot_state", self._on_state, FAST_QOS, raw=True)

    def send(self, sequence: int) -> None:
        """Publish one state."""
        self._publisher.publish(
            self._states.encode(RobotState(sequence, 0.0, 0, *self._state), False)
        )

    def wait(self, timeout: float) -> int:
        """Serve the topics; return the newest sequence that came."""
        self._link.wait(timeout)
        return self._newest

    def _on_command(self, data: bytes) -> None:
        command = self._commands.decode(data)
        if command is not None:  # of as many joints
            self._newest = command.sequence

    def _on_state(self, data: bytes) -> None:
        decoded = self._states.decode(data)
        if decoded is None:  # of another number of joints
            return
        state, _ = decoded
        self._newest = state.sequence
        p = state.position
        self._publisher.publish(self._commands.encode(JointCommand(state.sequence, p, p, p, p, p)))


PEER_KINDS: dict[str, Callable[[Node], Peer]] = {
    "fast_link": FastPeer,
    "single_threaded_executor": ExecutorPeer,
}


def echo(peer: Peer) -> None:
    """Answer until the last state."""
    peer.be_echo()
    while peer.wait(ANSWER_LIMIT_S) != LAST_SEQUENCE:
        pass


def measure(peer: Peer, count: int) -> dict:
    """Return ms of each round trip, CPU ms of this side per round trip, and how many were lost."""
    peer.be_measured()
    _meet(peer)
    times: list[float] = []
    lost = 0
    cpu = 0.0
    for sequence in range(1, count + WARM_UP_TRIPS + 1):
        if sequence == WARM_UP_TRIPS + 1:
            times = []
            lost = 0
            cpu = time.process_time()
        start = time.perf_counter()
        peer.send(sequence)
        while (
            peer.wait(ANSWER_LIMIT_S) != sequence and time.perf_counter() - start < ANSWER_LIMIT_S
        ):
            pass
        passed = time.perf_counter() - start
        times.append(passed)
        lost += passed >= ANSWER_LIMIT_S
    cpu = time.process_time() - cpu
    peer.send(LAST_SEQUENCE)
    peer.wait(ANSWER_LIMIT_S)
    return {"times_ms": [1e3 * t for t in times], "cpu_ms": 1e3 * cpu / count, "lost": lost}


def _meet(peer: Peer) -> None:
    """Send until the other side, which may start later, answers."""
    while peer.wait(0.1) != 0:
        peer.send(0)


def main() -> None:
    """Be the side that the command line names."""
    role, kind, *count = sys.argv[1:]
    rclpy.init()
    node = rclpy.create_node(f"round_trip_{role}")
    peer = PEER_KINDS[kind](node)
    if role == "echo":
        echo(peer)
    else:
        print(json.dumps(measure(peer, int(count[0]))))
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
