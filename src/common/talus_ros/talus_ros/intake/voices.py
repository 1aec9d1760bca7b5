# SPDX-License-Identifier: Apache-2.0
"""Says in words who speaks on a topic in a way that a node cannot hear; knows no ROS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from talus_core.graph.contract import PUBLIC_TOPICS, SHARED_TOPICS, owner_of


@dataclass(frozen=True)
class Voice:
    """Describe a publisher as the graph knows it.

    Attributes:
        node: Full name of its node.
        kind: Message type, as in `geometry_msgs/msg/Twist`.
        qos_conflict: Why a subscription cannot hear it; empty where its quality of service fits.
    """

    node: str
    kind: str
    qos_conflict: str = ""


def unheard(topic: str, kind: str, voices: Iterable[Voice]) -> list[str]:
    """Return a complaint for each voice on a topic whose type or quality of service does not fit.

    `kind` is the type that the topic is read as.
    """
    complaints = []
    for voice in voices:
        if voice.kind != kind:
            complaints.append(
                f"{topic}: {voice.node} publishes {voice.kind}, which is not heard here; "
                f"publish {kind}"
            )
        elif voice.qos_conflict:
            complaints.append(
                f"{topic}: {voice.node} is not heard, its quality of service does not fit: "
                f"{voice.qos_conflict}"
            )
    return complaints


def second_voices(topic: str, own: str, voices: Iterable[Voice]) -> list[str]:
    """Return a complaint for each other node on a topic on which `own` alone should speak."""
    others = sorted({voice.node for voice in voices if voice.node != own})
    return [f"{topic}: {other} publishes it too; it is for {own} alone" for other in others]


def sole_topics() -> frozenset[str]:
    """Return the public topics, by relative name, on which one node of the robot speaks alone."""
    return frozenset(topic.name for topic in PUBLIC_TOPICS if owner_of(topic.name)) - {
        *SHARED_TOPICS
    }
