# SPDX-License-Identifier: Apache-2.0
"""Joins trunk and heads: one forward pass gives all named tensors."""

from __future__ import annotations

import torch
from torch import nn

from talus_perception.network.head import Batch, Features, Head, Tensors
from talus_perception.network.trunk import Trunk, TrunkConfig

MOTION_CHANNELS = 16  # of what is kept of a picture for the next one


class EyesNetwork(nn.Module):
    """Holds one trunk and all heads.

    Weights of the losses are fixed. Learned ones (Kendall et al., "Multi-Task Learning Using
    Uncertainty", 2018) gave most of the trunk to the heads whose likelihoods became surest.
    """

    def __init__(self, heads: list[Head], config: TrunkConfig):
        """Join; the heads are built for the same config."""
        super().__init__()
        self.trunk = Trunk(config)
        self.keep = nn.Conv2d(config.pyramid, MOTION_CHANNELS, 1)
        self.heads = nn.ModuleDict({head.name: head for head in heads})

    def forward(self, pictures: torch.Tensor) -> dict[str, Tensors]:
        """Return raw values of each head for pairs of pictures, as in `Batch`."""
        things, dense, whole = self.trunk(pictures * 2.0 - 1.0)
        now = self.keep(things)
        last = now.unflatten(0, (-1, 2)).flip(1).flatten(0, 1)
        features = Features(things, dense, whole, now, last)
        return {name: head(features) for name, head in self.heads.items()}

    def loss(self, raw: dict[str, Tensors], batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
        """Return the sum to descend on, and each head's own loss."""
        total = torch.zeros(())
        parts = {}
        for name, head in self.heads.items():
            assert isinstance(head, Head)
            each = head.loss(raw[name], batch)
            parts[name] = float(each.detach())
            total = total + head.weight * each
        return total, parts


class ExportedNetwork(nn.Module):
    """Gives the tensors of all heads for one picture as cameras send it."""

    def __init__(self, network: EyesNetwork):
        """Wrap a network whose convolutions are folded."""
        super().__init__()
        self.network = network

    def forward(self, picture: torch.Tensor, last: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return all outputs in the order of `output_names`.

        Args:
            picture: (1, rows, columns, 3) uint8, red first.
            last: `features` of the picture before; zeros for the first.
        """
        net = self.network
        planes = picture.to(torch.float32).permute(0, 3, 1, 2) / 255.0
        things, dense, whole = net.trunk(planes * 2.0 - 1.0)
        now = net.keep(things)
        features = Features(things, dense, whole, now, last)
        named: Tensors = {}
        for head in net.heads.values():
            assert isinstance(head, Head)
            named.update(head.readable(head(features)))
        return (*(named[name] for name in output_names(net)[:-1]), now)


def output_names(network: EyesNetwork) -> list[str]:
    """Return the names of all tensors in order; the last is for the next picture."""
    names = [name for head in network.heads.values() for name in head.outputs]
    return [*names, "features"]
