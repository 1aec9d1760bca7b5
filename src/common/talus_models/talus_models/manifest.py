# SPDX-License-Identifier: Apache-2.0
"""What a learned model says of itself: a YAML file beside its network, read whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from talus_core.files.data_files import ContentError, yaml_tree

from talus_models.kinds import ANY_MODEL, ModelError, ModelKind
from talus_models.sections import Section


@dataclass(frozen=True)
class Tensor:
    """Input or output of the network."""

    name: str
    shape: tuple[int, ...]
    type: str


@dataclass(frozen=True)
class TrainingRecord:
    """How to make the model again: with which code, by which command, from which seed."""

    commit: str
    command: str
    seed: int


@dataclass(frozen=True)
class ModelManifest:
    """What every model says of itself, whatever it is for.

    Attributes:
        kind: What it is for.
        path: Of the manifest.
        name, about, licence: In words; the licence as an SPDX identifier.
        training: How to make it again.
        network, network_sha256: The network's file and its SHA-256.
        inputs, outputs: Of the network, in its order.
    """

    kind: ModelKind
    path: Path
    name: str
    about: str
    licence: str
    training: TrainingRecord
    network: Path
    network_sha256: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def refusal(self, text: str) -> ModelError:
        """Return the error, one line, for a model that does not fit."""
        return self.kind.refusal(self.path, text)


def load_model(path: str | Path, kind: ModelKind = ANY_MODEL) -> ModelManifest:
    """Read a manifest that has what every model says and nothing else. Raises `kind.error`."""
    top = open_manifest(path, kind)
    model = read_model(top)
    top.refuse_unread()
    return model


def open_manifest(path: str | Path, kind: ModelKind) -> Section:
    """Return the whole file, to be read entry by entry. Raises `kind.error`."""
    path = Path(path)
    try:
        return Section(path, kind, yaml_tree(path.read_bytes()))
    except OSError as error:
        raise kind.refusal(
            path, f"{error.strerror}; it must be the manifest (YAML) of a {kind.word}"
        ) from error
    except ContentError as error:
        raise kind.refusal(path, str(error)) from error


def read_model(top: Section) -> ModelManifest:
    """Read what every model says; other entries are left to the caller. Raises its error."""
    training = top.section("training")
    network = top.section("network")
    return ModelManifest(
        kind=top.kind,
        path=top.path,
        name=top.text("name"),
        about=top.text("about"),
        licence=top.text("licence"),
        training=TrainingRecord(
            training.text("commit"), training.text("command"), training.whole("seed")
        ),
        network=top.path.parent / network.text("file"),
        network_sha256=network.text("sha256"),
        inputs=_tensors(network, "input"),
        outputs=_tensors(network, "output"),
    )


def checked_content(model: ModelManifest) -> bytes:
    """Return the bytes of the network whose hash is the manifest's. Raises the kind's error."""
    try:
        content = model.network.read_bytes()
    except OSError as error:
        raise model.refusal(
            f"{model.network}: {error.strerror}; it must lie beside the manifest"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    said = model.network_sha256
    if found != said:
        raise model.refusal(
            f"the SHA-256 of {model.network.name} is {found[:12]}..., but "
            f"network.sha256 says {said[:12]}...; "
            "take the file that the manifest was made for"
        )
    return content


def sha256(path: Path) -> str:
    """Return the hash of a file as hex digits. Raises OSError."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _tensors(network: Section, key: str) -> tuple[Tensor, ...]:
    """Return one tensor below `input`, or several in a list below `inputs`; so for outputs."""
    several = f"{key}s"
    parts = network.sections(several) if network.has(several) else [network.section(key)]
    return tuple(
        Tensor(part.text("name"), part.wholes("shape"), part.text("type")) for part in parts
    )
