# SPDX-License-Identifier: Apache-2.0
"""Writes a trained network as a bundle: ONNX file, manifest, and a card that people read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from talus_perception.training.checkpoint import TrainingState
from talus_perception.training.export import ExportedFile, TensorShape
from talus_perception.words import CANONICAL_FOCAL_PX, KEY_POINTS, SURFACES, THINGS

LICENCE = "Apache-2.0"
ABOUT = (
    "One trunk and twelve heads for every camera: surfaces, depth, things, people, camera faults"
)
LIMITS = (
    "Trained on rendered pictures alone: what it does on real ones is not measured yet.",
    "Metres hold for a camera of the canonical focal length; for another one multiply them by its "
    "focal length over the canonical one.",
    "Pinhole pictures without distortion, 320x256, rooms of up to 14 m.",
    "Depth from one picture may mark an obstacle; it must never clear one.",
    "Nothing here is a safety function.",
)


@dataclass(frozen=True)
class ModelBundle:
    """Says where a bundle goes and where it comes from.

    Attributes:
        folder: It is written into; files are called after `name`.
        name: Of the model.
        commit: Of the code that trained it.
        command: That trained it.
    """

    folder: Path
    name: str
    commit: str
    command: str


def write_bundle(bundle: ModelBundle, exported: ExportedFile, state: TrainingState) -> Path:
    """Write network, manifest and card; return the manifest."""
    bundle.folder.mkdir(parents=True, exist_ok=True)
    network = bundle.folder / f"{bundle.name}.onnx"
    network.write_bytes(exported.content)
    tree = {
        "name": bundle.name,
        "about": ABOUT,
        "licence": LICENCE,
        "training": {"commit": bundle.commit, "command": bundle.command, "seed": state.seed},
        "focal_px": int(CANONICAL_FOCAL_PX),
        "words": {
            "surfaces": " ".join(SURFACES),
            "things": " ".join(THINGS),
            "key_points": " ".join(KEY_POINTS),
        },
        "network": {
            "file": network.name,
            "sha256": hashlib.sha256(exported.content).hexdigest(),
            "inputs": [_tensor(each) for each in exported.inputs],
            "outputs": [_tensor(each) for each in exported.outputs],
        },
    }
    manifest = bundle.folder / f"{bundle.name}.yaml"
    manifest.write_text(yaml.dump(tree, sort_keys=False, default_flow_style=None, width=120))
    card_path(manifest).write_text(card(bundle, exported, state))
    return manifest


def card_path(manifest: Path) -> Path:
    """Return the card that belongs to a manifest."""
    return manifest.with_suffix(".md")


def card(bundle: ModelBundle, exported: ExportedFile, state: TrainingState) -> str:
    """Return the card as Markdown; `evaluate` adds the scores."""
    cost = f"{exported.gmac:.3f} GMAC a picture, {len(exported.outputs)} tensors"
    hours = f"{state.cpu_seconds / 3600:.2f} CPU hours, rendering included"
    curve = "\n".join(f"| {passes} | {loss:.3f} |" for passes, loss in state.curve[-20:])
    limits = "\n".join(f"- {limit}" for limit in LIMITS)
    return f"""# {bundle.name}

{ABOUT}.

| | |
|---|---|
| licence | {LICENCE}; people in the training pictures: MakeHuman, CC0 |
| data | worlds by procedure, rendered by MuJoCo; {state.next_world} of them, seed {state.seed} |
| training | {state.passes} pictures through the network, {hours} |
| code | commit {bundle.commit}, `{bundle.command}` |
| network | {exported.parameters} weights, {cost}, {len(exported.content) / 1e6:.1f} MB |

## Limits
{limits}

## Learning curve
| pictures | loss |
|---|---|
{curve}
"""


def _tensor(tensor: TensorShape) -> dict[str, Any]:
    return {"name": tensor.name, "shape": list(tensor.shape), "type": tensor.type}
