# SPDX-License-Identifier: Apache-2.0
"""Writes a policy's manifest as the balance node reads it."""

from __future__ import annotations

from typing import Any

import yaml
from talus_balance.policy.manifest import PolicyManifest
from talus_models.manifest import Tensor

MANIFEST_DIGITS = 6  # of numbers: micrometres and microradians


def write_manifest(manifest: PolicyManifest) -> None:
    """Write a manifest to the path in it."""
    model = manifest.model
    joints = zip(
        manifest.joints,
        manifest.offset,
        manifest.scale,
        manifest.stiffness,
        manifest.damping,
        strict=True,
    )
    tree = {
        "name": model.name,
        "about": model.about,
        "licence": model.licence,
        "training": {
            "commit": model.training.commit,
            "command": model.training.command,
            "seed": model.training.seed,
        },
        "robot": {"name": manifest.robot, "urdf_sha256": manifest.robot_sha256},
        "network": {
            "file": model.network.name,
            "sha256": model.network_sha256,
            "input": _tensor(manifest.input),
            "output": _tensor(manifest.output),
        },
        "rate_hz": manifest.rate_hz,
        "modes": list(manifest.modes),
        "action_limit": manifest.action_limit,
        "joints": [
            dict(
                zip(
                    ("name", "offset", "scale", "stiffness", "damping"),
                    _rounded(joint),
                    strict=True,
                )
            )
            for joint in joints
        ],
        "observation": [
            {"name": t.name, "size": t.size, "scale": t.scale} for t in manifest.observation
        ],
    }
    model.path.write_text(yaml.dump(tree, sort_keys=False, default_flow_style=None, width=120))


def _tensor(tensor: Tensor) -> dict[str, Any]:
    return {"name": tensor.name, "shape": list(tensor.shape), "type": tensor.type}


def _rounded(values: tuple) -> list:
    name, *numbers = values
    return [name, *(round(float(number), MANIFEST_DIGITS) for number in numbers)]
