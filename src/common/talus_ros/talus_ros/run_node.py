# SPDX-License-Identifier: Apache-2.0
"""Provides the `main` of every node: it starts, runs until a signal or error, always closes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from typing import Protocol

import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions
from talus_core.errors import TalusError
from talus_core.machine.program import heeded_signals
from talus_core.machine.terminal import complain

from talus_ros.fast_link_node import FastLink
from talus_ros.intake.executor_node import IntakeExecutor
from talus_ros.intake.intake_node import GRAPH_LOOK_PERIOD_S

WAKE_PERIOD_S = 0.05  # s by which a loop that sleeps in C may notice a signal late
# For the processes that keep the robot upright: they run before pictures, maps and pages.
CONTROL_NICENESS = -10


def create_clockless_node(name: str) -> Node:
    """Create a node that takes time from the stamps of the messages it receives.

    Following `clock` would cost more than all its services. The node declares `use_sim_time` false,
    whatever the launch sets for all nodes.
    """
    return rclpy.create_node(name, parameter_overrides=[Parameter("use_sim_time", value=False)])


class Runnable(Protocol):
    """Names what `run_node` needs of a node's shell object."""

    def run(self, ended: Event) -> None:
        """Work until `ended` is set; an error that is raised here ends the process.

        Sleep for at most `WAKE_PERIOD_S` at a time: a signal that another thread takes does not
        wake this one, and its handler, which sets `ended`, runs only when this thread is awake.
        """

    def close(self) -> None:
        """Leave everything safe and tidy; it is called exactly once, also after an error."""


class ExecutorThread:
    """Spins a node's services and timers beside a main loop.

    An error in a timer ends the main loop; requests are contained, see `IntakeExecutor`.
    """

    def __init__(self, node: Node, ended: Event, on_error: Callable[[], None] = lambda: None):
        """Start at once; `on_error` is called to wake the main loop."""
        self._executor = IntakeExecutor(node)
        self._ended = ended
        self._on_error = on_error
        self._error: BaseException | None = None
        self._thread = Thread(target=self._spin, name="executor", daemon=True)
        self._thread.start()

    def raise_error(self) -> None:
        """Raise in this thread what a callback raised in the executor's."""
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """End the thread; calling it again does nothing."""
        self._ended.set()
        self._executor.wake()
        self._thread.join()

    def _spin(self) -> None:
        try:
            while not self._ended.is_set():
                self._executor.spin_once(timeout_sec=GRAPH_LOOK_PERIOD_S)  # `close` wakes it
                self._executor.look()
        except BaseException as error:  # passed to the main loop, which ends the process with it
            self._error = error
            self._ended.set()
            self._on_error()


def serve_link(node: Node, link: FastLink, ended: Event) -> None:
    """Run the main loop of a node that only answers messages; services and timers run beside it."""
    executor = ExecutorThread(node, ended, link.wake)
    try:
        while not ended.is_set():
            link.wait(WAKE_PERIOD_S)
            executor.raise_error()
    finally:
        executor.close()


def spin(node: Node, ended: Event) -> None:
    """Run the main loop of a node that has only services and timers; raise what timers raise."""
    executor = IntakeExecutor(node)
    while not ended.is_set():
        executor.spin_once(timeout_sec=WAKE_PERIOD_S)
        executor.look()


def run_node(
    create: Callable[[], Runnable], args: list[str] | None = None, niceness: int = 0
) -> int:
    """Run a node from start to end.

    Args:
        create: Makes the node's shell object.
        args: Words of the command line; None for those of this process.
        niceness: Priority of all its threads, where the system grants it; below 0 it gets the
            processor before others.

    Returns:
        Exit code: 0 after SIGINT, SIGTERM or a terminal that goes away, 2 for bad input (one line
        on stderr); other errors are raised.
    """
    with suppress(PermissionError):
        os.nice(niceness)
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM, *heeded_signals(signal.SIGHUP)):
        signal.signal(number, lambda *_: ended.set())
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    runnable: Runnable | None = None
    try:
        runnable = create()
        runnable.run(ended)
        return 0
    except TalusError as error:
        complain(f"error: {error}")
        return 2
    finally:
        ended.set()
        if runnable is not None:
            runnable.close()
        rclpy.try_shutdown()
