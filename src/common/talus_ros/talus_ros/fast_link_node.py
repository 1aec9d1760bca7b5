# SPDX-License-Identifier: Apache-2.0
"""Gives a thread its own wait set on a node's subscriptions, at a third of an executor's cost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription

from talus_ros.command_path_node import command_path_of
from talus_ros.conversions import deserialised
from talus_ros.intake.door_node import Door, Passage
from talus_ros.intake.intake_node import Intakes, intakes_of

# Reliable, volatile: only the newest tick matters, and one more covers a delay.
FAST_QOS = QoSProfile(depth=2)
# Deep enough that others who speak on the topic push no tick of ours out while a loop sleeps; of
# what can be read only the newest two are used.
LOOP_QOS = QoSProfile(depth=100)
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
    them. Handlers run one after another inside `wait`; topics are read in the order in which they
    were subscribed. What a handler of `subscribe` raises is contained and told by the node's
    intakes: the message is not used. Only what the node's own loop raises, see `subscribe_loop`,
    comes out of `wait`.
    """

    def __init__(self, node: Node, authenticated: bool | None = None):
        """Insist on the key of the command path, if `authenticated`, or obey anybody, if not.

        None is for nodes that only listen: they check what they can. Raises SealKeyError.
        """
        self._node = node
        self._path = command_path_of(node)
        if authenticated is not None:
            self._path.require(authenticated)
        self._intakes: Intakes = intakes_of(node)
        context = node.context.handle
        assert context is not None  # rclpy makes no node in a context that is not initialised
        self._context = context
        self._guard = _rclpy.GuardCondition(context)
        self._served: dict[int, tuple[Any, type, Door]] = {}
        self._wait_set: Any = None
        self._group = _OwnLoop()

    @property
    def doors(self) -> dict[str, Callable[[bytes], None]]:
        """Return what takes the bytes of a message, by the name that was subscribed to."""
        return {door.label: door.take for *_, door in self._served.values()}

    def subscribe(
        self,
        message_type: type,
        topic: str,
        handler: Callable[[Any], None],
        qos: QoSProfile = FAST_QOS,
        raw: bool = False,
        owner: str = "",
        newest: int = 0,
    ) -> Subscription:
        """Call `handler(message)` for every message; `raw` passes its serialised bytes instead.

        With `owner`, the name of a node, only its messages count while it publishes the topic. With
        `newest`, only so many of those that came together are handled.
        """
        read = (lambda data: data) if raw else partial(deserialised, message_type)
        passage = Passage(self._path.checked(topic, read), handler, newest, owner)
        return self._open(message_type, topic, qos, passage)

    def subscribe_loop(
        self,
        message_type: type,
        topic: str,
        read: Callable[[bytes], Any],
        step: Callable[[Any], None],
        newest: int = 2,
    ) -> Subscription:
        """Call `step(read(data))` for the newest messages: `step` is the node's own loop.

        `newest`: of those that came together; the newest tick matters, one more covers a delay.
        What `read` raises is the sender's fault and is contained; what `step` raises comes out of
        `wait`.
        """
        passage = Passage(self._path.checked(topic, read), step, newest, is_loop=True)
        return self._open(message_type, topic, LOOP_QOS, passage)

    def _open(
        self, message_type: type, topic: str, qos: QoSProfile, passage: Passage
    ) -> Subscription:
        subscription = self._node.create_subscription(
            message_type, topic, lambda message: None, qos, callback_group=self._group, raw=True
        )
        handle = subscription.handle
        name = subscription.topic_name
        self._served[handle.pointer] = handle, message_type, Door(self._node, topic, name, passage)
        self._wait_set = None
        self._intakes.voices.hears(topic, name, message_type, subscription.qos_profile)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription that `subscribe` returned; call it in the thread that calls `wait`."""
        del self._served[subscription.handle.pointer]
        self._wait_set = None
        self._intakes.voices.hears_no_more(subscription.topic_name)
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
        for handle, message_type, door in tuple(self._served.values()):
            for _ in range(MOST_MESSAGES_PER_WAIT):
                taken = handle.take_message(message_type, True)
                if taken is None:
                    break
                door.let_in(*taken)
                count += 1
            door.step()
        return count > 0

    def _sleep(self, timeout: float) -> None:
        if self._wait_set is None:
            self._wait_set = _rclpy.WaitSet(len(self._served), 1, 0, 0, 0, 0, self._context)
        wait_set = self._wait_set
        wait_set.clear_entities()
        for handle, *_ in self._served.values():
            wait_set.add_subscription(handle)
        wait_set.add_guard_condition(self._guard)
        wait_set.wait(int(timeout * 1e9))
