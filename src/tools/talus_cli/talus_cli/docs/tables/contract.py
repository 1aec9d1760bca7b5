# SPDX-License-Identifier: Apache-2.0
"""Makes the tables of public topics and services."""

from __future__ import annotations

from talus_core.graph.contract import PUBLIC_SERVICES, PUBLIC_TOPICS, SIMULATION, Topic

from talus_cli.docs.markdown import code, table
from talus_cli.docs.request import TableRequest


def topic_table(_: TableRequest) -> str:
    """Return a row for each public topic."""
    return table(
        ("topic", "type", "least rate", "frame", "from"),
        (
            (code(topic.name), topic.kind, _rate(topic), code(topic.frame or ""), _source(topic))
            for topic in PUBLIC_TOPICS
        ),
    )


def service_table(_: TableRequest) -> str:
    """Return a row for each public service."""
    return table(
        ("service", "type", "does"),
        ((code(entry.name), entry.kind, entry.effect) for entry in PUBLIC_SERVICES),
    )


def _rate(topic: Topic) -> str:
    return topic.occasion if topic.rate_hz is None else f"{topic.rate_hz:g} Hz"


def _source(topic: Topic) -> str:
    publishers = ", ".join(topic.publishers)
    return f"{publishers}, simulation only" if topic.group == SIMULATION else publishers
