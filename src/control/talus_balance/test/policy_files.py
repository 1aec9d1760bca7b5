# SPDX-License-Identifier: Apache-2.0
"""A real ONNX file with a manifest for talus40's legs: its targets stay at the pose `stand`."""

import hashlib
from pathlib import Path

import numpy as np
import yaml
from linear_networks import linear_network
from onnx import TensorProto
from standing_robot import ROBOT

LEGS = [*ROBOT.groups["left_leg"], *ROBOT.groups["right_leg"]]
STAND = ROBOT.poses["stand"]
INPUTS = 3 + 2 * len(LEGS)


def network_of_zeros(
    outputs: int = len(LEGS), inputs: int = INPUTS, kind: int = TensorProto.FLOAT
) -> bytes:
    return linear_network(np.zeros((outputs, inputs)), np.zeros(outputs), kind)


def manifest_tree(network: bytes) -> dict:
    """Sound, for `network` in the file `x.onnx`."""
    places = [ROBOT.joint_names.index(name) for name in LEGS]
    return {
        "name": "x",
        "about": "Holds the pose stand.",
        "licence": "Apache-2.0",
        "training": {"commit": "none", "command": "none", "seed": 0},
        "robot": {
            "name": "talus40",
            "urdf_sha256": hashlib.sha256(ROBOT.urdf.read_bytes()).hexdigest(),
        },
        "network": {
            "file": "x.onnx",
            "sha256": hashlib.sha256(network).hexdigest(),
            "input": {"name": "observation", "shape": [1, INPUTS], "type": "float32"},
            "output": {"name": "action", "shape": [1, len(LEGS)], "type": "float32"},
        },
        "rate_hz": 100.0,
        "modes": ["standing"],
        "action_limit": 4.0,
        "joints": [
            {
                "name": name,
                "offset": float(STAND[place]),
                "scale": 0.25,
                "stiffness": 100.0,
                "damping": 2.0,
            }
            for name, place in zip(LEGS, places, strict=True)
        ],
        "observation": [
            {"name": "projected_gravity", "size": 3, "scale": 1.0},
            {"name": "joint_positions", "size": len(LEGS), "scale": 1.0},
            {"name": "joint_velocities", "size": len(LEGS), "scale": 0.05},
        ],
    }


def write(folder: Path, network: bytes, tree: dict) -> Path:
    """Both files; the manifest's path."""
    (folder / "x.onnx").write_bytes(network)
    path = folder / "x.yaml"
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    return path
