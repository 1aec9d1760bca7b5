# SPDX-License-Identifier: Apache-2.0
"""Does what `train`, `export` and `figures` ask for, where PyTorch is."""

from __future__ import annotations

import argparse
import subprocess

from talus_core.errors import TalusError
from talus_core.machine.terminal import tell

from talus_perception.training.extra import TALUS_FOLDER, need_torch

COMMAND = "./talus exec -- python -m talus_perception train --seed {seed} --passes {passes}"
# Of a network that tries the road in minutes; it learns little.
TINY_CHANNELS = (8, 16, 24, 32, 48)
TINY_BLOCKS = (0, 0, 1, 1, 0)
TINY_PYRAMID = 24


def run_command(given: argparse.Namespace) -> None:
    """Run `train`, `export` or `figures`. Raises TalusError."""
    need_torch()
    if given.command == "train":
        _train(given)
    elif given.command == "export":
        _export(given)
    else:
        from talus_perception.training.bake_figures import bake_figures

        tell(f"{given.out}: {bake_figures(given.out, given.seed)} bytes")


def trunk(is_tiny: bool):
    """Return the sizes of the network that is trained, or of the tiny one."""
    from talus_perception.network.trunk import TrunkConfig

    return TrunkConfig(TINY_CHANNELS, TINY_BLOCKS, TINY_PYRAMID) if is_tiny else TrunkConfig()


def _train(given: argparse.Namespace) -> None:
    from talus_perception.training.loop import Trainer, TrainingConfig

    if given.seed < 0:
        raise TalusError(f"--seed {given.seed}: it must be 0 or more")
    config = TrainingConfig(
        folder=given.folder,
        seed=given.seed,
        passes=given.passes,
        minutes=given.minutes,
        threads=given.threads,
        pool=given.pool,
        first=min(given.first, given.pool),
        network=trunk(given.tiny),
    )
    trainer = Trainer(config)
    state = trainer.run(tell)
    tell(f"{trainer.path}: {state.passes} passes, {state.cpu_seconds / 3600:.2f} CPU hours")


def _export(given: argparse.Namespace) -> None:
    from talus_perception.heads import make_heads
    from talus_perception.network.network import EyesNetwork
    from talus_perception.training.card import ModelBundle, write_bundle
    from talus_perception.training.checkpoint import CHECKPOINT_NAME, read_checkpoint
    from talus_perception.training.export import export_network

    sizes = trunk(given.tiny)
    fresh, average = (EyesNetwork(make_heads(sizes), sizes) for _ in range(2))
    state = read_checkpoint(given.folder / CHECKPOINT_NAME, fresh, average)
    command = COMMAND.format(seed=state.seed, passes=state.passes)
    bundle = ModelBundle(
        given.out, given.name, _commit(), command + (" --tiny" if given.tiny else "")
    )
    tell(str(write_bundle(bundle, export_network(average), state)))


def _commit() -> str:
    """Return the commit of this checkout; `unknown` outside of one."""
    git = [
        "git",
        "-C",
        str(TALUS_FOLDER),
        "describe",
        "--always",
        "--dirty",
        "--abbrev=40",
        "--exclude=*",
    ]
    try:
        done = subprocess.run(git, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
