# SPDX-License-Identifier: Apache-2.0
"""Links hashes into chains, so that no change, gap or insertion stays unseen."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from talus_recorder.errors import RecorderError

FIRST_LINK = "0" * 64  # stands before the first link of a chain
LEAST_SEALING_KEY_BYTES = 16  # bytes; shorter secrets can be guessed


class Digest:
    """Hashes by SHA-256, or by HMAC-SHA256 with a secret; only this prevents a forged chain."""

    def __init__(self, key: bytes = b""):
        self._key = key

    @property
    def name(self) -> str:
        """Return the name of the algorithm."""
        return "hmac-sha256" if self._key else "sha256"

    def of(self, previous: str, number: int, *parts: bytes | memoryview) -> str:
        """Return the next link, hexadecimal, over the link before, its place, and some bytes."""
        head = f"{previous} {number} ".encode()
        made = hmac.new(self._key, head, hashlib.sha256) if self._key else hashlib.sha256(head)
        for part in parts:
            made.update(part)
        return made.hexdigest()


def digest_of_key_file(path: str) -> Digest:
    """Return a digest with the secret in a file, or without where `path` is empty.

    Raises RecorderError.
    """
    if not path:
        return Digest()
    try:
        key = Path(path).read_bytes().strip()
    except OSError as error:
        raise RecorderError(f"key file '{path}': {error.strerror}") from error
    if len(key) < LEAST_SEALING_KEY_BYTES:
        raise RecorderError(
            f"key file '{path}' holds {len(key)} bytes; "
            f"a key of at least {LEAST_SEALING_KEY_BYTES} works"
        )
    return Digest(key)
