# SPDX-License-Identifier: Apache-2.0
"""Keeps finished runs on disk, under all that they depend on, so that a stopped bench goes on."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from talus_core.errors import TalusError
from talus_core.machine.places import find_write_problem

FILES_KEPT = 20  # states of the code; each some 100 kB


class Run(Protocol):
    """Defines a run whose outcome is kept."""

    @property
    def key(self) -> str:
        """Return a text that is equal for equal runs, in every process."""


class Keepable(Protocol):
    """Defines a dataclass of numbers, texts and tuples of them."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


Kept = TypeVar("Kept", bound=Keepable)


class Store(Generic[Kept]):
    """Holds outcomes by run; every `put` is on disk at once."""

    def __init__(self, folder: Path, fingerprint: str, kind: type[Kept]):
        """Load what an earlier process kept.

        Args:
            folder: Folder of the files.
            fingerprint: What else the outcomes depend on; names the file.
            kind: Class of the outcomes.
        """
        problem = find_write_problem(folder)
        if problem:
            raise TalusError(
                f"finished runs cannot be kept: {problem}; run it in a checkout that can be written"
            )
        self._path = folder / f"{fingerprint}.jsonl"
        self._kind = kind
        self._known: dict[str, Kept] = {}
        if self._path.is_file():
            for line in self._path.read_text().splitlines():
                self._load(line)
        self._path.touch()
        files = sorted(folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
        for old in files[:-FILES_KEPT]:
            old.unlink()

    def get(self, run: Run) -> Kept | None:
        """Return what the same run gave earlier with the same code; None if it was not made."""
        return self._known.get(run.key)

    def put(self, run: Run, outcome: Kept) -> None:
        """Keep what a run gave."""
        self._known[run.key] = outcome
        with self._path.open("a") as file:
            file.write(json.dumps({"run": run.key, "outcome": asdict(outcome)}) + "\n")

    def _load(self, line: str) -> None:
        try:
            item = json.loads(line)
            fields = {
                key: tuple(value) if isinstance(value, list) else value
                for key, value in item["outcome"].items()
            }
            self._known[item["run"]] = self._kind(**fields)
        except (ValueError, KeyError, TypeError):
            return  # cut off in the middle of a line
