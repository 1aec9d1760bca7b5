# SPDX-License-Identifier: Apache-2.0
"""Runs one benchmark, prints its figures, writes them: `./talus bench NAME [--json FILE]`."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from talus_core.errors import TalusError, UnknownNameError
from talus_core.machine.places import check_output_file
from talus_core.machine.program import RefusingParser, run_program
from talus_core.machine.terminal import complain, tell

BENCHES = {
    "control": "round trip, balance tick, real-time factor and memory of the stack",
    "balance": "pushes, terrain, slips, loads: what the balance controller survives",
    "drivers": "the driver seam: conformance, drives on simulated CAN buses, bus faults",
    "safety": "51 faults in five postures: reactions, falls, stops",
    "perception": "the eyes: cost beside a detector's twin, rates, tracks, camera faults, scores",
    "map": "time of an image beside OctoMap; memory, distances, heights, merging, localisation",
}


def main(words: list[str] | None = None) -> int:
    """Run what the words ask for; return the exit code.

    That is 0, 1 if something that was to be measured did not work, 2 for bad input.
    """
    try:
        arguments = _parse(sys.argv[1:] if words is None else words)
        report = import_module(f"talus_lab.bench.{arguments.name}").run(arguments)
    except TalusError as error:
        complain(f"error: {error}")
        return 2
    for line in report.lines():
        tell(line)
    if arguments.json is not None:
        report.write(arguments.json)
    return int(bool(report.failures))


def _parse(words: list[str]) -> argparse.Namespace:
    listed = "\n".join(f"  {name:12} {text}" for name, text in BENCHES.items())
    name = next((word for word in words if not word.startswith("-")), None)
    parser = RefusingParser(
        f"known benchmarks: {', '.join(BENCHES)}",
        prog=f"./talus bench {name}" if name in BENCHES else "./talus bench",
        description=f"Benchmarks:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", help="one of the benchmarks above")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    if name in BENCHES:
        import_module(f"talus_lab.bench.{name}").add_options(parser)
    arguments = parser.parse_args(words)
    if arguments.name not in BENCHES:
        raise UnknownNameError("benchmark", arguments.name, BENCHES)
    check_output_file("--json", arguments.json)
    return arguments


if __name__ == "__main__":
    sys.exit(run_program(main))
