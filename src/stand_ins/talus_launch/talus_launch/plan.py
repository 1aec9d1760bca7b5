# SPDX-License-Identifier: Apache-2.0
"""Describes what a launch file asks for once everything in it is known: processes, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

# ros2 launch's own: SIGINT, then SIGTERM after this long, then SIGKILL.
SIGTERM_AFTER_S = 5.0
SIGKILL_AFTER_S = 5.0


@dataclass(frozen=True)
class Argument:
    """Hold an argument that a launch file declares."""

    name: str
    default: str | None
    description: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class InlineParameters:
    """Hold parameters that a launch file sets itself, as the text of a ROS parameter file."""

    yaml: str


@dataclass(frozen=True)
class ProcessSpec:
    """Describe one process to start and how to treat it.

    Attributes:
        name: For its output and its log file; unique in a plan.
        command: Program and arguments, without the ROS arguments.
        ros_arguments: After `--ros-args`: names, remappings.
        parameters: Parameter files and inline parameters, later ones win.
        environment: The whole environment of the process.
        folder: To start in; None = the runner's.
        shows_stdout: Standard output goes to the screen too (standard error always does).
        respawns: Start again when it ends by itself, `respawn_delay` s later, `respawn_most` times
            (-1: always).
        required: The launch ends when it ends (`on_exit="shutdown"`).
        goes_last: It declares its own `sigterm_timeout`, since it has to bring what it controls to
            rest first: it is asked to end only when everything else has ended.
        sigterm_after: s from SIGINT to SIGTERM.
        sigkill_after: s from SIGTERM to SIGKILL.
    """

    name: str
    command: tuple[str, ...]
    ros_arguments: tuple[str, ...] = ()
    parameters: tuple[Path | InlineParameters, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path | None = None
    shows_stdout: bool = False
    respawns: bool = False
    respawn_delay: float = 0.0
    respawn_most: int = -1
    required: bool = False
    goes_last: bool = False
    sigterm_after: float = SIGTERM_AFTER_S
    sigkill_after: float = SIGKILL_AFTER_S


@dataclass(frozen=True)
class LaunchPlan:
    """Hold everything that one launch file and its arguments come to."""

    processes: tuple[ProcessSpec, ...]
    arguments: tuple[Argument, ...]
