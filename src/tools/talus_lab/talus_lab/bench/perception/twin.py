# SPDX-License-Identifier: Apache-2.0
"""A network of YOLO11n's size and operators with random weights: what a detector alone costs.

Laid out after the published description (depth 0.5, width 0.25, 80 classes): convolutions with
SiLU, C3k2 blocks, SPPF, C2PSA, a pyramid and three heads. Random weights: it finds nothing, and
costs as much as one that does. At 640x640 it has 2.61 M weights and 3.27 GMAC; published: 2.6 M,
6.5 GFLOP.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TWIN_OPSET = 17
TWIN_IR = 8
COCO_COUNT = 80
BOX_CHANNELS = 64  # four sides, each as 16 weights
ATTENTION_HEADS = 2
KEY_CHANNELS = 32  # of each of those heads


class Twin:
    """Builds the graph; each method adds nodes and returns the name of the tensor they give.

    Attributes:
        gmac: Multiplications so far, thousand millions.
        weights: Numbers so far.
    """

    def __init__(self, height: int, width: int):
        """Begin with a picture (1, 3, height, width)."""
        self.gmac = 0.0
        self.weights = 0
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._shapes: dict[str, tuple[int, int, int]] = {"picture": (3, height, width)}
        self._rng = np.random.default_rng(0)
        self._picture = (1, 3, height, width)

    def content(self) -> bytes:
        """Return the whole network as an ONNX file."""
        outputs = self._network()
        graph = helper.make_graph(
            self._nodes,
            "twin",
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, list(self._picture))],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, *self._shapes[name]])
                for name in outputs
            ],
            self._constants,
        )
        opset = helper.make_opsetid("", TWIN_OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=TWIN_IR)
        onnx.checker.check_model(model)
        return model.SerializeToString(deterministic=True)

    def _network(self) -> list[str]:
        x = self._conv(self._conv("picture", 16, stride=2), 32, stride=2)
        x = self._conv(self._c3k2(x, 64, 16), 64, stride=2)
        fine = self._c3k2(x, 128, 32)
        middle = self._c3k2(self._conv(fine, 128, stride=2), 128, 64, is_deep=True)
        coarse = self._c3k2(self._conv(middle, 256, stride=2), 256, 128, is_deep=True)
        coarse = self._attention(self._pooled(coarse))
        up = self._c3k2(self._concat(self._larger(coarse), middle), 128, 64)
        small = self._c3k2(self._concat(self._larger(up), fine), 64, 32)
        medium = self._concat(self._conv(small, 64, stride=2), up)
        medium = self._c3k2(medium, 128, 64)
        large = self._concat(self._conv(medium, 128, stride=2), coarse)
        large = self._c3k2(large, 256, 128, is_deep=True)
        return [out for scale in (small, medium, large) for out in self._detect(scale)]

    def _detect(self, x: str) -> tuple[str, str]:
        box = self._conv(self._conv(x, BOX_CHANNELS), BOX_CHANNELS)
        kind = self._conv(self._conv(x, self._shapes[x][0], is_depthwise=True), COCO_COUNT, size=1)
        kind = self._conv(self._conv(kind, COCO_COUNT, is_depthwise=True), COCO_COUNT, size=1)
        return (
            self._conv(box, BOX_CHANNELS, size=1, is_active=False),
            self._conv(kind, COCO_COUNT, size=1, is_active=False),
        )

    def _c3k2(self, x: str, channels: int, hidden: int, is_deep: bool = False) -> str:
        first, second = self._split(self._conv(x, 2 * hidden, size=1))
        last = self._c3k(second, hidden) if is_deep else self._residual(second, hidden // 2)
        return self._conv(self._concat(first, second, last), channels, size=1)

    def _c3k(self, x: str, channels: int) -> str:
        half = channels // 2
        deep = self._conv(x, half, size=1)
        for _ in range(2):
            deep = self._residual(deep, half)
        return self._conv(self._concat(deep, self._conv(x, half, size=1)), channels, size=1)

    def _residual(self, x: str, hidden: int) -> str:
        out = self._conv(self._conv(x, hidden), self._shapes[x][0])
        return self._add("Add", [x, out], self._shapes[x])

    def _pooled(self, x: str) -> str:
        channels = self._shapes[x][0]
        parts = [self._conv(x, channels // 2, size=1)]
        for _ in range(3):
            shape = self._shapes[parts[-1]]
            pads = {"kernel_shape": [5, 5], "pads": [2] * 4, "strides": [1, 1]}
            parts.append(self._add("MaxPool", [parts[-1]], shape, **pads))
        return self._conv(self._concat(*parts), channels, size=1)

    def _attention(self, x: str) -> str:
        channels = self._shapes[x][0]
        kept, half = self._split(self._conv(x, channels, size=1))
        mixed = self._add("Add", [half, self._attend(half)], self._shapes[half])
        wide = self._conv(mixed, channels, size=1)
        wide = self._conv(wide, channels // 2, size=1, is_active=False)
        mixed = self._add("Add", [mixed, wide], self._shapes[half])
        return self._conv(self._concat(kept, mixed), channels, size=1)

    def _attend(self, x: str) -> str:
        """Add self-attention over all places; the places are few at 1/32 of the picture."""
        channels, rows, columns = self._shapes[x]
        places = rows * columns
        value = channels // ATTENTION_HEADS
        both = self._conv(x, ATTENTION_HEADS * (2 * KEY_CHANNELS + value), size=1, is_active=False)
        shape = self._integers((1, ATTENTION_HEADS, 2 * KEY_CHANNELS + value, places))
        heads = self._add("Reshape", [both, shape], (0, 0, 0))
        parts = self._integers((KEY_CHANNELS, KEY_CHANNELS, value))
        names = [f"{heads}_{word}" for word in ("query", "key", "value")]
        self._nodes.append(helper.make_node("Split", [heads, parts], names, axis=2))
        query = self._add("Transpose", [names[0]], (0, 0, 0), perm=[0, 1, 3, 2])
        score = self._add("MatMul", [query, names[1]], (0, 0, 0))
        scale = self._constant(np.full(1, KEY_CHANNELS**-0.5, np.float32))
        score = self._add("Softmax", [self._add("Mul", [score, scale], (0, 0, 0))], (0, 0, 0))
        score = self._add("Transpose", [score], (0, 0, 0), perm=[0, 1, 3, 2])
        seen = self._add("MatMul", [names[2], score], (0, 0, 0))
        self.gmac += ATTENTION_HEADS * places**2 * (KEY_CHANNELS + value) / 1e9
        back = self._integers((1, channels, rows, columns))
        seen = self._add("Reshape", [seen, back], (channels, rows, columns))
        values = self._add("Reshape", [names[2], back], (channels, rows, columns))
        place = self._conv(values, channels, is_depthwise=True, is_active=False)
        seen = self._add("Add", [seen, place], (channels, rows, columns))
        return self._conv(seen, channels, size=1, is_active=False)

    def _conv(
        self,
        x: str,
        channels: int,
        size: int = 3,
        stride: int = 1,
        is_depthwise: bool = False,
        is_active: bool = True,
    ) -> str:
        inputs, rows, columns = self._shapes[x]
        group = inputs if is_depthwise else 1
        kernel = (channels, inputs // group, size, size)
        scale = math.sqrt(2.0 / (kernel[1] * size * size))
        weights = (scale * self._rng.standard_normal(kernel)).astype(np.float32)
        shape = (channels, -(-rows // stride), -(-columns // stride))
        self.gmac += weights.size * shape[1] * shape[2] / 1e9
        self.weights += weights.size
        inner = [x, self._constant(weights), self._constant(np.zeros(channels, np.float32))]
        out = self._add(
            "Conv",
            inner,
            shape,
            kernel_shape=[size, size],
            strides=[stride, stride],
            pads=[size // 2] * 4,
            group=group,
        )
        if not is_active:
            return out
        return self._add("Mul", [out, self._add("Sigmoid", [out], shape)], shape)

    def _split(self, x: str) -> tuple[str, str]:
        channels, rows, columns = self._shapes[x]
        names = (f"{x}_a", f"{x}_b")
        for name in names:
            self._shapes[name] = (channels // 2, rows, columns)
        parts = self._integers((channels // 2, channels // 2))
        self._nodes.append(helper.make_node("Split", [x, parts], list(names), axis=1))
        return names

    def _concat(self, *parts: str) -> str:
        shapes = [self._shapes[part] for part in parts]
        shape = (sum(each[0] for each in shapes), *shapes[0][1:])
        return self._add("Concat", list(parts), shape, axis=1)

    def _larger(self, x: str) -> str:
        channels, rows, columns = self._shapes[x]
        scales = self._constant(np.array((1, 1, 2, 2), np.float32))
        return self._add(
            "Resize", [x, "", scales], (channels, 2 * rows, 2 * columns), mode="nearest"
        )

    def _integers(self, values: tuple[int, ...]) -> str:
        return self._constant(np.array(values, np.int64))

    def _constant(self, values: np.ndarray) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(values, name))
        return name

    def _add(self, kind: str, inputs: list[str], shape: tuple[int, int, int], **said: Any) -> str:
        name = f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **said))
        self._shapes[name] = shape
        return name
