# SPDX-License-Identifier: Apache-2.0
"""Defines what a widget of the page is: one file in `widgets/` that hears, draws and reports.

A widget names the messages that it wants as text, and reads what it is given; it never imports a
message. So it is drawn and tested without ROS, and only the shell of the node knows the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any, Protocol

from talus_view.config import ViewConfig
from talus_view.drawing.canvas import Canvas
from talus_view.page.card import CardPart
from talus_view.page.events import PageEvent
from talus_view.page.panel import Panel
from talus_view.scene import Scene

# of the type that a topic or a service names; the widget that names it knows its fields
Message = Any


class Delivery(Enum):
    """Defines how the messages of a topic are asked for."""

    NEWEST = auto()  # best effort, and only the newest one: for streams
    RELIABLE = auto()  # reliable, and only the newest one
    LATCHED = auto()  # reliable, and the last one that was said before, too
    EVERY = auto()  # reliable, and every one in its order: for a topic on which many nodes speak


class Hearing(Enum):
    """Defines when a topic is heard."""

    ALWAYS = auto()  # also while no page is open
    WATCHED = auto()  # while a page is open, in every round
    DRAWN = auto()  # while a page is open, just before the widget draws: what is costly to convert


@dataclass(frozen=True)
class PageTopic:
    """Describe a topic that a widget hears or publishes.

    Attributes:
        name: Relative name of the topic.
        type: Name of its message type, as in `sensor_msgs/msg/Image`.
        delivery: How its messages are asked for.
        hearing: When they are heard.
    """

    name: str
    type: str
    delivery: Delivery = Delivery.RELIABLE
    hearing: Hearing = Hearing.WATCHED


class ServiceCaller(Protocol):
    """Calls one service whose answer has the fields `success` and `message`."""

    @property
    def is_offered(self) -> bool:
        """Whether some node serves it."""

    def call(self, fill: Callable[[Message], None], client: int) -> None:
        """Send a request that `fill` has filled; the answer becomes a note on page `client`."""


class TopicPublisher(Protocol):
    """Publishes one topic."""

    def publish(self, fill: Callable[[Message], None]) -> None:
        """Publish a message that `fill` has filled."""


class Graph(Protocol):
    """Defines what a widget may do with the ROS graph besides hearing topics."""

    def caller(self, service: str, kind: str) -> ServiceCaller:
        """Make a client of a service whose type is `kind`, as in `std_srvs/srv/Trigger`."""

    def publisher(self, topic: PageTopic) -> TopicPublisher:
        """Make a publisher of a topic."""

    def stamp(self) -> Message:
        """Return the ROS time, as messages carry it."""

    def mesh_file(self, uri: str) -> Path:
        """Return the file of a mesh URI. Raises MeshFileError."""

    def node_names(self) -> frozenset[str]:
        """Return the names of the nodes in the namespace of this one."""


class Pages(Protocol):
    """Defines what a widget may do with the open pages besides drawing on them."""

    def ping(self, client: int, patience: float) -> None:
        """Ask page `client` whether it is alive, for `patience` s; an event is the answer."""


@dataclass(frozen=True)
class Site:
    """Hold what a widget is built from.

    Attributes:
        config: Parameters of the node.
        scene: Data that widgets share.
        panel: Controls beside the picture.
        canvas: The picture in three dimensions.
        graph: Services and topics to speak to.
        pages: The browser pages that are open.
    """

    config: ViewConfig
    scene: Scene
    panel: Panel
    canvas: Canvas
    graph: Graph
    pages: Pages


class Widget:
    """Is one thing on the page; a subclass in `widgets/` overrides what it needs.

    Every method runs in the page's own thread; `wall` is wall time in s.

    Attributes:
        place: Order in which widgets are built, and so their controls from top to bottom.
        topics: All topics that it may ever want; `<name>` stands for what a person chooses.
    """

    place: int = 0
    topics: tuple[PageTopic, ...] = ()

    def __init__(self, site: Site):
        """Build the controls."""

    @property
    def period_s(self) -> float:
        """Return the shortest wall time between two drawings, s."""
        return 0.0

    def wanted(self) -> tuple[PageTopic, ...]:
        """Return the topics to hear as the widget's switches are set now."""
        return self.topics

    def hear(self, topic: PageTopic, message: Message, wall: float) -> None:
        """Take the newest message of a wanted topic, or each one where it is delivered so.

        This is the place to make plain data of it.
        """

    def obey(self, event: PageEvent) -> None:
        """Take part in what a person did on some page; events of all widgets come here."""

    def act(self, wall: float) -> bool:
        """Do what must be done in every round, page or none; return whether it is urgent."""
        return False

    def draw(self, wall: float) -> None:
        """Renew what is shown, if it changed."""

    def card(self, wall: float) -> tuple[CardPart, ...]:
        """Return the widget's lines on the status card."""
        return ()

    def leave(self, wall: float) -> None:
        """Leave the robot safe, since the page closes."""
