# SPDX-License-Identifier: Apache-2.0
"""Keeps finished runs in a file named after all that they depend on, so that a bench that was interrupted goes on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from talus_bringup.bench.balance.trial import Outcome, Trial

PACKAGES = ("talus_core", "talus_balance", "talus_drivers", "talus_safety", "talus_description")
LIBRARIES = ("numpy", "mujoco", "pin", "daqp")
OWN = (
    "rig.py",
    "falls.py",
    *(f"balance/{name}.py" for name in ("disturbance", "ground", "stage", "step_clock", "trial", "witness")),
)
KEPT = 20  # files


class Store:
    """Outcomes by trial; every `put` is on disk at once."""

    def __init__(self, folder: Path, fingerprint: str):
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{fingerprint}.jsonl"
        self._known: dict[str, Outcome] = {}
        if self._path.is_file():
            for line in self._path.read_text().splitlines():
                self._load(line)
        self._path.touch()
        for old in sorted(folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink()

    def get(self, trial: Trial) -> Outcome | None:
        """Of an earlier run of the same trial by the same code."""
        return self._known.get(trial.key)

    def put(self, trial: Trial, outcome: Outcome) -> None:
        """Keep it."""
        self._known[trial.key] = outcome
        with self._path.open("a") as file:
            file.write(json.dumps({"trial": trial.key, "outcome": asdict(outcome)}) + "\n")

    def _load(self, line: str) -> None:
        try:
            item = json.loads(line)
            fields = {key: tuple(value) if isinstance(value, list) else value for key, value in item["outcome"].items()}
            self._known[item["trial"]] = Outcome(**fields)
        except (ValueError, KeyError, TypeError):
            return  # cut off in the middle of a line


def fingerprint(sources: Path, robot: Path) -> str:
    """Changes with every file and library that a run depends on: another controller finds no old runs."""
    digest = hashlib.sha256()
    files = [path for name in PACKAGES for path in sorted((sources / name / name).rglob("*.py"))]
    files += [Path(__file__).parents[1] / name for name in OWN]
    files += sorted(path for path in robot.iterdir() if path.is_file())
    for path in files:
        digest.update(path.name.encode() + path.read_bytes())
    for name in LIBRARIES:
        digest.update(f"{name} {version(name)}".encode())
    return digest.hexdigest()[:16]
