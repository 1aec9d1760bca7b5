# SPDX-License-Identifier: Apache-2.0
"""Speaks on the command path without its key: a forged or recorded frame for every tick."""

from __future__ import annotations

from threading import Event, Thread

import rclpy
from rclpy.signals import SignalHandlerOptions
from talus_ros.fast_link_node import FastLink
from talus_ros.heartbeat_node import HEARTBEAT_QOS

from talus_lab.bench.safety.forgeries_node import FORGERIES, PATH, Forger

LONGEST_WAIT_S = 0.1  # of the wall, until it sees that it shall end


class Impostor:
    """Sends one kind of forged frame for every RobotState that it hears, in a thread of its own.

    Attributes:
        sent: Number of frames sent.
    """

    def __init__(self, kind: str, seed: int):
        """Join the graph and listen, until `speak`. Raises KeyError for an unknown kind."""
        self.sent = 0
        self._topic, self._forge = FORGERIES[kind]
        self._forger = Forger(self._topic, seed)
        self._speaks = Event()
        self._ended = Event()
        self._thread = Thread(target=self._run)
        self._thread.start()

    def speak(self) -> None:
        """Begin to send."""
        self._speaks.set()

    def close(self) -> None:
        """Leave the graph."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        context = rclpy.Context()
        rclpy.init(args=[], context=context, signal_handler_options=SignalHandlerOptions.NO)
        node = rclpy.create_node("impostor", context=context)
        link = FastLink(node)
        kind = PATH[self._topic]
        self._publisher = node.create_publisher(kind, self._topic, HEARTBEAT_QOS)
        link.subscribe(kind, self._topic, self._forger.heard.append, HEARTBEAT_QOS, raw=True)
        link.subscribe(PATH["robot_state"], "robot_state", self._answer, HEARTBEAT_QOS, raw=True)
        while not self._ended.is_set():
            link.wait(LONGEST_WAIT_S)
        rclpy.shutdown(context=context)

    def _answer(self, frame: bytes) -> None:
        if self._speaks.is_set() and self._forger.heard:
            self._publisher.publish(self._forge(self._forger))
            self.sent += 1
