# SPDX-License-Identifier: Apache-2.0
"""The road from nothing to a perception model: data, train, export, evaluate."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from talus_core.errors import TalusError
from talus_core.machine.program import INTERRUPTED_CODE, RefusingParser, run_program
from talus_core.machine.terminal import complain

from talus_perception.training.extra import TALUS_FOLDER
from talus_perception.worlds.world import HELD_OUT, TRAINING

PROGRAM = "./talus exec -- python -m talus_perception"
FOLDER = TALUS_FOLDER / ".talus" / "train" / "eyes"
MODELS = TALUS_FOLDER / "models"
MODEL_NAME = "eyes"
OPENCV4 = TALUS_FOLDER / ".talus" / "peers" / "opencv4"


def main(words: list[str] | None = None) -> int:
    """Return the exit code: 0, 2 for bad input, 130 after Ctrl-C."""
    try:
        given = _parser().parse_args(words)
        # Imported by what is asked for: most of it needs PyTorch, and all of it takes seconds.
        if given.command in ("data", "evaluate"):
            from talus_perception.evaluation.commands import run_command
        else:
            from talus_perception.training.commands import run_command
        run_command(given)
        return 0
    except TalusError as error:
        complain(f"error: {error}")
        return 2
    except KeyboardInterrupt:
        complain("stopped; what was learned or rendered until now is kept")
        return INTERRUPTED_CODE


class _EyesParser(RefusingParser):
    """Refuses words with advice, below each command too."""

    def __init__(self, **options: Any):
        super().__init__(f"{PROGRAM} --help lists the options", **options)


def _parser() -> argparse.ArgumentParser:
    parser = _EyesParser(prog=PROGRAM, description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _data(commands.add_parser("data", help="render worlds into files, each with its truth"))
    _train(commands.add_parser("train", help="train, or go on with a training"))
    _export(commands.add_parser("export", help="write a checkpoint as a model"))
    _evaluate(commands.add_parser("evaluate", help="score a model on worlds it never saw"))
    figures = commands.add_parser("figures", help="bake the people anew; needs anny")
    figures.add_argument("--out", type=Path, required=True, metavar="FILE")
    figures.add_argument("--seed", type=int, default=1, metavar="N")
    return parser


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--split", choices=(TRAINING, HELD_OUT), default=HELD_OUT)
    parser.add_argument("--worlds", type=_count, default=50, metavar="N", help="6 pairs each")
    parser.add_argument("--seed", type=int, default=0, metavar="N")


def _train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="of the checkpoint; goes on where it is"
    )
    parser.add_argument("--passes", type=_count, default=1_000_000, help="pictures in all")
    parser.add_argument("--minutes", type=float, default=110.0, help="then stop, and go on later")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--threads", type=_count, default=1, help="of PyTorch")
    parser.add_argument(
        "--pool", type=_count, default=2500, help="pairs kept in memory, 0.6 MB each"
    )
    parser.add_argument("--first", type=_count, default=250, help="pairs before the first step")
    parser.add_argument("--tiny", action="store_true", help="a small network, to try the road")


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=FOLDER, help="of the checkpoint")
    parser.add_argument("--out", type=Path, default=MODELS, metavar="FOLDER")
    parser.add_argument("--name", default=MODEL_NAME)
    parser.add_argument("--tiny", action="store_true", help="it was trained with --tiny")


def _evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, default=MODELS / f"{MODEL_NAME}.yaml", metavar="FILE")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="of `data`; else rendered")
    parser.add_argument("--worlds", type=_count, default=25, metavar="N", help="to render")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument(
        "--people-video", type=Path, metavar="FILE", help="OpenCV's vtest.avi: real people, too"
    )
    parser.add_argument(
        "--opencv4", type=Path, default=OPENCV4, metavar="FOLDER", help="that has the peer HOG"
    )


def _count(text: str) -> int:
    """Read a whole number above 0. Raises ValueError."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


if __name__ == "__main__":
    sys.exit(run_program(main))
