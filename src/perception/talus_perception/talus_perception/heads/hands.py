# SPDX-License-Identifier: Apache-2.0
"""Finds hands of people: box, side and depth, for learning by watching."""

from __future__ import annotations

import torch
from torch import nn

from talus_perception.network.head import (
    Batch,
    Features,
    Head,
    Tensors,
    at_centres,
    heat_loss,
    split,
    yes_or_no,
)
from talus_perception.network.trunk import TrunkConfig

RARE_HAND = -2.2  # as for things
HAND_CHANNELS = {"heat": 1, "log_box": 4, "side": 1, "log_depth": 1}


class HandsHead(Head):
    """Finds hands; scored by recall at half a false alarm per picture."""

    name = "hands"
    weight = 0.1
    outputs = ("hands_heat", "hands_box", "hands_side", "hands_depth")

    def __init__(self, config: TrunkConfig):
        super().__init__()
        self.out = nn.Conv2d(config.pyramid, sum(HAND_CHANNELS.values()), 1)
        with torch.no_grad():
            self.out.bias[0] = RARE_HAND

    def forward(self, features: Features) -> Tensors:
        """Return heat, boxes, sides and depths."""
        return split(self.out(features.things), **HAND_CHANNELS)

    def loss(self, raw: Tensors, batch: Batch) -> torch.Tensor:
        """Return heat, and at the centres box, side and depth."""
        rows = batch.hands
        total = heat_loss(raw["heat"], batch.hand_heat, batch)
        if not len(rows.place):
            return total
        truth = rows.values
        side = yes_or_no(rows.at(raw["side"])[:, 0], truth[:, 4]).mean()
        return (
            total
            + at_centres(raw["log_box"], rows, torch.log(truth[:, :4]))
            + 0.2 * side
            + 0.5 * at_centres(raw["log_depth"], rows, torch.log(truth[:, 5:6]))
        )

    def readable(self, raw: Tensors) -> Tensors:
        """Return boxes as people's; side near 0 for left and 1 for right."""
        return {
            "hands_heat": torch.sigmoid(raw["heat"]),
            "hands_box": torch.exp(raw["log_box"]),
            "hands_side": torch.sigmoid(raw["side"]),
            "hands_depth": torch.exp(raw["log_depth"]),
        }
