# SPDX-License-Identifier: Apache-2.0
"""An adapter of python-can carries frames, or says what it needs."""

from __future__ import annotations

import types

import numpy as np
import pytest
from talus_can.bus.python_can import PythonCanBus
from talus_can.bus.seam import BusError
from talus_can.frames import (
    EXTENDED,
    FLEXIBLE,
    RATE_SWITCH,
    joined,
    make_frames,
    pack_mixed,
    unpack_mixed,
)
from talus_can.load import BitRates

RATES = BitRates(1e6, 5e6)


class FakeLibrary:
    """Stands for python-can: what is sent comes back."""

    def __init__(self):
        self.options: dict = {}
        self.messages: list = []
        self.closed = False

    def Bus(self, **options):
        self.options = options
        if options["channel"] == "none":
            raise OSError("no such channel")
        return self

    def Message(self, **values):
        return types.SimpleNamespace(**{"is_error_frame": False, **values})

    def send(self, message, timeout):
        self.messages.append(message)

    def recv(self, timeout):
        return self.messages.pop(0) if self.messages else None

    def shutdown(self):
        self.closed = True


def test_an_adapter_carries_frames_one_by_one():
    library = FakeLibrary()
    bus = PythonCanBus("can0", "pcan", "PCAN_USBBUS1", RATES, True, lambda: library)
    bus.open()
    assert library.options["data_bitrate"] == 5_000_000
    data = np.arange(24, dtype=np.uint8)[None]
    frames = joined(
        [
            make_frames(0, np.array([0x100]), 0, 8, data[:, :8]),
            make_frames(0, np.array([0x8001]), EXTENDED | FLEXIBLE | RATE_SWITCH, 24, data),
        ]
    )
    bus.send(pack_mixed(frames))
    assert bus.wait(0.0)
    back = unpack_mixed(bus.receive())
    assert sorted(back.payloads()) == sorted(frames.payloads())
    assert set(back.flags) == set(frames.flags)
    bus.close()
    assert library.closed


def test_without_the_library_an_adapter_says_what_to_install():
    def load():
        raise ImportError("can")

    bus = PythonCanBus("can0", "pcan", "x", RATES, False, load)
    with pytest.raises(BusError, match=r"bus can0: .* pip install python-can"):
        bus.open()


def test_a_channel_that_is_not_there_is_named():
    bus = PythonCanBus("can0", "pcan", "none", RATES, False, FakeLibrary)
    with pytest.raises(BusError, match="adapter 'pcan', channel 'none': no such channel"):
        bus.open()


@pytest.mark.parametrize(
    ("adapter", "said"), [("udp_multicast", "out of the computer"), ("", "needs an adapter")]
)
def test_an_adapter_that_leaves_the_computer_is_refused_by_name(adapter, said):
    with pytest.raises(BusError, match=said):
        PythonCanBus("can0", adapter, "x", RATES, False)
