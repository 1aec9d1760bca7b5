# SPDX-License-Identifier: Apache-2.0
"""Small ONNX files whose answer is known."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def linear_network(weights: np.ndarray, bias: np.ndarray, kind: int = TensorProto.FLOAT) -> bytes:
    """y = W x + b as ONNX."""
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    constants = [
        numpy_helper.from_array(part.astype(dtype), name)
        for part, name in ((weights, "W"), (bias, "b"))
    ]
    ends = [
        [helper.make_tensor_value_info(name, kind, [1, size])]
        for name, size in (("observation", weights.shape[1]), ("action", weights.shape[0]))
    ]
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["observation", "W", "b"], ["action"], transB=1)], "x", *ends
    )
    graph.initializer.extend(constants)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString(deterministic=True)


def sums_and_differences() -> bytes:
    """Two inputs, two outputs: `sum` = left + right, `difference` = left - right; (1, 2) each."""
    inputs, outputs = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 2]) for name in names]
        for names in (("left", "right"), ("sum", "difference"))
    )
    nodes = [
        helper.make_node("Add", ["left", "right"], ["sum"]),
        helper.make_node("Sub", ["left", "right"], ["difference"]),
    ]
    graph = helper.make_graph(nodes, "x", inputs, outputs)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString(deterministic=True)
