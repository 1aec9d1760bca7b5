# SPDX-License-Identifier: Apache-2.0
"""Carries frames over any adapter that python-can knows, where that library is installed.

It takes some 40 us a frame: for a bench and its few drives, not for a whole robot.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from talus_can.bus.seam import BusError
from talus_can.bus.wire_bus import WireBus
from talus_can.frames import (
    ERROR_FRAME,
    ERROR_PASSIVE,
    EXTENDED,
    FLEXIBLE,
    RATE_SWITCH,
    REMOTE,
    FrameBatch,
    joined,
    make_frames,
    pack_mixed,
    unpack_mixed,
)
from talus_can.load import BitRates

FORBIDDEN_ADAPTERS = ("udp_multicast",)  # its frames leave the computer by the default route
_MESSAGE_FLAGS = (
    ("is_extended_id", EXTENDED),
    ("is_remote_frame", REMOTE),
    ("is_error_frame", ERROR_FRAME),
    ("is_fd", FLEXIBLE),
    ("bitrate_switch", RATE_SWITCH),
    ("error_state_indicator", ERROR_PASSIVE),
)


def load_python_can() -> Any:
    """Return the library; raises ImportError where it is not installed."""
    return importlib.import_module("can")


class PythonCanBus(WireBus[Any]):
    """Is one channel of an adapter; see `Bus`."""

    def __init__(
        self,
        name: str,
        adapter: str,
        channel: str,
        rates: BitRates,
        is_flexible: bool,
        load: Callable[[], Any] = load_python_can,
    ):
        """Take the bus's name, python-can's name of the adapter, and the channel.

        `load` returns the library, for tests another one. Raises BusError.
        """
        if adapter in FORBIDDEN_ADAPTERS:
            raise BusError(
                f"bus {name}: adapter '{adapter}' sends a robot's commands out of the computer, "
                "to whoever listens; kind unix reaches simulated drives"
            )
        if not adapter:
            raise BusError(f"bus {name}: kind python_can needs an adapter, such as pcan or slcan")
        super().__init__(name)
        self._adapter = adapter
        self._channel = channel
        self._rates = rates
        self._is_flexible = is_flexible
        self._load = load
        self._library: Any = None
        self._waiting: list[Any] = []

    def open(self) -> None:
        """Take the channel. Raises BusError: no library, no adapter, no such channel."""
        self.close()
        try:
            self._library = self._load()
        except ImportError as error:
            raise BusError(
                f"bus {self._name}: kind python_can needs the library: pip install python-can"
            ) from error
        options: dict[str, Any] = {"bitrate": int(self._rates.nominal)}
        if self._is_flexible:
            options |= {"fd": True, "data_bitrate": int(self._rates.data)}
        try:
            bus = self._library.Bus(interface=self._adapter, channel=self._channel, **options)
        except Exception as error:  # each adapter's library raises its own
            raise BusError(
                f"bus {self._name}: adapter '{self._adapter}', channel '{self._channel}': {error}"
            ) from error
        self._take(bus)

    def send(self, packed: np.ndarray) -> None:
        """Hand frames over one by one. Raises BusError."""
        bus = self._opened()
        frames = unpack_mixed(packed.tobytes())
        for row in range(len(frames)):
            try:
                bus.send(self._message(frames, row), timeout=0.0)
            except Exception as error:
                self._lost += len(frames) - row
                raise BusError(f"bus {self._name}: cannot send: {error}") from error
            self._sent += 1

    def receive(self) -> bytes:
        """Return all frames that have come. Raises BusError."""
        bus = self._opened()
        messages = self._waiting
        self._waiting = []
        try:
            while (message := bus.recv(timeout=0.0)) is not None:
                messages.append(message)
        except Exception as error:
            raise BusError(f"bus {self._name}: cannot receive: {error}") from error
        self._received += len(messages)
        return pack_mixed(joined([self._frame(message) for message in messages])).tobytes()

    def wait(self, timeout: float) -> bool:
        """Sleep until a frame comes, s at most; it is returned by the next `receive`."""
        message = self._opened().recv(timeout=timeout)
        if message is not None:
            self._waiting.append(message)
        return message is not None

    def _let_go(self, wire: Any) -> None:
        wire.shutdown()

    def _message(self, frames: FrameBatch, row: int) -> Any:
        flags = int(frames.flags[row])
        return self._library.Message(
            arbitration_id=int(frames.can_id[row]),
            data=bytes(frames.data[row, : frames.length[row]]),
            **{name: bool(flags & flag) for name, flag in _MESSAGE_FLAGS},
        )

    def _frame(self, message: Any) -> FrameBatch:
        flags = sum(flag for name, flag in _MESSAGE_FLAGS if getattr(message, name))
        data = np.frombuffer(bytes(message.data), np.uint8)[None]
        return make_frames(0, np.array([message.arbitration_id]), flags, data.shape[1], data)
