# SPDX-License-Identifier: Apache-2.0
"""Defines the parameters of the recorder."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.parameters import parameter

MEGABYTE = 1_000_000
CHUNK_BYTES = 786432  # largest chunk: 0.45 s of everything


@dataclass(frozen=True)
class RecorderConfig:
    """Hold the parameters of the recorder."""

    folder: str = parameter(
        "",
        "Of the event files; empty: black_box below $TALUS_LOG_DIR, else below .talus of "
        "the workspace or of home.",
    )
    before_s: float = parameter(
        20.0, "Kept before an event; car recorders (49 CFR 563) keep 20 s.", 0.0, 300.0
    )
    after_s: float = parameter(10.0, "Kept after the last event of a file.", 0.0, 300.0)
    longest_s: float = parameter(
        120.0, "An event after so many seconds of a file begins a new one.", 1.0, 3600.0
    )
    chunk_s: float = parameter(
        0.24,
        "Between two looks at what has come, each written and synced: what a power cut may cost.",
        0.02,
        1.0,
    )
    segment_s: float = parameter(5.0, "Of robot time in a file of the ring on disk.", 0.5, 5.0)
    quota_mb: int = parameter(
        2000, "Of all event files; then routine ones go first, of them the oldest.", 100, 1000000
    )
    keep_free_mb: int = parameter(
        500, "Left on the disk for others; with less, the ring stays in memory.", 0, 1000000
    )
    buffer_mb: int = parameter(
        48,
        "Memory for what the disk has not taken yet: 20 s and more; then the oldest goes.",
        4,
        1024,
    )
    nodes: str = parameter(
        "", "YAML file of further nodes, whose `recorded` topics are recorded too; empty: none."
    )
    key_file: str = parameter(
        "", "A secret for the hash chain (HMAC-SHA256); empty: plain SHA-256, no secret."
    )
