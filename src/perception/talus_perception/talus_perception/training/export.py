# SPDX-License-Identifier: Apache-2.0
"""Writes a trained network as ONNX with its manifest, and counts what a picture costs."""

from __future__ import annotations

import copy
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from talus_perception.network.layers import fold
from talus_perception.network.network import (
    MOTION_CHANNELS,
    ExportedNetwork,
    EyesNetwork,
    output_names,
)
from talus_perception.words import PICTURE_HEIGHT, PICTURE_WIDTH, THING_COLUMNS, THING_ROWS

EYES_OPSET_VERSION = 17  # as policies: ONNX 1.12, which every runtime of the last years reads
EYES_IR_VERSION = 8
INPUT_NAMES = ("picture", "last_features")


@dataclass(frozen=True)
class TensorShape:
    """Names one tensor of the exported network."""

    name: str
    shape: tuple[int, ...]
    type: str


@dataclass(frozen=True)
class ExportedFile:
    """Holds what the exported network is.

    Attributes:
        content: The ONNX file.
        inputs, outputs: Its tensors in order.
        gmac: Multiplications of one forward pass, thousand millions.
        parameters: Count of weights.
    """

    content: bytes
    inputs: tuple[TensorShape, ...]
    outputs: tuple[TensorShape, ...]
    gmac: float
    parameters: int


def export_network(network: EyesNetwork) -> ExportedFile:
    """Return the network with all heads in one pass, its branches folded."""
    folded = fold(copy.deepcopy(network).eval().to(memory_format=torch.contiguous_format))
    assert isinstance(folded, EyesNetwork)
    whole = ExportedNetwork(folded).eval()
    picture, last = example_inputs()
    names = output_names(folded)
    gmac = count_gmac(whole, picture, last)
    buffer = io.BytesIO()
    torch.onnx.export(
        whole,
        (picture, last),
        buffer,
        opset_version=EYES_OPSET_VERSION,
        input_names=list(INPUT_NAMES),
        output_names=names,
        dynamo=False,
    )
    model = onnx.load_from_string(buffer.getvalue())
    model.ir_version = EYES_IR_VERSION
    model.producer_name = ""
    model.producer_version = ""
    onnx.checker.check_model(model)
    with torch.no_grad():
        values = whole(picture, last)
    shapes = (
        TensorShape(name, tuple(value.shape), str(value.dtype).removeprefix("torch."))
        for name, value in zip(names, values, strict=True)
    )
    inputs = (
        TensorShape(name, tuple(value.shape), str(value.dtype).removeprefix("torch."))
        for name, value in zip(INPUT_NAMES, (picture, last), strict=True)
    )
    return ExportedFile(
        content=model.SerializeToString(deterministic=True),
        inputs=tuple(inputs),
        outputs=tuple(shapes),
        gmac=gmac,
        parameters=sum(p.numel() for p in folded.trunk.parameters())
        + sum(p.numel() for p in folded.heads.parameters()),
    )


def example_inputs() -> tuple[torch.Tensor, torch.Tensor]:
    """Return a picture of noise, and features of no picture before."""
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (1, PICTURE_HEIGHT, PICTURE_WIDTH, 3), np.uint8)
    return torch.from_numpy(picture), torch.zeros(1, MOTION_CHANNELS, THING_ROWS, THING_COLUMNS)


def count_gmac(network: nn.Module, *inputs: torch.Tensor) -> float:
    """Return the multiplications of convolutions and linear layers, thousand millions."""
    total = 0

    def count(module: nn.Module, _: object, out: torch.Tensor) -> None:
        nonlocal total
        weight = module.weight
        assert isinstance(weight, torch.Tensor)
        places = out[0, 0].numel() if out.dim() > 2 else 1
        total += places * weight.numel()

    hooks = [
        module.register_forward_hook(count)
        for module in network.modules()
        if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Linear))
    ]
    with torch.no_grad():
        network(*inputs)
    for hook in hooks:
        hook.remove()
    return total / 1e9


def write_file(exported: ExportedFile, path: Path) -> None:
    """Write the ONNX file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(exported.content)
