# SPDX-License-Identifier: Apache-2.0
"""Finds the drive families by name: each is the file of that name in `families`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from talus_core.errors import UnknownNameError

from talus_can.codec import families
from talus_can.codec.drives import Drives
from talus_can.codec.family import ControlMode, Family


def family_names() -> tuple[str, ...]:
    """Return the names of all families, sorted."""
    return tuple(sorted(module.name for module in iter_modules(families.__path__)))


def make_family(name: str, drives: Drives, mode: ControlMode | None = None) -> Family:
    """Return the codec of a family for some drives, in one of its modes or the one it is best at.

    Raises UnknownNameError for the family, UnsupportedError for the mode and DriveSetupError for
    drives that cannot be together.
    """
    if name not in family_names():
        raise UnknownNameError("drive family", name, family_names())
    family: Family = import_module(f"{families.__name__}.{name}").make(drives, mode)
    return family
