# SPDX-License-Identifier: Apache-2.0
"""A perception model that sees red squares as people and blue ones as boxes, in a few kilobytes.

It has all names and shapes of the true one, so that node and tracks are tested without training.
"""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper
from talus_perception.words import (
    CAMERA_FAULTS,
    CANONICAL_FOCAL_PX,
    KEY_POINTS,
    SURFACES,
    THING_COLUMNS,
    THING_ROWS,
    THINGS,
)

PERSON_DEPTH_M = 2.0
BOX_DEPTH_M = 1.0
DEPTH_M = 6.0  # of every place: nothing is hidden
SQUARE_PX = 8  # of a cell: paint one cell
CELLS = (THING_ROWS, THING_COLUMNS)
CONSTANTS = {
    "objects_offset": np.full((1, 2, *CELLS), 0.5),
    "objects_depth": np.full((1, 1, *CELLS), BOX_DEPTH_M),
    "objects_depth_log_variance": np.full((1, 1, *CELLS), -6.0),
    "objects_size": np.full((1, 3, *CELLS), 0.2),
    "objects_turn": np.tile(np.array((1.0, 0.0)).reshape(1, 2, 1, 1), (1, 1, *CELLS)),
    "objects_box": np.full((1, 2, *CELLS), 20.0),
    "people_box": np.full((1, 4, *CELLS), 30.0),
    "people_depth": np.full((1, 1, *CELLS), PERSON_DEPTH_M),
    "people_depth_log_variance": np.full((1, 1, *CELLS), -6.0),
    "people_facing": np.tile(np.array((-1.0, 0.0)).reshape(1, 2, 1, 1), (1, 1, *CELLS)),
    "people_key_points": np.zeros((1, 2 * len(KEY_POINTS), *CELLS)),
    "people_key_point_scores": np.ones((1, len(KEY_POINTS), *CELLS)),
    "depth": np.full((1, 64, 80), DEPTH_M),
    **{f"health_{fault}": np.zeros((1, 1)) for fault in CAMERA_FAULTS},
}


def write_stub(folder: Path, trusted: tuple[str, ...] = (), opset: int = 17, **spoilt) -> Path:
    """Write network and manifest; `spoilt` replaces entries of the manifest's network."""
    content = _model(opset).SerializeToString(deterministic=True)
    (folder / "stub.onnx").write_bytes(content)
    model = onnx.load_from_string(content)
    tree = {
        "name": "stub",
        "about": "sees red squares",
        "licence": "Apache-2.0",
        "training": {"commit": "none", "command": "none", "seed": 0},
        "focal_px": int(CANONICAL_FOCAL_PX),
        "words": {
            "surfaces": " ".join(SURFACES),
            "things": " ".join(THINGS),
            "key_points": " ".join(KEY_POINTS),
        },
        "network": {
            "file": "stub.onnx",
            "sha256": hashlib.sha256(content).hexdigest(),
            "inputs": [_said(value) for value in model.graph.input],
            "outputs": [_said(value) for value in model.graph.output],
            **spoilt,
        },
    }
    if trusted:
        tree["trusted"] = list(trusted)
    manifest = folder / "stub.yaml"
    manifest.write_text(yaml.dump(tree, sort_keys=False))
    return manifest


def painted(squares: dict[tuple[int, int], str]) -> np.ndarray:
    """Return the network's picture with a `red` or `blue` square in cells (row, column)."""
    picture = np.full((256, 320, 3), 90, np.uint8)
    for (row, column), colour in squares.items():
        place = tuple(slice(SQUARE_PX * i, SQUARE_PX * (i + 1)) for i in (row, column))
        picture[place] = (255, 0, 0) if colour == "red" else (0, 0, 255)
    return picture


def _model(opset: int) -> onnx.ModelProto:
    nodes = [
        helper.make_node("Cast", ["picture"], ["levels"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["levels"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Split", ["planes", "ones"], ["red", "green", "blue"], axis=1),
        helper.make_node("Mul", ["last_features", "nothing"], ["features"]),
        helper.make_node("Identity", ["classes"], ["semantics_class"]),
    ]
    for name, plus, minus in (("people_heat", "red", "blue"), ("box_heat", "blue", "red")):
        nodes += [
            helper.make_node("Sub", [plus, minus], [f"{name}_off"]),
            helper.make_node("Relu", [f"{name}_off"], [f"{name}_up"]),
            helper.make_node(
                "AveragePool",
                [f"{name}_up"],
                [f"{name}_mean"],
                kernel_shape=[8, 8],
                strides=[8, 8],
            ),
            helper.make_node("Mul", [f"{name}_mean", "share"], [name]),
        ]
    nodes.append(helper.make_node("Concat", ["box_heat", "rest"], ["objects_heat"], axis=1))
    constants = {
        "ones": np.ones(3, np.int64),
        "nothing": np.zeros(1, np.float32),
        "share": np.full(1, 1.0 / 255.0, np.float32),
        "rest": np.zeros((1, len(THINGS) - 1, *CELLS), np.float32),
        "classes": np.full((1, 64, 80), SURFACES.index("floor"), np.uint8),
    }
    for name, value in CONSTANTS.items():
        constants[f"{name}_value"] = value.astype(np.float32)
        nodes.append(helper.make_node("Identity", [f"{name}_value"], [name]))
    outputs = [_info(name, value.shape) for name, value in CONSTANTS.items()]
    outputs += [
        _info("objects_heat", (1, len(THINGS), *CELLS)),
        _info("people_heat", (1, 1, *CELLS)),
        _info("semantics_class", (1, 64, 80), TensorProto.UINT8),
        _info("features", (1, 16, *CELLS)),
    ]
    graph = helper.make_graph(
        nodes,
        "stub",
        [
            _info("picture", (1, 256, 320, 3), TensorProto.UINT8),
            _info("last_features", (1, 16, *CELLS)),
        ],
        outputs,
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def _info(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, list(shape))


def _said(value) -> dict:
    tensor = value.type.tensor_type
    kind = "uint8" if tensor.elem_type == TensorProto.UINT8 else "float32"
    return {
        "name": value.name,
        "shape": [side.dim_value for side in tensor.shape.dim],
        "type": kind,
    }
