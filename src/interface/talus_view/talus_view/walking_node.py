# SPDX-License-Identifier: Apache-2.0
"""The walk buttons' way to `cmd_vel`."""

from __future__ import annotations

from geometry_msgs.msg import TwistStamped
from rclpy.node import Node

from talus_view.config import ViewConfig
from talus_view.conversions import twist_from
from talus_view.events import Choices, Kind, PageEvent
from talus_view.page import Page
from talus_view.teleop import SpeedLimits, Teleop


class Walking:
    """Publishes while a button asks for it, and standstill for a moment afterwards."""

    def __init__(self, node: Node, page: Page, config: ViewConfig):
        walk = config.walk
        limits = SpeedLimits(walk.forward_m_s, walk.back_m_s, walk.sideways_m_s, walk.turn_rad_s)
        self._teleop = Teleop(limits, walk.hold_deadline_s, walk.page_deadline_s, walk.halt_s)
        self._node, self._page, self._frame = node, page, config.base_frame
        self._patience = walk.page_deadline_s
        self._publisher = node.create_publisher(TwistStamped, "cmd_vel", 1)

    def obey(self, event: PageEvent, choices: Choices) -> None:
        """Deadlines count from when the page spoke, not from when it was heard."""
        teleop, kept = self._teleop, choices.is_walk_kept
        if event.kind is Kind.WALK_HELD and not kept:
            teleop.press(event.value, event.client, event.wall)
        elif event.kind is Kind.WALK_PRESSED and kept:
            teleop.keep(event.value, event.client, event.wall)
        elif event.kind is Kind.PAGE_ANSWERED:
            teleop.page_answered(event.client, event.wall)
        elif event.kind is Kind.PAGE_LEFT:
            teleop.page_left(event.client, event.wall)
        elif event.kind in (Kind.HALT, Kind.CALL):
            teleop.halt(event.wall)

    def command(self, choices: Choices, now: float) -> bool:
        """Publish what the buttons ask for at wall time `now` s; whether they ask for something."""
        if self._teleop.kept_by is not None and not choices.is_walk_kept:
            self._teleop.halt(now)
        self._teleop.share = choices.speed_share
        velocity = self._teleop.command(now)
        if velocity is None:
            return False
        self._publisher.publish(twist_from(velocity, self._node.get_clock().now().to_msg(), self._frame))
        if (client := self._teleop.kept_by) is not None:
            self._page.ping(client, self._patience)
        return True

    def halt(self, now: float) -> None:
        """Stand still, and say so."""
        self._teleop.halt(now)
        self.command(self._page.choices(), now)
