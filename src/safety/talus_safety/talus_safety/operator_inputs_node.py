# SPDX-License-Identifier: Apache-2.0
"""Receives what operators hold and press.

It reads the link over ROS and UDP, the joystick and hardware stop inputs.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Joy
from std_msgs.msg import UInt8MultiArray
from talus_ros.fast_link_node import FastLink
from talus_ros.intake.intake_node import intakes_of

from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.supervisor.facts import OperatorWord
from talus_safety.operation.operator_link import (
    HELLO_DATAGRAM,
    LinkError,
    OperatorLink,
    load_key,
    udp_address,
)
from talus_safety.operation.stop_inputs import StopInputs

MOST_DATAGRAMS = 50  # datagrams per check: a flood on the socket cannot starve other inputs
OPERATOR_QOS = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)


class _LinkEnds:
    """Carries the operator's link over ROS, and over UDP where an address is given.

    Raises TalusError where the address or the key cannot be used.
    """

    def __init__(self, node: Node, inputs: FastLink, config: SupervisorConfig):
        self.link = OperatorLink(load_key(Path(config.operator_key)))
        self._challenged = b""
        self._intakes = intakes_of(node)
        self._publisher = node.create_publisher(UInt8MultiArray, "operator/challenge", OPERATOR_QOS)
        self._heard: list[bytes] = []
        inputs.subscribe(
            UInt8MultiArray,
            "operator/answer",
            lambda m: self._heard.append(m.data.tobytes()),
            OPERATOR_QOS,
        )
        self._socket = _bound(config.operator_udp) if config.operator_udp else None

    def close(self) -> None:
        """Close the UDP socket."""
        if self._socket is not None:
            self._socket.close()

    def talk(self, now: float) -> None:
        """Receive all answers, and send the challenge when it is new or asked for over UDP."""
        challenge = self.link.challenge(now)
        for data in self._heard:
            self._hear("operator/answer", data, now)
        self._heard.clear()
        if self._socket is not None:
            self._talk_by_udp(self._socket, challenge, now)
        if challenge != self._challenged:
            self._challenged = challenge
            self._publisher.publish(UInt8MultiArray(data=challenge))

    def _talk_by_udp(self, udp: socket.socket, challenge: bytes, now: float) -> None:
        for data, address in _datagrams(udp):
            if data == HELLO_DATAGRAM:
                with suppress(OSError):
                    udp.sendto(challenge, address)
            else:
                self._hear("operator_udp", data, now)

    def _hear(self, intake: str, data: bytes, now: float) -> None:
        self._intakes.attempt(intake, lambda: self.link.hear(data, now))


class OperatorInputs:
    """Receives what operators hold and press; call `word` at every judgement."""

    def __init__(self, node: Node, inputs: FastLink, config: SupervisorConfig):
        """Open the inputs that the configuration names; raises TalusError where one fails."""
        self._stops = StopInputs(config.stop_inputs)
        self._button = config.joy_stop_button
        self._is_down = False
        inputs.subscribe(Joy, "joy", self._on_joy, OPERATOR_QOS)
        self._ends = _LinkEnds(node, inputs, config) if config.operator_key else None

    @property
    def link(self) -> OperatorLink | None:
        """Return the link to operators' devices, or None where none is required."""
        return None if self._ends is None else self._ends.link

    def word(self, now: float, level: int) -> OperatorWord:
        """Return what operators do at steady time `now`, s, and tell their device the `level`."""
        pressed = [
            name for name in ("joystick" if self._is_down else "", self._stops.pressed()) if name
        ]
        if self._ends is None:
            return OperatorWord(pressed=", ".join(pressed))
        link = self._ends.link
        link.level = level
        self._ends.talk(now)
        pressed += ["operator's device"] if link.is_stopped(now) else []
        return OperatorWord(link.age(now), link.is_released, ", ".join(pressed))

    def close(self) -> None:
        """Close the UDP socket."""
        if self._ends is not None:
            self._ends.close()

    def _on_joy(self, message: Joy) -> None:
        self._is_down = (
            0 <= self._button < len(message.buttons) and message.buttons[self._button] != 0
        )


def _datagrams(udp: socket.socket) -> Iterator[tuple[bytes, tuple[str, int]]]:
    for _ in range(MOST_DATAGRAMS):
        try:
            yield udp.recvfrom(256)
        except OSError:  # nothing more has arrived, or our answer was refused
            return


def _bound(text: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    try:
        made.bind(udp_address(text))
    except OSError as error:
        made.close()
        raise LinkError(
            f"operator_udp '{text}': {error.strerror}; name an address and a port that are free"
        ) from error
    return made
