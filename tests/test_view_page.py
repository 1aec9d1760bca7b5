# SPDX-License-Identifier: Apache-2.0
"""Checks the web page in a real browser: robot, map, buttons, and what the buttons do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import cv2
import numpy as np
import pytest
from talus_cli.bootstrap.domains import claim_domain
from talus_cli.bootstrap.installing.system import BROWSER
from view_actor import BEATING, CAMERA, DEPTH, SERVICES, Actor
from view_browser import Browser

# Where no package brings a browser (Ubuntu) a person may go without; the machine that decides what
# is merged may not.
pytestmark = pytest.mark.skipif(
    BROWSER.packages == () and not BROWSER.is_there() and "CI" not in os.environ,
    reason=f"no browser to look at the page: {BROWSER.by_hand}",
)

PATIENCE = (
    300.0  # s of wall time until something is there: software rendering on a busy two-core machine
)
LABELS = {
    "STOP": "safety/stop",
    "Arm": "safety/arm",
    "Reset": "safety/reset",
    "Stand": "balance/stand",
    "Sit": "balance/sit",
}
ESCAPE = "\ue00c"  # as WebDriver writes it
CUT_LABELS = """
    return [...document.querySelectorAll('button')].filter(button => {
        const label = button.querySelector('.mantine-Button-label');
        if (!label || button.offsetParent === null) return false;
        const inner = label.getBoundingClientRect(), outer = button.getBoundingClientRect();
        const isInside = inner.left >= outer.left && inner.right <= outer.right
            && inner.bottom <= outer.bottom;
        return label.scrollWidth > label.clientWidth || !isInside;
    }).map(button => button.innerText);"""
REACHED_AT_THE_END = """
    const buttons = [...document.querySelectorAll('button')];
    const button = buttons.find(b => b.innerText.trim() === arguments[0]);
    const panel = button.closest('.mantine-ScrollArea-viewport');
    panel.scrollTop = panel.scrollHeight;
    const box = button.getBoundingClientRect();
    const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const found = {scrolled: panel.scrollTop, hit: hit ? hit.innerText.trim() : null};
    panel.scrollTop = 0;
    return found;"""
OPEN_TAB = """
    document.querySelector(`[data-dock-tab][title="${arguments[0]}"]`).dispatchEvent(
        new PointerEvent('pointerdown', {bubbles: true, button: 0}));
    document.querySelector(`[data-dock-tab][title="${arguments[0]}"]`).dispatchEvent(
        new PointerEvent('pointerup', {bubbles: true, button: 0}));
    document.querySelector(`[data-dock-tab][title="${arguments[0]}"]`).click();"""
NODES_TEXT = "return document.querySelector('.talus-nodes').innerText"
SILENT_ROUNDS = 20  # of the actor's 20 Hz without a command: twice as long as cmd_vel is obeyed
PAGE_DEADLINE_S = 3.0  # the most that the parameter allows: software rendering takes its time
# Walking commands after a browser died: those of hold_deadline_s, 0.4 s at 20 Hz; the round under
# way; those that wait in the actor's queue of 10. A slow machine sends fewer, not more: what the
# browser said last is heard in the loop that sends the commands.
LAST_STEPS = 8 + 1 + 10
NODE = (sys.executable, "-m", "talus_view.view_node", "--ros-args", "-p")


def until(is_so: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < end, f"not within {patience:.0f} s: {what}"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(port: int) -> Iterator[subprocess.Popen]:
    """Yield the node once it answers; at the end it must leave cleanly."""
    patient = ("-p", f"walk.page_deadline_s:={PAGE_DEADLINE_S}")
    node = subprocess.Popen([*NODE, f"port:={port}", *patient])
    try:
        until(lambda: node.poll() is not None or _answers(port), "the page is served")
        yield node
    finally:
        node.send_signal(signal.SIGINT)
        assert node.wait(timeout=PATIENCE) == 0


def _answers(port: int) -> bool:
    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}", timeout=PATIENCE) as reply:
        return reply.status == 200
    return False


@contextmanager
def opened(actor: Actor, port: int) -> Iterator[Browser]:
    """Yield a browser that has the page open, with everything on it."""
    with Browser() as browser:
        browser.open(f"http://127.0.0.1:{port}")
        until(lambda: actor.listeners("safety/state") > 0, "the page is watched")
        until(lambda: "R0 Run" in browser.text(), "the status card")
        until(lambda: browser.has_button("STOP"), "the buttons")
        yield browser


@pytest.fixture(scope="module")
def actor() -> Iterator[Actor]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", str(claim_domain()))
        with Actor() as actor:
            yield actor


@pytest.fixture(scope="module")
def port(actor: Actor) -> Iterator[int]:
    """Return the port of the page that is served."""
    port = free_port()
    with serving(port):
        yield port


@pytest.fixture(scope="module")
def page(actor: Actor, port: int) -> Iterator[Browser]:
    with opened(actor, port) as browser:
        yield browser


def share(picture: np.ndarray, is_such: np.ndarray) -> float:
    return float(is_such.sum()) / (picture.shape[0] * picture.shape[1])


def test_page_shows_robot_map_and_buttons(page: Browser, tmp_path: Path):
    def look() -> np.ndarray:
        picture = page.screenshot()
        cv2.imwrite(str(tmp_path / "page.png"), picture[:, :, ::-1])
        return picture

    until(lambda: _sees_robot(look()), f"robot and voxels are drawn; see {tmp_path / 'page.png'}")
    picture = look()
    red, green, blue = (picture[:, :, channel].astype(int) for channel in range(3))
    assert share(picture, (red > 220) & (green < 110) & (blue < 110)) > 0.005, "STOP is red"
    assert (
        share(picture, (abs(red - 20) < 12) & (abs(green - 200) < 12) & (abs(blue - 90) < 12))
        > 0.03
    ), "front_left"
    for label in (*LABELS, "Forward", "Back", "Left", "Right", "Turn left", "Turn right", "Halt"):
        assert page.has_button(label), label
    text = page.text()
    for said in ("R0 Run", "Standing", "80 %", "52.0 V", "both feet", "not an emergency stop"):
        assert said in text


def _sees_robot(picture: np.ndarray) -> bool:
    """Return whether the picture shows the robot, its marks and the block of voxels.

    Dark joints and white shells in the middle, teal rings, blue to violet top of the block.
    """
    height, width = picture.shape[:2]
    scene = picture[:, int(0.3 * width) : int(0.7 * width)].astype(int)
    red, green, blue = scene[:, :, 0], scene[:, :, 1], scene[:, :, 2]
    graphite = (red < 60) & (green < 60) & (blue < 60)
    teal = (red < 60) & (green > 70) & (blue > 70)
    voxels = (blue - red > 50) & (blue > 110)
    rows = np.flatnonzero(graphite.any(axis=1))
    is_tall = len(rows) > 0 and np.ptp(rows) > 0.35 * height
    return (
        is_tall
        and share(scene, graphite) > 0.005
        and share(scene, teal) > 0.0005
        and share(scene, voxels) > 0.005
    )


def test_buttons_reach_the_robot(page: Browser, actor: Actor):
    for label, service in LABELS.items():
        page.click(label)
        until(lambda service=service: service in actor.calls, f"{label} calls {service}")
    assert set(actor.calls) == set(SERVICES)
    until(
        lambda: page.has_button("Forward") and "Push the robot" in page.text(),
        "pushes are offered in simulation",
    )


def test_stop_is_always_in_sight_and_no_label_is_cut(page: Browser, actor: Actor):
    assert page.script(CUT_LABELS) == []
    reached = page.script(REACHED_AT_THE_END, "STOP")
    assert reached["scrolled"] > 100.0, "the panel is longer than the window"
    assert reached["hit"] == "STOP", "nothing covers it"
    actor.calls.clear()
    page.type(ESCAPE)
    until(lambda: "safety/stop" in actor.calls, "the Escape key stops")


def test_nodes_are_listed_and_a_silent_one_is_named(page: Browser, actor: Actor):
    page.script(OPEN_TAB, "Nodes")
    until(lambda: "camera" in page.script(NODES_TEXT), "the list is shown")
    until(lambda: page.script(NODES_TEXT).count("alive") == len(BEATING), "all live")
    assert "needed\u00a0to\u00a0arm" in page.script(NODES_TEXT)
    actor.silent.add("map")
    until(lambda: "map lost" in page.text(), "the status card names it")
    until(lambda: page.script(NODES_TEXT).count("lost") == 1, "the list shows it")
    actor.silent.clear()
    until(lambda: "map lost" not in page.text(), "it is back")
    page.script(OPEN_TAB, "Eyes")


def test_held_arrow_walks_and_release_stands(page: Browser, actor: Actor):
    actor.commands.clear()
    page.press("Forward")
    until(lambda: _moving(actor), "walking")
    page.release()
    until(lambda: not _moving(actor), "standstill is commanded")
    until(lambda: _is_silent(actor), "silence, so that others may command")
    assert {(command.left, command.turn) for command in actor.commands} == {(0.0, 0.0)}
    assert max(command.forward for command in actor.commands) == pytest.approx(0.4)  # 80 % of 0.5
    assert not actor.commands[-1].is_walk


def test_kept_walk_goes_on_by_itself_until_halt(page: Browser, actor: Actor):
    page.tick("Keep walking")
    until(lambda: _outlives_its_deadline(page, actor), "the page's answers keep the walk alive")
    page.click("Halt")
    until(lambda: not _moving(actor), "standstill is commanded")
    page.tick("Keep walking")


def _outlives_its_deadline(page: Browser, actor: Actor) -> bool:
    """Start a walk; return whether it goes on for longer than it would without the page's answers.

    A page that draws for longer than the deadline ends its walk, rightly: then it is tried anew.
    """
    page.click("Left")
    until(lambda: _moving(actor), "walking")
    end = actor.commands[-1].wall + PAGE_DEADLINE_S + 1.0
    until(lambda: not _moving(actor) or actor.commands[-1].wall > end, "the deadline passes")
    return _moving(actor)


def _is_silent(actor: Actor) -> bool:
    """Return whether the page has commanded nothing for SILENT_ROUNDS rounds of the actor."""
    return actor.rounds - actor.commands[-1].round > SILENT_ROUNDS


def _moving(actor: Actor) -> bool:
    return bool(actor.commands) and actor.commands[-1].is_walk


def test_dead_browser_stops_the_walk_and_an_empty_room_costs_nothing(ros_domain: int):
    port = free_port()
    with Actor() as actor, serving(port):
        until(lambda: actor.listeners("odom") > 0, "the odometer runs")
        assert (
            actor.listeners(CAMERA) == actor.listeners(DEPTH) == actor.listeners("map/points") == 0
        )
        with opened(actor, port) as page:
            until(
                lambda: actor.listeners(CAMERA) == 1 == actor.listeners(DEPTH),
                "the chosen camera is heard",
            )
            assert actor.listeners("camera/rear/image_raw") == 0
            page.press("Turn left")
            until(lambda: _moving(actor), "turning")
            page.kill()
            died = len(actor.commands)
            until(lambda: not _moving(actor), "standstill is commanded, by nobody's release")
            until(lambda: _is_silent(actor), "then silence, so that others may command")
            steps = [command for command in actor.commands[died:] if command.is_walk]
            assert len(steps) <= LAST_STEPS
            assert _answers(port), "the dead browser holds up no other one"
            until(
                lambda: actor.listeners(CAMERA) == 0 == actor.listeners("joint_states"),
                "the room is empty",
            )


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        ("port:={taken}", "port {taken} of 127.0.0.1 is in use"),
        ("prt:=8080", "port"),
        ("port:=0", "from 1 to 65535"),
        ("nodes:=/nowhere.yaml", "/nowhere.yaml"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(ros_domain: int, parameter: str, said: str):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        ended = subprocess.run(
            [*NODE, parameter.format(taken=taken)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=os.environ,
        )
    assert ended.returncode == 2
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1 and said.format(taken=taken) in lines[0]
