# SPDX-License-Identifier: Apache-2.0
"""Reads a perception model: the manifest of `talus_models`, and the words that its numbers mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from talus_models.kinds import ModelError, ModelKind
from talus_models.manifest import ModelManifest, open_manifest, read_model

NEEDED_INPUTS = ("picture", "last_features")


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
    """

    model: ModelManifest
    focal_px: int
    surfaces: tuple[str, ...]
    things: tuple[str, ...]
    key_points: tuple[str, ...]


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
    )
    top.refuse_unread()
    names = tuple(tensor.name for tensor in model.inputs)
    if names != NEEDED_INPUTS:
        raise model.refusal(f"network.inputs are {names}; they must be {NEEDED_INPUTS}")
    return eyes


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())
