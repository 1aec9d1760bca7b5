# SPDX-License-Identifier: Apache-2.0
"""Says which way is up for the camera, and how high it is over the floor."""

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
from talus_perception.words import THING_COLUMNS, THING_ROWS

FIELDS = (8, 8)  # the picture is cut into so many rows and columns


class AttitudeHead(Head):
    """Finds the camera's attitude; scored by the angle of up, and the error of height."""

    name = "attitude"
    weight = 0.4
    outputs = (
        "attitude_up",
        "attitude_up_log_variance",
        "attitude_height",
        "attitude_height_log_variance",
    )

    def __init__(self, config: TrunkConfig):
        super().__init__()
        self.pool = nn.AvgPool2d((THING_ROWS // FIELDS[0], THING_COLUMNS // FIELDS[1]))
        self.hidden = nn.Linear(config.pyramid * FIELDS[0] * FIELDS[1], 32)
        self.out = nn.Linear(32, 6)

    def forward(self, features: Features) -> Tensors:
        """Return six values of the whole picture."""
        values = self.out(torch.relu(self.hidden(self.pool(features.things).flatten(1))))
        return split(values, up=3, up_log_scale=1, height=1, log_scale=1)

    def loss(self, raw: Tensors, batch: Batch) -> torch.Tensor:
        """Return one minus the cosine, its likelihood, and that of the height."""
        up = functional.normalize(raw["up"], dim=1, eps=1e-4)
        off = 1.0 - (up * batch.attitude[:, :3]).sum(1)
        up_loss = laplace(off, torch.zeros_like(off), raw["up_log_scale"][:, 0])
        height = laplace(raw["height"][:, 0], batch.attitude[:, 3], raw["log_scale"][:, 0])
        counts = asked(batch, off)
        return 2.0 * mean_where(off, counts) + 0.5 * mean_where(up_loss + height, counts)

    def readable(self, raw: Tensors) -> Tensors:
        """Return a unit vector in the optical frame, m, and the log variances of both."""
        return {
            "attitude_up": functional.normalize(raw["up"], dim=1, eps=1e-4),
            "attitude_up_log_variance": 2.0 * raw["up_log_scale"][:, 0],
            "attitude_height": raw["height"][:, 0],
            "attitude_height_log_variance": 2.0 * raw["log_scale"][:, 0],
        }
