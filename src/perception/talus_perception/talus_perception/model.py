# SPDX-License-Identifier: Apache-2.0
"""Reads a perception model: the manifest of `talus_models`, and the words that its numbers mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from talus_models.kinds import ModelError, ModelKind
from talus_models.manifest import ModelManifest, open_manifest, read_model

from talus_perception.words import (
    DENSE_STRIDE,
    KEY_POINTS,
    PICTURE_HEIGHT,
    PICTURE_WIDTH,
    THING_COLUMNS,
    THING_ROWS,
)

NEEDED_INPUTS = ("picture", "last_features")
PICTURE_SHAPE = (1, PICTURE_HEIGHT, PICTURE_WIDTH, 3)
# What the node reads, by name, and how many channels each has; None: as many as there are things.
NEEDED_OUTPUTS: dict[str, int | None] = {
    "objects_heat": None,
    "objects_offset": 2,
    "objects_depth": 1,
    "objects_depth_log_variance": 1,
    "objects_size": 3,
    "objects_turn": 2,
    "objects_box": 2,
    "people_heat": 1,
    "people_box": 4,
    "people_depth": 1,
    "people_depth_log_variance": 1,
    "people_facing": 2,
    "people_key_points": 2 * len(KEY_POINTS),
    "people_key_point_scores": len(KEY_POINTS),
}
NEEDED_PLANES = ("semantics_class", "depth")  # of every place, without a channel
# What a manifest may say that the robot shall rely on.
TRUST_WORDS = ("people", "health")


class EyesError(ModelError):
    """A perception model must not be used; the message names file, value and what would work."""


EYES = ModelKind("perception model", EyesError)


@dataclass(frozen=True)
class EyesModel:
    """Holds what a perception model says of itself.

    Attributes:
        model: What every model says.
        focal_px: Of the camera for which its metres hold as they are.
        surfaces, things, key_points: What its class numbers mean, in order.
        trusted: Words of TRUST_WORDS: what the robot shall rely on. Without `people`, safety keeps
            to whatever moves; without `health`, only classical measures name a camera's faults.
    """

    model: ModelManifest
    focal_px: int
    surfaces: tuple[str, ...]
    things: tuple[str, ...]
    key_points: tuple[str, ...]
    trusted: tuple[str, ...] = ()


def load_eyes(path: str | Path) -> EyesModel:
    """Read a perception model's manifest. Raises EyesError."""
    top = open_manifest(path, EYES)
    model = read_model(top)
    words = top.section("words")
    eyes = EyesModel(
        model=model,
        focal_px=top.whole("focal_px"),
        surfaces=_names(words.text("surfaces")),
        things=_names(words.text("things")),
        key_points=_names(words.text("key_points")),
        trusted=top.words("trusted", TRUST_WORDS) if top.has("trusted") else (),
    )
    top.refuse_unread()
    names = tuple(tensor.name for tensor in model.inputs)
    if names != NEEDED_INPUTS:
        raise model.refusal(f"network.inputs are {names}; they must be {NEEDED_INPUTS}")
    return eyes


def check_for_robot(eyes: EyesModel) -> None:
    """Refuse a model that lacks what the robot's node reads. Raises EyesError."""
    model = eyes.model
    picture, last = model.inputs
    if picture.shape != PICTURE_SHAPE or picture.type != "uint8":
        raise model.refusal(
            f"network.inputs[0] is {picture.type} {list(picture.shape)}; it must be uint8 "
            f"{list(PICTURE_SHAPE)}"
        )
    outputs = {tensor.name: tensor for tensor in model.outputs}
    wanted: dict[str, tuple[int, ...]] = {
        name: (1, len(eyes.things) if channels is None else channels, THING_ROWS, THING_COLUMNS)
        for name, channels in NEEDED_OUTPUTS.items()
    }
    dense = (1, PICTURE_HEIGHT // DENSE_STRIDE, PICTURE_WIDTH // DENSE_STRIDE)
    wanted |= {name: dense for name in NEEDED_PLANES}
    wanted["features"] = last.shape
    for name, shape in wanted.items():
        if name not in outputs:
            raise model.refusal(f"network.outputs lack {name}, which the robot's node reads")
        if outputs[name].shape != shape:
            raise model.refusal(
                f"network.outputs: {name} is {list(outputs[name].shape)}; it must be {list(shape)}"
            )
    if eyes.key_points != KEY_POINTS:
        raise model.refusal("words.key_points are others than the 17 of COCO, in its order")


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())
