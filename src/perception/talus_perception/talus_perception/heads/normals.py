# SPDX-License-Identifier: Apache-2.0
"""Says of each cell which way its surface looks."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

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


class NormalsHead(Head):
    """Finds surface normals in the optical frame; scored by the mean angle."""

    name = "normals"
    weight = 1.5
    outputs = ("normals", "normals_log_variance")

    def __init__(self, config: TrunkConfig):
        super().__init__()
        self.out = nn.Conv2d(config.dense, 4, 1)

    def forward(self, features: Features) -> Tensors:
        """Return vectors of any length and how far off they may be."""
        return split(self.out(features.dense), normal=3, log_scale=1)

    def loss(self, raw: Tensors, batch: Batch) -> torch.Tensor:
        """Return the likelihood of one minus the cosine."""
        unit = functional.normalize(raw["normal"], dim=1, eps=1e-4)
        off = 1.0 - (unit * batch.dense.normal).sum(1)
        known = (batch.dense.normal.abs().sum(1) > 0.5) & asked(batch, off)
        return mean_where(laplace(off, torch.zeros_like(off), raw["log_scale"][:, 0]), known)

    def readable(self, raw: Tensors) -> Tensors:
        """Return unit vectors towards the camera, and the log variance of their cosine."""
        return {
            "normals": functional.normalize(raw["normal"], dim=1, eps=1e-4),
            "normals_log_variance": 2.0 * raw["log_scale"][:, 0],
        }
