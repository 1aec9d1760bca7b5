# SPDX-License-Identifier: Apache-2.0
"""Checks the progress display on a terminal and in a log."""

import io

import pytest
from talus_cli.bootstrap import progress as module
from talus_cli.bootstrap.progress import StepProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_log_gets_plain_lines_for_start_and_end():
    out = io.StringIO()
    with StepProgress("building", out) as progress:
        progress.update(0.5, "talus_core")
    assert out.getvalue().splitlines() == [
        "talus: building ...",
        "talus: building: done after 0:00",
    ]


def test_terminal_gets_one_line_drawn_again_and_cleared(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(module, "REDRAW_EVERY_S", 0.01)
    out = Terminal()
    with StepProgress("building", out) as progress:
        progress.update(0.25, "talus_core")
        while "25 %" not in out.getvalue():
            progress.update(0.25)
    drawn, end = out.getvalue().rsplit("\r\x1b[K", 1)
    assert "\n" not in drawn
    assert "talus: building   25 %  0:00  talus_core" in drawn
    assert end == "talus: building: done after 0:00\n"


def test_a_dumb_terminal_gets_what_a_log_gets(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    out = Terminal()
    with StepProgress("building", out):
        pass
    assert out.getvalue() == "talus: building ...\ntalus: building: done after 0:00\n"


def test_fraction_never_goes_back_nor_beyond_one():
    progress = StepProgress("x", io.StringIO())
    for reported, shown in ((0.4, " 40 %"), (0.2, " 40 %"), (7.0, "100 %")):
        progress.update(reported)
        assert shown in progress.line()


def test_work_that_reports_nothing_is_measured(monkeypatch):
    monkeypatch.setattr(module, "PLAIN_EVERY_S", 0.01)
    out = io.StringIO()
    with StepProgress("unpacking", out, measure=lambda: 0.75):
        while "75 %" not in out.getvalue():
            pass
    assert "unpacking   75 %" in out.getvalue()


def test_failure_is_not_called_done():
    out = io.StringIO()
    with pytest.raises(KeyError), StepProgress("building", out):
        raise KeyError
    assert "stopped" in out.getvalue() and "done" not in out.getvalue()
