# SPDX-License-Identifier: Apache-2.0
"""Says where one can stand and go, where a step begins, and how high each place is."""

from __future__ import annotations

import torch
from torch import nn

from talus_perception.network.head import (
    Batch,
    Features,
    Head,
    Tensors,
    asked,
    laplace,
    mean_where,
    split,
    yes_or_no,
)
from talus_perception.network.trunk import TrunkConfig

STEP_EDGE_WEIGHT = 8.0  # step edges cover one cell of a hundred
HEIGHT_LIMIT_M = 3.0


class GroundHead(Head):
    """Finds floor, free space, step edges and heights; scored by F1 and mean error."""

    name = "ground"
    weight = 1.5
    outputs = (
        "ground_floor",
        "ground_free",
        "ground_step_edge",
        "ground_height",
        "ground_height_log_variance",
    )

    def __init__(self, config: TrunkConfig):
        super().__init__()
        self.out = nn.Conv2d(config.dense, 5, 1)

    def forward(self, features: Features) -> Tensors:
        """Return logits, heights and how far off they may be."""
        sizes = {name: 1 for name in ("floor", "free", "step_edge", "height", "log_scale")}
        return split(self.out(features.dense), **sizes)

    def loss(self, raw: Tensors, batch: Batch) -> torch.Tensor:
        """Return the sum of three cross entropies and the likelihood of the height."""
        flat = {name: value[:, 0] for name, value in raw.items()}
        counts = asked(batch, flat["floor"])
        height = batch.dense.height.clamp(-HEIGHT_LIMIT_M, HEIGHT_LIMIT_M)
        return (
            mean_where(yes_or_no(flat["floor"], batch.dense.floor), counts)
            + mean_where(yes_or_no(flat["free"], batch.dense.free), counts)
            + mean_where(
                yes_or_no(flat["step_edge"], batch.dense.step_edge, STEP_EDGE_WEIGHT), counts
            )
            + 0.5 * mean_where(laplace(flat["height"], height, flat["log_scale"]), counts)
        )

    def readable(self, raw: Tensors) -> Tensors:
        """Return shares of certainty, 0 to 1, and heights over the floor, m."""
        return {
            "ground_floor": torch.sigmoid(raw["floor"][:, 0]),
            "ground_free": torch.sigmoid(raw["free"][:, 0]),
            "ground_step_edge": torch.sigmoid(raw["step_edge"][:, 0]),
            "ground_height": raw["height"][:, 0],
            "ground_height_log_variance": 2.0 * raw["log_scale"][:, 0],
        }
