# SPDX-License-Identifier: Apache-2.0
"""Finds things: centre, size, depth, yaw and class; Zhou et al., "Objects as Points", 2019."""

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
    laplace,
    split,
)
from talus_perception.network.trunk import TrunkConfig
from talus_perception.words import THINGS

RARE_OBJECT = -2.2  # logit of a heat map before training: one cell in ten
OBJECT_CHANNELS = {
    "heat": len(THINGS),
    "offset": 2,
    "log_depth": 1,
    "log_scale": 1,
    "log_size": 3,
    "turn": 2,
    "log_box": 2,
}


class ObjectsHead(Head):
    """Finds things of the classes THINGS; scored by `object_map50` over their boxes.

    Yaw is about the vertical, from the line of sight to the thing's x axis, left positive. What
    looks the same after half a turn has the cosine and sine of twice that angle.
    """

    name = "objects"
    weight = 0.5
    outputs = (
        "objects_heat",
        "objects_offset",
        "objects_depth",
        "objects_depth_log_variance",
        "objects_size",
        "objects_turn",
        "objects_box",
    )

    def __init__(self, config: TrunkConfig):
        super().__init__()
        self.out = nn.Conv2d(config.pyramid, sum(OBJECT_CHANNELS.values()), 1)
        with torch.no_grad():
            self.out.bias[: OBJECT_CHANNELS["heat"]] = RARE_OBJECT

    def forward(self, features: Features) -> Tensors:
        """Return heat and what is told at centres."""
        return split(self.out(features.things), **OBJECT_CHANNELS)

    def loss(self, raw: Tensors, batch: Batch) -> torch.Tensor:
        """Return heat, and at the centres offset, depth, size, turn and box."""
        rows = batch.objects
        truth = rows.values
        total = heat_loss(raw["heat"], batch.object_heat, batch)
        if not len(truth):
            return total
        depth = laplace(
            rows.at(raw["log_depth"])[:, 0], torch.log(truth[:, 3]), rows.at(raw["log_scale"])[:, 0]
        )
        return (
            total
            + at_centres(raw["offset"], rows, truth[:, 1:3])
            + 0.5 * depth.mean()
            + at_centres(raw["log_size"], rows, torch.log(truth[:, 4:7]))
            + 0.5 * at_centres(raw["turn"], rows, truth[:, 7:9])
            + at_centres(raw["log_box"], rows, torch.log(truth[:, 9:11]))
        )

    def readable(self, raw: Tensors) -> Tensors:
        """Return heat 0 to 1; offset in cells from a cell's first pixel; m; picture's box in px."""
        return {
            "objects_heat": torch.sigmoid(raw["heat"]),
            "objects_offset": raw["offset"],
            "objects_depth": torch.exp(raw["log_depth"]),
            "objects_depth_log_variance": 2.0 * raw["log_scale"],
            "objects_size": torch.exp(raw["log_size"]),
            "objects_turn": raw["turn"],
            "objects_box": torch.exp(raw["log_box"]),
        }
