# SPDX-License-Identifier: Apache-2.0
"""Says for each column how far one could go over ground, as a laser scanner would."""

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
    yes_or_no,
)
from talus_perception.network.trunk import TrunkConfig
from talus_perception.words import THING_ROWS

COLUMN_CHANNELS = 24


class ScanHead(Head):
    """Measures the way that is clear in each column; scored by the absolute relative error."""

    name = "scan"
    weight = 1.0
    outputs = ("scan_range", "scan_range_log_variance", "scan_clear")

    def __init__(self, config: TrunkConfig):
        super().__init__()
        self.column = nn.Conv2d(config.pyramid, COLUMN_CHANNELS, (THING_ROWS, 1))
        self.out = nn.Conv1d(COLUMN_CHANNELS, 3, 3, padding=1)

    def forward(self, features: Features) -> Tensors:
        """Return log range, how far off it may be, and logits of clear."""
        values = self.out(torch.relu(self.column(features.things)[:, :, 0]))
        return {"log_range": values[:, 0], "log_scale": values[:, 1], "clear": values[:, 2]}

    def loss(self, raw: Tensors, batch: Batch) -> torch.Tensor:
        """Return the likelihood of log range, where something is in the way, and whether it is."""
        each = laplace(raw["log_range"], batch.scan, raw["log_scale"])
        counts = asked(batch, each)
        clear = yes_or_no(raw["clear"], batch.clear)
        return mean_where(each, counts & (batch.clear < 0.5)) + mean_where(clear, counts)

    def readable(self, raw: Tensors) -> Tensors:
        """Return m of the canonical camera, the log variance of its log, and how surely clear."""
        return {
            "scan_range": torch.exp(raw["log_range"]),
            "scan_range_log_variance": 2.0 * raw["log_scale"],
            "scan_clear": torch.sigmoid(raw["clear"]),
        }
