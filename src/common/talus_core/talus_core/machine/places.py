# SPDX-License-Identifier: Apache-2.0
"""Finds where a run may write its logs, its black box and its locks, or says what to set.

Runs, nodes and `./talus doctor` ask here, so that they cannot disagree.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from talus_core.errors import TalusError

LOG_VARIABLE = "TALUS_LOG_DIR"
TEMPORARY_VARIABLE = "TMPDIR"
ROS_LOG_VARIABLE = "ROS_LOG_DIR"
ROS_HOME_VARIABLE = "ROS_HOME"
# A full disk shows before the start: the parameter files of a run are some 30 blocks of 4 kB, and
# its logs take about as much.
_PROBE_BYTES = 2 * 30 * 4096
_OPEN_TO_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class PlaceError(TalusError):
    """Says that nothing can be written, why not, and which variable or option to set."""


@dataclass(frozen=True)
class Place:
    """Holds a folder that can be written.

    Attributes:
        folder: It is there.
        passed_over: What was to be used before it, each with the reason why it is not.
    """

    folder: Path
    passed_over: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Return why it is not the first choice; empty if it is."""
        return "; ".join(self.passed_over)


def log_place(environment: Mapping[str, str]) -> Place:
    """Return where the folders of runs' log files go. Raises PlaceError."""
    return _state_place("logs", "log", environment)


def black_box_place(environment: Mapping[str, str]) -> Place:
    """Return where the recorder keeps its files, unless it is told a folder. Raises PlaceError."""
    return _state_place("the black box", "black_box", environment)


def lock_place(environment: Mapping[str, str]) -> Place:
    """Return a folder of this user alone, for the locks of ROS domains. Raises PlaceError."""
    return _first("locks", TEMPORARY_VARIABLE, _own_choices(environment, ""))


def key_place(environment: Mapping[str, str]) -> Place:
    """Return a folder of this user alone, for keys of the command path. Raises PlaceError."""
    keys = "the key of the command path"
    return _first(keys, TEMPORARY_VARIABLE, _own_choices(environment, "keys"))


def ros_log_place(environment: Mapping[str, str]) -> Place:
    """Return where ROS's own log files go: where ROS puts them, if it can. Raises PlaceError."""
    for name, below in ((ROS_LOG_VARIABLE, ""), (ROS_HOME_VARIABLE, "log")):
        if environment.get(name):
            return _first("ROS's logs", name, [_Choice(Path(environment[name], below))])
    usual = _home_choice(environment, ".ros/log")
    problem = usual.find_problem()
    if not problem:
        return Place(usual.folder)
    return Place(_state_place("ROS's logs", "ros", environment).folder, (problem,))


def ros_log_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what to set so that ROS finds a place for its log files. Raises PlaceError."""
    place = ros_log_place(environment)
    return {ROS_LOG_VARIABLE: str(place.folder)} if place.reason else {}


def check_output_file(option: str, file: Path | None) -> None:
    """Raise PlaceError, before any work is done, where a result could not be written to a file."""
    if file is None:
        return
    folder = file.resolve().parent
    if not folder.is_dir():
        raise PlaceError(f"{option} {file}: there is no folder {folder}")
    is_new = not file.exists()
    try:
        with file.open("ab"):
            pass
        if is_new:
            file.unlink()
    except OSError as error:
        raise PlaceError(
            f"{option} {file}: {error.strerror}; name a file that can be written"
        ) from error


def find_write_problem(folder: Path) -> str:
    """Make a folder and write into it; return why that fails, empty if it does not."""
    return _Choice(folder).find_problem()


@dataclass(frozen=True)
class _Choice:
    """Is a folder that may serve.

    Attributes:
        folder: To be written.
        own: The folder, or one above it, that others can name too and that must be this user's
            alone; None where nobody else can have made it.
        known_problem: Why it cannot serve, where that is known without a look.
        probe_bytes: To be written for a trial; 0 where entries of the folder are enough.
    """

    folder: Path
    own: Path | None = None
    known_problem: str = ""
    probe_bytes: int = _PROBE_BYTES

    def find_problem(self) -> str:
        """Make the folder and write into it; return why that fails, empty if it does not."""
        if self.known_problem:
            return self.known_problem
        try:
            if self.own is not None and not _is_own_folder(self.own):
                return f"{self.own} belongs to somebody else"
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder) as probe:
                probe.write(bytes(self.probe_bytes))
                probe.flush()
        except OSError as error:
            return f"{self.folder}: {error.strerror or error}"
        return ""


def _is_own_folder(folder: Path) -> bool:
    """Make a folder that nobody else may write; tell whether it is this user's and no link."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid():
        return False
    if info.st_mode & _OPEN_TO_OTHERS:
        folder.chmod(0o700)
    return True


def _state_place(what: str, below: str, environment: Mapping[str, str]) -> Place:
    """Return where files of one kind go: `below` the first folder that can be written."""
    if environment.get(LOG_VARIABLE):
        asked = Path(environment[LOG_VARIABLE]).absolute() / below
        return _first(what, LOG_VARIABLE, [_Choice(asked)])
    choices = [_home_choice(environment, f".talus/{below}"), *_own_choices(environment, below)]
    if environment.get("TALUS_ROOT"):
        choices.insert(0, _Choice(Path(environment["TALUS_ROOT"]) / ".talus" / below))
    return _first(what, LOG_VARIABLE, choices)


def _home_choice(environment: Mapping[str, str], below: str) -> _Choice:
    home = environment.get("HOME", "")
    if not home:
        return _Choice(Path(), known_problem="HOME is not set")
    if not Path(home).is_dir():
        return _Choice(Path(), known_problem=f"HOME is '{home}', which is no folder")
    return _Choice(Path(home, below))


def _own_choices(environment: Mapping[str, str], below: str) -> list[_Choice]:
    """Return folders for this user alone, or folders `below` them; locks need no room on disk."""
    probe_bytes = _PROBE_BYTES if below else 0
    try:
        temporary = Path(tempfile.gettempdir(), f"talus-{os.getuid()}")
        choices = [_Choice(temporary / below, own=temporary, probe_bytes=probe_bytes)]
    except OSError as error:
        choices = [_Choice(Path(), known_problem=error.strerror or str(error))]
    if environment.get("XDG_RUNTIME_DIR"):
        runtime = Path(environment["XDG_RUNTIME_DIR"], "talus")
        choices.append(_Choice(runtime / below, own=runtime, probe_bytes=probe_bytes))
    return choices


def _first(what: str, variable: str, choices: Sequence[_Choice]) -> Place:
    """Return the first choice that can be written. Raises PlaceError, which names all of them."""
    passed_over: list[str] = []
    for choice in choices:
        problem = choice.find_problem()
        if not problem:
            return Place(choice.folder, tuple(passed_over))
        passed_over.append(problem)
    raise PlaceError(
        f"nowhere to write {what} ({'; '.join(passed_over)}); "
        f"set {variable} to a folder that can be written"
    )
