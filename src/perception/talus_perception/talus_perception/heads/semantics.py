# SPDX-License-Identifier: Apache-2.0
"""Says of each cell what it belongs to."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from talus_perception.network.head import Batch, Features, Head, Tensors, asked, mean_where
from talus_perception.network.trunk import TrunkConfig
from talus_perception.words import SURFACES

# Things of the work cell cover few cells: each of those counts so much more.
SMALL = ("cell", "tray", "lever", "button", "handle", "tote")
SMALL_WEIGHT = 4.0


class SemanticsHead(Head):
    """Names surfaces; scored by the mean intersection over union, `seg_miou`."""

    name = "semantics"
    weight = 4.0
    outputs = ("semantics_class", "semantics_score")

    def __init__(self, config: TrunkConfig):
        super().__init__()
        self.out = nn.Conv2d(config.dense, len(SURFACES), 1)
        weights = torch.tensor([SMALL_WEIGHT if name in SMALL else 1.0 for name in SURFACES])
        self.register_buffer("weights", weights, persistent=False)

    def forward(self, features: Features) -> Tensors:
        """Return logits of each surface."""
        return {"logits": self.out(features.dense)}

    def loss(self, raw: Tensors, batch: Batch) -> torch.Tensor:
        """Return the cross entropy."""
        weights = self.weights
        assert isinstance(weights, torch.Tensor)
        each = functional.cross_entropy(
            raw["logits"], batch.dense.surface, weights, reduction="none"
        )
        return mean_where(each, asked(batch, each))

    def readable(self, raw: Tensors) -> Tensors:
        """Return the likeliest number in SURFACES, uint8, and how likely it is."""
        score, number = torch.softmax(raw["logits"], 1).max(1)
        return {"semantics_class": number.to(torch.uint8), "semantics_score": score}
