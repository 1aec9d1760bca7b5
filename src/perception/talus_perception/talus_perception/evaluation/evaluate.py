# SPDX-License-Identifier: Apache-2.0
"""Runs a model over held-out pictures and scores every head."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from talus_models.network import OnnxNetwork

from talus_perception.data.frames import Pair
from talus_perception.evaluation.baseline import PlaceBaseline
from talus_perception.evaluation.faults import FAULT_PICTURES, spoil_picture
from talus_perception.evaluation.scores import Scores
from talus_perception.model import EyesModel
from talus_perception.seeing.decode import Outputs


@dataclass(frozen=True)
class Evaluation:
    """Holds what was measured: scores by name, surfaces by name, and the baseline's scores."""

    summary: dict[str, float]
    surfaces: dict[str, float]
    baseline: dict[str, float]


class Runner:
    """Runs a model on one picture after another, and measures its CPU time."""

    def __init__(self, eyes: EyesModel):
        """Open the network. Raises EyesError."""
        self._network = OnnxNetwork(eyes.model)
        self._names = [tensor.name for tensor in eyes.model.outputs]
        self._blank = np.zeros(eyes.model.inputs[1].shape, np.float32)
        self.milliseconds: list[float] = []

    def run(self, picture: np.ndarray, last: np.ndarray | None = None) -> Outputs:
        """Return all tensors for a picture (rows, columns, 3) uint8 and the features before it."""
        before = time.process_time()
        values = self._network.run_all(picture[None], self._blank if last is None else last)
        self.milliseconds.append(1e3 * (time.process_time() - before))
        return Outputs(dict(zip(self._names, values, strict=True)))


def evaluate(
    eyes: EyesModel,
    pairs: Iterable[Pair],
    baseline: PlaceBaseline | None,
    tell: Callable[[str], None],
) -> Evaluation:
    """Score a model on pairs, each picture against the other one, and on pictures with faults."""
    runner = Runner(eyes)
    scores = Scores()
    rng = np.random.default_rng(0)
    for number, pair in enumerate(pairs):
        features = [runner.run(frame.picture).tensors["features"] for frame in pair]
        for now in (0, 1):
            outputs = runner.run(pair[now].picture, features[1 - now])
            scores.add(outputs, pair[now].truth)
            if baseline is not None:
                baseline.add(pair[now].truth)
        scores.add_fault(outputs, "")
        fault = FAULT_PICTURES[number % len(FAULT_PICTURES)]
        spoiled = spoil_picture(pair[1].picture, fault, rng)
        last = features[0]
        if fault == "frozen":
            last = runner.run(spoiled).tensors["features"]
        scores.add_fault(runner.run(spoiled, last), fault)
        if number % 20 == 19:
            tell(f"{2 * number + 2} pictures")
    summary = scores.summary()
    summary["frame_ms"] = float(np.median(runner.milliseconds))
    return Evaluation(
        summary, scores.surface_scores(), {} if baseline is None else baseline.summary()
    )
