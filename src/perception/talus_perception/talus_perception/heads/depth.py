# SPDX-License-Identifier: Apache-2.0
"""Says of each cell how far it is along the optical axis, and how sure that is."""

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
)
from talus_perception.network.trunk import TrunkConfig


class DepthHead(Head):
    """Measures depth for the canonical camera; scored by the absolute relative error."""

    name = "depth"
    weight = 4.0
    outputs = ("depth", "depth_log_variance")

    def __init__(self, config: TrunkConfig):
        super().__init__()
        self.out = nn.Conv2d(config.dense, 2, 1)

    def forward(self, features: Features) -> Tensors:
        """Return log depth and how far off it may be."""
        return split(self.out(features.dense), log_depth=1, log_scale=1)

    def loss(self, raw: Tensors, batch: Batch) -> torch.Tensor:
        """Return the likelihood of log depth."""
        value = raw["log_depth"][:, 0]
        scale = raw["log_scale"][:, 0]
        known = ~torch.isnan(batch.dense.log_depth) & asked(batch, value)
        return mean_where(laplace(value, torch.nan_to_num(batch.dense.log_depth), scale), known)

    def readable(self, raw: Tensors) -> Tensors:
        """Return m, and the log of the variance of log depth."""
        return {
            "depth": torch.exp(raw["log_depth"][:, 0]),
            "depth_log_variance": 2.0 * raw["log_scale"][:, 0],
        }
