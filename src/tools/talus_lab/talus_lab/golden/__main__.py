# SPDX-License-Identifier: Apache-2.0
"""Replays golden runs against a file: `python -m talus_lab.golden check|record FILE`."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from talus_core.machine.program import CommandLine, end_with_parent

from talus_lab.golden.numerics import numerics
from talus_lab.golden.stories import STORIES, tell
from talus_lab.rig.checkout import TALUS40_FOLDER
from talus_lab.rig.fork import ONE_THREAD


def _known(file: Path) -> dict[str, Any]:
    """Return what a file says, or a record without stories where there is none."""
    if file.exists():
        return json.loads(file.read_text())
    return {"numerics": "", "stories": {}}


def main() -> int:
    """Return 0 when every story is as in the file, or the file was written."""
    parser = CommandLine(prog="talus_lab.golden", description=__doc__)
    parser.add_argument("verb", choices=("check", "record"))
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "stories", nargs="*", metavar="STORY", help=f"of {', '.join(STORIES)}; none: all"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at once")
    options = parser.parse_args()
    unknown = set(options.stories) - set(STORIES)
    if unknown:
        parser.error(f"no story '{min(unknown)}'; there are {', '.join(STORIES)}")
    known = _known(options.file)
    here = numerics(TALUS40_FOLDER)
    is_same_machine = known["numerics"] == here
    differing = []
    with multiprocessing.get_context("spawn").Pool(
        options.jobs, end_with_parent, (os.getpid(),)
    ) as pool:
        for name, seconds, told in pool.imap_unordered(tell, options.stories or STORIES):
            take = asdict(told) | {"place": list(told.place)}
            is_equal = take == known["stories"].get(name)
            differing += [] if is_equal else [name]
            print(f"{name:14} {seconds:5.1f} s  {'as known' if is_equal else take}", flush=True)
            known["stories"][name] = take
    if options.verb == "record":
        options.file.write_text(
            json.dumps(known | {"numerics": here}, indent=1, sort_keys=True) + "\n"
        )
        return 0
    if differing and not is_same_machine:
        print(
            "the file was recorded on a machine with other arithmetic: its hashes do not hold here"
        )
    return 1 if differing else 0


if __name__ == "__main__":
    os.environ.update(ONE_THREAD)
    sys.exit(main())
