# SPDX-License-Identifier: Apache-2.0
"""Checks what the page refuses, and how viser is used beyond its public setters."""

import socket

import numpy as np
import pytest
from talus_view.drawing.canvas import Canvas, turn_node
from talus_view.page.page import Page, PortError
from view_site import free_port


@pytest.fixture
def page():
    page = Page("127.0.0.1", free_port())
    yield page
    page.close()


def test_port_in_use_is_one_line_with_a_remedy():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortError, match=f"port {port} .*in use.*port:={port + 1}"):
            Page("127.0.0.1", port)


def test_foreign_host_is_refused():
    with pytest.raises(PortError, match=r"203\.0\.113\.7.*127\.0\.0\.1"):
        Page("203.0.113.7", free_port())


def test_no_relay_to_the_internet(page):
    with pytest.raises(Exception, match="switched off"):
        page.server.request_share_url()


def test_quick_turn_sends_what_the_public_setter_sends(page):
    page.call(lambda: Canvas(page.server))
    quat = np.array([np.cos(0.2), 0.0, np.sin(0.2), 0.0])
    buffer = page.server._websock_server._broadcast_buffer
    slow, quick = (page.server.scene.add_frame(f"/{n}", show_axes=False) for n in ("slow", "quick"))
    slow.wxyz = quat
    turn_node(quick, quat)
    sent = {
        m.name: m
        for m in buffer.message_from_id.values()
        if type(m).__name__ == "SetOrientationMessage"
    }
    assert sent["/quick"].wxyz == sent["/slow"].wxyz
    assert sent["/quick"].owner == sent["/slow"].owner
    np.testing.assert_array_equal(quick.wxyz, slow.wxyz)
