# SPDX-License-Identifier: Apache-2.0
"""Checks the operator's device in terminals: keys, one row, and a terminal that goes away."""

from __future__ import annotations

import os
import sys

import pytest
from talus_cli.operator import LEAVE_KEY, OperatorTerminal
from terminal_screen import Pty, Screen

LONG = "robot: R0 runs; you: enabled  [space stop, r release, e enable, q leave] " * 3


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch):
    """A terminal of 40 columns; `device` makes it this program's standard input and output."""
    made = Pty(40)
    monkeypatch.setenv("TERM", "xterm")
    yield made
    made.stream.close()


@pytest.fixture
def device(window, monkeypatch: pytest.MonkeyPatch):
    """Makes the device, when a test runs: until then pytest sets the standard streams."""

    def make() -> OperatorTerminal:
        monkeypatch.setattr(sys, "stdin", os.fdopen(os.dup(window.stream.fileno())))
        monkeypatch.setattr(sys, "stdout", window.stream)
        return OperatorTerminal()

    return make


@pytest.fixture
def silence():
    """What the device waits for besides keys: nothing comes."""
    reading, writing = os.pipe()
    with open(reading, "rb") as link:
        yield link
    os.close(writing)


def test_keys_come_without_return_and_the_state_is_one_row(window, device, silence):
    terminal = device()
    with terminal.raw():
        for state in (LONG, LONG, "robot: R2 stands"):
            terminal.show(state)
        os.write(window.master, b"r")
        assert terminal.wait(silence, 300.0) == "r"
        assert terminal.wait(silence, 0.0) == ""
    screen = Screen(40)
    screen.take(window.read())
    assert screen.rows == ["robot: R2 stands"]


def test_a_terminal_that_is_gone_leaves(window, device, silence):
    terminal = device()
    with terminal.raw():
        window.hang_up()
        assert terminal.wait(silence, 300.0) == LEAVE_KEY
        terminal.show(LONG)
        assert terminal.wait(silence, 300.0) == LEAVE_KEY
