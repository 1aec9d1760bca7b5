# SPDX-License-Identifier: Apache-2.0
"""Makes the rows of maker_vectors.json, for record_vectors.py."""

from __future__ import annotations

import random
from typing import Any

RANDOM = random.Random(20)
DRIVE = 5
DIGITS = 9
TURN = 6.283185307179586


class Wire:
    """Stands in for a python-can bus: keeps what is sent, gives what shall be received."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.inbox: list[Any] = []
        self.channel_info = "wire"

    def send(self, message: Any) -> None:
        self.sent.append(message)

    def recv(self, timeout: float | None = None) -> Any:
        return self.inbox.pop(0)

    def shutdown(self) -> None:
        pass


def uniform(*ends: float) -> list[float]:
    """Return position, velocity and torque within their ends, then kp and kd from 0 to theirs."""
    position, velocity, torque, kp, kd = ends
    signed = [round(RANDOM.uniform(-end, end), 6) for end in (position, velocity, torque)]
    gains = [round(RANDOM.uniform(0, end), 6) for end in (kp, kd)]
    return [signed[0], signed[1], *gains, signed[2]]


def command(family: str, model: str, source: str, targets: list, can_id: int, data: bytes) -> dict:
    return {
        "kind": "command",
        "family": family,
        "model": model,
        "source": source,
        "targets": targets,
        "id": int(can_id),
        "data": bytes(data).hex(),
    }


def feedback(
    family: str, model: str, source: str, can_id: int, data: bytes, **expect: float
) -> dict:
    return {
        "kind": "feedback",
        "family": family,
        "model": model,
        "source": source,
        "id": int(can_id),
        "data": bytes(data).hex(),
        "expect": {name: round(float(value), DIGITS) for name, value in expect.items()},
    }


def order(family: str, name: str, source: str, can_id: int, data: bytes) -> dict:
    return {
        "kind": "order",
        "family": family,
        "order": name,
        "source": source,
        "id": int(can_id),
        "data": bytes(data).hex(),
    }


def random_bytes(size: int) -> bytes:
    return RANDOM.randbytes(size)
