# SPDX-License-Identifier: Apache-2.0
"""Trains: draws pairs from a pool that is kept fresh, descends, averages, reports, saves."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from talus_perception.data.frames import WorldRange, world_pairs
from talus_perception.data.pool import Pool
from talus_perception.heads import make_heads
from talus_perception.network.network import EyesNetwork
from talus_perception.network.trunk import TrunkConfig
from talus_perception.training.batches import make_batch
from talus_perception.training.checkpoint import (
    CHECKPOINT_NAME,
    TrainingState,
    read_checkpoint,
    write_checkpoint,
)
from talus_perception.training.forecast import TIMED_STEPS, Forecast
from talus_perception.worlds.figures import load_figures
from talus_perception.worlds.world import TRAINING

LARGEST_GRADIENT = 5.0
AVERAGE_DECAY = 0.998
WEIGHT_DECAY = 0.01
LOSS_MEMORY = 0.98  # of the loss that is shown


@dataclass(frozen=True)
class TrainingConfig:
    """Says how to train.

    Attributes:
        folder: Where checkpoints are; a training that is there goes on.
        seed: Of a training that begins.
        passes: Pictures after which it ends, over all days.
        minutes: Of wall time after which this day ends.
        pairs: In a batch.
        pool: Pairs that are kept; `first` of them before the first step.
        fresh: Pairs that are rendered for each step.
        rate: Most of the optimiser.
        cooling: Share of the passes, at the end, over which the rate falls to 0.
        warm_up: Steps after each start until that rate: the optimiser's statistics are not kept.
        threads: Of PyTorch.
        report_steps: Between reports and checkpoints.
        network: Sizes of the trunk.
    """

    folder: Path
    seed: int = 0
    passes: int = 1_000_000
    minutes: float = 110.0
    pairs: int = 8
    pool: int = 2500
    first: int = 250
    fresh: int = 1
    rate: float = 3e-3
    cooling: float = 0.3
    warm_up: int = 100
    threads: int = 1
    report_steps: int = 50
    network: TrunkConfig = field(default_factory=TrunkConfig)


class Trainer:
    """Holds network, average, optimiser and pool of one training."""

    def __init__(self, config: TrainingConfig):
        """Begin, or go on from the checkpoint in the folder. Raises CheckpointError."""
        torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        self.config = config
        self.network = EyesNetwork(make_heads(config.network), config.network)
        self.network.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network)
        self.state = TrainingState(config.seed)
        self.path = config.folder / CHECKPOINT_NAME
        if self.path.exists():
            self.state = read_checkpoint(self.path, self.network, self.average)
        worlds = WorldRange(self.state.seed, TRAINING, self.state.next_world)
        self.pool = Pool(world_pairs(worlds, load_figures()), config.pool)
        # Draws of another day differ, so that it sees its pictures spoiled anew.
        self._rng = np.random.default_rng((self.state.seed, self.state.steps))
        self._optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=config.rate, weight_decay=WEIGHT_DECAY
        )
        self._steps_today = 0
        self._loss = float("nan")
        self._parts: dict[str, float] = {}
        self._cpu_before = self.state.cpu_seconds - time.process_time()

    def run(self, tell: Callable[[str], None]) -> TrainingState:
        """Train until passes or minutes are over; keep what was learned on Ctrl-C."""
        started = time.monotonic()
        tell(f"rendering {self.config.first} pairs of pictures before the first step")
        tell(self.prepare().text())
        try:
            while self.state.passes < self.config.passes:
                self.step()
                if self._steps_today % self.config.report_steps == 0:
                    self.save()
                    tell(self._report(started))
                if time.monotonic() - started > 60.0 * self.config.minutes:
                    break
        finally:
            self.save()
        return self.state

    def prepare(self) -> Forecast:
        """Fill the pool, and return how long the rest will take."""
        started = time.monotonic()
        self.pool.take_in(self.config.first)
        filled = time.monotonic()
        rng = np.random.default_rng(0)
        for _ in range(TIMED_STEPS):
            batch = make_batch(self.pool.draw(rng, self.config.pairs), rng)
            self.network.eval()  # statistics of the norms stay
            loss, _ = self.network.loss(self.network(batch.pictures), batch)
            loss.backward()
        self.network.zero_grad()
        return Forecast(
            pair_seconds=(filled - started) / self.config.first,
            step_seconds=(time.monotonic() - filled) / TIMED_STEPS,
            passes_per_step=2 * self.config.pairs,
            fresh_pairs=self.config.fresh,
            passes_left=max(self.config.passes - self.state.passes, 0),
            minutes=self.config.minutes,
        )

    def step(self) -> float:
        """Take in fresh pairs and make one step; return its loss."""
        self.pool.take_in(self.config.fresh)
        batch = make_batch(self.pool.draw(self._rng, self.config.pairs), self._rng)
        for group in self._optimiser.param_groups:
            group["lr"] = self._rate()
        self.network.train()
        pictures = batch.pictures.contiguous(memory_format=torch.channels_last)
        loss, parts = self.network.loss(self.network(pictures), batch)
        self._optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)
        self._optimiser.step()
        self._average()
        self._steps_today += 1
        self.state = replace(
            self.state,
            steps=self.state.steps + 1,
            passes=self.state.passes + 2 * self.config.pairs,
            next_world=self.pool.next_world,
        )
        self._remember(float(loss.detach()), parts)
        return float(loss.detach())

    def save(self) -> None:
        """Write the checkpoint."""
        spent = self._cpu_before + time.process_time()
        point = (self.state.passes, round(self._loss, 4))
        curve = (*self.state.curve, point) if self._loss == self._loss else self.state.curve
        self.state = replace(self.state, cpu_seconds=spent, curve=thinned(curve))
        write_checkpoint(self.path, self.network, self.average, self.state)

    def _rate(self) -> float:
        """Return the rate of this step: warm up, stay, cool down.

        It stays, so that a longer training goes on from where a shorter one began to cool: Hu et
        al., "MiniCPM", 2024.
        """
        left = 1.0 - self.state.passes / self.config.passes
        warm = (self._steps_today + 1) / self.config.warm_up
        return self.config.rate * min(warm, max(left, 0.0) / self.config.cooling, 1.0)

    def _average(self) -> None:
        decay = min(AVERAGE_DECAY, (1 + self.state.steps) / (10 + self.state.steps))
        with torch.no_grad():
            pairs = zip(
                self.average.state_dict().values(), self.network.state_dict().values(), strict=True
            )
            for kept, fresh in pairs:
                if kept.is_floating_point():
                    kept.lerp_(fresh, 1.0 - decay)
                else:
                    kept.copy_(fresh)

    def _remember(self, loss: float, parts: dict[str, float]) -> None:
        if self._loss != self._loss:
            self._loss = loss
            self._parts = parts
        self._loss += (1.0 - LOSS_MEMORY) * (loss - self._loss)
        for name, value in parts.items():
            self._parts[name] += (1.0 - LOSS_MEMORY) * (value - self._parts[name])

    def _report(self, started: float) -> str:
        today = self._steps_today * 2 * self.config.pairs
        elapsed = time.monotonic() - started
        cpu = self.state.cpu_seconds
        parts = " ".join(f"{name} {value:.3f}" for name, value in self._parts.items())
        left = (self.config.passes - self.state.passes) / max(today / elapsed, 1e-9) / 3600.0
        return (
            f"{self.state.passes} passes of {self.config.passes}, world {self.state.next_world}, "
            f"pool {len(self.pool)}, {self.state.passes / max(cpu, 1e-9):.1f} per CPU second, "
            f"{today / elapsed:.1f} per second, {left:.1f} h left; loss {self._loss:.3f}: {parts}"
        )


def thinned(curve: tuple[tuple[int, float], ...], most: int = 200) -> tuple[tuple[int, float], ...]:
    """Return every second point of a curve that has grown too long; the last one stays."""
    return curve if len(curve) <= most else (*curve[:-1:2], curve[-1])
