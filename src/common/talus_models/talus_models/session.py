# SPDX-License-Identifier: Apache-2.0
"""Open ONNX files on one thread: no thread of a network competes with a control loop."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime

ELSEWHERE = "session.model_external_initializers_file_folder_path"
SILENT_SEVERITY = 4  # of onnxruntime's log: whoever opens a session says what is wrong, in a line


class NetworkSession(Protocol):
    """Name what is used of onnxruntime's session, which has no types of its own."""

    def get_inputs(self) -> Sequence[Any]:
        """Return the network's inputs, each with name, shape and type."""

    def get_outputs(self) -> Sequence[Any]:
        """Return the network's outputs, each with name, shape and type."""

    def get_modelmeta(self) -> Any:
        """Return what the file says of itself."""

    def run(
        self, outputs: Sequence[str] | None, inputs: Mapping[str, np.ndarray]
    ) -> list[np.ndarray]:
        """Return those outputs, or all, for the inputs by name."""


def open_session(model: bytes | Path) -> NetworkSession:
    """Return a session on the caller's thread. Raises what onnxruntime raises.

    Args:
        model: An ONNX file; of its bytes alone, weights in other files are refused: they would have
            no hash.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = SILENT_SEVERITY
    if isinstance(model, bytes):
        options.add_session_config_entry(ELSEWHERE, os.devnull)
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
