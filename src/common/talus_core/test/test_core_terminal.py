# SPDX-License-Identifier: Apache-2.0
"""Checks what is printed on terminals of any width, on dumb and closed ones, on pipes and files."""

from __future__ import annotations

import io
import os

import pytest
from talus_core.machine.terminal import Terminal, cut_to_columns, plain_text
from terminal_screen import Pty, Screen

COLOURED = {"TERM": "xterm-256color"}
STATUS = "   12.3 s | walking      | R1 (battery low) | 0.40 m/s   3.00 m | battery 50.0 % | 1.25 x"


class Tty(io.StringIO):
    """Says that it is a terminal, and knows no width."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def window():
    windows: list[Pty] = []

    def make(columns: int) -> Pty:
        windows.append(Pty(columns))
        return windows[-1]

    yield make
    for made in windows:
        made.stream.close()


@pytest.mark.parametrize("columns", [0, 1, 2, 3, 4, 10, 40, 80, 96, 200])
@pytest.mark.parametrize("text", [STATUS, "机器人走路 " * 30, "a\u0301" * 200, "\t|\n|" * 40])
def test_a_status_is_one_row_whatever_the_width(window, columns: int, text: str):
    pty = window(columns)
    terminal = Terminal(pty.stream, COLOURED)
    for _ in range(20):
        terminal.row(text)
    terminal.line("the end")
    screen = Screen(columns or 80)
    screen.take(pty.read())
    last = "the end"
    assert screen.rows == [
        *(last[i : i + screen.columns] for i in range(0, len(last), screen.columns)),
        "",
    ]


def test_a_status_follows_the_width_and_leaves_room_for_what_ctrl_c_echoes(window):
    pty = window(200)
    terminal = Terminal(pty.stream, COLOURED)
    terminal.row(STATUS * 2)
    pty.read()
    pty.resize(40)
    terminal.row(STATUS * 2)
    screen = Screen(40)
    screen.take(pty.read() + "^C")
    terminal.row("sitting down")
    screen.take(pty.read())
    assert screen.rows == ["sitting down"]


def test_what_comes_after_the_last_status_begins_on_a_row_of_its_own(window):
    pty = window(80)
    terminal = Terminal(pty.stream, COLOURED)
    terminal.row(STATUS)
    terminal.end_row()
    terminal.end_row()
    terminal.line("sat down")
    screen = Screen(80)
    screen.take(pty.read())
    assert screen.rows == [STATUS[:77], "sat down", ""]


def test_streams_share_the_screen(window):
    """A row on standard error, and the figures that follow on standard output."""
    pty = window(80)
    progress, figures = Terminal(pty.stream, COLOURED), Terminal(pty.stream, COLOURED)
    progress.row("12 of 40")
    figures.line("all of them")
    figures.row("a second row")
    progress.row("40 of 40")
    screen = Screen(80)
    screen.take(pty.read())
    assert screen.rows == ["12 of 40", "all of them", "a second row", "40 of 40"]
    progress.end_row()


@pytest.mark.parametrize(
    "stream, environment",
    [
        (io.StringIO, COLOURED),
        (Tty, {"TERM": "dumb"}),
        (Tty, {}),
    ],
)
def test_pipes_files_and_dumb_terminals_get_plain_lines(stream, environment):
    out = stream()
    terminal = Terminal(out, environment)
    terminal.row(STATUS)
    terminal.line(
        terminal.coloured("driver", 36) + " \x1b[31mred\x1b[0m\x1b[2J\x1b]0;title\x07\x07"
    )
    assert not terminal.is_live
    assert out.getvalue() == f"{STATUS}\ndriver red\n"


def test_colours_are_for_those_who_want_them():
    for environment, is_coloured in (
        (COLOURED, True),
        (COLOURED | {"NO_COLOR": ""}, True),  # no-color.org: only a value that is not empty counts
        (COLOURED | {"NO_COLOR": "1"}, False),
    ):
        out = Tty()
        terminal = Terminal(out, environment)
        terminal.line(f"{terminal.coloured('driver', 36)} \x1b[31mred\x1b[0m\x1b[2J")
        wanted = "\x1b[36mdriver\x1b[0m \x1b[31mred\x1b[0m\n" if is_coloured else "driver red\n"
        assert (terminal.is_live, out.getvalue()) == (True, wanted)


def test_no_text_moves_the_cursor():
    for text in (
        "\x1b[3;4H",
        "\x1b[2J",
        "\x1bc",
        "\x1b(B",
        "\x1b]8;;http://x\x1b\\",
        "\r",
        "\b\x9b1A",
    ):
        assert plain_text(f"a{text}b").startswith("a")
        for keeps in (False, True):
            assert not set(plain_text(f"a{text}b", keeps)) & set("\x1b\r\b\x9b\x07")
    assert plain_text("a\tb\nc") == "a\tb\nc"


def test_width_of_what_is_cut():
    assert cut_to_columns("ab机器", 3) == "ab"
    assert cut_to_columns("ab机器", 4) == "ab机"
    assert cut_to_columns("a\u0301b", 1) == "a\u0301"
    assert cut_to_columns("ab", 0) == ""


def test_the_told_width_serves_where_the_terminal_knows_none():
    assert Terminal(Tty(), COLOURED).width() == 80
    assert Terminal(Tty(), COLOURED | {"COLUMNS": "44"}).width() == 44
    assert Terminal(Tty(), COLOURED | {"COLUMNS": "wide"}).width() == 80


def test_a_terminal_that_hangs_up_raises_nothing_and_is_noticed(window):
    pty = window(80)
    terminal = Terminal(pty.stream, COLOURED)
    terminal.row(STATUS)
    assert (terminal.is_lost, terminal.has_reader) == (False, True)
    pty.hang_up()
    terminal.row(STATUS)
    terminal.line("nobody reads it")
    assert (terminal.is_lost, terminal.has_reader) == (True, False)
    pty.stream.flush()  # nothing is left that the end of a program would complain of


def test_a_pipe_without_a_reader_raises_nothing_and_is_noticed():
    reading, writing = os.pipe()
    with open(writing, "w") as stream:
        terminal = Terminal(stream, COLOURED)
        os.close(reading)
        terminal.line("nobody reads it")
        terminal.line("nor this")
        assert (terminal.is_lost, terminal.has_reader) == (True, False)


def test_a_full_disk_and_a_closed_stream_are_nobodys_wish_to_end():
    with open("/dev/full", "w") as full:
        closed = io.StringIO()
        closed.close()
        for stream in (full, closed, None):
            terminal = Terminal(stream, COLOURED)
            terminal.row(STATUS)
            terminal.line("lost")
            assert (terminal.is_lost, terminal.has_reader) == (True, True)


def test_a_reader_that_does_not_keep_up_costs_lines_not_the_program():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with open(writing, "w") as stream:
        terminal = Terminal(stream, COLOURED)
        for _ in range(100):
            terminal.line("x" * 4000)
        assert not terminal.is_lost
        while not terminal.is_lost and os.read(reading, 1 << 16):
            os.set_blocking(reading, False)
            try:
                while os.read(reading, 1 << 16):
                    pass
            except BlockingIOError:
                break
    os.close(reading)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_an_encoding_lacks_is_spelled(encoding: str):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding)
    Terminal(stream, {}).line("Küche 机 \udce4")
    said = raw.getvalue().decode(encoding)
    assert said.startswith("K") and said.endswith("\\udce4\n")
