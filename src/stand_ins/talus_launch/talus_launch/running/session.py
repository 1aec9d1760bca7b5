# SPDX-License-Identifier: Apache-2.0
"""Lets one run at a time use a ROS domain, and ends what a killed run left behind."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import stat
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from talus_launch.errors import LaunchError
from talus_launch.running.child import Child, signal_group
from talus_launch.running.shutdown import Shutdown

# How often the end of left-over processes is looked for.
_POLL_PERIOD_S = 0.05
# Field 22 of /proc/<pid>/stat, counted behind the command's closing parenthesis (proc(5)).
_STATE_FIELD = 0
_START_TIME_FIELD = 19


@dataclass(frozen=True)
class Leftover:
    """Is a process of an earlier run, told from another with the same id by its start time."""

    name: str
    pid: int
    start_ticks: int
    goes_last: bool
    sigterm_after: float
    sigkill_after: float

    def is_alive(self) -> bool:
        """Tell whether the very same process still runs."""
        return start_ticks(self.pid) == self.start_ticks

    def send(self, number: signal.Signals) -> None:
        """Send a signal to its process group."""
        if self.is_alive():
            signal_group(self.pid, number)


def start_ticks(pid: int) -> int | None:
    """Return the start time of a process in clock ticks since boot; None if it does not run."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[_STATE_FIELD] in "ZX" else int(fields[_START_TIME_FIELD])


def ros_domain(environment: Mapping[str, str]) -> int:
    """Return the ROS domain that an environment asks for. Raises LaunchError."""
    text = environment.get("ROS_DOMAIN_ID", "") or "0"
    # 232 is the last domain whose ports exist (DDSI-RTPS: 7400 + 250 x domain must stay below
    # 65536).
    if not text.isdecimal() or int(text) > 232:
        raise LaunchError(f"ROS_DOMAIN_ID '{text}' is not a number from 0 to 232")
    return int(text)


class Session:
    """Holds a ROS domain for one run; the kernel lets go of it however the run ends."""

    def __init__(self, domain: int, base: Path | None = None):
        """Take the domain. Raises LaunchError if another run has it."""
        folder = _private_folder(base or Path(tempfile.gettempdir(), f"talus-{os.getuid()}"))
        self._record = folder / f"domain-{domain}.json"
        self._lock: int | None = os.open(
            folder / f"domain-{domain}.lock", os.O_RDWR | os.O_CREAT, 0o600
        )
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            owner = _read_record(self._record).get("runner", "another process")
            raise LaunchError(
                f"a run (process {owner}) already uses ROS domain {domain}; "
                f"end it, or run beside it with ROS_DOMAIN_ID={(domain + 1) % 102}"
            ) from error

    def leftovers(self) -> list[Leftover]:
        """Return processes of the run before this one that still run."""
        record = _read_record(self._record)
        if record.get("boot") != _boot_id():
            return []
        found = [Leftover(**entry) for entry in record.get("processes", [])]
        return [process for process in found if process.is_alive()]

    def end_leftovers(self) -> list[str]:
        """End what a killed run left behind, the driver last; returns the names."""
        leftovers = self.leftovers()
        shutdown = Shutdown(leftovers)
        while not shutdown.is_finished():
            shutdown.advance(time.monotonic())
            time.sleep(_POLL_PERIOD_S)
        return [process.name for process in leftovers]

    def record(self, children: Iterable[Child]) -> None:
        """Note what runs now, for a later run that has to clean up."""
        processes = [
            asdict(
                Leftover(
                    c.name, c.process.pid, ticks, c.goes_last, c.sigterm_after, c.sigkill_after
                )
            )
            for c in children
            if (ticks := start_ticks(c.process.pid)) is not None
        ]
        new = self._record.with_suffix(".new")
        new.write_text(
            json.dumps({"runner": os.getpid(), "boot": _boot_id(), "processes": processes})
        )
        new.replace(self._record)

    def close(self) -> None:
        """Give the domain back. Idempotent."""
        if self._lock is not None:
            self._record.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None


def _private_folder(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid():
        raise LaunchError(f"{folder} belongs to somebody else; set TMPDIR to a folder of yours")
    return folder


def _read_record(file: Path) -> dict:
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError):
        return {}


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
