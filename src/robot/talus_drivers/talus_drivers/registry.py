# SPDX-License-Identifier: Apache-2.0
"""Find driver plug-ins by entry point; build the one that a name or a YAML file asks for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from talus_core.driver import Driver, DriverError, DriverSetup
from talus_core.errors import TalusError, UnknownNameError
from talus_core.files.data_files import ContentError, yaml_tree
from talus_core.parameters import flatten

DRIVERS_GROUP = "talus.drivers"


def driver_names() -> list[str]:
    """Return the names of all installed driver plug-ins."""
    return sorted({entry.name for entry in entry_points(group=DRIVERS_GROUP)})


def create_driver(name: str, setup: DriverSetup) -> Driver:
    """Build a plug-in by name.

    Raises UnknownNameError, DriverError, or what the plug-in raises for its options.
    """
    factory = _load(_find(name))
    try:
        return factory(setup)
    except TalusError:
        raise
    except Exception as error:
        raise DriverError(
            f"driver '{name}' cannot be built: {type(error).__name__}: {error}{_others(name)}"
        ) from error


def create_from_file(path: Path, setup: DriverSetup) -> Driver:
    """Build the driver that a YAML file names under `driver`, with its other entries as options."""
    options = dict(_read(path))
    name = options.pop("driver", None)
    if not isinstance(name, str):
        raise DriverError(
            f"{path}: no entry 'driver'; it names one of: {', '.join(driver_names())}"
        )
    return create_driver(name, replace(setup, options={**flatten(options), **setup.options}))


def find_driver(name: str, folder: str, setup: DriverSetup) -> Driver:
    """Build the driver `name`.

    A name that ends in .yaml is a file; else `<folder>/<name>.yaml` goes before a plug-in's name.
    """
    if name.endswith((".yaml", ".yml")):
        return create_from_file(Path(name), setup)
    if folder and os.path.isfile(path := Path(folder) / f"{name}.yaml"):
        return create_from_file(path, setup)
    return create_driver(name, setup)


def _find(name: str) -> EntryPoint:
    for entry in entry_points(group=DRIVERS_GROUP):
        if entry.name == name:
            return entry
    raise UnknownNameError("driver", name, driver_names())


def _load(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise DriverError(
            f"driver '{entry.name}' cannot be loaded: {reason}{_others(entry.name)}"
        ) from error


def _others(name: str) -> str:
    others = [other for other in driver_names() if other != name]
    return f"; other drivers: {', '.join(others) or 'none'}"


def _read(path: Path) -> Mapping[str, Any]:
    try:
        raw = yaml_tree(path.read_bytes())
    except OSError as error:
        raise DriverError(
            f"{path}: {error.strerror}; known drivers: {', '.join(driver_names())}"
        ) from error
    except ContentError as error:
        raise DriverError(f"{path}: {error}") from error
    if not isinstance(raw, Mapping):
        known = ", ".join(driver_names())
        raise DriverError(f"{path}: not a mapping; it needs an entry 'driver', one of: {known}")
    return raw
