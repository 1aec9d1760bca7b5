# SPDX-License-Identifier: Apache-2.0
"""Gives a thread its own wait set on a node's subscriptions, at a third of an executor's cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription

FAST_QOS = QoSProfile(
    depth=2
)  # reliable, volatile: only the newest tick matters, and one more covers a delay
# messages of one topic per `wait`: a flood on one topic cannot starve the others
MOST_MESSAGES_PER_WAIT = 100


class _OwnLoop(CallbackGroup):
    """Keeps executors away from a subscription that a `FastLink` serves."""

    def can_execute(self, entity: Any) -> bool:
        return False

    def beginning_execution(self, entity: Any) -> bool:
        return False

    def ending_execution(self, entity: Any) -> None:
        """Do nothing, since there is nothing to release."""


class FastLink:
    """Serves subscriptions only in the thread that calls `wait`.

    Subscriptions are made through the node, so that remapping and namespaces work; executors skip
    them. Handlers run one after another inside `wait`, which raises what they raise; topics are
    read in the order in which they were subscribed.

    Attributes:
        malformed: Number of messages whose bytes do not fit their type. They are dropped, since any
            computer on the network can send such.
    """

    def __init__(self, node: Node):
        self.malformed = 0
        self._node = node
        context = node.context.handle
        assert context is not None  # rclpy makes no node in a context that is not initialised
        self._context = context
        self._guard = _rclpy.GuardCondition(context)
        self._served: dict[int, tuple[Any, type, Callable[[bytes], None]]] = {}
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
        """Call `handler(message)` for every message; `raw` passes its serialised bytes instead."""
        subscription = self._node.create_subscription(
            message_type, topic, lambda message: None, qos, callback_group=self._group, raw=True
        )
        handle = subscription.handle
        take = handler if raw else lambda data: self._decode(data, message_type, handler)
        self._served[handle.pointer] = (handle, message_type, take)
        self._wait_set = None
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription that `subscribe` returned; call it in the thread that calls `wait`."""
        del self._served[subscription.handle.pointer]
        self._wait_set = None
        self._node.destroy_subscription(subscription)

    def wait(self, timeout: float) -> bool:
        """Handle all messages that have arrived, or sleep until one does.

        The sleep ends with a message, with `wake`, or after `timeout`, s of wall time. Returns
        whether a message was handled.
        """
        if self._take_all():  # a look costs a fortieth of a sleep
            return True
        if timeout <= 0.0:
            return False
        self._sleep(timeout)
        return self._take_all()

    def wake(self) -> None:
        """End the present or next sleep early; any thread may call it."""
        self._guard.trigger_guard_condition()

    def _take_all(self) -> bool:
        """Take every message as bytes.

        Otherwise rclpy makes a message object even to find out that there is no message.
        """
        count = 0
        for handle, message_type, handler in tuple(self._served.values()):
            for _ in range(MOST_MESSAGES_PER_WAIT):
                taken = handle.take_message(message_type, True)
                if taken is None:
                    break
                handler(taken[0])
                count += 1
        return count > 0

    def _decode(self, data: bytes, message_type: type, handler: Callable[[Any], None]) -> None:
        try:
            message: Any = deserialize_message(data, message_type)
        except _rclpy.RMWError:
            self.malformed += 1
            return
        handler(message)

    def _sleep(self, timeout: float) -> None:
        wait_set = self._wait_set or self._new_wait_set()
        wait_set.clear_entities()
        for handle, *_ in self._served.values():
            wait_set.add_subscription(handle)
        wait_set.add_guard_condition(self._guard)
        wait_set.wait(int(timeout * 1e9))

    def _new_wait_set(self) -> Any:
        self._wait_set = _rclpy.WaitSet(len(self._served), 1, 0, 0, 0, 0, self._context)
        return self._wait_set
