# SPDX-License-Identifier: Apache-2.0
"""Reads the limits from one file whose SHA-256 is checked at every start.

Parameters may only narrow these limits. To make the manifest anew, which `sha256sum -c` reads too:
./talus exec -- python -m talus_safety.bundle config/safety.yaml
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talus_core.errors import TalusError
from talus_core.files.data_files import ContentError, yaml_tree
from talus_core.graph import node_table
from talus_core.parameters import (
    ParameterError,
    ParameterInfo,
    build_config,
    checked,
    flat_parameters,
    flatten,
)
from talus_core.robot import RobotDescription
from talus_core.words import falls, rest

from talus_safety.kernel.limits import GateConfig, SupervisorLimits

# By node: the class of its limits, and the prefix of their parameters' names.
LIMITED_NODES = {
    "safety": (SupervisorLimits, ""),
    "driver": (GateConfig, "gate."),
}
# How long nodes may be silent, what still and fallen mean: rules read it from the core.
WORDS_OF_RULES = (node_table, rest, falls)
BUNDLE_COMMAND = "./talus exec -- python -m talus_safety.bundle"


class BundleError(TalusError):
    """Says that the limits cannot be trusted.

    The message names the file, what is wrong with it, and what would work.
    """


@dataclass(frozen=True)
class Bundle:
    """Holds the limits by node and name of the ROS parameter, and the file that they are from."""

    path: Path
    values: Mapping[str, Mapping[str, Any]]

    def narrowed_by(self, node: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return all values of a node: the given ones, and the limits for the rest.

        Raises ParameterError where a given value is wider than its limit.
        """
        limits = self.values[node]
        known = _parameters(node)
        for name in limits.keys() & given.keys():
            default, info = known[name]
            _refuse_wider(
                name,
                value=checked(name, given[name], default, info),
                limit=limits[name],
                default=default,
                info=info,
            )
        return {**limits, **given}

    def digest(self, robot: RobotDescription) -> str:
        """Return the SHA-256 of all that decides about safety.

        This file, the robot's own limits, the words of the core by which rules judge, and the code
        of this package.
        """
        whole = hashlib.sha256()
        code = sorted(Path(__file__).parent.rglob("*.py"))
        words = (Path(str(module.__file__)) for module in WORDS_OF_RULES)
        for path in (self.path, robot.folder / "robot.yaml", robot.urdf, *words, *code):
            whole.update(_sha256(path.read_bytes()).encode())
        return whole.hexdigest()


def load_bundle(path: str | Path) -> Bundle:
    """Return the limits if complete, in range and as in the manifest; else raises BundleError."""
    if not str(path):
        raise BundleError(
            "parameter 'limits' is empty; it must be a file of limits, as config/safety.yaml"
        )
    path = Path(path)
    content = _read(path)
    manifest = manifest_of(path)
    words = _read(manifest).split()
    said = words[0].decode(errors="replace") if words else ""
    found = _sha256(content)
    if said != found:
        raise BundleError(
            f"limits {path}: their SHA-256 is {found[:12]}..., "
            f"but {manifest.name} says '{said[:12]}...'; "
            f"undo the change, or approve it with '{BUNDLE_COMMAND} {path}'"
        )
    return _parsed(path, content)


def limited(node: str, given: Mapping[str, Any]) -> tuple[Bundle, dict[str, Any]]:
    """Return the bundle that the parameter `limits` names, and all values of a node under it.

    Raises TalusError.
    """
    bundle = load_bundle(given.get("limits", ""))
    return bundle, bundle.narrowed_by(node, given)


def write_manifest(path: Path) -> Path:
    """Approve limits that are complete and in range; raises BundleError where they are not."""
    content = _read(path)
    _parsed(path, content)
    manifest = manifest_of(path)
    manifest.write_text(f"{_sha256(content)}  {path.name}\n")
    return manifest


def manifest_of(path: Path) -> Path:
    """Return the path of the manifest beside a file of limits."""
    return path.with_suffix(".sha256")


def _parsed(path: Path, content: bytes) -> Bundle:
    try:
        tree = yaml_tree(content)
        values = {node: flatten(tree.pop(node)) for node in LIMITED_NODES}
    except (ContentError, AttributeError, KeyError, TypeError) as error:
        raise BundleError(
            f"limits {path}: not a mapping of {' and '.join(LIMITED_NODES)}: "
            f"{' '.join(str(error).split())}"
        ) from error
    if tree:
        raise BundleError(
            f"limits {path}: unknown section '{next(iter(tree))}'; "
            f"known: {', '.join(LIMITED_NODES)}"
        )
    for node, (config_type, prefix) in LIMITED_NODES.items():
        _check(
            path,
            config_type,
            {name.removeprefix(prefix): value for name, value in values[node].items()},
        )
    return Bundle(path, values)


def _check(path: Path, config_type: type, values: Mapping[str, Any]) -> None:
    try:
        build_config(config_type, values)
    except ParameterError as error:
        raise BundleError(f"limits {path}: {error}") from error
    if missing := flat_parameters(config_type).keys() - values.keys():
        raise BundleError(
            f"limits {path}: without {', '.join(sorted(missing))}; every limit must be there"
        )


def _parameters(node: str) -> dict[str, tuple[Any, ParameterInfo]]:
    config_type, prefix = LIMITED_NODES[node]
    return flat_parameters(config_type, prefix)


def _refuse_wider(
    name: str, value: float, limit: float, default: float, info: ParameterInfo
) -> None:
    """Refuse a value that is wider than the limit.

    A default at one end of a range marks that end as the wide one; a default between the ends has
    no stricter side.
    """
    if (
        value == limit
        or (default == info.high and value < limit)
        or (default == info.low and value > limit)
    ):
        return
    if default in (info.low, info.high):
        side = f"at most {limit}" if default == info.high else f"at least {limit}"
        raise ParameterError(
            f"parameter '{name}' is {value}; the limits say {side}, and parameters may only narrow"
        )
    raise ParameterError(
        f"parameter '{name}' is {value}; the limits say {limit}, and only they can change it"
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        what = "limits" if path.suffix != ".sha256" else "manifest of limits"
        cure = (
            f"make it with '{BUNDLE_COMMAND} {path.with_suffix('.yaml')}'"
            if path.suffix == ".sha256"
            else "name a file"
        )
        raise BundleError(f"{what} {path}: {error.strerror}; {cure}") from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main(arguments: list[str]) -> int:
    """Write the manifest of a file of limits, and return the exit status."""
    try:
        if len(arguments) != 1:
            raise BundleError(
                f"one file of limits is needed, not {len(arguments)}: "
                f"{BUNDLE_COMMAND} config/safety.yaml"
            )
        print(write_manifest(Path(arguments[0])))
    except BundleError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
