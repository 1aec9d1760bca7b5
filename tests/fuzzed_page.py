# SPDX-License-Identifier: Apache-2.0
"""Lists the doors of sockets: the page by HTTP and websocket, and both ends of the operator's UDP.

After whatever came, the page must obey STOP, which is pressed as another browser would press it.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from queue import Empty
from typing import Any

import msgspec
import viser
from file_mutation import VALUES, Draft, Octets, TreeFiles
from fuzzed_doors import Door
from fuzzed_graph import OPERATOR_KEY, Fuzzed, message_door
from fuzzed_samples import message_sample
from talus_cli.operator import LEAVE_KEY, hold
from talus_safety.operation.operator_link import Hold, OperatorDevice, OperatorLink
from talus_safety.operator_inputs_node import OperatorInputs
from talus_view.inbox_node import topics_to_hear
from talus_view.page.events import EventKind
from talus_view.page.page import STOP_SERVICE
from talus_view.view_node import ViewNode
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

ANSWERS_WITHIN_S = 60.0  # wall: of a page on a busy machine
TOPICS_SHARE = 0.3
HTTP_SHARE = 0.2
WEBSOCKET_SHARE = 0.1
MESSAGES = TreeFiles(
    msgspec.msgpack.decode,
    lambda tree: msgspec.msgpack.encode(tree, enc_hook=str),
    tuple(
        value for value in VALUES if not isinstance(value, int) or abs(value) < 2**63
    ),  # no number of msgpack
)
HTTP_REQUEST = b"GET /index.html?x=%2e%2e HTTP/1.1\r\nHost: robot\r\nAccept-Encoding: gzip\r\n\r\n"

# Where a browser looks from: with this it is a page of the view.
CAMERA = {
    **{"wxyz": [1.0, 0.0, 0.0, 0.0], "position": [0.0] * 3, "fov": 1.0, "near": 0.1, "far": 9.0},
    **{"image_height": 9, "image_width": 9, "look_at": [1.0, 0.0, 0.0]},
    "up_direction": [0.0, 0.0, 1.0],
}


class StopError(Exception):
    """Says that the page does not obey STOP any more."""


class FuzzedPage:
    """Opens the page of a view node as browsers do, and strangers."""

    def __init__(self, view: ViewNode):
        """Open a browser's connection, which stays."""
        self._view = view
        self._page = view._page
        self._port = self._page.server.get_port()
        for handle in self._page.server.gui._gui_input_handle_from_uuid.values():
            if isinstance(handle, viser.GuiCheckboxHandle):
                handle.value = True  # every layer of the picture is drawn
        self._browser = self._connected()
        self._stranger = self._connected()
        handles = self._page.server.gui._gui_input_handle_from_uuid
        self._stop = next(uuid for uuid, h in handles.items() if getattr(h, "label", "") == "STOP")
        self._held = next(
            uuid
            for uuid, h in handles.items()
            if getattr(h, "_button_impl", None) and h._button_impl.hold_cbs_from_freq
        )

    def close(self) -> None:
        """Close both connections."""
        self._browser.close()
        self._stranger.close()

    def doors(self) -> Iterable[Door]:
        """Yield the doors of topics, services, HTTP and websocket."""
        yield from self._topic_doors()
        yield from Fuzzed("view", self._view._node, (), self._draw, TOPICS_SHARE).doors()
        yield Door("view HTTP", Octets(), HTTP_REQUEST, self._request, HTTP_SHARE)
        for name, fields in self._messages().items():
            sample = MESSAGES.sample(msgspec.msgpack.encode({"type": name, **fields}))
            yield Door(f"view websocket {name}", MESSAGES, sample, self._send, WEBSOCKET_SHARE)

    def _topic_doors(self) -> Iterable[Door]:
        """Yield the doors of all topics that the page draws at one choice or another."""
        link = self._view._inbox._link
        seen: set[str] = set()
        for choose in self._choices():
            self._page.call(choose)
            for _, kind, door in tuple(link._served.values()):

                def take(data: bytes, label: str = door.label, choose: Any = choose) -> None:
                    self._page.call(choose)
                    link.doors[label](data)
                    self._draw()

                if door.label not in seen:
                    seen.add(door.label)
                    sample = message_sample(door.label, kind)
                    yield message_door(f"view {door.label}", sample, take, TOPICS_SHARE)

    def _choices(self) -> Iterable[Callable[[], None]]:
        """Yield what sets one option of one list of the page, and hears what is then drawn."""

        def chosen(handle: Any, option: str) -> None:
            handle.value = option
            self._view._inbox.want(topics_to_hear(self._view._widgets, True))

        for handle in tuple(self._page.server.gui._gui_input_handle_from_uuid.values()):
            if isinstance(handle, viser.GuiDropdownHandle):
                for option in handle.options:
                    yield partial(chosen, handle, option)

    def _messages(self) -> dict[str, dict[str, Any]]:
        stop = self._stop
        return {
            "GuiUpdateMessage": {"uuid": stop, "updates": {"value": True, "removed": False}},
            "GuiButtonHoldMessage": {"uuid": self._held, "frequency": 10.0},
            "GuiFormSubmitMessage": {"uuid": stop},
            "CommandTriggerMessage": {"uuid": stop},
            "FileTransferStartUpload": {
                **{"source_component_uuid": stop, "transfer_uuid": "x", "filename": "x"},
                **{"mime_type": "x", "part_count": 1, "size_bytes": 1},
            },
            "ViewerCameraMessage": CAMERA,
            "ScenePointerMessage": {
                **{"event_type": "click", "ray_origin": [0.0] * 3, "ray_direction": [0.0] * 3},
                **{"screen_pos": [[0.0, 0.0]], "modifier": None},
            },
            "LocalStorageGetItemResponseMessage": {
                **{"request_uuid": "x", "value": "x", "error": None}
            },
        }

    def _connected(self) -> ClientConnection:
        protocol: Any = f"viser-v{viser.__version__}"
        opened = connect(
            f"ws://127.0.0.1:{self._port}",
            subprotocols=[protocol],
            max_size=None,
            open_timeout=ANSWERS_WITHIN_S,
            max_queue=None,
            ping_interval=None,
        )
        opened.send(msgspec.msgpack.encode({"type": "ViewerCameraMessage", **CAMERA}))
        return opened

    def _draw(self) -> None:
        """Do what a round does while somebody watches, without waiting until it is due."""

        def draw() -> None:
            view = self._view
            view._inbox.want(topics_to_hear(view._widgets, True))
            for widget in view._widgets:
                for is_drawn in (False, True):
                    view._inbox.deliver(widget, time.monotonic(), is_drawn)
            view._run_round()

        self._page.call(draw)
        self._drain()

    def _drain(self) -> None:
        for connection in (self._browser, self._stranger):
            with suppress(TimeoutError, WebSocketException):
                while True:
                    connection.recv(timeout=0)

    def _send(self, message: Draft) -> None:
        try:
            self._stranger.send(message.data)
        except WebSocketException:
            self._stranger = self._connected()
            self._stranger.send(message.data)
        self._press_stop()

    def _request(self, data: bytes) -> None:
        place = ("127.0.0.1", self._port)
        with socket.create_connection(place, ANSWERS_WITHIN_S) as link, suppress(OSError):
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
            while link.recv(65536):
                pass
        self._press_stop()

    def _press_stop(self) -> None:
        """Press STOP as a browser does, and see the event; then run a round."""
        press = {"type": "GuiUpdateMessage", "uuid": self._stop, "updates": {"value": True}}
        self._browser.send(msgspec.msgpack.encode(press))
        try:
            while True:
                event = self._page._events.get(timeout=ANSWERS_WITHIN_S)
                if (event.kind, event.value) == (EventKind.CALL, STOP_SERVICE):
                    break
        except Empty:
            raise StopError(f"STOP is not obeyed within {ANSWERS_WITHIN_S:g} s") from None
        self._page.call(self._view._run_round)
        self._drain()


def udp_doors(inputs: OperatorInputs, after: Callable[[], object]) -> Iterable[Door]:
    """Yield the doors of both ends of the operator's link.

    `inputs` are the supervisor's, `after` is a judgement of it.
    """
    assert inputs._ends is not None and inputs._ends._socket is not None
    robot = inputs._ends._socket.getsockname()
    link = OperatorLink(OPERATOR_KEY)
    challenge = link.challenge(0.0)
    answer = OperatorDevice(OPERATOR_KEY).answer(challenge, Hold.ENABLED)
    assert answer is not None
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def to_robot(data: bytes) -> None:
        sender.sendto(data, robot)
        after()

    yield Door("safety UDP", Octets(), answer, to_robot)
    yield Door("operator UDP", Octets(), challenge, _to_device)


def _to_device(data: bytes) -> None:
    """Answer the operator's device with a datagram, and look at what it shows."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as robot:
        robot.bind(("127.0.0.1", 0))
        hold(OperatorDevice(OPERATOR_KEY), robot.getsockname(), _Keys(robot, data))


class _Keys:
    """Stands for a terminal: a datagram comes, is shown, and q is pressed."""

    def __init__(self, robot: socket.socket, data: bytes):
        self._robot, self._data = robot, data
        self._rounds = 0

    def raw(self) -> _Keys:
        return self

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, line: str) -> None:
        if "\n" in line:
            raise ValueError(f"what is shown has several lines: {line}")

    def wait(self, link: socket.socket, seconds: float) -> str:
        self._rounds += 1
        if self._rounds == 1:
            self._robot.sendto(self._data, link.getsockname())
        return LEAVE_KEY if self._rounds > 2 else ""
