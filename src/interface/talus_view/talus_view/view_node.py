# SPDX-License-Identifier: Apache-2.0
"""Serves the web view: a page that shows the robot, its map and its safety, and drives it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from threading import Event
from time import monotonic

import rclpy
from talus_ros.diagnostics_node import OK, DiagnosticsPublisher
from talus_ros.fast_link_node import FastLink
from talus_ros.intake.executor_node import IntakeExecutor
from talus_ros.intake.intake_node import intakes_of
from talus_ros.parameters_node import declare_config
from talus_ros.run_node import run_node

from talus_view.config import ViewConfig
from talus_view.drawing.canvas import Canvas
from talus_view.graph_node import NodeGraph
from talus_view.inbox_node import WidgetInbox, topics_to_hear
from talus_view.page.card import CARD_PERIOD_S, CardPart, status_card
from talus_view.page.events import EventKind, PageEvent
from talus_view.page.pace import DrawingPace, draw_period
from talus_view.page.page import Page
from talus_view.registry import widget_types
from talus_view.scene import Scene
from talus_view.widget import ServiceCaller, Site, Widget

TRIGGER = "std_srvs/srv/Trigger"
UNWATCHED_PERIOD_S = 0.2  # between two looks for a browser while none is there
SPIN_PERIOD_S = 0.2  # between two rounds of the executor while nothing is urgent
PING_PERIOD_S = 2.0  # between two looks at how quick the pages are
PING_PATIENCE_S = 10.0  # after which a page is given up on until the next look
VIEW_DIAGNOSTICS_PERIOD_S = 1.0


class ViewNode:
    """Runs one loop: hear, obey the page, draw."""

    def __init__(self) -> None:
        self._node = rclpy.create_node("view")
        self._config = declare_config(self._node, ViewConfig)
        self._page = Page(self._config.host, self._config.port)
        self._scene = Scene()
        self._pace = DrawingPace()
        self._graph = NodeGraph(self._node, self._page.notify)
        self._attempt = intakes_of(self._node).attempt
        self._inbox = WidgetInbox(FastLink(self._node), self._attempt)
        self._widgets = self._page.call(self._build_widgets)
        self._callers: dict[str, ServiceCaller] = {
            service: self._graph.caller(service, TRIGGER)
            for service in self._page.panel.services.values()
        }
        self._diagnostics = DiagnosticsPublisher(self._node)
        self._executor = IntakeExecutor(self._node)
        self._node.get_logger().info(f"web view at {self._page.address}")

    def run(self, ended: Event) -> None:
        """Hear, obey and draw until `ended` is set."""
        while not ended.is_set():
            now = monotonic()
            is_watched = self._page.call(self._run_round)
            period = 1.0 / self._config.frame_rate_hz if is_watched else UNWATCHED_PERIOD_S
            ended.wait(max(0.0, now + period - monotonic()))

    def close(self) -> None:
        """Leave the robot standing still, and stop serving."""
        for widget in self._widgets:
            widget.leave(monotonic())
        self._page.close()

    def _build_widgets(self) -> list[Widget]:
        site = Site(
            config=self._config,
            scene=self._scene,
            panel=self._page.panel,
            canvas=Canvas(self._page.server),
            graph=self._graph,
            pages=self._page,
        )
        return [kind(site) for kind in widget_types()]

    def _run_round(self) -> bool:
        """Run one frame, in the page's own thread; return whether a page is open."""
        now = monotonic()
        is_watched = self._page.client_count > 0
        self._inbox.want(topics_to_hear(self._widgets, is_watched))
        self._inbox.poll()
        for event in self._page.events():
            self._attempt("the page", partial(self._obey, event))
        is_urgent = any([widget.act(now) for widget in self._widgets])
        if is_urgent or self._graph.is_waiting or self._is_due("spin", SPIN_PERIOD_S, now):
            self._spin(now)
        for widget in self._widgets:
            self._inbox.deliver(widget, now, is_drawn=False)
        period = draw_period(1.0 / self._config.frame_rate_hz, self._page.answer_time)
        if is_watched and self._is_due("frame", 0.9 * period, now):
            self._draw(now)
        if self._is_due("ping", PING_PERIOD_S, now):
            self._page.ping_all(PING_PATIENCE_S)
        if self._is_due("diagnostics", VIEW_DIAGNOSTICS_PERIOD_S, now):
            state = {"pages": self._page.client_count, "address": self._page.address}
            self._diagnostics.publish(self._graph.stamp(), OK, "serving", state)
        return is_watched

    def _obey(self, event: PageEvent) -> None:
        for widget in self._widgets:
            widget.obey(event)
        if event.kind is EventKind.CALL:
            self._callers[event.value].call(lambda request: None, event.client)

    def _spin(self, now: float) -> None:
        self._executor.spin_once(timeout_sec=0.0)
        self._executor.look()
        if self._node.get_parameter("use_sim_time").value:
            self._scene.real_time.add(self._node.get_clock().now().nanoseconds * 1e-9, now)

    def _draw(self, now: float) -> None:
        """Let every widget draw at its own pace, and write the card."""
        for widget in self._widgets:
            if self._is_due(type(widget).__name__, widget.period_s, now):
                self._inbox.deliver(widget, now, is_drawn=True)
                self._attempt(type(widget).__name__, partial(widget.draw, now))
        if self._is_due("card", CARD_PERIOD_S, now):
            self._page.show_card(status_card(self._card_parts(now)))

    def _card_parts(self, now: float) -> Iterator[CardPart]:
        for widget in self._widgets:
            yield from self._attempt(type(widget).__name__, partial(widget.card, now), ())

    def _is_due(self, what: str, period_s: float, now: float) -> bool:
        return self._pace.is_due(what, period_s, now)


def main() -> int:
    """Run the node until a signal ends it."""
    return run_node(ViewNode)


if __name__ == "__main__":
    sys.exit(main())
