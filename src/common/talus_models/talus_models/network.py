# SPDX-License-Identifier: Apache-2.0
"""An ONNX file that is what its manifest says, behind one call, on the caller's thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from talus_models.manifest import ModelManifest, Tensor, checked_content
from talus_models.session import open_session

# Types that a manifest may name, as onnxruntime calls them.
ONNX_TYPES = {
    "float32": "tensor(float)",
    "float16": "tensor(float16)",
    "int64": "tensor(int64)",
    "uint8": "tensor(uint8)",
}
_TYPE_OF = {there: said for said, there in ONNX_TYPES.items()}


class OnnxNetwork:
    """Run a network whose inputs and outputs have the names, shapes and types of its manifest."""

    def __init__(self, model: ModelManifest):
        """Load the very bytes whose hash was checked, and warm up. Raises the kind's error."""
        self._model = model
        content = checked_content(model)
        try:
            session = open_session(content)
        except Exception as error:  # a dozen classes of its own, without a common base
            raise model.refusal(
                f"{model.network.name} is no network that runs: {' '.join(str(error).split())}"
            ) from error
        self._check("input", session.get_inputs(), model.inputs)
        self._check("output", session.get_outputs(), model.outputs)
        self._session = session
        self._inputs = [tensor.name for tensor in model.inputs]
        self._outputs = [tensor.name for tensor in model.outputs]
        self._warm_up()

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return the first output for the only input."""
        return self._session.run(self._outputs, {self._inputs[0]: values})[0]

    def run_all(self, *values: np.ndarray) -> list[np.ndarray]:
        """Return all outputs for all inputs, both in the manifest's order."""
        return self._session.run(self._outputs, dict(zip(self._inputs, values, strict=True)))

    def _warm_up(self) -> None:
        """Run once on zeros: the first run allocates, and is the slowest."""
        zeros = [np.zeros(each.shape, np.dtype(each.type)) for each in self._model.inputs]
        try:
            self.run_all(*zeros)
        except Exception as error:  # as above
            raise self._model.refusal(
                f"{self._model.network.name} fails on zeros: {' '.join(str(error).split())}"
            ) from error

    def _check(self, which: str, found: Sequence[Any], said: tuple[Tensor, ...]) -> None:
        if len(found) != len(said):
            wanted = "one" if len(said) == 1 else len(said)
            raise self._model.refusal(
                f"the network has {len(found)} {which}s; it must have {wanted}"
            )
        for place, (node, tensor) in enumerate(zip(found, said, strict=True)):
            name = which if len(said) == 1 else f"{which}s[{place}]"
            for what, is_there, is_said in (
                ("name", node.name, tensor.name),
                ("shape", list(node.shape), list(tensor.shape)),
                ("type", _TYPE_OF.get(node.type, node.type), tensor.type),
            ):
                if is_there != is_said:
                    raise self._model.refusal(
                        f"network.{name}.{what} is {is_said}, but the network has {is_there}"
                    )
            if tensor.type not in ONNX_TYPES:
                raise self._model.refusal(
                    f"network.{name}.type is {tensor.type}; it must be {', '.join(ONNX_TYPES)}"
                )
