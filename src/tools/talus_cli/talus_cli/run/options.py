# SPDX-License-Identifier: Apache-2.0
"""Reads the options of `./talus run` and checks them before anything starts."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from talus_balance.node_config import BalanceNodeConfig
from talus_core.errors import TalusError, unknown_name_message
from talus_core.machine.places import check_output_file
from talus_core.machine.program import RefusingParser
from talus_safety.operation.operator_link import OPERATOR_UDP, load_key, udp_address

from talus_cli.run.available import Available
from talus_cli.run.operating.observation import WalkingVelocity

# What the balance node follows of cmd_vel; it would cut what is more.
_FOLLOWED = BalanceNodeConfig()
VELOCITY_LIMITS = (
    ("VX", "m/s", -_FOLLOWED.max_backward_mps, _FOLLOWED.max_forward_mps),
    ("VY", "m/s", -_FOLLOWED.max_sideways_mps, _FOLLOWED.max_sideways_mps),
    ("WZ", "rad/s", -_FOLLOWED.max_turning_radps, _FOLLOWED.max_turning_radps),
)
# An hour of simulated time; a longer run is one without --seconds.
MOST_SECONDS = 3600.0


class OptionError(TalusError):
    """Raised for an option that cannot be followed."""


@dataclass(frozen=True)
class RunOptions:
    """Holds what the user asked for.

    Attributes:
        robot: Folder of the robot.
        driver: Name of the driver.
        world: File of the world.
        headless: No web view.
        seconds: Simulated s, None = until Ctrl-C.
        velocity: To walk with, None = what others publish.
        perception: Cameras and map run.
        recorder: The black box runs.
        seed: Of all that is random in the simulator.
        is_real_time: Simulated time keeps to the wall clock; otherwise it runs as fast as it can.
        json: Where the summary goes.
        port: Of the web view.
        operator_key: Of the operator's link; None = none is asked for.
        operator_udp: Where that link listens.
        policy: Manifest of a learned policy; None = none. Whether it fits the robot says the
            balance node.
    """

    robot: Path
    driver: str
    world: Path
    headless: bool
    seconds: float | None
    velocity: WalkingVelocity | None
    perception: bool
    recorder: bool
    seed: int
    is_real_time: bool
    json: Path | None
    port: int
    operator_key: Path | None
    operator_udp: str
    policy: Path | None = None


def parser() -> argparse.ArgumentParser:
    """Return the command line as argparse sees it."""
    made = RefusingParser(
        "./talus run --help lists the options",
        OptionError,
        prog="./talus run",
        description="The robot in simulation; Ctrl-C sits it down.",
    )
    made.add_argument(
        "--robot", default="talus40", help="name or folder of the robot (default: talus40)"
    )
    made.add_argument(
        "--driver", default="mujoco", help="mujoco (default), gazebo, can or mock: the body"
    )
    made.add_argument(
        "--world",
        default="flat",
        help="flat (default), open, factory, rubble, slope, slippery, an MJCF or (gazebo) SDF file",
    )
    made.add_argument("--headless", action="store_true", help="no web view")
    made.add_argument(
        "--seconds", type=_number, help="stop by itself after so many simulated seconds"
    )
    made.add_argument(
        "--cmd-vel", type=_number, nargs=3, metavar=("VX", "VY", "WZ"), help="walk: m/s, m/s, rad/s"
    )
    made.add_argument("--no-perception", action="store_true", help="no cameras, no map")
    made.add_argument("--no-recorder", action="store_true", help="no black box")
    made.add_argument("--seed", type=int, default=0, help="of sensor noise (default: 0)")
    pace = made.add_mutually_exclusive_group()
    pace.add_argument(
        "--real-time", action="store_true", help="at the wall clock's pace (default with a view)"
    )
    pace.add_argument(
        "--fast", action="store_true", help="as fast as the computer can (default with --headless)"
    )
    made.add_argument("--json", type=Path, metavar="FILE", help="write the summary")
    made.add_argument("--port", type=int, default=8080, help="of the web view (default: 8080)")
    made.add_argument(
        "--operator-key", type=Path, metavar="FILE", help="obey ./talus operator FILE, or sit down"
    )
    made.add_argument(
        "--operator-udp",
        default=OPERATOR_UDP,
        metavar="HOST:PORT",
        help=f"where the robot listens for that device (default: {OPERATOR_UDP})",
    )
    made.add_argument(
        "--policy",
        type=Path,
        metavar="MANIFEST",
        help="a learned policy drives where it may; one that does not fit is refused",
    )
    return made


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"'{text}' is not a finite number")
    return value


_number.__name__ = "number"  # argparse's messages use it


def parse_options(words: Sequence[str], available: Available) -> RunOptions:
    """Return options from a command line. Raises OptionError, or what `available` says of names."""
    made = parser()
    given, rest = made.parse_known_args(words)
    if rest:
        known = [name for action in made._actions for name in action.option_strings]
        raise OptionError(unknown_name_message("option", rest[0], known))
    _check_range("--seconds", given.seconds, 0.0, MOST_SECONDS, "s", above_low=True)
    _check_range("--seed", given.seed, 0, 2**31 - 1, "")
    _check_range("--port", given.port, 1024, 65535, "")
    check_output_file("--json", given.json)
    return RunOptions(
        robot=available.robot(given.robot),
        driver=available.driver(given.driver),
        world=available.world(given.world, given.driver),
        headless=given.headless,
        seconds=given.seconds,
        velocity=_velocity(given.cmd_vel),
        perception=not given.no_perception,
        recorder=not given.no_recorder,
        seed=given.seed,
        is_real_time=given.real_time or not (given.fast or given.headless),
        json=given.json,
        port=given.port,
        operator_key=_key(given.operator_key, given.operator_udp),
        operator_udp=given.operator_udp,
        policy=_manifest(given.policy),
    )


def _key(file: Path | None, address: str) -> Path | None:
    udp_address(address)
    if file is not None:
        load_key(file)
    return file


def _manifest(file: Path | None) -> Path | None:
    if file is not None and not os.path.isfile(file):
        raise OptionError(
            f"--policy {file}: there is no such file; it must be a manifest, as policies/*.yaml"
        )
    return file


def _velocity(numbers: Sequence[float] | None) -> WalkingVelocity | None:
    if numbers is None:
        return None
    for (name, unit, low, high), value in zip(VELOCITY_LIMITS, numbers, strict=True):
        _check_range(f"--cmd-vel {name}", value, low, high, unit)
    return WalkingVelocity(*numbers)


def _check_range(
    name: str, value: float | None, low: float, high: float, unit: str, above_low: bool = False
) -> None:
    if value is None or ((low < value if above_low else low <= value) and value <= high):
        return
    word = "above" if above_low else "from"
    raise OptionError(
        f"{name} {value:g} is out of range: {word} {low:g} to {high:g} {unit}".rstrip()
    )
