# SPDX-License-Identifier: Apache-2.0
"""Let services have work done by the driver's loop, between two ticks and in its thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

from talus_core.errors import TalusError

ERRAND_TIMEOUT_S = 5.0  # wall; longer than the loop ever waits for a lost participant


class Errands:
    """Keeps the functions that other threads want done by the loop."""

    def __init__(self, wake: Callable[[], None]):
        """Begin without an errand; `wake` ends the loop's wait."""
        self._queue: deque[tuple[Callable[[], None], Future]] = deque()
        self._wake = wake

    def do(self, errand: Callable[[], None]) -> tuple[bool, str]:
        """Have `errand` done, wait for its end, and return (success, message)."""
        future: Future = Future()
        self._queue.append((errand, future))
        self._wake()
        try:
            future.result(ERRAND_TIMEOUT_S)
        except FutureTimeoutError:
            return False, f"the driver loop did not answer within {ERRAND_TIMEOUT_S} s"
        except (TalusError, ValueError) as error:
            return False, str(error)
        return True, ""

    def run(self) -> None:
        """Do all that waits; the loop calls this between two ticks."""
        while self._queue:
            errand, future = self._queue.popleft()
            try:
                errand()
                future.set_result(None)
            except Exception as error:
                future.set_exception(error)
