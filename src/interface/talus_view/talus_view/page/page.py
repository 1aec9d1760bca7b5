# SPDX-License-Identifier: Apache-2.0
"""Serves the page and builds what is always on it: STOP on top, then the status card."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import redirect_stdout
from errno import EADDRNOTAVAIL
from os import devnull
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TypeVar

import viser
from talus_core.errors import TalusError

from talus_view.page.events import EventKind, PageEvent
from talus_view.page.panel import ButtonLook, Panel
from talus_view.page.server import LocalServer
from talus_view.page.style import PAGE_STYLE, STOP_MARKER, caption

STOP_SERVICE = "safety/stop"
STOP_HINT = (
    "Protective stop: the robot finishes its step, sits down, then torque goes off. "
    "It is software and no emergency stop; keep the hardware one in reach. Key: Esc."
)
BRAND_COLOUR = (34, 111, 214)
PANEL_WIDTH_PX = 360
LONGEST_CALL_S = 60.0  # of wall time: a hang must end the process, a slow start must not
GOOD_NOTE_S = 4.0  # for which a good note stays: it is read at a glance
BAD_NOTE_S = 10.0  # for which a note stays that a person must act on

Result = TypeVar("Result")


class PortError(TalusError):
    """Raised when the page cannot be served at its address; the message says what would work."""


class Page:
    """Serves the page; callbacks run in viser's threads and only put events into a queue.

    All methods but `call` are for the work that `call` is given.

    Attributes:
        server: viser's server.
        panel: The controls beside the picture.
    """

    def __init__(self, host: str, port: int):
        """Serve at `host`:`port`. Raises PortError."""
        self.server = _serve(host, port)
        self._events: SimpleQueue[PageEvent] = SimpleQueue()
        self._lock = threading.Lock()
        self._pinged: set[int] = set()
        self._answer_times: dict[int, float] = {}
        self._card = ""
        self.panel = Panel(self.server.gui, self._put)
        self._status = self.call(self._build)
        self.server.on_client_disconnect(self._forget)

    def call(self, work: Callable[[], Result]) -> Result:
        """Do `work` in viser's own thread and wait; its buffers are safe only there.

        What it changes appears on the page all at once. What it raises is raised here.
        """

        async def together() -> Result:
            with self.server.atomic():
                return work()

        loop = self.server.get_event_loop()
        return asyncio.run_coroutine_threadsafe(together(), loop).result(LONGEST_CALL_S)

    @property
    def address(self) -> str:
        """Address at which a browser finds the page."""
        return f"http://{self.server.get_host()}:{self.server.get_port()}"

    @property
    def client_count(self) -> int:
        """Number of browser pages that are open."""
        return len(self.server.get_clients())

    @property
    def answer_time(self) -> float:
        """Return the slowest page's latest answer time, s: about as long as it draws."""
        return max(list(self._answer_times.values()), default=0.0)

    def events(self) -> list[PageEvent]:
        """Return what happened since the last call."""
        taken = []
        while True:
            try:
                taken.append(self._events.get_nowait())
            except Empty:
                return taken

    def show_card(self, html: str) -> None:
        """Show another status card."""
        if html != self._card:
            self._card = html
            self._status.content = html

    def notify(self, client: int, title: str, body: str, is_good: bool) -> None:
        """Show a short note on the page of `client`."""
        page = self.server.get_clients().get(client)
        if page is None:
            return
        if is_good:
            page.add_notification(title, body, auto_close_seconds=GOOD_NOTE_S, color="green")
        else:
            page.add_notification(title, body, auto_close_seconds=BAD_NOTE_S, color="red")

    def ping_all(self, patience: float) -> None:
        """Ask every page whether it is alive; see `ping`."""
        for client in self.server.get_clients():
            self.ping(client, patience)

    def ping(self, client: int, patience: float) -> None:
        """Ask the page of `client` whether it is alive: in the background, for `patience` s.

        While a page is asked, it is not asked again.
        """
        page = self.server.get_clients().get(client)
        with self._lock:
            if page is None or client in self._pinged:
                return
            self._pinged.add(client)
        threading.Thread(target=self._ask, args=(page, patience), name="ping", daemon=True).start()

    def close(self) -> None:
        """End serving the page."""
        with open(devnull, "w") as nowhere, redirect_stdout(nowhere):
            self.server.stop()

    def _build(self) -> viser.GuiHtmlHandle:
        """Build what is always there; return the status card's handle."""
        gui = self.server.gui
        gui.configure_theme(show_logo=False, show_share_button=False, brand_color=BRAND_COLOUR)
        gui.set_panel_label("Talus")
        gui.main_panel.dock_right()
        gui.main_panel.set_width(PANEL_WIDTH_PX)
        gui.add_html(PAGE_STYLE)
        gui.add_html(STOP_MARKER)
        look = ButtonLook(icon="hand-stop", color="red", hint=STOP_HINT)
        self.panel.call_button("STOP", STOP_SERVICE, look)
        # The key works wherever the panels are, and is the one that a person presses first.
        command = gui.add_command(
            "STOP", description=STOP_SERVICE, hotkey="escape", icon=viser.Icon.HAND_STOP
        )
        command.on_trigger(lambda event: self._put(EventKind.CALL, event.client_id, STOP_SERVICE))
        gui.add_html(caption("Esc: protective stop, not an emergency stop", STOP_HINT))
        return gui.add_html("")

    def _put(self, kind: EventKind, client: int | None, value: str = "") -> None:
        self._events.put(PageEvent(kind, -1 if client is None else client, monotonic(), value))

    def _forget(self, client: viser.ClientHandle) -> None:
        self._answer_times.pop(client.client_id, None)
        self._put(EventKind.PAGE_LEFT, client.client_id)

    def _ask(self, page: viser.ClientHandle, patience: float) -> None:
        asked = monotonic()
        try:
            page.local_storage.get_item("talus", timeout=patience)
            self._put(EventKind.PAGE_ANSWERED, page.client_id)
            self._answer_times[page.client_id] = monotonic() - asked
        except (RuntimeError, TimeoutError):
            pass  # no answer is the answer: the walk's deadline runs out
        finally:
            with self._lock:
                self._pinged.discard(page.client_id)


def _serve(host: str, port: int) -> viser.ViserServer:
    """Start the server.

    viser takes the next free port when one is in use; a page that moves is worse than a clear
    error.
    """
    _check_free(host, port)
    with open(devnull, "w") as nowhere, redirect_stdout(nowhere):
        server = LocalServer(host, port)
    if server.get_port() != port:
        server.stop()
        raise PortError(_in_use(host, port))
    return server


def _check_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno == EADDRNOTAVAIL:
                raise PortError(
                    f"host '{host}' is no address of this machine; 127.0.0.1 or 0.0.0.0 works"
                ) from error
            raise PortError(_in_use(host, port)) from error


def _in_use(host: str, port: int) -> str:
    return (
        f"port {port} of {host} is in use or not permitted; "
        f"another one works, for example port:={port + 1}"
    )
