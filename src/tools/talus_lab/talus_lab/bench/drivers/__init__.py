# SPDX-License-Identifier: Apache-2.0
"""Measures what stands behind the driver seam: `./talus bench drivers`."""

from __future__ import annotations

import argparse
from collections.abc import Collection

from talus_core.errors import UnknownNameError
from talus_core.robot import load_robot

from talus_lab.bench.report import BenchReport
from talus_lab.rig.checkout import TALUS40_FOLDER


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that only this benchmark has."""
    parser.add_argument(
        "--parts",
        nargs="+",
        metavar="PART",
        help="only these of frames, conformance, walks, behaviour, gazebo, faults",
    )
    parser.add_argument(
        "--families",
        nargs="+",
        metavar="FAMILY",
        help="only these; the first is measured, compared and broken; default: all, damiao first",
    )


def run(arguments: argparse.Namespace) -> BenchReport:
    """Run the parts that were asked for. Raises TalusError for bad input."""
    from talus_lab.bench.drivers.bodies import DRIVE_FAMILIES
    from talus_lab.bench.drivers.sections import PARTS, PartFigures

    parts = _known("part", arguments.parts or tuple(PARTS), PARTS)
    families = _known("drive family", arguments.families or DRIVE_FAMILIES, DRIVE_FAMILIES)
    robot = load_robot(TALUS40_FOLDER)
    whole = PartFigures()
    for part in parts:
        section = PARTS[part](robot, families)
        whole.rows += section.rows
        whole.figures |= section.figures
        whole.failures += section.failures
    return BenchReport("drivers", whole.rows, whole.figures, whole.failures)


def _known(kind: str, asked: Collection[str], known: Collection[str]) -> tuple[str, ...]:
    """Return what was asked for. Raises UnknownNameError."""
    for name in asked:
        if name not in known:
            raise UnknownNameError(kind, name, known)
    return tuple(asked)
