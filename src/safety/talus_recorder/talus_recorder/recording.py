# SPDX-License-Identifier: Apache-2.0
"""Defines what all files of one recording share."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from talus_core.machine.places import black_box_place
from talus_core.physics import NANOSECONDS_PER_SECOND

from talus_recorder.config import RecorderConfig
from talus_recorder.format.chain import Digest
from talus_recorder.format.layout import RecordedChannel, preamble

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TOLD = "black box: "  # begins a line of the log, a file's path follows
RING_PREFIX = "ring-"  # begins the name of a folder with the last seconds


@dataclass(frozen=True)
class Recording:
    """Hold what all files of one recording share.

    Attributes:
        folder: Folder of the event files.
        channels: What is recorded; the first has number 1.
        origin: The recording process, in words for the reader.
        config: Parameters of the recorder.
        digest: Digest of the hash chains.
    """

    folder: Path
    channels: Sequence[RecordedChannel]
    origin: Mapping[str, str]
    config: RecorderConfig
    digest: Digest

    @property
    def ring(self) -> Path:
        """Return the folder of its last seconds."""
        return self.folder / f"{RING_PREFIX}{self.origin['process']}"

    def segment_preamble(self, number: int) -> bytes:
        """Return the begin of a file of the ring."""
        return preamble(self.channels, {**self.origin, "segment": str(number)}, self.digest).data


def origin_now(wall_ns: int) -> dict[str, str]:
    """Return the origin of this process; `wall_ns` is the wall clock at log time's begin."""
    boot = BOOT_ID.read_text().strip() if BOOT_ID.exists() else "unknown"
    return {
        "machine": socket.gethostname(),
        "boot": boot,
        "process": f"{wall_ns:x}-{os.getpid()}",
        "started": datetime.fromtimestamp(
            wall_ns // NANOSECONDS_PER_SECOND, timezone.utc
        ).isoformat(),
        "log_time": "receive time on the steady clock, begun at the wall clock's time of `started`",
    }


def default_folder(environment: Mapping[str, str]) -> Path:
    """Return the default folder of event files, which can be written. Raises PlaceError."""
    return black_box_place(environment).folder
