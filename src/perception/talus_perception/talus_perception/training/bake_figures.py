# SPDX-License-Identifier: Apache-2.0
"""Bakes people into `worlds/figures.npz`: many bodies and poses of MakeHuman's CC0 mesh, by anny.

Done once; neither training nor any test needs anny. Frame of anny: x to the person's left, y to
the back, z up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from talus_perception.words import KEY_POINTS
from talus_perception.worlds.figures import (
    FIGURE_UNIT_M,
    HAIR,
    SHIRT,
    SHOES,
    SKIN,
    TROUSERS,
)

FACES = 2400  # of a figure
FIGURES = 80
POSE_NAMES = ("stand", "walk", "walk", "reach", "lift", "crouch", "wave")
BODY = ("gender", "muscle", "weight", "height", "proportions")  # each 0 to 1
AGE = (0.3, 1.0)  # of anny: child to old


@dataclass(frozen=True)
class _Turn:
    """Turns a bone about an axis of the rest pose, rad."""

    bone: str
    axis: str
    angle: float


def bake_figures(path: Path, seed: int) -> int:
    """Write the figures; return the file's bytes. Needs anny and fast-simplification."""
    import anny
    from anny.keypoints import KeypointsRegressor

    model = anny.Anny(phenotype_blendshapes="original")
    points_of = KeypointsRegressor.coco(model, list(KEY_POINTS))
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        rest = model()["vertices"][0].numpy()
    chosen, faces = _thinned(rest, model.faces.numpy())
    bones = _bone_of(model)[chosen]
    vertices = []
    key_points = []
    walks = []
    for number in range(FIGURES):
        pose = POSE_NAMES[number % len(POSE_NAMES)]
        body = {name: float(rng.beta(1.5, 1.5)) for name in BODY}
        body["age"] = (
            float(rng.uniform(*AGE)) if rng.random() < 0.25 else float(rng.uniform(0.6, 0.9))
        )
        with torch.no_grad():
            out = model(_matrices(model, POSE_TURNS[pose](rng)), body)
            points = points_of(out)[0].numpy()
        mesh = _ours(out["vertices"][0].numpy()[chosen])
        ground = np.array((0.0, 0.0, mesh[:, 2].min()))
        vertices.append(mesh - ground)
        key_points.append(_ours(points) - ground)
        walks.append(pose == "walk")
    rest_ours = _ours(rest[chosen])
    np.savez_compressed(
        path,
        vertices=_whole(np.stack(vertices)),
        faces=faces.astype(np.uint16),
        regions=_regions(faces, bones, rest_ours),
        hands=_hands(bones),
        key_points=_whole(np.stack(key_points)),
        walks=np.array(walks),
    )
    return path.stat().st_size


def _ours(points: np.ndarray) -> np.ndarray:
    """Return points with x ahead, y left, z up."""
    return np.column_stack([-points[:, 1], points[:, 0], points[:, 2]])


def _whole(metres: np.ndarray) -> np.ndarray:
    return np.round(metres / FIGURE_UNIT_M).astype(np.int16)


def _thinned(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which vertices stay, and faces between them."""
    from fast_simplification import simplify

    used = np.unique(faces)
    new_number = np.full(len(vertices), -1)
    new_number[used] = np.arange(len(used))
    share = 1.0 - FACES / len(faces)
    coarse, coarse_faces = simplify(
        vertices[used].astype(np.float32), new_number[faces].astype(np.int32), share
    )
    nearest = np.array([np.argmin(((vertices[used] - place) ** 2).sum(1)) for place in coarse])
    chosen, of_coarse = np.unique(used[nearest], return_inverse=True)
    thin = of_coarse[coarse_faces]
    whole = (thin[:, 0] != thin[:, 1]) & (thin[:, 1] != thin[:, 2]) & (thin[:, 0] != thin[:, 2])
    return chosen, thin[whole]


def _bone_of(model: Any) -> np.ndarray:
    """Return the name of the bone that moves each vertex most."""
    strongest = model.vertex_bone_weights.argmax(1)
    numbers = model.vertex_bone_indices.gather(1, strongest[:, None])[:, 0].numpy()
    return np.array(model.bone_labels)[numbers]


def _starts(names: np.ndarray, *beginnings: str) -> np.ndarray:
    return np.array([name.startswith(beginnings) for name in names])


def _regions(faces: np.ndarray, bones: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Return the region of each face, by bones; hair is above and behind the face."""
    region = np.full(len(bones), SHIRT)
    region[_starts(bones, "wrist", "finger", "metacarpal", "neck02", "neck03", "head", "eye")] = (
        SKIN
    )
    region[_starts(bones, "upperleg", "lowerleg", "pelvis", "root")] = TROUSERS
    region[_starts(bones, "foot", "toe")] = SHOES
    head = _starts(bones, "head")
    low = rest[head].min(0)
    high = rest[head].max(0)
    share = (rest - low) / (high - low)
    region[head & ((share[:, 2] > 0.78) | ((share[:, 0] < 0.5) & (share[:, 2] > 0.3)))] = HAIR
    return np.median(region[faces], axis=1).astype(np.uint8)


def _hands(bones: np.ndarray) -> np.ndarray:
    """Return 1 for vertices of the left hand, 2 for the right, else 0."""
    is_hand = _starts(bones, "wrist", "finger", "metacarpal")
    side = np.array([1 if name.endswith(".L") else 2 for name in bones])
    return (is_hand * side).astype(np.uint8)


def _matrices(model: Any, turns: list[_Turn]) -> torch.Tensor:
    """Return the pose parameters (1, bones, 4, 4); turns of one bone are made in order."""
    poses = torch.eye(4, dtype=model.dtype).repeat(1, len(model.bone_labels), 1, 1)
    for turn in turns:
        number = model.bone_labels.index(turn.bone)
        poses[0, number, :3, :3] = (
            _rotation(turn.axis, turn.angle).to(model.dtype) @ poses[0, number, :3, :3]
        )
    return poses


def _rotation(axis: str, angle: float) -> torch.Tensor:
    c = math.cos(angle)
    s = math.sin(angle)
    rows = {
        "x": [[1, 0, 0], [0, c, -s], [0, s, c]],
        "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
        "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
    }
    return torch.tensor(rows[axis], dtype=torch.float64)


def _arm(side: str, lower: float, ahead: float, elbow: float) -> list[_Turn]:
    """Return turns that lower an arm from the rest pose, lift it ahead, and bend the elbow."""
    sign = 1.0 if side == "L" else -1.0
    return [
        _Turn(f"upperarm01.{side}", "y", sign * lower),
        _Turn(f"upperarm01.{side}", "x", -ahead),
        _Turn(f"lowerarm01.{side}", "x", -elbow),
    ]


def _leg(side: str, hip: float, knee: float) -> list[_Turn]:
    """Return turns that lift a thigh ahead and bend the knee; the sole stays level."""
    return [
        _Turn(f"upperleg01.{side}", "x", -hip),
        _Turn(f"lowerleg01.{side}", "x", knee),
        _Turn(f"foot.{side}", "x", hip - knee),
    ]


def _head(rng: np.random.Generator) -> list[_Turn]:
    return [
        _Turn("head", "z", float(rng.normal(0, 0.3))),
        _Turn("neck01", "x", float(rng.normal(0, 0.15))),
    ]


def _stand(rng: np.random.Generator) -> list[_Turn]:
    turns = _head(rng)
    for side in "LR":
        turns += _arm(
            side,
            float(rng.uniform(0.4, 0.75)),
            float(rng.uniform(-0.2, 0.4)),
            float(rng.uniform(0, 1.6)),
        )
    return turns


def _walk(rng: np.random.Generator) -> list[_Turn]:
    swing = float(rng.uniform(-0.5, 0.5))
    turns = _head(rng)
    for side, sign in (("L", 1.0), ("R", -1.0)):
        hip = sign * swing
        turns += _leg(side, hip, float(rng.uniform(0.05, 0.3)) + max(-hip, 0.0) * 0.8)
        turns += _arm(side, float(rng.uniform(0.5, 0.75)), -0.8 * hip, float(rng.uniform(0.1, 0.8)))
    return turns


def _reach(rng: np.random.Generator) -> list[_Turn]:
    turns = [*_head(rng), _Turn("spine03", "x", -float(rng.uniform(0, 0.4)))]
    for side in "LR":
        turns += _arm(
            side,
            float(rng.uniform(0.4, 0.8)),
            float(rng.uniform(0.3, 1.6)),
            float(rng.uniform(0, 1.2)),
        )
    return turns


def _lift(rng: np.random.Generator) -> list[_Turn]:
    """Bend over with the hands down, as one lifts a box."""
    turns = [_Turn("spine05", "x", -float(rng.uniform(0.3, 0.9))), _Turn("spine03", "x", -0.3)]
    knee = float(rng.uniform(0.1, 1.0))
    for side in "LR":
        turns += _leg(side, 0.6 * knee, knee)
        turns += _arm(side, 0.7, float(rng.uniform(0.8, 1.4)), float(rng.uniform(0, 0.5)))
    return turns


def _crouch(rng: np.random.Generator) -> list[_Turn]:
    bend = float(rng.uniform(1.2, 1.9))
    turns = [*_head(rng), _Turn("spine05", "x", -float(rng.uniform(0.1, 0.5)))]
    for side in "LR":
        turns += _leg(side, 0.8 * bend, bend)
        turns += _arm(side, 0.7, float(rng.uniform(0.2, 1.2)), float(rng.uniform(0.2, 1.2)))
    return turns


def _wave(rng: np.random.Generator) -> list[_Turn]:
    turns = _head(rng)
    for side in "LR":
        is_up = rng.random() < 0.6
        lower = float(rng.uniform(-1.2, -0.2)) if is_up else 0.7
        turns += _arm(side, lower, float(rng.uniform(-0.2, 0.6)), float(rng.uniform(0, 1.5)))
    return turns


POSE_TURNS = {
    "stand": _stand,
    "walk": _walk,
    "reach": _reach,
    "lift": _lift,
    "crouch": _crouch,
    "wave": _wave,
}
