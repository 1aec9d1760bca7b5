# SPDX-License-Identifier: Apache-2.0
"""Runs a launch file until it ends or Ctrl-C: `./talus launch FILE [key:=value ...]`."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from talus_core.errors import TalusError
from talus_core.machine.places import Place, log_place, ros_log_environment
from talus_core.machine.terminal import Terminal, complain, tell

from talus_launch.errors import LaunchError
from talus_launch.packages import find_launch_file
from talus_launch.plan import LaunchPlan
from talus_launch.reading.resolve import resolve
from talus_launch.ros2 import real_launch
from talus_launch.running.interrupts import Interrupts
from talus_launch.running.output import LaunchScreen, LogFolder, Sink
from talus_launch.running.session import Session, ros_domain
from talus_launch.running.supervisor import Exit, ProcessSupervisor

USAGE = (
    "usage: ./talus launch FILE [key:=value ...] [--show-args]   "
    "FILE: a path, a name in launch/, or PACKAGE NAME"
)
PACKAGE = "talus_bringup"


def main(words: Sequence[str] | None = None) -> int:
    """Run a launch file and return the exit code.

    It is 0 after Ctrl-C, a terminal that went away or a good end, 1 if a required process died or
    one refused, 2 for bad input.
    """
    words = list(sys.argv[1:] if words is None else words)
    if not words or words[0] in ("-h", "--help"):
        tell(USAGE)
        return 0 if words else 2
    ros2 = real_launch()
    try:
        file, arguments = split_words(words)
        if ros2 is not None:
            os.execv(
                ros2,
                [ros2, "launch", str(file), *(w for w in words if ":=" in w or w.startswith("-"))],
            )
        if "--show-args" in words:
            print_arguments(resolve(file, arguments, os.environ))
            return 0
        os.environ.update(ros_log_environment(os.environ))  # every process of the plan gets it
        return run(resolve(file, arguments, os.environ))
    except TalusError as error:
        complain(f"error: {error}")
        return 2


def split_words(words: Sequence[str]) -> tuple[Path, dict[str, str]]:
    """Return the launch file and its arguments from a command line. Raises LaunchError."""
    names = [word for word in words if ":=" not in word and word != "--show-args"]
    pairs = [word.split(":=", 1) for word in words if ":=" in word]
    unknown = [word for word in names if word.startswith("-")]
    if unknown or len(names) not in (1, 2) or any(not key for key, _ in pairs):
        raise LaunchError(f"'{' '.join(unknown or words)}' is not understood; {USAGE}")
    if len(names) == 2:
        return find_launch_file(names[0], names[1], os.environ), dict(pairs)
    path = Path(names[0])
    return path if os.path.isfile(path) else find_launch_file(PACKAGE, path.name, os.environ), dict(
        pairs
    )


def print_arguments(plan: LaunchPlan) -> None:
    """Print the arguments that the launch file takes."""
    for argument in plan.arguments:
        default = "required" if argument.default is None else f"default '{argument.default}'"
        choices = f"; one of {', '.join(argument.choices)}" if argument.choices else ""
        tell(f"  {argument.name}: {argument.description} ({default}{choices})")


def new_log_place() -> Place:
    """Return a new folder for the log files of one run. Raises PlaceError."""
    place = log_place(os.environ)
    name = time.strftime(f"%Y%m%d-%H%M%S-{os.getpid()}")
    return Place(place.folder.resolve() / name, place.passed_over)


def note_place(place: Place, sink: Sink) -> None:
    """Say where the log files are, and why they are not where they usually are."""
    sink.note(f"logs: {place.folder}" + (f" ({place.reason})" if place.reason else ""))


def run(plan: LaunchPlan) -> int:
    """Start everything in a plan, stay until it has ended, and return the exit code."""
    terminal = Terminal(sys.stdout)
    place = new_log_place()
    session = Session(ros_domain(os.environ))
    interrupts = Interrupts(terminal)
    logs = LogFolder(place.folder, LaunchScreen(terminal))
    supervisor = ProcessSupervisor(plan, logs.folder, logs, session.record)
    try:
        for name in session.end_leftovers():
            logs.note(f"ended '{name}', left over from a run that was killed")
        note_place(place, logs)
        supervisor.start()
        return _stay(supervisor, interrupts, logs)
    finally:
        supervisor.stop()
        session.close()
        logs.close()


def _stay(supervisor: ProcessSupervisor, interrupts: Interrupts, sink: Sink) -> int:
    code = 0
    while not supervisor.is_finished:
        for _ in range(interrupts.take()):
            supervisor.begin_stop()
        for ended in supervisor.poll():
            report_exit(ended, sink)
            code = code or int(ended.is_fatal or ended.refusal is not None)
            if ended.is_fatal and not supervisor.is_stopping:
                sink.note(f"'{ended.spec.name}' is required: ending the launch")
                supervisor.begin_stop()
    return code


def report_exit(ended: Exit, sink: Sink) -> None:
    """Say that a process ended, and for one that crashed, its last lines."""
    how = (
        f"was ended by {signal.Signals(-ended.code).name}"
        if ended.code < 0
        else f"ended with code {ended.code}"
    )
    again = "; starting it again" if ended.respawns else ""
    sink.note(f"'{ended.spec.name}' {how}{again}")
    if (
        ended.code and not ended.asked and ended.refusal is None
    ):  # a refusal is a line of its own already
        for line in ended.last_lines:
            sink.note(f"    {line}")
