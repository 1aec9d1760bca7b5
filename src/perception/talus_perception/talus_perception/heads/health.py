# SPDX-License-Identifier: Apache-2.0
"""Says what is wrong with a camera: black, frozen, blurred, blocked, over-exposed."""

from __future__ import annotations

import torch
from torch import nn

from talus_perception.network.head import Batch, Features, Head, Tensors, yes_or_no
from talus_perception.network.trunk import TrunkConfig
from talus_perception.words import CAMERA_FAULTS


class HealthHead(Head):
    """Names a camera's faults; scored by recall and false alarms. Faulty pictures train only it."""

    name = "health"
    weight = 1.0
    outputs = tuple(f"health_{fault}" for fault in CAMERA_FAULTS)

    def __init__(self, config: TrunkConfig):
        super().__init__()
        inputs = config.channels[-1] + 2 * config.pyramid + 1
        self.hidden = nn.Linear(inputs, 32)
        self.out = nn.Linear(32, len(CAMERA_FAULTS))

    def forward(self, features: Features) -> Tensors:
        """Return a logit for each fault."""
        change = (features.now - features.last).abs().mean((1, 2, 3))[:, None]
        level = features.things.mean((2, 3))
        spread = (features.things - level[:, :, None, None]).abs().mean((2, 3))
        seen = torch.cat([features.whole, level, spread, torch.log(change + 1e-3)], 1)
        return {"faults": self.out(torch.relu(self.hidden(seen)))}

    def loss(self, raw: Tensors, batch: Batch) -> torch.Tensor:
        """Return the cross entropy; a fault counts more than its absence."""
        return yes_or_no(raw["faults"], batch.faults, 3.0).mean()

    def readable(self, raw: Tensors) -> Tensors:
        """Return a certainty 0 to 1 for each fault, (1, 1)."""
        parts = torch.sigmoid(raw["faults"]).split(1, 1)
        return dict(zip(self.outputs, parts, strict=True))
