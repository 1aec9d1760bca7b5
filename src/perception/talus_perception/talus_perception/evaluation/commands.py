# SPDX-License-Identifier: Apache-2.0
"""Does what `data` and `evaluate` ask for."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from talus_core.errors import TalusError
from talus_core.machine.terminal import tell

from talus_perception.data.frames import Pair, WorldRange, world_pairs
from talus_perception.data.shards import read_shards, shard_path, write_shard
from talus_perception.evaluation.baseline import PlaceBaseline
from talus_perception.evaluation.evaluate import Evaluation, evaluate
from talus_perception.model import load_eyes
from talus_perception.worlds.figures import load_figures
from talus_perception.worlds.world import HELD_OUT, TRAINING

BASELINE_WORLDS = 8  # of training, for the guess that a model must beat
SHOWN = ("seg_miou", "seg_accuracy", "depth_absrel", "object_map50", "people_recall_1fp")


def run_command(given: argparse.Namespace) -> None:
    """Run `data` or `evaluate`. Raises TalusError."""
    if given.command == "data":
        make_data(given.out, WorldRange(given.seed, given.split), given.worlds)
    else:
        worlds = WorldRange(given.seed, HELD_OUT)
        score(given.model, given.data, worlds, given.worlds, given.json)
        if given.people_video is not None:
            score_video(given.model, given.people_video, given.opencv4)


def make_data(folder: Path, worlds: WorldRange, count: int) -> None:
    """Render the worlds that are not there yet. Raises TalusError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TalusError(f"--out {folder}: {error.strerror}; it must be a folder") from error
    there = 0
    while there < count and shard_path(folder, there).exists():
        there += 1
    figures = load_figures()
    left = WorldRange(worlds.seed, worlds.split, there, worlds.pairs_per_world)
    for number, pairs in islice(world_pairs(left, figures), count - there):
        path = write_shard(folder, number, pairs)
        tell(f"{number + 1} of {count}: {path.name}, {2 * len(pairs)} pictures")


def score(
    manifest: Path, data: Path | None, worlds: WorldRange, count: int, out: Path | None
) -> Evaluation:
    """Score a model, tell the figures, and write all of them. Raises TalusError."""
    eyes = load_eyes(manifest)
    pairs = _stored(data) if data is not None else _rendered(worlds, count)
    seen = WorldRange(worlds.seed, TRAINING)
    result = evaluate(eyes, pairs, PlaceBaseline(_rendered(seen, BASELINE_WORLDS)), tell)
    for name in SHOWN:
        guess = f" (a blind guess: {result.baseline[name]:.3f})" if name in result.baseline else ""
        tell(f"{name} {result.summary[name]:.3f}{guess}")
    if out is not None:
        tree = {
            "summary": result.summary,
            "surfaces": result.surfaces,
            "baseline": result.baseline,
            "model": eyes.model.name,
            "sha256": eyes.model.network_sha256,
            "worlds": count if data is None else str(data),
            "seed": worlds.seed,
        }
        try:
            out.write_text(json.dumps(tree, indent=1) + "\n")
        except OSError as error:
            raise TalusError(f"--json {out}: {error.strerror}; it must be a file") from error
    return result


def score_video(manifest: Path, video: Path, opencv4: Path) -> None:
    """Tell how many real people a model finds, and HOG where it is. Raises TalusError."""
    # Here, so that who has no such video needs no OpenCV.
    from talus_perception.evaluation.real_people import (
        find_with_hog,
        find_with_model,
        read_labelled,
        score_people,
    )

    frames = read_labelled(video)
    eyes = load_eyes(manifest)
    for words, in_parts in (("whole pictures", False), ("four parts of each", True)):
        found = score_people(frames, find_with_model(eyes, frames.pictures, in_parts))
        tell(f"{len(frames.truths)} real people, {words}: {_told(found)}")
    try:
        tell(f"HOG: {_told(score_people(frames, find_with_hog(frames.pictures, opencv4)))}")
    except TalusError as error:
        tell(f"HOG: not run: {error}")


def _told(scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in scores.items())


def _stored(folder: Path) -> Iterator[Pair]:
    for pairs in read_shards(folder):
        yield from pairs


def _rendered(worlds: WorldRange, count: int) -> Iterator[Pair]:
    for _, pairs in islice(world_pairs(worlds, load_figures()), count):
        yield from pairs
