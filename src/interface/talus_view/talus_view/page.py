# SPDX-License-Identifier: Apache-2.0
"""The two-dimensional half of the page: status card, buttons, switches and camera pictures, built with viser."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import redirect_stdout
from os import devnull
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TypeVar

import numpy as np
import viser
from talus_core.errors import TalusError

from talus_view.events import GROUNDS, NO_CAMERA, PUSHES, SERVICES, Choices, Kind, PageEvent
from talus_view.panel import STOP_HINT
from talus_view.style import PAD_ICONS, PAGE_STYLE, STOP_MARKER, caption, pad_marker

HOLD_RATE = 10.0  # Hz at which a held walk button says so
STOP_KEY = "escape"  # works wherever the panels are, and is what a hand looks for
BRAND = (34, 111, 214)
LONGEST_CALL = 60.0  # s of wall time: a hang must end the process, a slow start must not

Result = TypeVar("Result")


class PortError(TalusError):
    """The page cannot be served where it was asked for; the message names the place and what would work."""


class Page:
    """A served page. Callbacks run in viser's threads and only put events into a queue; methods are for `call`."""

    def __init__(self, host: str, port: int, camera: str):
        """Serve at `host`:`port`, with `camera` chosen. Raises PortError."""
        self.server = _serve(host, port)
        self._events: SimpleQueue[PageEvent] = SimpleQueue()
        self._lock = threading.Lock()
        self._pinged: set[int] = set()
        self._answer_times: dict[int, float] = {}
        self._card = ""
        self.call(lambda: self._build(camera))
        self.server.on_client_disconnect(self._forget)

    def call(self, work: Callable[[], Result]) -> Result:
        """Do `work` in viser's own thread and wait: the only place where its message buffers may be touched safely.

        What it changes appears on the page all at once. What it raises is raised here.
        """

        async def together() -> Result:
            with self.server.atomic():
                return work()

        return asyncio.run_coroutine_threadsafe(together(), self.server.get_event_loop()).result(LONGEST_CALL)

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{self.server.get_host()}:{self.server.get_port()}"

    @property
    def client_count(self) -> int:
        """Browser pages that are open."""
        return len(self.server.get_clients())

    def events(self) -> list[PageEvent]:
        """What happened since the last call."""
        taken = []
        while True:
            try:
                taken.append(self._events.get_nowait())
            except Empty:
                return taken

    def choices(self) -> Choices:
        """What the switches are set to now."""
        return Choices(
            camera=self._camera.value,
            ground=self._ground.value,
            speed_share=self._speed.value / 100.0,
            push=float(self._push_size.value),
            is_walk_kept=self._keep.value,
            is_followed=self._follow.value,
            has_voxels=self._voxels.value,
            has_marks=self._marks.value,
        )

    def show_card(self, html: str) -> None:
        """The status card."""
        if html != self._card:
            self._card = html
            self._status.content = html

    def show_picture(self, picture: np.ndarray | None) -> None:
        """The chosen camera's picture (h, w, 3), or none."""
        _set_image(self._picture, picture)

    def show_depth(self, picture: np.ndarray | None) -> None:
        """The chosen camera's depth as colours (h, w, 3), or none."""
        _set_image(self._depth, picture)

    def show_picture_problem(self, text: str) -> None:
        """Why there is no picture."""
        self._problem.content = caption(text, text)

    def offer_cameras(self, names: tuple[str, ...]) -> None:
        """The cameras that can be chosen; the chosen one stays."""
        self._camera.options = _unique(NO_CAMERA, self._camera.value, *names)

    def offer_push(self, is_offered: bool) -> None:
        """Show the push buttons only where there is somebody to push."""
        self._push_folder.visible = is_offered

    def notify(self, client: int, title: str, body: str, is_good: bool) -> None:
        """A short note on the page of `client`."""
        page = self.server.get_clients().get(client)
        if page is not None:
            colour = "green" if is_good else "red"
            page.add_notification(title, body, auto_close_seconds=4.0 if is_good else 10.0, color=colour)

    @property
    def answer_time(self) -> float:
        """How long the slowest page took to answer lately, in s: about as long as it draws a picture."""
        return max(list(self._answer_times.values()), default=0.0)

    def ping_all(self, patience: float) -> None:
        """Ask every page whether it is alive; see `ping`."""
        for client in self.server.get_clients():
            self.ping(client, patience)

    def ping(self, client: int, patience: float) -> None:
        """Ask the page of `client` whether it is alive: in the background, once at a time, for `patience` s."""
        page = self.server.get_clients().get(client)
        with self._lock:
            if page is None or client in self._pinged:
                return
            self._pinged.add(client)
        threading.Thread(target=self._ask, args=(page, patience), name="ping", daemon=True).start()

    def close(self) -> None:
        """End serving."""
        with open(devnull, "w") as nowhere, redirect_stdout(nowhere):
            self.server.stop()

    def _build(self, camera: str) -> None:
        gui = self.server.gui
        gui.configure_theme(show_logo=False, show_share_button=False, brand_color=BRAND)
        gui.set_panel_label("Talus")
        gui.main_panel.dock_right()
        gui.main_panel.set_width(360)
        self._build_controls(gui)
        self._build_eyes(gui, camera)

    def _build_controls(self, gui: viser.GuiApi) -> None:
        gui.add_html(PAGE_STYLE)
        gui.add_html(STOP_MARKER)
        self._call_button(gui, "STOP", color="red", icon="hand-stop")
        command = gui.add_command("STOP", description="safety/stop", hotkey=STOP_KEY, icon="hand-stop")
        command.on_trigger(lambda event: self._put(Kind.CALL, event.client_id, "STOP"))
        gui.add_html(caption("Esc: protective stop, not an emergency stop", STOP_HINT))
        self._status = gui.add_html("")
        with gui.add_folder("Posture"):
            gui.add_html(pad_marker(columns=2))
            for name, icon in {"Arm": "bolt", "Reset": "rotate", "Stand": "walk", "Sit": "armchair"}.items():
                self._call_button(gui, name, icon=icon)
        with gui.add_folder("Walk: hold a button"):
            self._build_walk(gui)
        self._push_folder = gui.add_folder("Push the robot", visible=False)
        with self._push_folder:
            gui.add_html(pad_marker(columns=4))
            for name in PUSHES:
                self._button(gui, name.capitalize(), Kind.PUSH, name, color="grape")
            self._push_size = gui.add_slider("Impulse, N s", 5.0, 60.0, 5.0, 20.0)
        with gui.add_folder("Show"):
            self._follow = gui.add_checkbox("Follow robot", True)
            self._voxels = gui.add_checkbox("Voxels", True)
            self._marks = gui.add_checkbox("Balance", True, hint="Support, footsteps, capture point, pressure")
            self._ground = gui.add_dropdown("Ground", GROUNDS, initial_value=GROUNDS[0])

    def _build_walk(self, gui: viser.GuiApi) -> None:
        gui.add_html(pad_marker(columns=3))
        for name, icon in PAD_ICONS.items():
            if name == "halt":
                self._button(gui, "Halt", Kind.HALT, icon=icon, color="gray")
                continue
            button = self._button(gui, name.capitalize(), Kind.WALK_PRESSED, name, icon=icon)
            button.on_hold(lambda event, name=name: self._put(Kind.WALK_HELD, event.client_id, name), HOLD_RATE)
        self._speed = gui.add_slider("Speed, %", 10, 100, 5, 80)
        self._keep = gui.add_checkbox("Keep walking", False, hint="One press walks until Halt; else hold a button")

    def _build_eyes(self, gui: viser.GuiApi, camera: str) -> None:
        panel = gui.add_panel()
        panel.dock_left()
        panel.set_width(330)
        with panel.add_tab("Eyes", viser.Icon.EYE):
            self._camera = gui.add_dropdown("Camera", _unique(NO_CAMERA, camera), initial_value=camera)
            self._problem = gui.add_html("")
            blank = np.full((3, 4, 3), 225, dtype=np.uint8)
            self._picture = gui.add_image(blank, label="Colour", format="jpeg", jpeg_quality=80, visible=False)
            self._depth = gui.add_image(blank, label="Depth, 0.3 to 6 m", format="jpeg", jpeg_quality=80, visible=False)

    def _call_button(self, gui: viser.GuiApi, name: str, **look) -> None:
        self._button(gui, name, Kind.CALL, name, hint=SERVICES[name] if name != "STOP" else STOP_HINT, **look)

    def _button(self, gui: viser.GuiApi, label: str, kind: Kind, value: str = "", **look) -> viser.GuiButtonHandle:
        button = gui.add_button(label, **look)
        button.on_click(lambda event: self._put(kind, event.client_id, value))
        return button

    def _put(self, kind: Kind, client: int | None, value: str = "") -> None:
        self._events.put(PageEvent(kind, -1 if client is None else client, monotonic(), value))

    def _forget(self, client: viser.ClientHandle) -> None:
        self._answer_times.pop(client.client_id, None)
        self._put(Kind.PAGE_LEFT, client.client_id)

    def _ask(self, page: viser.ClientHandle, patience: float) -> None:
        asked = monotonic()
        try:
            page.local_storage.get_item("talus", timeout=patience)
            self._put(Kind.PAGE_ANSWERED, page.client_id)
            self._answer_times[page.client_id] = monotonic() - asked
        except (RuntimeError, TimeoutError):
            pass  # silence is the answer: the walk's deadline runs out
        finally:
            with self._lock:
                self._pinged.discard(page.client_id)


def _unique(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _set_image(handle: viser.GuiImageHandle, picture: np.ndarray | None) -> None:
    if picture is not None:
        handle.image = picture
    if handle.visible != (picture is not None):
        handle.visible = picture is not None


def _serve(host: str, port: int) -> viser.ViserServer:
    """viser takes the next free port when one is in use; a page that moves is worse than a clear error."""
    _check_free(host, port)
    with open(devnull, "w") as nowhere, redirect_stdout(nowhere):
        server = viser.ViserServer(host=host, port=port, verbose=False)
    if server.get_port() != port:
        server.stop()
        raise PortError(_in_use(host, port))
    server.request_share_url = _refuse_share  # a robot is never offered to the internet through a stranger's relay
    return server


def _check_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno == 99:
                raise PortError(f"host '{host}' is no address of this machine; 127.0.0.1 or 0.0.0.0 works") from error
            raise PortError(_in_use(host, port)) from error


def _in_use(host: str, port: int) -> str:
    return f"port {port} of {host} is in use or not permitted; another one works, for example port:={port + 1}"


def _refuse_share(verbose: bool = True) -> None:
    raise TalusError("sharing through a relay is switched off")
