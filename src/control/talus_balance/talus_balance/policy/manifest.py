# SPDX-License-Identifier: Apache-2.0
"""What a learned policy says of itself: a YAML file beside its ONNX file, read whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from talus_core.errors import TalusError, UnknownNameError, unknown_name_message

STANDING = "standing"
WALKING = "walking"
MODES = (STANDING, WALKING)


class PolicyError(TalusError):
    """A policy must not drive this robot; the message names file, value and what would work."""


@dataclass(frozen=True)
class Term:
    """A part of the observation: `size` numbers of the reading `name`, each times `scale`."""

    name: str
    size: int
    scale: float


@dataclass(frozen=True)
class Tensor:
    """Input or output of the network."""

    name: str
    shape: tuple[int, ...]
    type: str


@dataclass(frozen=True)
class PolicyManifest:
    """The whole file; arrays (n,) in the order of `joints`.

    Attributes:
        path: Of the manifest.
        name, about, licence: In words; the licence as an SPDX identifier.
        training_commit, training_command, training_seed: How to make it again.
        robot, robot_sha256: Name of the robot that it was trained on, and the SHA-256 of that
            robot's URDF.
        network, network_sha256: ONNX file and its SHA-256.
        input, output: Of the network.
        rate_hz: Its ticks per second; between them its targets stay.
        modes: In which it may drive.
        action_limit: Greatest sound absolute value of an output.
        joints: That it drives.
        offset, scale: rad; the drives' position targets are offset + scale * output.
        stiffness, damping: N m/rad and N m s/rad of the drives while it drives.
        observation: Parts of the input, in their order.
    """

    path: Path
    name: str
    about: str
    licence: str
    training_commit: str
    training_command: str
    training_seed: int
    robot: str
    robot_sha256: str
    network: Path
    network_sha256: str
    input: Tensor
    output: Tensor
    rate_hz: float
    modes: tuple[str, ...]
    action_limit: float
    joints: tuple[str, ...]
    offset: np.ndarray
    scale: np.ndarray
    stiffness: np.ndarray
    damping: np.ndarray
    observation: tuple[Term, ...]


def load_manifest(path: str | Path) -> PolicyManifest:
    """Read a manifest that is complete, with nothing unknown in it. Raises PolicyError."""
    path = Path(path)
    try:
        return _manifest(path, yaml.safe_load(path.read_bytes()))
    except OSError as error:
        raise PolicyError(
            f"policy {path}: {error.strerror}; it must be the manifest (YAML) of a policy"
        ) from error
    except yaml.YAMLError as error:
        raise PolicyError(
            f"policy {path}: not valid YAML: {' '.join(str(error).split())}"
        ) from error
    except UnknownNameError as error:
        raise PolicyError(f"policy {path}: {error}") from error


def sha256(path: Path) -> str:
    """Return the hash of a file as hex digits. Raises OSError."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _manifest(path: Path, raw: Any) -> PolicyManifest:
    top = _Section(path, "", raw)
    training, robot, network = (top.section(name) for name in ("training", "robot", "network"))
    joints = top.sections("joints")
    terms = top.sections("observation")
    manifest = PolicyManifest(
        path=path,
        name=top.text("name"),
        about=top.text("about"),
        licence=top.text("licence"),
        training_commit=training.text("commit"),
        training_command=training.text("command"),
        training_seed=training.whole("seed"),
        robot=robot.text("name"),
        robot_sha256=robot.text("urdf_sha256"),
        network=path.parent / network.text("file"),
        network_sha256=network.text("sha256"),
        input=_tensor(network.section("input")),
        output=_tensor(network.section("output")),
        rate_hz=top.number("rate_hz", above=0.0),
        modes=top.words("modes", MODES),
        action_limit=top.number("action_limit", above=0.0),
        joints=tuple(joint.text("name") for joint in joints),
        offset=np.array([joint.number("offset") for joint in joints]),
        scale=np.array([joint.number("scale") for joint in joints]),
        stiffness=np.array([joint.number("stiffness", above=0.0) for joint in joints]),
        damping=np.array([joint.number("damping", above=0.0) for joint in joints]),
        observation=tuple(
            Term(term.text("name"), term.whole("size"), term.number("scale")) for term in terms
        ),
    )
    for section in (top, training, robot, network, *joints, *terms):
        section.refuse_unread()
    return manifest


def _tensor(section: _Section) -> Tensor:
    tensor = Tensor(section.text("name"), section.wholes("shape"), section.text("type"))
    section.refuse_unread()
    return tensor


class _Section:
    """A mapping whose entries are read one by one; errors name the entry by its full name."""

    def __init__(self, path: Path, name: str, raw: Any):
        self._path = path
        self._name = name
        if not isinstance(raw, dict):
            raise PolicyError(
                f"policy {path}: {name or 'the file'} is {_shown(raw)}; it must be a mapping"
            )
        self._raw = raw
        self._read: set[str] = set()

    def text(self, key: str) -> str:
        return self._value(key, lambda value: isinstance(value, str) and value, "a text")

    def whole(self, key: str) -> int:
        return self._value(key, _is_whole, "a whole number, 0 or more")

    def wholes(self, key: str) -> tuple[int, ...]:
        value = self._value(
            key, lambda v: isinstance(v, list) and v and all(map(_is_whole, v)), "whole numbers"
        )
        return tuple(value)

    def words(self, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
        value = self._value(
            key, lambda v: isinstance(v, list) and v, f"a list of {', '.join(known)}"
        )
        for word in value:
            if word not in known:
                raise UnknownNameError(f"entry of {self._full(key)}", str(word), known)
        return tuple(value)

    def number(self, key: str, above: float | None = None) -> float:
        wanted = "a finite number" + ("" if above is None else f" above {above:g}")
        return float(
            self._value(key, lambda v: _is_finite(v) and (above is None or v > above), wanted)
        )

    def section(self, key: str) -> _Section:
        return _Section(self._path, self._full(key), self._value(key, lambda _: True, ""))

    def sections(self, key: str) -> list[_Section]:
        value = self._value(key, lambda v: isinstance(v, list) and v, "a list of mappings")
        return [
            _Section(self._path, f"{self._full(key)}[{place}]", item)
            for place, item in enumerate(value)
        ]

    def refuse_unread(self) -> None:
        """An entry that nobody asked for is a misspelt one."""
        for key in self._raw.keys() - self._read:
            message = unknown_name_message(f"entry {self._name}".strip(), str(key), self._read)
            raise PolicyError(f"policy {self._path}: {message}")

    def _value(self, key: str, is_sound: Any, wanted: str) -> Any:
        self._read.add(key)
        if key not in self._raw:
            raise PolicyError(
                f"policy {self._path}: without '{self._full(key)}'; every entry must be there"
            )
        value = self._raw[key]
        if not is_sound(value):
            raise PolicyError(
                f"policy {self._path}: {self._full(key)} is {_shown(value)}; it must be {wanted}"
            )
        return value

    def _full(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_finite(value: Any) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and bool(np.isfinite(value))
    )


def _shown(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else text[:37] + "..."
