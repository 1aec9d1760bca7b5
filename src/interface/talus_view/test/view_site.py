# SPDX-License-Identifier: Apache-2.0
"""Makes a page with its widgets, and a graph that writes down what they ask of it, for tests."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from builtin_interfaces.msg import Time
from talus_view.config import ViewConfig
from talus_view.conversions import type_of
from talus_view.drawing.canvas import Canvas
from talus_view.page.page import Page
from talus_view.registry import widget_types
from talus_view.scene import Scene
from talus_view.widget import PageTopic, Site, Widget


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class FakeGraph:
    """Fills real messages and keeps them; every service is offered, `running` nodes are there."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.published: list[tuple[str, Any]] = []
        self.running: set[str] = set()

    def caller(self, service: str, kind: str) -> SimpleNamespace:
        def call(fill: Callable[[Any], None], client: int) -> None:
            request = type_of(kind).Request()
            fill(request)
            self.calls.append((service, request))

        return SimpleNamespace(is_offered=True, call=call)

    def publisher(self, topic: PageTopic) -> SimpleNamespace:
        def publish(fill: Callable[[Any], None]) -> None:
            message = type_of(topic.type)()
            fill(message)
            self.published.append((topic.name, message))

        return SimpleNamespace(publish=publish)

    def stamp(self) -> Time:
        return Time(sec=4)

    def mesh_file(self, uri: str) -> Path:
        return Path(uri)

    def node_names(self) -> frozenset[str]:
        return frozenset(self.running)


@contextmanager
def open_site(
    config: ViewConfig | None = None,
) -> Iterator[tuple[Page, Site, list[Widget]]]:
    """Serve a page with all widgets on it."""
    page = Page("127.0.0.1", free_port())
    try:
        site, widgets = page.call(lambda: _build(page, config or ViewConfig()))
        yield page, site, widgets
    finally:
        page.close()


def _build(page: Page, config: ViewConfig) -> tuple[Site, list[Widget]]:
    site = Site(config, Scene(), page.panel, Canvas(page.server), FakeGraph(), page)
    return site, [kind(site) for kind in widget_types()]


def widget_of(widgets: list[Widget], name: str) -> Any:
    """Return the widget whose class has this name."""
    return next(widget for widget in widgets if type(widget).__name__ == name)
