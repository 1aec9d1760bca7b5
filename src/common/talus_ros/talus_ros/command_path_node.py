# SPDX-License-Identifier: Apache-2.0
"""Seals what a node sends on the command path, and refuses there what none of ours sealed.

The command path is what moves the robot or keeps it up, see `COMMAND_PATH`. Whoever launches the
nodes makes a key and names its file in `TALUS_COMMAND_KEY`.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.serialization import serialize_message
from talus_core.errors import RefusedInputError
from talus_core.graph.seal import KEY_VARIABLE, Sealer, SealKeyError, SealReader, read_key

from talus_ros.intake.companion import companion_of
from talus_ros.intake.intake_node import intakes_of

ValueT = TypeVar("ValueT")
ENCAPSULATION_BYTES = 4  # in front of the CDR of every message
STRING_LENGTH = struct.Struct("<I")


def _first_string(frame: bytes) -> bytes:
    """Return the bytes of the string with which a message begins: the name of a heartbeat's node.

    Only call it with a frame whose seal is sound.
    """
    begin = ENCAPSULATION_BYTES + STRING_LENGTH.size
    (length,) = STRING_LENGTH.unpack_from(frame, ENCAPSULATION_BYTES)
    return frame[begin : begin + length]


# Topics of the command path, and what tells their senders apart; None: a topic of one node. Their
# messages end with a `Seal`.
COMMAND_PATH: dict[str, Callable[[bytes], bytes] | None] = {
    "robot_state": None,
    "joint_command": None,
    "safety/state": None,
    "gate/state": None,
    "heartbeat": _first_string,
}


class CommandPath:
    """Is a node's end of the command path; `command_path_of` finds it.

    Without a key nothing is sealed, nor refused. A node that has the key refuses what is not sealed
    with it, unless it is told to obey anybody.
    """

    def __init__(self, node: Node, key: bytes | None):
        self._judges: list[SealReader] = []
        self._node = node
        self._namespace = node.get_namespace().rstrip("/")
        self._key = key
        self._obeys_anybody = False

    @property
    def strangers(self) -> int:
        """Return how many frames were refused."""
        return sum(judge.refused for judge in self._judges)

    def require(self, authenticated: bool) -> None:
        """Insist on the key, if `authenticated`; otherwise obey anybody.

        Raises SealKeyError where there is no key.
        """
        if authenticated and self._key is None:
            raise SealKeyError(
                f"{KEY_VARIABLE} is not set, so nobody could tell the robot's own commands from "
                "others'; start with a launch file, which makes a key, or with the parameter "
                "authenticated:=false"
            )
        self._obeys_anybody = not authenticated
        if not authenticated:
            intakes_of(self._node).standing.add("authenticated is false: whoever speaks is obeyed")

    def sealer(self, topic: str) -> Callable[[bytes], bytes] | None:
        """Return what seals the frames of a topic; None: they go as they are."""
        if self._key is None or topic not in COMMAND_PATH:
            return None
        return Sealer(self._key, self._named(topic), time.time_ns).seal

    def checked(self, topic: str, read: Callable[[bytes], ValueT]) -> Callable[[bytes], ValueT]:
        """Return `read`, on the command path behind a check of the seal.

        That check raises RefusedInputError.
        """
        if self._obeys_anybody or self._key is None or topic not in COMMAND_PATH:
            return read
        name = self._named(topic)
        judge = SealReader(self._key, name, time.time_ns, COMMAND_PATH[topic])
        self._judges.append(judge)

        def read_sealed(data: bytes) -> ValueT:
            refusal = judge.refusal(data)
            if refusal:
                raise RefusedInputError(f"a frame that moves nothing: {refusal}")
            return read(data)

        return read_sealed

    def _named(self, topic: str) -> str:
        """Return the topic's name in the node's namespace: robots side by side are told apart."""
        return f"{self._namespace}/{topic}"


class SealedPublisher:
    """Publishes on a topic; sealed where that is of the command path."""

    def __init__(self, node: Node, message_type: type, topic: str, qos: QoSProfile | int):
        self._publisher: Publisher[Any] = node.create_publisher(message_type, topic, qos)
        self._seal = command_path_of(node).sealer(topic)

    def publish(self, message: Any) -> bytes:
        """Publish a message, or its bytes; return what was sent."""
        frame = message if isinstance(message, bytes) else serialize_message(message)
        if self._seal is not None:
            frame = self._seal(frame)
        self._publisher.publish(frame)
        return frame


def command_path_of(node: Node) -> CommandPath:
    """Return a node's end of the command path: one for each node, made at the first call.

    Raises SealKeyError where the file that the environment names holds no key of this user.
    """
    return companion_of(node, CommandPath, lambda: CommandPath(node, _key_of_start()))


def _key_of_start() -> bytes | None:
    path = os.environ.get(KEY_VARIABLE, "")
    return read_key(Path(path)) if path else None
