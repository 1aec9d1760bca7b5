# SPDX-License-Identifier: Apache-2.0
"""Begins a program so that a closed stream, Ctrl-C or a terminal that goes away cannot break it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from talus_core.errors import TalusError
from talus_core.machine.terminal import complain

INTERRUPTED_CODE = 130  # 128 + SIGINT, as shells say it
_PR_SET_PDEATHSIG = 1  # prctl(2): the signal that a process gets when its parent is gone


def begin_program() -> None:
    """Call this first in a `__main__`, before anything large is imported.

    Ctrl-C ends the program without a word until it says otherwise, and the standard streams are
    open.
    """
    open_standard_streams()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # see hold_interrupts


class CommandLine(argparse.ArgumentParser):
    """Reads a command line; what is wrong with it is one line on standard error, and code 2."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and where the options are listed."""
        complain(f"error: {message}; {self.prog} --help lists the options")
        raise SystemExit(2)


class RefusingParser(argparse.ArgumentParser):
    """Reads a command line; raises what is wrong with it, with advice, for the caller to tell."""

    def __init__(self, advice: str, refusal: type[TalusError] = TalusError, **options: Any):
        """Take what stands behind every complaint, the error's class, and argparse's options."""
        super().__init__(allow_abbrev=False, **options)
        self._advice = advice
        self._refusal = refusal

    def error(self, message: str) -> NoReturn:
        """Raise the refusal."""
        raise self._refusal(f"{message}; {self._advice}")


def run_program(main: Callable[[], int]) -> int:
    """Run the `main` of a program that knows nothing of signals; return its exit code.

    Ctrl-C, SIGTERM and a terminal that goes away raise KeyboardInterrupt in it. What it does not
    handle, also where a library made another error of it, ends without a traceback.
    """
    begin_program()
    interrupt_by_exception()
    try:
        return main()
    except BaseException as error:
        if not _has_interrupt(error):
            raise
        complain("stopped")
        return INTERRUPTED_CODE


def _has_interrupt(error: BaseException | None) -> bool:
    """Tell whether an error is, or came of, a KeyboardInterrupt."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def hold_interrupts() -> None:
    """Keep a Ctrl-C waiting until the program that comes next calls `begin_program`."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def interrupt_by_exception() -> None:
    """Let Ctrl-C, SIGTERM and a terminal that goes away raise KeyboardInterrupt from here on."""
    for number in heeded_signals(signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def heeded_signals(*numbers: signal.Signals) -> list[signal.Signals]:
    """Return those that whoever started this program did not tell it to ignore, as nohup does."""
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


def open_standard_streams() -> None:
    """Open those of the three standard streams that are closed (`>&-`) on the null device.

    Else the next file that is opened would get the number of one, and what is printed.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)  # inheritable, unlike what open gives
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def end_with_parent(parent: int) -> None:
    """Let the kernel kill this process when its parent (an id) is gone; for workers, not robots."""
    import ctypes  # costs a start of ./talus more than all of this file

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it was gone before we asked
