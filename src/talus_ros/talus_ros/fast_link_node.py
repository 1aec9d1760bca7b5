# SPDX-License-Identifier: Apache-2.0
"""A thread's own wait set on a node's subscriptions: a third of the cost of an rclpy executor's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription

FAST_QOS = QoSProfile(depth=2)  # reliable, volatile: the newest tick matters, one more covers a hiccup
FLOOD = 100  # messages of one topic per `wait`: a flood on one cannot starve the others


class _OwnLoop(CallbackGroup):
    """Keeps executors away from a subscription that a `FastLink` serves."""

    def can_execute(self, entity: Any) -> bool:
        return False

    def beginning_execution(self, entity: Any) -> bool:
        return False

    def ending_execution(self, entity: Any) -> None:
        """Nothing to release."""


class FastLink:
    """Serves subscriptions in the thread that calls `wait`, nowhere else.

    Subscriptions are made through the node, so that remapping and namespaces work; executors
    skip them. Handlers run one after another inside `wait`; what they raise comes out of it.
    """

    def __init__(self, node: Node):
        self._node = node
        self._guard = _rclpy.GuardCondition(node.context.handle)
        self._served: dict[int, tuple[Any, type, bool, Callable[[Any], None]]] = {}
        self._wait_set: Any = None
        self._group = _OwnLoop()

    def subscribe(
        self,
        message_type: type,
        topic: str,
        handler: Callable[[Any], None],
        qos: QoSProfile = FAST_QOS,
        raw: bool = False,
    ) -> Subscription:
        """Call `handler(message)` for every message; `raw` hands over its serialised bytes."""
        subscription = self._node.create_subscription(
            message_type, topic, lambda message: None, qos, callback_group=self._group, raw=raw
        )
        handle = subscription.handle
        self._served[handle.pointer] = (handle, message_type, raw, handler)
        self._wait_set = None
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription that `subscribe` returned; from the thread that calls `wait`."""
        del self._served[subscription.handle.pointer]
        self._wait_set = None
        self._node.destroy_subscription(subscription)

    def wait(self, timeout: float) -> bool:
        """Sleep until a message, a `wake` or `timeout` s of wall time, then handle all that came.

        Returns whether a message was handled.
        """
        wait_set = self._wait_set or self._new_wait_set()
        wait_set.clear_entities()
        for handle, *_ in self._served.values():
            wait_set.add_subscription(handle)
        wait_set.add_guard_condition(self._guard)
        wait_set.wait(int(timeout * 1e9))
        ready = wait_set.get_ready_entities("subscription")
        for pointer in ready:
            self._take_all(*self._served[pointer])
        return bool(ready)

    def wake(self) -> None:
        """End the present or next `wait` early; from any thread."""
        self._guard.trigger_guard_condition()

    def _new_wait_set(self) -> Any:
        self._wait_set = _rclpy.WaitSet(len(self._served), 1, 0, 0, 0, 0, self._node.context.handle)
        return self._wait_set

    @staticmethod
    def _take_all(handle: Any, message_type: type, raw: bool, handler: Callable[[Any], None]) -> None:
        for _ in range(FLOOD):
            taken = handle.take_message(message_type, raw)
            if taken is None:
                return
            handler(taken[0])
