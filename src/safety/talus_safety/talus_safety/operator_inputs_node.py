# SPDX-License-Identifier: Apache-2.0
"""What operators hold and press, as the supervisor hears it: link over ROS and UDP, joystick, inputs of hardware."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Joy
from std_msgs.msg import UInt8MultiArray
from talus_ros.fast_link_node import FastLink

from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.facts import OperatorWord
from talus_safety.operation.operator_link import (
    HELLO,
    LinkError,
    OperatorLink,
    load_key,
    udp_address,
)
from talus_safety.operation.stop_inputs import StopInputs

DATAGRAMS = 50  # at one look: a flood on the socket cannot starve the others
QOS = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)


class OperatorInputs:
    """Call `word` at every judgement."""

    def __init__(self, node: Node, inputs: FastLink, config: SupervisorConfig):
        """Raises TalusError."""
        self._stops = StopInputs(config.stop_inputs)
        self._button, self._is_down = config.joy_stop_button, False
        inputs.subscribe(Joy, "joy", self._on_joy, QOS)
        self.link: OperatorLink | None = None
        self._socket: socket.socket | None = None
        if not config.operator_key:
            return
        self.link = OperatorLink(load_key(Path(config.operator_key)))
        self._challenged = b""
        self._publisher = node.create_publisher(UInt8MultiArray, "operator/challenge", QOS)
        self._heard: list[bytes] = []
        inputs.subscribe(
            UInt8MultiArray, "operator/answer", lambda m: self._heard.append(m.data.tobytes()), QOS
        )
        if config.operator_udp:
            self._socket = _bound(config.operator_udp)

    def word(self, now: float, level: int) -> OperatorWord:
        """At steady time `now`, s; `level` is told to the device."""
        pressed = [
            name for name in ("joystick" if self._is_down else "", self._stops.pressed()) if name
        ]
        if self.link is None:
            return OperatorWord(pressed=", ".join(pressed))
        self.link.level = level
        self._talk(now)
        pressed += ["operator's device"] if self.link.is_stopped(now) else []
        return OperatorWord(self.link.age(now), self.link.is_released, ", ".join(pressed))

    def close(self) -> None:
        """Free the port."""
        if self._socket is not None:
            self._socket.close()

    def _talk(self, now: float) -> None:
        """Hear all answers, send the challenge to the graph when it is new, and to those who ask by UDP."""
        challenge = self.link.challenge(now)
        for data in self._heard:
            self.link.hear(data, now)
        self._heard.clear()
        for data, address in self._datagrams():
            if data == HELLO:
                with suppress(OSError):
                    self._socket.sendto(challenge, address)
            else:
                self.link.hear(data, now)
        if challenge != self._challenged:
            self._challenged = challenge
            self._publisher.publish(UInt8MultiArray(data=challenge))

    def _datagrams(self):
        for _ in range(DATAGRAMS if self._socket is not None else 0):
            try:
                yield self._socket.recvfrom(256)
            except OSError:  # nothing more is there, or somebody refused our answer
                return

    def _on_joy(self, message: Joy) -> None:
        self._is_down = (
            0 <= self._button < len(message.buttons) and message.buttons[self._button] != 0
        )


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
