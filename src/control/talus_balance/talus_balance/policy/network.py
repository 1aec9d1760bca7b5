# SPDX-License-Identifier: Apache-2.0
"""An ONNX file behind one call, on the caller's thread."""

from __future__ import annotations

import hashlib
import os

import numpy as np
import onnxruntime

from talus_balance.policy.manifest import PolicyError, PolicyManifest, Tensor

TYPE = "float32"
ONNX_TYPE = "tensor(float)"  # as onnxruntime calls it
ELSEWHERE = "session.model_external_initializers_file_folder_path"


class OnnxNetwork:
    """One input, one output, both (1, k) float32."""

    def __init__(self, manifest: PolicyManifest):
        """Loads the very bytes whose hash was checked. Raises PolicyError."""
        self._path = manifest.path
        content = self._content(manifest)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # no thread beside the control loop's
        options.inter_op_num_threads = 1
        # Weights in other files would have no hash.
        options.add_session_config_entry(ELSEWHERE, os.devnull)
        options.log_severity_level = 4  # what is wrong is said in one line, below
        try:
            session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # a dozen classes of its own, without a common base
            raise self._error(
                f"{manifest.network.name} is no network that runs: {' '.join(str(error).split())}"
            ) from error
        self._check("input", session.get_inputs(), manifest.input)
        self._check("output", session.get_outputs(), manifest.output)
        self._session = session
        self._input = manifest.input.name
        self._outputs = [manifest.output.name]

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return the output (1, k) for an input (1, m)."""
        return self._session.run(self._outputs, {self._input: values})[0]

    def _content(self, manifest: PolicyManifest) -> bytes:
        try:
            content = manifest.network.read_bytes()
        except OSError as error:
            raise self._error(
                f"{manifest.network}: {error.strerror}; it must lie beside the manifest"
            ) from error
        found = hashlib.sha256(content).hexdigest()
        said = manifest.network_sha256
        if found != said:
            raise self._error(
                f"the SHA-256 of {manifest.network.name} is {found[:12]}..., but "
                f"network.sha256 says {said[:12]}...; "
                "take the file that the manifest was made for"
            )
        return content

    def _check(self, which: str, found: list, said: Tensor) -> None:
        if len(found) != 1:
            raise self._error(f"the network has {len(found)} {which}s; it must have one")
        node = found[0]
        for what, is_there, is_said in (
            ("name", node.name, said.name),
            ("shape", list(node.shape), list(said.shape)),
            ("type", TYPE if node.type == ONNX_TYPE else node.type, said.type),
        ):
            if is_there != is_said:
                raise self._error(
                    f"network.{which}.{what} is {is_said}, but the network has {is_there}"
                )
        if said.type != TYPE:
            raise self._error(f"network.{which}.type is {said.type}; it must be {TYPE}")

    def _error(self, text: str) -> PolicyError:
        return PolicyError(f"policy {self._path}: {text}")
