# SPDX-License-Identifier: Apache-2.0
"""Says what every head is: layers, outputs by name, a loss, a target and a score."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Features:
    """Holds what the trunk made of pictures; all heads see the same.

    Attributes:
        things: (batch, channels, rows, columns) at THING_STRIDE.
        dense: (batch, channels, rows, columns) at DENSE_STRIDE.
        whole: (batch, channels) of the whole picture.
        now, last: What motion is read from, of this picture and of the one before.
    """

    things: torch.Tensor
    dense: torch.Tensor
    whole: torch.Tensor
    now: torch.Tensor
    last: torch.Tensor


@dataclass(frozen=True)
class Rows:
    """Holds things of a batch: where in it their centres are, and the truth about them.

    Attributes:
        place: Picture, row and column of the centre's cell, (n, 3) int64.
        values: (n, k), as `FrameTruth` says.
    """

    place: torch.Tensor
    values: torch.Tensor

    def at(self, maps: torch.Tensor) -> torch.Tensor:
        """Return what maps (batch, channels, rows, columns) say at the centres, (n, channels)."""
        picture, row, column = self.place.unbind(1)
        return maps[picture, :, row, column]


@dataclass(frozen=True)
class DenseTruth:
    """Holds the truth of every cell at DENSE_STRIDE, each (batch, rows, columns).

    Attributes:
        surface: Number in SURFACES, int64.
        log_depth: Of the canonical depth in m; NaN where nothing is.
        normal: (batch, 3, rows, columns); 0 unknown.
        height: Over the floor, m.
        floor, free, step_edge, occlusion, crease: 0 or 1.
    """

    surface: torch.Tensor
    log_depth: torch.Tensor
    normal: torch.Tensor
    height: torch.Tensor
    floor: torch.Tensor
    free: torch.Tensor
    step_edge: torch.Tensor
    occlusion: torch.Tensor
    crease: torch.Tensor


@dataclass(frozen=True)
class Batch:
    """Holds pictures and their truth as tensors; pictures 2i and 2i + 1 show the same world.

    Attributes:
        pictures: (batch, 3, rows, columns), 0 to 1.
        sound: (batch,), 1 for pictures of which all heads are asked, 0 for faulty ones.
        faults: (batch, 5), in the order of CAMERA_FAULTS.
        dense: What is true of each cell.
        flow, moving: (batch, 2 and none, rows, columns) at THING_STRIDE; NaN unknown.
        scan: Log of m, (batch, columns).
        clear: 1 where nothing is in the way, (batch, columns).
        attitude: (batch, 4): up in the optical frame, camera's height in m.
        object_heat, person_heat, hand_heat: (batch, classes, rows, columns).
        objects, people, hands: Rows of `FrameTruth`, depths canonical.
    """

    pictures: torch.Tensor
    sound: torch.Tensor
    faults: torch.Tensor
    dense: DenseTruth
    flow: torch.Tensor
    moving: torch.Tensor
    scan: torch.Tensor
    clear: torch.Tensor
    attitude: torch.Tensor
    object_heat: torch.Tensor
    person_heat: torch.Tensor
    hand_heat: torch.Tensor
    objects: Rows
    people: Rows
    hands: Rows


class Head(nn.Module):
    """Turns the shared features into named tensors, and says how wrong they are.

    `forward` returns raw values for the loss; `readable` returns what the exported network gives,
    under the names in `outputs`.

    Attributes:
        name: Of the head.
        weight: Of its loss in the sum. Weights are set so that each head pulls at the trunk as
            hard as it matters, by its gradient there: see docs/network.md.
        outputs: Names of what it gives.
    """

    name: str
    weight: float
    outputs: tuple[str, ...]

    def forward(self, features: Features) -> Tensors:
        """Return raw values by short names."""
        raise NotImplementedError

    def loss(self, raw: Tensors, batch: Batch) -> torch.Tensor:
        """Return how wrong the values are, a scalar."""
        raise NotImplementedError

    def readable(self, raw: Tensors) -> Tensors:
        """Return the tensors of `outputs`, ready for use."""
        raise NotImplementedError


def split(values: torch.Tensor, **sizes: int) -> Tensors:
    """Return the channels of (batch, channels, ...) under names, in order."""
    return dict(zip(sizes, values.split(list(sizes.values()), 1), strict=True))


def mean_where(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the mean of values where the mask is true; 0 where it never is."""
    weights = mask.to(values.dtype)
    return (
        torch.where(mask, values, torch.zeros_like(values)) * weights
    ).sum() / weights.sum().clamp(min=1)


def asked(batch: Batch, like: torch.Tensor) -> torch.Tensor:
    """Return which values of a (batch, ...) tensor count: those of sound pictures."""
    shape = (-1, *[1] * (like.dim() - 1))
    return (batch.sound > 0).reshape(shape).expand_as(like)


def laplace(value: torch.Tensor, truth: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
    """Return the negative log likelihood of the truth under a Laplace distribution, less log 2.

    The network says how far off it may be: Kendall and Gal, "What Uncertainties Do We Need", 2017.
    """
    log_scale = log_scale.clamp(-5.0, 3.0)
    return (value - truth).abs() * torch.exp(-log_scale) + log_scale


def yes_or_no(logit: torch.Tensor, truth: torch.Tensor, weight: float = 1.0) -> torch.Tensor:
    """Return the cross entropy of each value; a yes counts `weight` times."""
    each = functional.binary_cross_entropy_with_logits(logit, truth, reduction="none")
    return each * (1.0 + (weight - 1.0) * truth)


def heat_loss(logit: torch.Tensor, heat: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Return the focal loss of centre heat maps, per centre: Zhou et al., "Objects as Points"."""
    sure = torch.sigmoid(logit).clamp(1e-4, 1 - 1e-4)
    is_centre = heat > 0.999
    hit = -torch.log(sure) * (1 - sure) ** 2
    miss = -torch.log(1 - sure) * sure**2 * (1 - heat) ** 4
    each = torch.where(is_centre, hit, miss)
    counts = asked(batch, each)
    return (each * counts).sum() / (is_centre & counts).sum().clamp(min=4)


def at_centres(maps: torch.Tensor, rows: Rows, truth: torch.Tensor) -> torch.Tensor:
    """Return the mean absolute error at centres; 0 where there are none."""
    if not len(rows.place):
        return maps.sum() * 0.0
    return functional.smooth_l1_loss(rows.at(maps), truth, beta=0.1)
