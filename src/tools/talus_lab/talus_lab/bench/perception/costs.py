# SPDX-License-Identifier: Apache-2.0
"""Times networks on one core: ours, one for each head alone, and a detector's twin."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx.utils import Extractor
from talus_models.session import NetworkSession, open_session
from talus_perception.model import EyesModel
from talus_perception.words import PICTURE_HEIGHT, PICTURE_WIDTH

from talus_lab.bench.perception.twin import Twin

WARM_UP_RUNS = 3


def time_sessions(sessions: dict[str, NetworkSession], runs: int) -> dict[str, float]:
    """Return the median CPU time of a run of each, ms; they take turns, as the machine changes."""
    feeds = {name: _feed(session) for name, session in sessions.items()}
    taken: dict[str, list[float]] = {name: [] for name in sessions}
    for number in range(WARM_UP_RUNS + runs):
        for name, session in sessions.items():
            before = time.process_time()
            session.run(None, feeds[name])
            if number >= WARM_UP_RUNS:
                taken[name].append(1e3 * (time.process_time() - before))
    return {name: float(np.median(values)) for name, values in taken.items()}


def measure_costs(eyes: EyesModel | None, runs: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return rows and figures; without a model those of the twin alone."""
    twin = Twin(PICTURE_HEIGHT, PICTURE_WIDTH)
    sessions = {"twin of YOLO11n": open_session(twin.content())}
    gmac = {"twin of YOLO11n": twin.gmac}
    parts: dict[str, bytes] = {}
    if eyes is not None:
        whole = onnx.load(str(eyes.model.network))
        sessions["all heads"] = open_session(eyes.model.network)
        gmac["all heads"] = gmac_of(whole)
        parts = single_task_networks(whole)
        for name, content in parts.items():
            sessions[name] = open_session(content)
            gmac[name] = gmac_of(onnx.load_from_string(content))
    taken = time_sessions(sessions, runs)
    rows = [
        {"network": name, "gmac": gmac[name], "cpu_ms": taken[name], "runs": runs}
        for name in sessions
    ]
    summary: dict[str, Any] = {"twin_ms": taken["twin of YOLO11n"], "twin_gmac": twin.gmac}
    if eyes is not None:
        ours = taken["all heads"]
        summary |= {
            "heads": len(parts),
            "tensors": len(eyes.model.outputs),
            "gmac_per_frame": gmac["all heads"],
            "frame_ms": ours,
            "frame_ratio_to_twin": ours / taken["twin of YOLO11n"],
            "shared_vs_separate_cpu": sum(taken[name] for name in parts) / ours,
        }
    return rows, summary


def single_task_networks(whole: onnx.ModelProto) -> dict[str, bytes]:
    """Return a network for each head alone, by name: trunk and that head, cut out of the whole."""
    outputs = [value.name for value in whole.graph.output if value.name != "features"]
    heads: dict[str, list[str]] = {}
    for name in outputs:
        heads.setdefault(name.split("_")[0], []).append(name)
    inputs = [value.name for value in whole.graph.input]
    extractor = Extractor(whole)
    return {
        head: extractor.extract_model(inputs, names).SerializeToString()
        for head, names in heads.items()
    }


def gmac_of(model: onnx.ModelProto) -> float:
    """Return the multiplications of convolutions and matrix products, thousand millions."""
    shapes = _shapes(onnx.shape_inference.infer_shapes(model))
    total = 0
    for node in model.graph.node:
        if node.op_type == "Conv":
            places = np.prod(shapes[node.output[0]][2:])
            total += int(places * np.prod(shapes[node.input[1]]))
        elif node.op_type == "Gemm":
            total += int(np.prod(shapes[node.input[1]]))
    return total / 1e9


def _shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    graph = model.graph
    values = (*graph.input, *graph.output, *graph.value_info)
    found = {
        value.name: tuple(side.dim_value for side in value.type.tensor_type.shape.dim)
        for value in values
    }
    return found | {each.name: tuple(each.dims) for each in graph.initializer}


def _feed(session: NetworkSession) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    feed = {}
    for value in session.get_inputs():
        if "uint8" in value.type:
            feed[value.name] = rng.integers(0, 256, value.shape, np.uint8)
        else:
            feed[value.name] = rng.standard_normal(value.shape).astype(np.float32)
    return feed


def shipped_model(given: Path | None, talus: Path) -> Path | None:
    """Return the manifest to measure: the given one, else the shipped one, else none."""
    if given is not None:
        return given
    shipped = talus / "models" / "eyes.yaml"
    return shipped if shipped.exists() else None
