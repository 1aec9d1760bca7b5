# SPDX-License-Identifier: Apache-2.0
"""Reads how a network interface is set: from /sys, and its bit rates from `ip`, where it is."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SYSTEM = Path("/sys/class/net")
_CAN_TYPE = 280  # ARPHRD_CAN of linux/if_arp.h
_UP = 0x1  # IFF_UP of linux/if.h
_IP_TIMEOUT_S = 5.0  # it answers within milliseconds; a system that does not is told nothing


@dataclass(frozen=True)
class LinkState:
    """Says how an interface is set.

    Attributes:
        is_can: Whether it is a CAN interface at all.
        is_up: Whether it takes part in traffic.
        mtu: Most bytes of a frame's layout: 16 for classic CAN, 72 for FD.
        bit_rate: Its nominal rate, bit/s; None where nothing tells (virtual ones have none).
        data_rate: Its faster rate, bit/s; None where nothing tells.
        queue: Frames that wait at most for being sent; None where nothing tells.
    """

    is_can: bool
    is_up: bool
    mtu: int
    bit_rate: float | None = None
    data_rate: float | None = None
    queue: int | None = None


def read_link(interface: str, system: Path = _SYSTEM) -> LinkState | None:
    """Return how an interface is set; None where there is none."""
    folder = system / interface
    try:
        kind = int((folder / "type").read_text())
        flags = int((folder / "flags").read_text(), 16)
        mtu = int((folder / "mtu").read_text())
    except (OSError, ValueError):
        return None
    queue = _number(folder / "tx_queue_len")
    return LinkState(kind == _CAN_TYPE, bool(flags & _UP), mtu, *_rates(interface), queue)


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _rates(interface: str) -> tuple[float | None, float | None]:
    command = ["ip", "-json", "-details", "link", "show", interface]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_IP_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return None, None
    return rates_told(done.stdout)


def rates_told(answer: str) -> tuple[float | None, float | None]:
    """Return nominal and data rate, bit/s, of what `ip -json -details link` said."""
    try:
        info: Any = json.loads(answer)[0]["linkinfo"]["info_data"]
    except (ValueError, LookupError, TypeError):
        return None, None
    return _rate(info, "bittiming"), _rate(info, "data_bittiming")


def _rate(info: Any, entry: str) -> float | None:
    try:
        return float(info[entry]["bitrate"])
    except (LookupError, TypeError, ValueError):
        return None
