# SPDX-License-Identifier: Apache-2.0
"""Hashes that each hold the one before, so that nothing in the middle can change, vanish or be put
in unseen.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from talus_recorder.errors import RecorderError

FIRST_LINK = "0" * 64  # stands before the first link of a chain
LEAST_KEY_BYTES = 16  # bytes; shorter secrets can be guessed


class Digest:
    """SHA-256, or HMAC-SHA256 where there is a secret: only then can nobody forge a whole chain."""

    def __init__(self, key: bytes = b""):
        self._key = key

    @property
    def name(self) -> str:
        """Of the algorithm."""
        return "hmac-sha256" if self._key else "sha256"

    def of(self, previous: str, number: int, *parts: bytes | memoryview) -> str:
        """The next link, in hexadecimal: of the link before, of its place in the chain, and of some
        bytes.
        """
        head = f"{previous} {number} ".encode()
        made = hmac.new(self._key, head, hashlib.sha256) if self._key else hashlib.sha256(head)
        for part in parts:
            made.update(part)
        return made.hexdigest()


def digest_of_key_file(path: str) -> Digest:
    """With the secret in a file, or without one where `path` is empty. Raises RecorderError."""
    if not path:
        return Digest()
    try:
        key = Path(path).read_bytes().strip()
    except OSError as error:
        raise RecorderError(f"key file '{path}': {error.strerror}") from error
    if len(key) < LEAST_KEY_BYTES:
        raise RecorderError(
            f"key file '{path}' holds {len(key)} bytes; a key of at least {LEAST_KEY_BYTES} works"
        )
    return Digest(key)
