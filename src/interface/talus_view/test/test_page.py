# SPDX-License-Identifier: Apache-2.0
"""What the page refuses, and how viser is used beyond its public setters."""

import socket

import numpy as np
import pytest
from talus_view.page import Page, PortError
from talus_view.stage import Stage, _turn


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def page():
    page = Page("127.0.0.1", free_port(), "front_left")
    yield page
    page.close()


def test_port_in_use_is_one_line_with_a_remedy():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortError, match=f"port {port} .*in use.*port:={port + 1}"):
            Page("127.0.0.1", port, "front_left")


def test_foreign_host_is_refused():
    with pytest.raises(PortError, match=r"203\.0\.113\.7.*127\.0\.0\.1"):
        Page("203.0.113.7", free_port(), "front_left")


def test_switches_start_as_a_spectator_wants_them(page):
    choices = page.choices()
    assert choices.camera == "front_left" and choices.is_followed and choices.has_voxels
    assert not choices.is_walk_kept


def test_cameras_are_offered_once_and_the_chosen_stays(page):
    page.offer_cameras(("rear", "front_left"))
    assert page._camera.options == ("off", "front_left", "rear")
    assert page.choices().camera == "front_left"


def test_no_relay_to_the_internet(page):
    with pytest.raises(Exception, match="switched off"):
        page.server.request_share_url()


def test_quick_turn_sends_what_the_public_setter_sends(page):
    page.call(lambda: Stage(page.server, (0.24, 0.11)))
    quat = np.array([np.cos(0.2), 0.0, np.sin(0.2), 0.0])
    buffer = page.server._websock_server._broadcast_buffer
    slow, quick = (page.server.scene.add_frame(f"/{n}", show_axes=False) for n in ("slow", "quick"))
    slow.wxyz = quat
    _turn(quick, quat)
    sent = {m.name: m for m in buffer.message_from_id.values() if type(m).__name__ == "SetOrientationMessage"}
    assert sent["/quick"].wxyz == sent["/slow"].wxyz
    assert sent["/quick"].owner == sent["/slow"].owner
    np.testing.assert_array_equal(quick.wxyz, slow.wxyz)
