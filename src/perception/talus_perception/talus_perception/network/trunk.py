# SPDX-License-Identifier: Apache-2.0
"""The trunk and its pyramid: dense 3x3 convolutions from the picture to features of two sizes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from talus_perception.network.layers import FoldedConvolution


@dataclass(frozen=True)
class TrunkConfig:
    """Sizes of the trunk; measured against others in docs/network.md.

    Attributes:
        channels: Of the features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture.
        blocks: Count of convolutions that keep the size, at each of those.
        pyramid: Channels of the features at 1/8 that the pyramid makes.
        dense: Channels of those at 1/4.
    """

    channels: tuple[int, ...] = (16, 24, 48, 80, 128)
    blocks: tuple[int, ...] = (0, 0, 1, 2, 2)
    pyramid: int = 40
    dense: int = 16


class Trunk(nn.Module):
    """Turns a picture into features at 1/8 and 1/4 of its size."""

    def __init__(self, config: TrunkConfig):
        """Make the stages with random weights."""
        super().__init__()
        self.stages = nn.ModuleList()
        inputs = 3
        for outputs, blocks in zip(config.channels, config.blocks, strict=True):
            same = (FoldedConvolution(outputs, outputs) for _ in range(blocks))
            self.stages.append(nn.Sequential(FoldedConvolution(inputs, outputs, 2), *same))
            inputs = outputs
        _, quarter, eighth, sixteenth, last = config.channels
        self.from_last = nn.Conv2d(last, config.pyramid, 1)
        self.from_sixteenth = nn.Conv2d(sixteenth, config.pyramid, 1)
        self.from_eighth = nn.Conv2d(eighth, config.pyramid, 1)
        self.things = FoldedConvolution(config.pyramid, config.pyramid)
        self.to_quarter = nn.Conv2d(config.pyramid, config.dense, 1)
        self.from_quarter = nn.Conv2d(quarter, config.dense, 1)
        self.dense = FoldedConvolution(config.dense, config.dense)

    def forward(self, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return features at 1/8, at 1/4, and of the whole picture (batch, channels)."""
        levels = []
        for stage in self.stages:
            picture = stage(picture)
            levels.append(picture)
        _, quarter, eighth, sixteenth, last = levels
        rows = self.from_sixteenth(sixteenth) + _twice(self.from_last(last))
        things = self.things(self.from_eighth(eighth) + _twice(rows))
        dense = self.dense(self.from_quarter(quarter) + _twice(self.to_quarter(things)))
        return things, dense, last.mean((2, 3))


def _twice(picture: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(picture, scale_factor=2.0, mode="nearest")
