# SPDX-License-Identifier: Apache-2.0
"""Keeps finished runs in a file named after all that they depend on, so that a bench that was interrupted goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Generic, Protocol, TypeVar

PACKAGES = ("talus_core", "talus_balance", "talus_drivers", "talus_simulation", "talus_safety", "talus_description")
LIBRARIES = ("numpy", "mujoco", "pin", "daqp", "onnxruntime")
BALANCE = tuple(f"balance/{name}.py" for name in ("disturbance", "ground", "stage", "step_clock", "trial", "witness"))
PEERS = tuple(f"balance/peers/{name}.py" for name in ("actor", "holosoma", "packages"))
OWN = tuple(f"bench/{name}" for name in ("rig.py", "open_drives.py", "falls.py", *BALANCE, *PEERS))  # of talus_bringup
LISTS = "config/python/requirements-peers.txt"  # of what is not ours
KEPT = 20  # files


class Run(Protocol):
    """What an outcome is kept under.

    Attributes:
        key: The same for the same run, in every process.
    """

    key: str


Outcome = TypeVar("Outcome")


class Store(Generic[Outcome]):
    """Outcomes by run; every `put` is on disk at once."""

    def __init__(self, folder: Path, fingerprint: str, kind: type[Outcome]):
        """`kind`: dataclass of numbers, texts and tuples of them."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{fingerprint}.jsonl"
        self._kind = kind
        self._known: dict[str, Outcome] = {}
        if self._path.is_file():
            for line in self._path.read_text().splitlines():
                self._load(line)
        self._path.touch()
        for old in sorted(folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink()

    def get(self, run: Run) -> Outcome | None:
        """Of an earlier time that the same run was made by the same code."""
        return self._known.get(run.key)

    def put(self, run: Run, outcome: Outcome) -> None:
        """Keep it."""
        self._known[run.key] = outcome
        with self._path.open("a") as file:
            file.write(json.dumps({"run": run.key, "outcome": asdict(outcome)}) + "\n")

    def _load(self, line: str) -> None:
        try:
            item = json.loads(line)
            fields = {key: tuple(value) if isinstance(value, list) else value for key, value in item["outcome"].items()}
            self._known[item["run"]] = self._kind(**fields)
        except (ValueError, KeyError, TypeError):
            return  # cut off in the middle of a line


def fingerprint(sources: Path, robot: Path, besides: Sequence[str] = ()) -> str:
    """Changes with every file and library that a run depends on: another controller finds no old runs.

    Args:
        sources: Folder of the packages.
        robot: Folder of the robot.
        besides: Further files of talus_bringup.
    """
    digest = hashlib.sha256()
    files = [path for name in PACKAGES for path in sorted(next(sources.glob(f"*/{name}/{name}")).rglob("*.py"))]
    files += [Path(__file__).parents[1] / name for name in (*OWN, *besides)]
    files += [*sorted(path for path in robot.iterdir() if path.is_file()), sources.parent / LISTS]
    for path in files:
        digest.update(path.name.encode() + path.read_bytes())
    for name in LIBRARIES:
        digest.update(f"{name} {version(name)}".encode())
    return digest.hexdigest()[:16]
