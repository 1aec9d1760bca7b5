# SPDX-License-Identifier: Apache-2.0
"""Shows grids to readers in other threads or processes, without copies and never half-written.

One writer; any number of readers. The memory begins with a version, which is odd while somebody
writes: a reader whose version changed meanwhile asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from talus_core.errors import TalusError

Answer = TypeVar("Answer")
_ALIGNMENT = 64  # bytes: of a cache line
MOST_TRIES = 1000  # of one question: a writer writes for less than 1 ms, ten times a second


class TornReadError(TalusError):
    """Raised where a writer was writing at every try: it has died in the middle, or never rests."""


@dataclass(frozen=True)
class BoardLayout:
    """Hold names, shapes and dtypes of the arrays on a board."""

    arrays: Mapping[str, tuple[tuple[int, ...], str]]

    @property
    def offsets(self) -> dict[str, int]:
        """Return where each array begins, bytes."""
        offsets = {}
        at = _ALIGNMENT
        for name, (shape, dtype) in self.arrays.items():
            offsets[name] = at
            size = int(np.prod(shape)) * np.dtype(dtype).itemsize
            at += -(-size // _ALIGNMENT) * _ALIGNMENT
        return {**offsets, "": at}

    @property
    def size(self) -> int:
        """Return the bytes that a board takes."""
        return self.offsets[""]


class Board:
    """Holds arrays in memory that others may see too."""

    def __init__(self, layout: BoardLayout, memory: memoryview | bytearray | None = None):
        """Lay the arrays out in `memory` of at least `layout.size` bytes, or in new memory."""
        raw = np.frombuffer(bytearray(layout.size) if memory is None else memory, np.uint8)
        if len(raw) < layout.size:
            raise ValueError(f"{len(raw)} bytes of memory; the board takes {layout.size}")
        self._version = raw[:8].view(np.int64)
        offsets = layout.offsets
        self._views = {}
        for name, (shape, dtype) in layout.arrays.items():
            size = int(np.prod(shape)) * np.dtype(dtype).itemsize
            self._views[name] = raw[offsets[name] : offsets[name] + size].view(dtype).reshape(shape)

    @property
    def version(self) -> int:
        """Return the version: even, and 2 higher after each `publish`."""
        return int(self._version[0])

    def publish(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Write new content of some arrays, all at once for whoever reads."""
        for name, array in arrays.items():
            if array.shape != self._views[name].shape:
                raise ValueError(
                    f"{name} is {array.shape}; the board has {self._views[name].shape}"
                )
        self._version[0] |= 1  # also after a writer that died in the middle
        for name, array in arrays.items():
            self._views[name][...] = array
        self._version[0] += 1

    def read(self, question: Callable[[Mapping[str, np.ndarray]], Answer]) -> Answer:
        """Return the answer to a question that one version gave.

        The question gets views, may be asked several times, and must keep none of them. Raises
        TornReadError.
        """
        for _ in range(MOST_TRIES):
            before = self.version
            if before % 2 == 0:
                answer = question(self._views)
                if self.version == before:
                    return answer
        raise TornReadError(f"the board was being written at {MOST_TRIES} tries")
