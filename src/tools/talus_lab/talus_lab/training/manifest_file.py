# SPDX-License-Identifier: Apache-2.0
"""Writes a policy's manifest as the balance node reads it."""

from __future__ import annotations

from typing import Any

import yaml
from talus_balance.policy.manifest import PolicyManifest, Tensor

MANIFEST_DIGITS = 6  # of numbers: micrometres and microradians


def write_manifest(manifest: PolicyManifest) -> None:
    """Write a manifest to the path in it."""
    joints = zip(
        manifest.joints,
        manifest.offset,
        manifest.scale,
        manifest.stiffness,
        manifest.damping,
        strict=True,
    )
    tree = {
        "name": manifest.name,
        "about": manifest.about,
        "licence": manifest.licence,
        "training": {
            "commit": manifest.training_commit,
            "command": manifest.training_command,
            "seed": manifest.training_seed,
        },
        "robot": {"name": manifest.robot, "urdf_sha256": manifest.robot_sha256},
        "network": {
            "file": manifest.network.name,
            "sha256": manifest.network_sha256,
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
    manifest.path.write_text(yaml.dump(tree, sort_keys=False, default_flow_style=None, width=120))


def _tensor(tensor: Tensor) -> dict[str, Any]:
    return {"name": tensor.name, "shape": list(tensor.shape), "type": tensor.type}


def _rounded(values: tuple) -> list:
    name, *numbers = values
    return [name, *(round(float(number), MANIFEST_DIGITS) for number in numbers)]
