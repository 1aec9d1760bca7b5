# SPDX-License-Identifier: Apache-2.0
"""One side of a state-to-command round trip between two processes: ours (fast link), or a plain rclpy executor's.

Run as a module: `echo KIND` answers every RobotState with a JointCommand; `measure KIND COUNT` prints JSON.
"""

from __future__ import annotations

import json
import sys
import time
from array import array

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from talus_core.state import JointCommand, RobotState
from talus_ros.cdr import JointCommandCodec, RobotStateCodec
from talus_ros.fast_link_node import FAST_QOS, FastLink

from talus_interfaces import msg

JOINTS = 40
ANSWER_WITHIN_S = 0.5  # longer: counted as lost
WARM_UP = 200  # round trips not counted
LAST = 2**63  # a state of this sequence ends the echo


class FastPeer:
    """Fast link and codecs, as in the driver and the balance node."""

    def __init__(self, node: Node):
        self._link = FastLink(node)
        self._states, self._commands = RobotStateCodec(JOINTS), JointCommandCodec(JOINTS)
        self._newest = -1
        self._node = node
        zero = np.zeros(JOINTS)
        self._state = (zero, zero, zero, np.zeros(3), np.zeros(3), np.zeros((2, 6)), True)

    def be_measured(self) -> None:
        """Publish states, hear commands."""
        self._publisher = self._node.create_publisher(msg.RobotState, "robot_state", FAST_QOS)
        self._link.subscribe(msg.JointCommand, "joint_command", self._on_command, FAST_QOS, raw=True)

    def be_echo(self) -> None:
        """Answer states with commands."""
        self._publisher = self._node.create_publisher(msg.JointCommand, "joint_command", FAST_QOS)
        self._link.subscribe(msg.RobotState, "robot_state", self._on_state, FAST_QOS, raw=True)

    def send(self, sequence: int) -> None:
        """Publish one state."""
        self._publisher.publish(self._states.encode(RobotState(sequence, 0.0, 0, *self._state), False))

    def wait(self, timeout: float) -> int:
        """Newest sequence that came."""
        self._link.wait(timeout)
        return self._newest

    def _on_command(self, data: bytes) -> None:
        self._newest = self._commands.decode(data).sequence

    def _on_state(self, data: bytes) -> None:
        state, _ = self._states.decode(data)
        self._newest = state.sequence
        p = state.position
        self._publisher.publish(self._commands.encode(JointCommand(state.sequence, p, p, p, p, p)))


class ExecutorPeer:
    """The same messages as objects, through rclpy's SingleThreadedExecutor."""

    def __init__(self, node: Node):
        self._node = node
        self._newest = -1
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)
        self._array = array("d", [0.0] * JOINTS)

    def be_measured(self) -> None:
        """Publish states, hear commands."""
        self._publisher = self._node.create_publisher(msg.RobotState, "robot_state", FAST_QOS)
        self._node.create_subscription(msg.JointCommand, "joint_command", self._on_command, FAST_QOS)

    def be_echo(self) -> None:
        """Answer states with commands."""
        self._publisher = self._node.create_publisher(msg.JointCommand, "joint_command", FAST_QOS)
        self._node.create_subscription(msg.RobotState, "robot_state", self._on_state, FAST_QOS)

    def send(self, sequence: int) -> None:
        """Publish one state."""
        a = self._array
        self._publisher.publish(msg.RobotState(sequence=sequence, position=a, velocity=a, effort=a))

    def wait(self, timeout: float) -> int:
        """Newest sequence that came."""
        self._executor.spin_once(timeout_sec=timeout)
        return self._newest

    def _on_command(self, message: msg.JointCommand) -> None:
        self._newest = message.sequence

    def _on_state(self, message: msg.RobotState) -> None:
        self._newest = message.sequence
        p = message.position
        answer = msg.JointCommand(sequence=message.sequence, position=p, velocity=p, effort=p, kp=p, kd=p)
        self._publisher.publish(answer)


PEERS = {"fast_link": FastPeer, "single_threaded_executor": ExecutorPeer}


def echo(peer: FastPeer | ExecutorPeer) -> None:
    """Until the last state."""
    peer.be_echo()
    while peer.wait(ANSWER_WITHIN_S) != LAST:
        pass


def measure(peer: FastPeer | ExecutorPeer, count: int) -> dict:
    """ms of each round trip, CPU ms of this side per round trip, and how many were lost."""
    peer.be_measured()
    _meet(peer)
    times, lost, cpu = [], 0, 0.0
    for sequence in range(1, count + WARM_UP + 1):
        if sequence == WARM_UP + 1:
            times, lost, cpu = [], 0, time.process_time()
        start = time.perf_counter()
        peer.send(sequence)
        while peer.wait(ANSWER_WITHIN_S) != sequence and time.perf_counter() - start < ANSWER_WITHIN_S:
            pass
        passed = time.perf_counter() - start
        times.append(passed)
        lost += passed >= ANSWER_WITHIN_S
    cpu = time.process_time() - cpu
    peer.send(LAST)
    peer.wait(ANSWER_WITHIN_S)
    return {"times_ms": [1e3 * t for t in times], "cpu_ms": 1e3 * cpu / count, "lost": lost}


def _meet(peer: FastPeer | ExecutorPeer) -> None:
    """Send until the other side, which may start later, answers."""
    while peer.wait(0.1) != 0:
        peer.send(0)


def main() -> None:
    """Entry point."""
    role, kind, *count = sys.argv[1:]
    rclpy.init()
    node = rclpy.create_node(f"round_trip_{role}")
    peer = PEERS[kind](node)
    if role == "echo":
        echo(peer)
    else:
        print(json.dumps(measure(peer, int(count[0]))))
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
