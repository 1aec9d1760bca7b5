# SPDX-License-Identifier: Apache-2.0
"""Trains a policy that stands: `python -m talus_lab.training [--out FOLDER] [--seed N]`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from talus_core.errors import TalusError
from talus_core.machine.program import RefusingParser, run_program
from talus_core.machine.terminal import complain, tell
from talus_core.robot import load_robot
from talus_models.manifest import sha256

from talus_lab.bench.report import commit
from talus_lab.rig.checkout import CHECKOUT, TALUS40_FOLDER
from talus_lab.training.manifest_file import write_manifest
from talus_lab.training.onnx_file import write_onnx
from talus_lab.training.stand import POLICY_NAME, StandConfig, stand_manifest, train

TRAINING_COMMAND = "./talus exec -- python -m talus_lab.training"


def main(words: list[str] | None = None) -> int:
    """Return the exit code: 0, 2 for bad input, 130 after Ctrl-C."""
    parser = RefusingParser(
        f"{TRAINING_COMMAND} --help lists the options", prog=TRAINING_COMMAND, description=__doc__
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=CHECKOUT / "policies",
        metavar="FOLDER",
        help="default: policies/",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="of noise, model errors, shoves and weights",
    )
    try:
        given = parser.parse_args(words)
        if given.seed < 0:
            raise TalusError(f"--seed {given.seed}: it must be 0 or more")
        _train(given.out, given.seed)
    except TalusError as error:
        complain(f"error: {error}")
        return 2
    except KeyboardInterrupt:
        complain("stopped; what the last round learned is kept")
        return 130
    return 0


def _train(folder: Path, seed: int) -> None:
    """Train, and write the policy after every round."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TalusError(f"--out {folder}: {error.strerror}; it must be a folder") from error
    description = load_robot(TALUS40_FOLDER)
    path = folder / f"{TALUS40_FOLDER.name}_{POLICY_NAME}.yaml"
    manifest = stand_manifest(
        description, path, commit(), f"{TRAINING_COMMAND} --seed {seed}", seed
    )
    for network, text in train(description, manifest, StandConfig(), seed):
        write_onnx(network, manifest.model.network, manifest.model.name)
        model = replace(manifest.model, network_sha256=sha256(manifest.model.network))
        write_manifest(replace(manifest, model=model))
        tell(text)
    tell(str(path))


if __name__ == "__main__":
    sys.exit(run_program(main))
