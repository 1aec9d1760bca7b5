# SPDX-License-Identifier: Apache-2.0
"""Convolutions that train as a sum of branches and are exported as one."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

NORM_MOMENTUM = 0.03  # small batches: statistics over some hundred steps


class FoldedConvolution(nn.Module):
    """Trains a 3x3, a 1x1 and an identity branch as one kernel, normalised, then a ReLU.

    The branches are linear, so they are added as kernels and not as pictures: training costs one
    convolution, and `folded` returns the very same function without them. Ideas of: Ding et al.,
    "RepVGG", 2021; Zagoruyko and Komodakis, "DiracNets", 2017.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        """Make the branches; the identity only where size and channels stay."""
        super().__init__()
        self.stride = stride
        self.square = nn.Parameter(torch.empty(outputs, inputs, 3, 3))
        self.point = nn.Parameter(torch.empty(outputs, inputs, 1, 1))
        nn.init.kaiming_normal_(self.square, nonlinearity="relu")
        nn.init.kaiming_normal_(self.point, nonlinearity="relu")
        with torch.no_grad():
            self.point *= 0.3
        keeps = stride == 1 and inputs == outputs
        self.same = nn.Parameter(torch.ones(outputs)) if keeps else None
        self.norm = nn.BatchNorm2d(outputs, momentum=NORM_MOMENTUM)

    def kernel(self) -> torch.Tensor:
        """Return the sum of the branches, (outputs, inputs, 3, 3)."""
        kernel = self.square + functional.pad(self.point, (1, 1, 1, 1))
        if self.same is not None:
            kernel = kernel + functional.pad(torch.diag(self.same)[:, :, None, None], (1, 1, 1, 1))
        return kernel

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Return (batch, outputs, rows / stride, columns / stride)."""
        linear = functional.conv2d(picture, self.kernel(), None, self.stride, 1)
        return functional.relu(self.norm(linear), inplace=True)

    def folded(self) -> nn.Module:
        """Return one plain convolution and a ReLU that do the same as this does in use."""
        norm = self.norm
        assert norm.running_var is not None and norm.running_mean is not None
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        kernel = self.kernel() * scale[:, None, None, None]
        plain = nn.Conv2d(kernel.shape[1], kernel.shape[0], 3, self.stride, 1)
        with torch.no_grad():
            plain.weight.copy_(kernel)
            plain.bias.copy_(norm.bias - norm.running_mean * scale)
        return nn.Sequential(plain, nn.ReLU(inplace=True))


def fold(module: nn.Module) -> nn.Module:
    """Replace every branched convolution below a module by its plain one; return the module."""
    for name, child in module.named_children():
        if isinstance(child, FoldedConvolution):
            setattr(module, name, child.folded())
        else:
            fold(child)
    return module
