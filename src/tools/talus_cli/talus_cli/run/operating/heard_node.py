# SPDX-License-Identifier: Apache-2.0
"""Reads the newest message of every topic that the operator of a run heeds, in its own words."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from nav_msgs.msg import Odometry
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, JointState
from talus_ros.conversions import deserialised, seconds

from talus_cli.run.judging.judge import JudgedPose
from talus_cli.run.operating import conversions as convert
from talus_cli.run.operating.inbox import Decoded, MessageInbox
from talus_cli.run.operating.observation import HeardSafety
from talus_interfaces.msg import BalanceState, GateState, SafetyState

MessageT = TypeVar("MessageT")
ViewT = TypeVar("ViewT")


@dataclass(frozen=True)
class HeardTopics:
    """Keeps the newest of every topic that the operator reads, in the operator's own words.

    Attributes:
        clock: Simulated time, s.
        safety: What the supervisor says.
        mode: Number of balance's mode.
        truth: The base in the world.
        odometry: The base in `odom`.
        joints: Joint angles by name, rad.
        battery: Charge, 0 to 1.
        gate: The last gate's account of itself.
    """

    clock: Decoded[float]
    safety: Decoded[HeardSafety]
    mode: Decoded[int]
    truth: Decoded[JudgedPose]
    odometry: Decoded[JudgedPose]
    joints: Decoded[dict[str, float]]
    battery: Decoded[float]
    gate: Decoded[GateState]


Attempt = Callable[[str, Callable[[], Any]], Any]


def decoded_topics(inbox: MessageInbox, joints: Collection[str], attempt: Attempt) -> HeardTopics:
    """Return readers of what an inbox holds; `attempt` contains what cannot be read."""

    def reader(
        topic: str, kind: type[MessageT], view: Callable[[MessageT], ViewT]
    ) -> Decoded[ViewT]:
        def read(data: bytes) -> ViewT | None:
            found: ViewT | None = attempt(topic, lambda: view(deserialised(kind, data)))
            return found

        return Decoded(inbox, topic, read)

    return HeardTopics(
        clock=reader("clock", Clock, lambda m: seconds(m.clock)),
        safety=reader("safety/state", SafetyState, convert.safety),
        mode=reader("balance/state", BalanceState, lambda m: m.mode),
        truth=reader("sim/ground_truth", Odometry, convert.pose),
        odometry=reader("odom", Odometry, convert.pose),
        joints=reader("joint_states", JointState, lambda m: convert.angles(m, joints)),
        battery=reader("battery_state", BatteryState, convert.charge),
        gate=reader("gate/state", GateState, lambda m: m),
    )
