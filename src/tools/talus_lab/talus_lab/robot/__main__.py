# SPDX-License-Identifier: Apache-2.0
"""Checks a robot's folder: `./talus robot check FOLDER`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from talus_core.errors import TalusError
from talus_core.machine.program import RefusingParser, run_program
from talus_core.machine.terminal import complain, tell
from talus_core.robot import RobotDescription, load_robot
from talus_description.checking.check import still_findings
from talus_description.checking.finding import RobotFinding, fails, odd, verdict

ROBOT_USAGE = "usage: ./talus robot check FOLDER [--walk] [--still]"
ROBOT_COMMANDS = ("check",)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the options."""
    result = RefusingParser(ROBOT_USAGE, prog="./talus robot", description=__doc__)
    result.add_argument("command", choices=ROBOT_COMMANDS, help="what to do with the robot")
    result.add_argument("folder", type=Path, metavar="FOLDER", help="with a robot.yaml")
    result.add_argument(
        "--walk", action="store_true", help="its controller dies while it walks, too"
    )
    result.add_argument("--still", action="store_true", help="no simulation: what files say")
    return result


def main(words: Sequence[str] | None = None) -> int:
    """Return the exit code: 0, 1 where a run would fail, 2 for what is no robot."""
    try:
        arguments = parser().parse_args(words)
        robot = load_robot(arguments.folder)
    except TalusError as error:
        complain(f"robot: {error}")
        return 2
    found = []
    for finding in _findings(robot, arguments.walk, arguments.still):
        found.append(finding)
        for line in finding.lines():
            tell(line)
    tell(verdict(robot.name, found))
    return int(fails(found))


def _findings(robot: RobotDescription, walks: bool, is_still: bool) -> Iterator[RobotFinding]:
    found = still_findings(robot)
    yield from found
    if is_still:
        return
    if fails(found):
        yield odd("trial", "left out until the faults above are mended")
        return
    from talus_lab.robot.rest_trial import try_rest  # imports the controller, which takes seconds

    for gait in (False, True) if walks else (False,):
        yield from try_rest(robot, walks=gait)


if __name__ == "__main__":
    sys.exit(run_program(main))
