# SPDX-License-Identifier: Apache-2.0
"""Says where something hides what is behind it, and where a surface bends."""

from __future__ import annotations

import torch
from torch import nn

from talus_perception.network.head import (
    Batch,
    Features,
    Head,
    Tensors,
    asked,
    mean_where,
    split,
    yes_or_no,
)
from talus_perception.network.trunk import TrunkConfig

ANY_EDGE_WEIGHT = 3.0


class EdgesHead(Head):
    """Finds occluding edges and creases; scored by F1."""

    name = "edges"
    weight = 0.5
    outputs = ("edges_occlusion", "edges_crease")

    def __init__(self, config: TrunkConfig):
        super().__init__()
        self.out = nn.Conv2d(config.dense, 2, 1)

    def forward(self, features: Features) -> Tensors:
        """Return logits of both kinds of edges."""
        return split(self.out(features.dense), occlusion=1, crease=1)

    def loss(self, raw: Tensors, batch: Batch) -> torch.Tensor:
        """Return the sum of both cross entropies."""
        occlusion = raw["occlusion"][:, 0]
        crease = raw["crease"][:, 0]
        counts = asked(batch, occlusion)
        return mean_where(
            yes_or_no(occlusion, batch.dense.occlusion, ANY_EDGE_WEIGHT), counts
        ) + mean_where(yes_or_no(crease, batch.dense.crease, ANY_EDGE_WEIGHT), counts)

    def readable(self, raw: Tensors) -> Tensors:
        """Return shares of certainty, 0 to 1."""
        return {f"edges_{name}": torch.sigmoid(value[:, 0]) for name, value in raw.items()}
