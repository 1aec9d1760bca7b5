# SPDX-License-Identifier: Apache-2.0
"""The simulator's services; their work is done between two ticks, in the loop's own thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

import numpy as np
from rclpy.node import Node
from std_srvs.srv import Trigger
from talus_core.driver import SimulatedDriver
from talus_core.errors import TalusError

from talus_interfaces.srv import Push, SetFriction

DEFAULT_LINK, DEFAULT_DURATION = "torso", 0.1  # of Push.srv
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


class SimulatorServices:
    """`sim/push`, `sim/set_friction` and `sim/reset`."""

    def __init__(self, node: Node, driver: SimulatedDriver, errands: Errands, on_reset: Callable[[], None]):
        """`on_reset`: called in the loop's thread after the driver's own reset."""
        self._driver, self._errands, self._on_reset = driver, errands, on_reset
        node.create_service(Push, "sim/push", self._push)
        node.create_service(SetFriction, "sim/set_friction", self._set_friction)
        node.create_service(Trigger, "sim/reset", self._reset)

    def _push(self, request: Push.Request, response: Push.Response) -> Push.Response:
        impulse = np.array([request.impulse.x, request.impulse.y, request.impulse.z])
        link, duration = request.link or DEFAULT_LINK, request.duration or DEFAULT_DURATION
        return self._answer(response, lambda: self._driver.push(link, impulse, duration))

    def _set_friction(self, request: SetFriction.Request, response: SetFriction.Response) -> SetFriction.Response:
        return self._answer(response, lambda: self._driver.set_friction(request.target, request.friction))

    def _reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        def reset() -> None:
            self._driver.reset()
            self._on_reset()

        return self._answer(response, reset)

    def _answer(self, response, errand: Callable[[], None]):
        response.success, response.message = self._errands.do(errand)
        return response
