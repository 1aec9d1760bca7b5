# SPDX-License-Identifier: Apache-2.0
"""Simulates drives: `python -m talus_drive_simulator FOLDER --wiring FILE --sockets DIR`.

It ends when the client of its control socket does. Whoever starts it with `--join` holds the other
ends of its sockets, and it goes on until that one is gone, whatever signals come.
"""

from __future__ import annotations

import signal
import socket
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from talus_core.driver import DriverSetup
from talus_core.errors import RefusedInputError, TalusError
from talus_core.files.data_files import ContentError, yaml_tree
from talus_core.machine.program import CommandLine, run_program
from talus_core.machine.terminal import complain
from talus_core.robot import RobotDescription, load_robot

from talus_drive_simulator.planning import FAMILY_PLANS, plan_wiring, wiring_text
from talus_drive_simulator.wiring import load_wiring

USUAL_RATE_HZ = 500.0
_MOST_RATE_HZ = 1000.0  # of which one period is the least step of the body
BAD_INPUT_CODE = 2


def main(words: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 2 for input that cannot be used."""
    options = _command_line().parse_args(words)
    try:
        robot = load_robot(options.robot)
        if options.plan:
            print(wiring_text(plan_wiring(robot, options.plan, _rate(options))), end="")
            return 0
        return _simulate(options, robot)
    except TalusError as error:
        complain(f"talus_drive_simulator: {error}")
        return BAD_INPUT_CODE


def _command_line() -> CommandLine:
    parser = CommandLine(
        prog="python -m talus_drive_simulator",
        description="Simulates drives on CAN buses, with a simulated body behind them.",
    )
    parser.add_argument("robot", metavar="FOLDER", help="of the robot, with robot.yaml")
    parser.add_argument("--wiring", type=Path, metavar="FILE", help="YAML; - is the input")
    parser.add_argument("--sockets", type=Path, metavar="DIR", help="where to listen")
    parser.add_argument("--join", default="", metavar="NAME=FD,...", help="sockets of the parent")
    parser.add_argument("--rate", type=float, default=USUAL_RATE_HZ, metavar="HZ", help="control")
    parser.add_argument("--world", default="flat", help="world by name, or an MJCF file")
    parser.add_argument("--worlds", default="", metavar="DIR", help="of worlds that have names")
    parser.add_argument("--seed", type=int, default=0, help="of all that is random")
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the body, as of the driver mujoco",
    )
    parser.add_argument(
        "--plan",
        choices=sorted(FAMILY_PLANS),
        help="print a wiring of drives of a family, and end",
    )
    return parser


def _simulate(options: Namespace, robot: RobotDescription) -> int:
    if options.wiring is None or bool(options.sockets) == bool(options.join):
        raise RefusedInputError("--wiring FILE and --sockets DIR are needed; --help tells more")
    if options.join:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # the parent lets the robot down before it goes
    wiring = load_wiring(options.wiring, robot.joint_names)
    setup = DriverSetup(
        robot,
        period=1.0 / _rate(options),
        world=options.world,
        seed=options.seed,
        options=_settings(options.settings),
        worlds=options.worlds,
    )
    # Physics takes a second to import; what is wrong above is told before.
    from talus_drive_simulator.simulator import DriveSimulator
    from talus_drive_simulator.stage.server import joined_server, listening_server

    simulator = DriveSimulator(setup, wiring)
    if options.join:
        with joined_server(simulator, _joined(options.join)) as server:
            server.serve()
        return 0
    with listening_server(simulator, options.sockets) as server:
        print(f"listening in {options.sockets}", flush=True)
        server.serve()
    return 0


def _joined(text: str) -> dict[str, socket.socket]:
    """Return sockets by name from their file descriptors. Raises RefusedInputError."""
    sockets = {}
    for word in text.split(","):
        name, _, number = word.partition("=")
        try:
            sockets[name] = socket.socket(fileno=int(number))
        except (ValueError, OSError) as error:
            raise RefusedInputError(f"--join {word}: {error}") from error
    return sockets


def _rate(options: Namespace) -> float:
    if not 1.0 <= options.rate <= _MOST_RATE_HZ:
        raise RefusedInputError(f"--rate is {options.rate}; it must be 1 to {_MOST_RATE_HZ:g} Hz")
    return float(options.rate)


def _settings(words: Sequence[str]) -> dict[str, Any]:
    """Return options of the body by dotted name. Raises RefusedInputError."""
    settings = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not name or not equals:
            raise RefusedInputError(f"--set {word}: it must be NAME=VALUE, such as noise.scale=0.0")
        try:
            settings[name] = yaml_tree(text)
        except ContentError as error:
            raise RefusedInputError(f"--set {word}: {error}") from error
    return settings


if __name__ == "__main__":
    sys.exit(run_program(main))
