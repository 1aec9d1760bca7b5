# SPDX-License-Identifier: Apache-2.0
"""Lets one run at a time use a ROS domain, and ends what a killed run left behind."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from talus_core.machine.places import lock_place

from talus_launch.errors import LaunchError
from talus_launch.running.child import Child
from talus_launch.running.guard import Guard
from talus_launch.running.leftovers import Leftover, end_in_order, running


def ros_domain(environment: Mapping[str, str]) -> int:
    """Return the ROS domain that an environment asks for. Raises LaunchError."""
    text = environment.get("ROS_DOMAIN_ID", "") or "0"
    # 232 is the last domain whose ports exist (DDSI-RTPS: 7400 + 250 x domain must stay below
    # 65536).
    if not text.isdecimal() or int(text) > 232:
        raise LaunchError(f"ROS_DOMAIN_ID '{text}' is not a number from 0 to 232")
    return int(text)


class Session:
    """Holds a ROS domain for one run; the kernel lets go of it however the run ends.

    What runs is noted twice: a guard ends it as soon as this process is gone, and where the guard
    was killed, too, the next run in this domain does.
    """

    def __init__(self, domain: int, base: Path | None = None):
        """Take the domain; `base`: folder of locks, None for the usual one.

        Raises LaunchError if another run has it, PlaceError where no lock can be.
        """
        folder = base or lock_place(os.environ).folder
        self._guard = Guard()
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
        return [process for process in _noted(record) if process.is_alive()]

    def end_leftovers(self) -> list[str]:
        """End what a killed run left behind, the driver last; returns the names."""
        leftovers = self.leftovers()
        end_in_order(leftovers)
        return [process.name for process in leftovers]

    def record(self, children: Iterable[Child]) -> None:
        """Note what runs now, for the guard and for a later run that has to clean up."""
        now = running(children)
        self._guard.tell(now)
        noted = {
            "runner": os.getpid(),
            "boot": _boot_id(),
            "processes": [asdict(process) for process in now],
        }
        new = self._record.with_suffix(".new")
        with suppress(OSError):  # a full disk: the guard knows
            new.write_text(json.dumps(noted))
            new.replace(self._record)

    def close(self) -> None:
        """Give the domain back. Idempotent."""
        self._guard.close()
        if self._lock is not None:
            self._record.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None


def _read_record(file: Path) -> dict:
    """Return what a run noted; nothing where the note is cut off, or is none of ours."""
    try:
        record = json.loads(file.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _noted(record: dict) -> list[Leftover]:
    """Return the processes that a record names; none where it is none of ours."""
    try:
        return [Leftover(**entry) for entry in record.get("processes", [])]
    except TypeError:
        return []


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
