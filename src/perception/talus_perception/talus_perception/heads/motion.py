# SPDX-License-Identifier: Apache-2.0
"""Says where each cell was in the picture before, and what moved by itself."""

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
from talus_perception.network.layers import FoldedConvolution
from talus_perception.network.trunk import TrunkConfig
from talus_perception.words import THING_STRIDE

MOVING_WEIGHT = 4.0
MIXED_CHANNELS = 16


class MotionHead(Head):
    """Compares with the last picture's features; scored by mean flow error and F1 of moving."""

    name = "motion"
    weight = 1.0
    outputs = ("motion_flow", "motion_flow_log_variance", "motion_moving")

    def __init__(self, config: TrunkConfig):
        super().__init__()
        self.mix = FoldedConvolution(2 * MIXED_CHANNELS, MIXED_CHANNELS)
        self.out = nn.Conv2d(MIXED_CHANNELS, 4, 1)

    def forward(self, features: Features) -> Tensors:
        """Return flow in cells, how far off it may be, and logits of moving."""
        both = torch.cat([features.now, features.last - features.now], 1)
        return split(self.out(self.mix(both)), flow=2, log_scale=1, moving=1)

    def loss(self, raw: Tensors, batch: Batch) -> torch.Tensor:
        """Return the likelihood of the flow in cells, and the cross entropy of moving."""
        known = ~torch.isnan(batch.flow)
        truth = torch.nan_to_num(batch.flow) / THING_STRIDE
        flow = laplace(raw["flow"], truth, raw["log_scale"])
        moving = raw["moving"][:, 0]
        return 0.5 * mean_where(flow, known & asked(batch, flow)) + mean_where(
            yes_or_no(moving, batch.moving, MOVING_WEIGHT), asked(batch, moving)
        )

    def readable(self, raw: Tensors) -> Tensors:
        """Return px to the right and down, the log variance of cells, and certainty 0 to 1."""
        return {
            "motion_flow": raw["flow"] * float(THING_STRIDE),
            "motion_flow_log_variance": 2.0 * raw["log_scale"][:, 0],
            "motion_moving": torch.sigmoid(raw["moving"][:, 0]),
        }
