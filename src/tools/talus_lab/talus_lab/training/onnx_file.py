# SPDX-License-Identifier: Apache-2.0
"""Writes a perceptron as ONNX: (1, m) to (1, n), float32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from talus_lab.training.perceptron import Perceptron

INPUT, OUTPUT = "observation", "action"
OPSET, IR_VERSION = 17, 8  # of ONNX 1.12: what every runtime of the last years reads


def write_onnx(network: Perceptron, path: Path, name: str) -> None:
    """One `Gemm` per layer, `Tanh` between; the same network gives the same bytes."""
    nodes, constants, last = [], [], INPUT
    for number, (weights, bias) in enumerate(network.layers):
        is_last = number == len(network.layers) - 1
        for kind, value in (("weights", weights), ("bias", bias)):
            constants.append(numpy_helper.from_array(value.astype(np.float32), f"{kind}_{number}"))
        linear = OUTPUT if is_last else f"linear_{number}"
        nodes.append(helper.make_node("Gemm", [last, f"weights_{number}", f"bias_{number}"], [linear], transB=1))
        if not is_last:
            last = f"hidden_{number}"
            nodes.append(helper.make_node("Tanh", [linear], [last]))
    sizes = network.layers[0][0].shape[1], network.layers[-1][0].shape[0]
    ends = [
        [helper.make_tensor_value_info(end, TensorProto.FLOAT, [1, size])]
        for end, size in zip((INPUT, OUTPUT), sizes, strict=True)
    ]
    graph = helper.make_graph(nodes, name, *ends, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))
