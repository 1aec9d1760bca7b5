# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of `./talus`: each prepares the workspace, then becomes another program.

What only some commands need is imported by them: imports are most of a start's time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from talus_core.errors import TalusError
from talus_core.machine.program import INTERRUPTED_CODE, hold_interrupts, interrupt_by_exception
from talus_core.machine.terminal import complain, tell

from talus_cli.bootstrap.errors import BootstrapError
from talus_cli.bootstrap.preparing.prepare import prepare
from talus_cli.bootstrap.workspace import Workspace

USAGE_ERROR_CODE = 2

HELP = """\
usage: ./talus COMMAND [ARGS]

  run              the robot in the embedded simulator; --help lists its options
  test [ARGS]      the whole test suite; ARGS go to pytest
  bench NAME       a benchmark; --json FILE writes the figures
  scenario FILE    faults on a time line, and what must follow; --graph: on the robot that runs
  robot check DIR  what of a robot's folder is missing or odd, and what to write
  operator KEY     the operator's device in this terminal, over UDP; --new-key FILE makes a key
  launch FILE      a launch file; key:=value sets an argument
  exec -- CMD      a command of yours with the environment sourced
  build            only prepare the workspace; --clean builds it anew
  doctor           what this machine has and lacks
  docs             writes the generated tables of READMEs and pages; --check only names stale ones

The first start makes .venv, installs pinned packages and builds the workspace; later ones start
at once."""


def main(arguments: list[str]) -> int:
    """Run one command; return its exit code, or never where another program takes over."""
    command, *rest = arguments or ["--help"]
    if command in ("-h", "--help", "help"):
        tell(HELP)
        return 0
    try:
        interrupt_by_exception()
        if command not in COMMANDS:
            raise BootstrapError(_unknown(command))
        return COMMANDS[command](Workspace.here(), rest)
    except (BootstrapError, TalusError) as error:
        complain(f"talus: {error}")
        return USAGE_ERROR_CODE
    except OSError as error:
        complain(f"talus: {error.filename or 'the checkout'}: {error.strerror or error}")
        return USAGE_ERROR_CODE
    except KeyboardInterrupt:
        complain("talus: interrupted; the next start goes on from here")
        return INTERRUPTED_CODE


def _unknown(command: str) -> str:
    import difflib

    near = difflib.get_close_matches(command, COMMANDS, n=1)
    return f"unknown command '{command}'; " + (
        f"did you mean '{near[0]}'?" if near else f"known: {', '.join(COMMANDS)}"
    )


def _module(name: str, uses_ros: bool = True) -> Callable[[Workspace, list[str]], int]:
    """Return a command that runs a module of one of our packages, which calls `begin_program`."""

    def command(workspace: Workspace, arguments: list[str]) -> int:
        environment = prepare(workspace, uses_ros)
        hold_interrupts()
        return become([str(workspace.python), "-m", name, *arguments], environment)

    return command


def _test(workspace: Workspace, arguments: list[str]) -> int:
    from talus_cli.bootstrap.installing import system

    environment = _with_own_domain(prepare(workspace))
    try:
        system.ensure([system.BROWSER], workspace.state / "apt.log")
    except BootstrapError as error:
        complain(f"talus: {error}; the others can run")
    pytest = [str(workspace.python), "-m", "pytest", "--rootdir", str(workspace.root)]
    return become([*pytest, *_in_parallel(arguments), *arguments], environment)


def _in_parallel(arguments: list[str]) -> list[str]:
    """Return what spreads the whole suite, or a mark of it, over all cores; a file runs on one."""
    names_a_file = any(argument.endswith(".py") or ".py::" in argument for argument in arguments)
    is_told = any(argument.startswith(("-n", "--pdb", "--collect")) for argument in arguments)
    if names_a_file or is_told:
        return []
    return ["-n", "auto", "--dist", "loadgroup", "--no-loadscope-reorder"]


def _bench(workspace: Workspace, arguments: list[str]) -> int:
    environment = _with_own_domain(prepare(workspace))
    hold_interrupts()
    return become([str(workspace.python), "-m", "talus_lab.bench", *arguments], environment)


def _with_own_domain(environment: dict[str, str]) -> dict[str, str]:
    """Return the environment with a ROS domain in which no other run's topics are."""
    from talus_cli.bootstrap.domains import claim_domain

    return (
        environment
        if "ROS_DOMAIN_ID" in environment
        else {**environment, "ROS_DOMAIN_ID": str(claim_domain())}
    )


def _exec(workspace: Workspace, arguments: list[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        raise BootstrapError("exec needs a command: ./talus exec -- CMD ...")
    return become(command, prepare(workspace))


def _build(workspace: Workspace, arguments: list[str]) -> int:
    if arguments not in ([], ["--clean"]):
        raise BootstrapError(f"build does not know '{' '.join(arguments)}'; known: --clean")
    if arguments:
        from talus_cli.bootstrap.preparing.steps import clean

        clean(workspace)
    prepare(workspace, uses_ros=False)
    tell(f"talus: {workspace.install} is up to date")
    return 0


def _doctor(workspace: Workspace, arguments: list[str]) -> int:
    from talus_cli.bootstrap.doctor import report

    if arguments:
        raise BootstrapError(f"doctor takes no arguments, not '{' '.join(arguments)}'")
    return report(workspace)


def become(command: list[str], environment: dict[str, str]) -> int:
    """Replace this process by a program; does not return."""
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        raise BootstrapError(
            f"no such command: '{command[0]}'; looked for it in the workspace and in PATH"
        )
    os.execve(program, command, environment)


COMMANDS: dict[str, Callable[[Workspace, list[str]], int]] = {
    "run": _module("talus_cli.run"),
    "test": _test,
    "bench": _bench,
    "scenario": _module("talus_lab.scenario"),
    "robot": _module("talus_lab.robot", uses_ros=False),
    "operator": _module("talus_cli.operator", uses_ros=False),
    "launch": _module("talus_launch"),
    "exec": _exec,
    "build": _build,
    "doctor": _doctor,
    "docs": _module("talus_cli.docs", uses_ros=False),
}
