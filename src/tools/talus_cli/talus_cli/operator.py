# SPDX-License-Identifier: Apache-2.0
"""Runs the operator's device in a terminal, over UDP, without ROS: `./talus operator KEY`.

Space stops the robot, r lets go (it stands), e holds again, q leaves. Without this program the
robot stands after 0.5 s and sits down after 2 s. Needs the standard library, talus_core and
talus_safety alone.
"""

from __future__ import annotations

import contextlib
import select
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from talus_core.errors import TalusError
from talus_core.machine.program import CommandLine, run_program
from talus_core.machine.terminal import Terminal, complain, end_status_row, tell
from talus_core.words.stop_levels import StopLevel
from talus_safety.operation.operator_link import (
    CHALLENGE_PERIOD_S,
    HELLO_DATAGRAM,
    OPERATOR_UDP,
    Hold,
    LinkError,
    OperatorDevice,
    level_of,
    load_key,
    udp_address,
    write_key,
)

HOLD_OF_KEY = {" ": Hold.STOP, "r": Hold.RELEASED, "e": Hold.ENABLED}
LEAVE_KEY = "q"
KEYS_HELP = "space stop, r release, e enable, q leave"
ANSWER_LATE_S = 0.5  # without a challenge: the robot is not there
DONE_AT_LEVEL = {
    StopLevel.R0_RUN: "runs",
    StopLevel.R1_DEGRADE: "degraded",
    StopLevel.R2_SAFE_STAND: "stands",
    StopLevel.R3_SIT_THEN_CUT: "sits down",
    StopLevel.R4_PROTECTIVE_FALL: "falls",
    StopLevel.R5_CUT: "cut",
}


def _level_words(number: int) -> str:
    """Say what the robot does at a level, such as `R2 stands`."""
    level = StopLevel.from_message(number)
    return f"{level.code} {DONE_AT_LEVEL[level]}"


class OperatorTerminal:
    """Reads keys one by one, and overwrites one line; without a terminal there are no keys."""

    def __init__(self) -> None:
        self._has_keys = sys.stdin.isatty()
        self._screen = Terminal(sys.stdout)
        self._shown = ""

    @contextlib.contextmanager
    def raw(self) -> Iterator[None]:
        """Let keys come without Return, and leave the terminal as it was."""
        if not self._has_keys:
            yield
            return
        import termios
        import tty

        before = termios.tcgetattr(sys.stdin)
        try:
            tty.setcbreak(sys.stdin)
            yield
        finally:
            with contextlib.suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)

    def wait(self, link: socket.socket, seconds: float) -> str:
        """Wait for a key, a datagram or the end of the time; return the key, if it was one.

        A terminal that is gone leaves, as q does: nobody holds the device any more.
        """
        ready, _, _ = select.select(
            [link, *([sys.stdin] if self._has_keys else [])], [], [], seconds
        )
        if not self._screen.has_reader:
            return LEAVE_KEY
        if sys.stdin not in ready:
            return ""
        try:
            return sys.stdin.read(1) or LEAVE_KEY
        except OSError:
            return LEAVE_KEY

    def show(self, line: str) -> None:
        """Show a line where it changed."""
        if line != self._shown:
            self._shown = line
            self._screen.row(line)


def hold(device: OperatorDevice, address: tuple[str, int], terminal: OperatorTerminal) -> None:
    """Answer the robot until q or Ctrl-C. Raises LinkError."""
    wish = Hold.ENABLED
    heard_at = asked_at = float("-inf")
    level = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link, terminal.raw():
        link.setblocking(False)
        _connect(link, address)
        while True:
            now = time.monotonic()
            if now - asked_at >= CHALLENGE_PERIOD_S / 2:
                asked_at = now
                _send(link, HELLO_DATAGRAM)
            there = _level_words(level) if now - heard_at < ANSWER_LATE_S else "no answer"
            you = wish.name.lower()
            terminal.show(f"robot: {there}; you: {you}  [{KEYS_HELP}]")
            key = terminal.wait(link, CHALLENGE_PERIOD_S / 2)
            if key == LEAVE_KEY:
                return
            wish = HOLD_OF_KEY.get(key, wish)
            challenge = _receive(link)
            told_level = level_of(challenge)
            answer = device.answer(challenge, wish)
            if answer is not None and told_level is not None:
                heard_at = time.monotonic()
                level = told_level
                _send(link, answer)


def _connect(link: socket.socket, address: tuple[str, int]) -> None:
    try:
        link.connect(address)
    except OSError as error:
        raise LinkError(
            f"robot '{address[0]}': {error.strerror}; name its host, as {OPERATOR_UDP}"
        ) from error


def _send(link: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):  # no receiver yet, or none any more
        link.send(data)


def _receive(link: socket.socket) -> bytes:
    try:
        return link.recv(256)
    except OSError:
        return b""


def main(words: Sequence[str] | None = None) -> int:
    """Run the device and return the exit code: 0 after q or Ctrl-C, 2 for bad input."""
    made = CommandLine(prog="./talus operator", description="The operator's device, over UDP.")
    made.add_argument("key", nargs="?", type=Path, help="key file, the same as the robot's")
    made.add_argument(
        "--robot", default=OPERATOR_UDP, metavar="HOST:PORT", help=f"default: {OPERATOR_UDP}"
    )
    made.add_argument("--new-key", type=Path, metavar="FILE", help="write a new key and end")
    given = made.parse_args(words)
    try:
        if given.new_key is not None:
            write_key(given.new_key)
            tell(str(given.new_key))
            return 0
        if given.key is None:
            raise LinkError(
                "no key file is given; ./talus operator --new-key FILE makes one, "
                "for robot and operator"
            )
        hold(OperatorDevice(load_key(given.key)), udp_address(given.robot), OperatorTerminal())
    except TalusError as error:
        complain(f"error: {error}")
        return 2
    except KeyboardInterrupt:
        pass
    end_status_row()
    tell("left: the robot stands, then sits down")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
