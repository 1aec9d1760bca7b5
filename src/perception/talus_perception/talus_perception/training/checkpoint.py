# SPDX-License-Identifier: Apache-2.0
"""Writes and reads the state of a training: weights, their average, and how far it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from talus_core.errors import TalusError
from torch import nn

CHECKPOINT_NAME = "checkpoint.npz"
LIMIT_BYTES = 12_000_000  # it is committed, so that another day and machine go on from it
AVERAGED = "average/"
STATE = "state"


class CheckpointError(TalusError):
    """Tells that a training cannot go on from a file; the message names it."""


@dataclass(frozen=True)
class TrainingState:
    """Says how far a training is; all that the next day needs besides the weights.

    Attributes:
        seed: Of worlds, weights and draws.
        steps: Of the optimiser so far.
        passes: Pictures that went through the network so far.
        next_world: Number of the first world that was not made yet.
        cpu_seconds: Spent so far, rendering included.
        curve: Passes, loss, and held-out scores where they were taken, one row a report.
    """

    seed: int
    steps: int = 0
    passes: int = 0
    next_world: int = 0
    cpu_seconds: float = 0.0
    curve: tuple[tuple[int, float], ...] = ()


def write_checkpoint(
    path: Path, network: nn.Module, average: nn.Module, state: TrainingState
) -> None:
    """Write weights and average as they are; the optimiser warms up again instead."""
    arrays = {name: value.numpy() for name, value in network.state_dict().items()}
    for name, value in average.state_dict().items():
        if value.is_floating_point():
            arrays[AVERAGED + name] = value.numpy()
    arrays[STATE] = np.frombuffer(json.dumps(asdict(state)).encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    with half.open("wb") as file:
        np.savez_compressed(file, **arrays)
    half.replace(path)


def read_checkpoint(path: Path, network: nn.Module, average: nn.Module) -> TrainingState:
    """Load weights into network and average; return the state. Raises CheckpointError."""
    try:
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        said = json.loads(bytes(arrays.pop(STATE)))
        said["curve"] = tuple(tuple(row) for row in said["curve"])
        state = TrainingState(**said)
        plain = {k: torch.from_numpy(v) for k, v in arrays.items() if not k.startswith(AVERAGED)}
        network.load_state_dict(plain)
        averaged = {
            name: torch.from_numpy(arrays.get(AVERAGED + name, arrays[name])) for name in plain
        }
        average.load_state_dict(averaged)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise CheckpointError(
            f"{path} is no checkpoint of this network: {reason[:200]}; "
            "take one of the same code, or another --folder"
        ) from error
    return state
