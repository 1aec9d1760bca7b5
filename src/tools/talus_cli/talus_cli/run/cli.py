# SPDX-License-Identifier: Apache-2.0
"""Starts the simulated robot, plays its operator, ends it and sums up: `./talus run OPTIONS`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from talus_core.errors import TalusError
from talus_core.graph.new_key import key_of_start
from talus_core.machine.places import black_box_place, ros_log_environment
from talus_core.machine.terminal import Terminal, complain
from talus_launch.cli import PACKAGE, new_log_place, note_place
from talus_launch.packages import find_launch_file, package_share
from talus_launch.plan import LaunchPlan
from talus_launch.reading.resolve import resolve
from talus_launch.running.interrupts import Interrupts
from talus_launch.running.output import LogFolder
from talus_launch.running.session import Session, ros_domain
from talus_launch.running.supervisor import ProcessSupervisor

from talus_cli.run.available import Available, check_port
from talus_cli.run.black_box import told_events
from talus_cli.run.judging.summary import RunSummary
from talus_cli.run.options import RunOptions, parse_options
from talus_cli.run.status import StatusScreen

LAUNCH_FILE = "sim.launch.xml"


def main(words: Sequence[str] | None = None) -> int:
    """Run and return the exit code: 0 if nothing fell or latched, else 1; 2 for bad input."""
    try:
        options = parse_options(sys.argv[1:] if words is None else words, available())
    except TalusError as error:
        return _refuse(error)
    try:
        if not options.headless:
            check_port(options.port)
        if options.recorder:
            black_box_place(os.environ)
        os.environ.update(ros_log_environment(os.environ))  # every process of the plan gets it
        with key_of_start(os.environ):  # here, so that its operator tells forged states too
            plan = resolve(
                find_launch_file(PACKAGE, LAUNCH_FILE, os.environ),
                launch_arguments(options),
                os.environ,
            )
            return run(options, plan)
    except TalusError as error:
        if (
            options.json is not None
        ):  # never leave the file of an earlier run there as if it were this one's
            _write(RunSummary(faults=(str(error),)), options.json)
        return _refuse(error)


def _refuse(error: TalusError) -> int:
    complain(f"error: {error}")
    return 2


def _write(summary: RunSummary, file: Path) -> int:
    """Write the summary; return the exit code: 1 where it is lost (the disk is full by now)."""
    try:
        summary.write(file)
    except OSError as error:
        complain(f"error: --json {file}: {error.strerror}; the summary is not there")
        return 1
    return summary.exit_code


def available() -> Available:
    """Return what is installed here."""
    drivers = sorted({entry.name for entry in entry_points(group="talus.drivers")})
    needs = {entry.name: _need(entry) for entry in entry_points(group="talus.driver_needs")}
    return Available(package_share("talus_description", os.environ) / "urdf", drivers, needs)


def _need(entry: EntryPoint) -> Callable[[], None]:
    """Return what loads a plug-in's check, once somebody asks for it, and calls it."""
    return lambda: entry.load()()


def launch_arguments(options: RunOptions) -> dict[str, str]:
    """Return the arguments of the launch file that follow from the options."""
    return {
        "robots": str(options.robot.parent),
        "robot": options.robot.name,
        "driver": options.driver,
        "world": str(options.world),
        "seed": str(options.seed),
        "pace": "real_time" if options.is_real_time else "fast",
        "perception": str(options.perception).lower(),
        "view": str(not options.headless).lower(),
        "port": str(options.port),
        "recorder": str(options.recorder).lower(),
        "operator_key": str(options.operator_key.resolve()) if options.operator_key else "",
        "operator_udp": options.operator_udp if options.operator_key else "",
        "policy": str(options.policy.resolve()) if options.policy else "",
    }


def run(options: RunOptions, plan: LaunchPlan) -> int:
    """Run the robot from start to end and return the exit code."""
    terminal = Terminal(sys.stdout)
    screen = StatusScreen(terminal)
    place = new_log_place()
    session = Session(ros_domain(os.environ))
    interrupts = Interrupts(terminal)
    logs = LogFolder(place.folder, screen)
    supervisor = ProcessSupervisor(plan, logs.folder, logs, session.record)
    try:
        for name in session.end_leftovers():
            screen.note(f"ended '{name}', left over from a run that was killed")
        if place.reason:
            note_place(place, screen)
        supervisor.start()
        summary = _operate(options, supervisor, interrupts, screen)
        _end(supervisor, interrupts)
    finally:
        supervisor.stop()
        session.close()
        logs.close()
        terminal.end_row()
    return _sum_up(options, summary, logs, terminal)


def _operate(
    options: RunOptions, supervisor: ProcessSupervisor, interrupts: Interrupts, screen: StatusScreen
) -> RunSummary:
    from talus_cli.run.operation import Operation  # imports rclpy: while the processes start

    if not options.headless:
        screen.note(f"web view: http://localhost:{options.port}")
    operation = Operation(options, supervisor, interrupts, screen)
    try:
        while not operation.is_done:
            operation.step(time.monotonic())
        return operation.summary()
    finally:
        operation.close()


def _end(supervisor: ProcessSupervisor, interrupts: Interrupts) -> None:
    supervisor.begin_stop()
    while not supervisor.is_finished:
        for _ in range(interrupts.take()):
            supervisor.begin_stop()
        supervisor.poll()


def _sum_up(options: RunOptions, summary: RunSummary, logs: LogFolder, terminal: Terminal) -> int:
    code = summary.exit_code if options.json is None else _write(summary, options.json)
    for line in summary.lines():
        terminal.line(line)
    if code:
        terminal.line(f"logs: {logs.folder}")
    for line in told_events(logs.folder):
        terminal.line(line)
    return code
