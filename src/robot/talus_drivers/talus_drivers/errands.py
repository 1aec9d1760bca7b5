# SPDX-License-Identifier: Apache-2.0
"""Work that services ask for and that the driver's loop does between two ticks, in its own thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

from talus_core.errors import TalusError

ANSWER_WITHIN_S = 5.0  # wall; longer than the loop ever waits for a lost participant


class Errands:
    """Functions that another thread wants done by the loop."""

    def __init__(self, wake: Callable[[], None]):
        """`wake` ends the loop's wait."""
        self._queue: deque[tuple[Callable[[], None], Future]] = deque()
        self._wake = wake

    def do(self, errand: Callable[[], None]) -> tuple[bool, str]:
        """Have it done and wait for it: (success, message)."""
        future: Future = Future()
        self._queue.append((errand, future))
        self._wake()
        try:
            future.result(ANSWER_WITHIN_S)
        except FutureTimeoutError:
            return False, f"the driver loop did not answer within {ANSWER_WITHIN_S} s"
        except (TalusError, ValueError) as error:
            return False, str(error)
        return True, ""

    def run(self) -> None:
        """Called by the loop between two ticks."""
        while self._queue:
            errand, future = self._queue.popleft()
            try:
                errand()
                future.set_result(None)
            except Exception as error:
                future.set_exception(error)
