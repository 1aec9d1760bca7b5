# SPDX-License-Identifier: Apache-2.0
"""Finds people: box, depth, 17 key points, which way they look and move."""

from __future__ import annotations

import torch
from torch import nn

from talus_perception.network.head import (
    Batch,
    Features,
    Head,
    Rows,
    Tensors,
    at_centres,
    heat_loss,
    laplace,
    split,
    yes_or_no,
)
from talus_perception.network.trunk import TrunkConfig
from talus_perception.words import KEY_POINTS

RARE_PERSON = -2.2  # as for things
PERSON_CHANNELS = {
    "heat": 1,
    "log_box": 4,
    "log_depth": 1,
    "log_scale": 1,
    "facing": 2,
    "velocity": 2,
    "key_points": 2 * len(KEY_POINTS),
    "key_point_seen": len(KEY_POINTS),
}


class PeopleHead(Head):
    """Finds people; scored by `people_recall_1fp`, recall at one false alarm per picture.

    Key points are told from the centre in parts of the box's sides, so that near and far people
    are alike to the loss.
    """

    name = "people"
    weight = 0.35
    outputs = (
        "people_heat",
        "people_box",
        "people_depth",
        "people_depth_log_variance",
        "people_facing",
        "people_velocity",
        "people_key_points",
        "people_key_point_scores",
    )

    def __init__(self, config: TrunkConfig):
        super().__init__()
        self.out = nn.Conv2d(config.pyramid, sum(PERSON_CHANNELS.values()), 1)
        with torch.no_grad():
            self.out.bias[0] = RARE_PERSON

    def forward(self, features: Features) -> Tensors:
        """Return heat and what is told at centres."""
        return split(self.out(features.things), **PERSON_CHANNELS)

    def loss(self, raw: Tensors, batch: Batch) -> torch.Tensor:
        """Return heat, and at the centres box, depth, facing, velocity and key points."""
        rows = batch.people
        total = heat_loss(raw["heat"], batch.person_heat, batch)
        if not len(rows.place):
            return total
        truth = rows.values
        depth = laplace(
            rows.at(raw["log_depth"])[:, 0], torch.log(truth[:, 4]), rows.at(raw["log_scale"])[:, 0]
        )
        return (
            total
            + at_centres(raw["log_box"], rows, torch.log(truth[:, :4]))
            + 0.5 * depth.mean()
            + 0.5 * at_centres(raw["facing"], rows, truth[:, 5:7])
            + 0.5 * at_centres(raw["velocity"], rows, truth[:, 7:9])
            + self._key_point_loss(raw, rows)
        )

    def _key_point_loss(self, raw: Tensors, rows: Rows) -> torch.Tensor:
        points = rows.values[:, 9:].reshape(-1, len(KEY_POINTS), 3)
        seen = points[:, :, 2]
        said = rows.at(raw["key_points"]).reshape(-1, len(KEY_POINTS), 2)
        off = (said - points[:, :, :2]).abs().sum(2) * seen
        sure = yes_or_no(rows.at(raw["key_point_seen"]), seen)
        return 2.0 * off.sum() / seen.sum().clamp(min=1) + 0.5 * sure.mean()

    def readable(self, raw: Tensors) -> Tensors:
        """Return boxes as px left, up, right, down of a cell's middle; key points in px from it."""
        box = torch.exp(raw["log_box"])
        sides = torch.cat([box[:, 0:1] + box[:, 2:3], box[:, 1:2] + box[:, 3:4]], 1)
        return {
            "people_heat": torch.sigmoid(raw["heat"]),
            "people_box": box,
            "people_depth": torch.exp(raw["log_depth"]),
            "people_depth_log_variance": 2.0 * raw["log_scale"],
            "people_facing": raw["facing"],
            "people_velocity": raw["velocity"],
            "people_key_points": raw["key_points"] * sides.repeat(1, len(KEY_POINTS), 1, 1),
            "people_key_point_scores": torch.sigmoid(raw["key_point_seen"]),
        }
