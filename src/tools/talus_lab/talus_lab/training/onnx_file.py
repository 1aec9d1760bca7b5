# SPDX-License-Identifier: Apache-2.0
"""Writes a perceptron as ONNX: (1, m) to (1, n), float32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from talus_lab.training.perceptron import Perceptron

INPUT_NAME = "observation"
OUTPUT_NAME = "action"
# Those of ONNX 1.12, which every runtime of the last years reads.
OPSET_VERSION = 17
IR_VERSION = 8


def write_onnx(network: Perceptron, path: Path, name: str) -> None:
    """Write one `Gemm` per layer, `Tanh` between; equal networks give equal bytes."""
    nodes = []
    constants = []
    last = INPUT_NAME
    for number, (weights, bias) in enumerate(network.layers):
        is_last = number == len(network.layers) - 1
        for kind, value in (("weights", weights), ("bias", bias)):
            tensor = numpy_helper.from_array(value.astype(np.float32), f"{kind}_{number}")
            constants.append(tensor)
        linear = OUTPUT_NAME if is_last else f"linear_{number}"
        inputs = [last, f"weights_{number}", f"bias_{number}"]
        nodes.append(helper.make_node("Gemm", inputs, [linear], transB=1))
        if not is_last:
            last = f"hidden_{number}"
            nodes.append(helper.make_node("Tanh", [linear], [last]))
    graph = helper.make_graph(
        nodes,
        name,
        inputs=[_vector(INPUT_NAME, network.layers[0][0].shape[1])],
        outputs=[_vector(OUTPUT_NAME, network.layers[-1][0].shape[0])],
        initializer=constants,
    )
    opset = helper.make_opsetid("", OPSET_VERSION)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _vector(name: str, size: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size])
