# SPDX-License-Identifier: Apache-2.0
"""Knocks at every door many times: `./talus exec -- python tests/play_doors.py`.

What was played is kept by seed and door in a file, so that a campaign that was interrupted goes on;
it ends by itself after `--seconds`. Exit code 1 where something came out of a door.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from fuzzed_doors import Door, Knocks, knock

# Helper modules lie beside the tests that share them, see conftest.py.
sys.path += map(str, Path(__file__).parents[1].glob("src/*/*/test"))
MOST_MEMORY_BYTES = 8 << 30  # an input that wants more is a finding, not the end of the machine


def parser() -> argparse.ArgumentParser:
    """Return the parser of the options."""
    made = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    made.add_argument("--count", type=int, default=500, help="knocks at each door and seed")
    made.add_argument("--seed", type=int, default=0, help="the first")
    made.add_argument("--seeds", type=int, default=1, help="how many")
    made.add_argument("--seconds", type=float, default=float("inf"), help="ends after this")
    made.add_argument("--store", type=Path, metavar="FILE", help="keeps what was played")
    made.add_argument(
        "--doors", default="", metavar="WORD", help="only those with it in their name"
    )
    return made


def main(words: Sequence[str] | None = None) -> int:
    """Play, print a line a finding and a summary as JSON at the end; return the exit code."""
    given = parser().parse_args(words)
    ends_at = time.monotonic() + given.seconds
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    store = given.store.resolve() if given.store else None
    known = _known(store)
    with _all_doors() as doors:
        wanted = [door for door in doors if given.doors in door.name]
        played = []
        for seed in range(given.seed, given.seed + given.seeds):
            for door in wanted:
                key = f"{seed} {given.count} {door.name}"
                if key not in known and time.monotonic() < ends_at:
                    known[key] = knock(door, seed, given.count)
                    _keep(store, key, known[key])
                    if known[key].finding:
                        print(f"finding: {known[key].finding}", flush=True)
                if key in known:
                    played.append(known[key])
    print(json.dumps(summary(len(wanted), played)), flush=True)
    return int(any(knocks.finding for knocks in played))


def summary(doors: int, played: Sequence[Knocks]) -> dict[str, float]:
    """Return what was played, in numbers."""
    inputs = sum(knocks.played for knocks in played)
    cpu_s = sum(knocks.cpu_s for knocks in played)
    return {
        "doors": doors,
        "inputs": inputs,
        "cpu_s": round(cpu_s, 1),
        "inputs_per_cpu_s": round(inputs / max(cpu_s, 1e-9), 1),
        "findings": sum(bool(knocks.finding) for knocks in played),
    }


@contextmanager
def _all_doors() -> Iterator[list[Door]]:
    from fuzzed_files import file_doors
    from fuzzed_nodes import FuzzedNodes

    with tempfile.TemporaryDirectory(dir=os.environ.get("TALUS_FUZZ_FOLDER")) as name:
        folder = Path(name)
        os.chdir(folder)  # requests name files of their own
        nodes = FuzzedNodes(folder)
        (folder / "files").mkdir()
        try:
            yield [*nodes.doors, *file_doors(folder / "files")]
        finally:
            nodes.close()
            os.chdir("/")


def _known(store: Path | None) -> dict[str, Knocks]:
    known: dict[str, Knocks] = {}
    if store is not None and store.is_file():
        for line in store.read_text().splitlines():
            try:
                item = json.loads(line)
                known[item.pop("key")] = Knocks(**item)
            except (ValueError, KeyError, TypeError):
                continue  # cut off in the middle of a line
    return known


def _keep(store: Path | None, key: str, knocks: Knocks) -> None:
    if store is not None:
        with store.open("a") as file:
            file.write(json.dumps({"key": key, **asdict(knocks)}) + "\n")


if __name__ == "__main__":
    sys.exit(main())
