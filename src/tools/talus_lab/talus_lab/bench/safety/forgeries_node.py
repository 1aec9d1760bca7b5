# SPDX-License-Identifier: Apache-2.0
"""Forges frames of the command path from those that were heard there."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from rclpy.serialization import deserialize_message, serialize_message
from talus_core.graph.seal import KEY_BYTES, Sealer
from talus_core.physics import GRAVITY_MPS2
from talus_ros.cdr import UNSEALED

from talus_interfaces import msg

PATH = {
    "robot_state": msg.RobotState,
    "joint_command": msg.JointCommand,
    "safety/state": msg.SafetyState,
    "gate/state": msg.GateState,
    "heartbeat": msg.Heartbeat,
}
REMEMBERED_FRAMES = 500  # of each topic, so that a recorded one can be a second old
HEAD_BYTES = 64  # of a command, left as they are where its numbers are overwritten
BEND_RAD = 0.3  # what a plausible command adds to every joint


class Forger:
    """Holds what a forger of frames for one topic has.

    Attributes:
        kind: Type of the topic's messages.
        chance: Source of what is random.
        heard: The newest frames of the topic, oldest first.
        sealer: Seals with a key of its own.
    """

    def __init__(self, topic: str, seed: int):
        self.kind = PATH[topic]
        self.chance = random.Random(seed)
        self.heard = deque[bytes](maxlen=REMEMBERED_FRAMES)
        counters = iter(range(1, 2**62))
        self.sealer = Sealer(self.chance.randbytes(KEY_BYTES), topic, lambda: next(counters))


Forge = Callable[[Forger], bytes]


def _changed(change: Callable[[Any], None]) -> Forge:
    """Return what changes a field of the newest frame, whose seal stays as it was."""

    def forge(forger: Forger) -> bytes:
        message = deserialize_message(forger.heard[-1], forger.kind)
        change(message)
        return serialize_message(message)

    return forge


def _bend(command: Any) -> None:
    command.position = [value + BEND_RAD for value in command.position]


def _loosen(command: Any) -> None:
    command.kp = command.kd = command.effort = [0.0] * len(command.kp)


def _lie_down(state: Any) -> None:
    state.linear_acceleration = [GRAVITY_MPS2, 0.0, 0.0]
    state.left_wrench = state.right_wrench = [0.0] * 6


def _field(name: str, value: Any) -> Callable[[Any], None]:
    return lambda message: setattr(message, name, value)


def _later(ticks: int) -> Callable[[Any], None]:
    return lambda message: setattr(message, "sequence", message.sequence + ticks)


def _sealed_otherwise(forger: Forger) -> bytes:
    return forger.sealer.seal(forger.heard[-1])


def _unsealed(forger: Forger) -> bytes:
    return forger.heard[-1][: -len(UNSEALED)] + UNSEALED


def _again(forger: Forger) -> bytes:
    return forger.heard[-1]


def _recorded(forger: Forger) -> bytes:
    return forger.heard[0]


def _not_numbers(forger: Forger) -> bytes:
    newest = forger.heard[-1]
    return newest[:HEAD_BYTES].ljust(len(newest), b"\xff")


def _cut_off(forger: Forger) -> bytes:
    newest = forger.heard[-1]
    return newest[: forger.chance.randrange(len(newest))]


def _noise(forger: Forger) -> bytes:
    return forger.chance.randbytes(len(forger.heard[-1]))


# What is sent, by kind: the topic, and what makes a frame of the newest that was heard there.
FORGERIES: Mapping[str, tuple[str, Forge]] = {
    "command.unsealed": ("joint_command", _unsealed),
    "command.bent": ("joint_command", _changed(_bend)),
    "command.loose": ("joint_command", _changed(_loosen)),
    "command.ahead": ("joint_command", _changed(_later(10**6))),
    "command.nan": ("joint_command", _not_numbers),
    "command.other_key": ("joint_command", _sealed_otherwise),
    "command.again": ("joint_command", _again),
    "command.recorded": ("joint_command", _recorded),
    "command.cut_off": ("joint_command", _cut_off),
    "command.noise": ("joint_command", _noise),
    "state.unsealed": ("robot_state", _unsealed),
    "state.lying": ("robot_state", _changed(_lie_down)),
    "state.ahead": ("robot_state", _changed(_later(1000))),
    "state.recorded": ("robot_state", _recorded),
    "permit.granted": ("safety/state", _changed(_field("torque_permitted", True))),
    "permit.withdrawn": ("safety/state", _changed(_field("level", 5))),
    "permit.recorded": ("safety/state", _recorded),
    "gate.off": ("gate/state", _changed(_field("phase", msg.GateState.OFF))),
    "beat.ahead": ("heartbeat", _changed(_later(1000))),
    "beat.recorded": ("heartbeat", _recorded),
}
