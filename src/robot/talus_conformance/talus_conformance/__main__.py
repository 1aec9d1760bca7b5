# SPDX-License-Identifier: Apache-2.0
"""Runs the suite on drivers: `python -m talus_conformance DRIVER... --robot FOLDER`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from talus_core.errors import TalusError
from talus_core.machine.terminal import complain
from talus_core.robot import load_robot

from talus_conformance.plugin import DEFAULT_SEED
from talus_conformance.trial import build_driver

SUITE = Path(__file__).parent / "suite"


def main(words: Sequence[str] | None = None) -> int:
    """Return 0 where every fact holds, 1 where one does not, 2 for input that cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m talus_conformance",
        description="Proves that drivers keep to the contract of the driver seam.",
    )
    parser.add_argument("drivers", nargs="+", metavar="DRIVER", help="name, YAML or module:factory")
    parser.add_argument("--robot", required=True, metavar="FOLDER", help="with a robot.yaml")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="of a simulated body")
    parser.add_argument("--may-move", action="store_true", help="a real body may be moved")
    parser.add_argument("--only", default="", metavar="WORDS", help="facts whose names have them")
    parser.add_argument("--report", default="", metavar="FILE", help="write JUnit XML")
    options = parser.parse_args(words)
    try:
        robot = load_robot(options.robot)
        for name in options.drivers:
            build_driver(name, robot, options.seed).close()
    except TalusError as error:
        complain(f"talus_conformance: {error}")
        return 2
    return int(pytest.main(_pytest_words(options)))


def _pytest_words(options: argparse.Namespace) -> list[str]:
    words = [
        str(SUITE),
        "--quiet",
        "--tb=short",
        "--import-mode=importlib",
        f"--confcutdir={SUITE}",
    ]
    words += ["-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    words += ["-k", options.only] if options.only else []
    words += ["-c", os.devnull, "--rootdir", str(SUITE), "-o", "python_files=*_facts.py"]
    words += [word for name in options.drivers for word in ("--talus-driver", name)]
    words += ["--talus-robot", options.robot, "--talus-seed", str(options.seed)]
    words += ["--talus-may-move"] if options.may_move else []
    words += [f"--junit-xml={options.report}"] if options.report else []
    return words


if __name__ == "__main__":
    sys.exit(main())
