# SPDX-License-Identifier: Apache-2.0
"""Reads YAML and XML that anybody may have written; whatever is wrong with it is one clear line."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import yaml

from talus_core.errors import TalusError

# The largest file of talus40 has 4000 entries; aliases of aliases make billions of a few lines.
MOST_ENTRIES = 1_000_000
MOST_DEPTH = 100  # the deepest has 5; readers that follow a tree recurse 1000 deep at most
LARGEST_WHOLE = 2**64  # above it, floats and arrays of numbers cannot take it
# Eight times as fast as PyYAML's own, where it was built in.
LOADER: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class ContentError(TalusError):
    """Says what is wrong with the contents of a file; the caller puts its path in front."""


def yaml_tree(content: bytes | str) -> Any:
    """Return what YAML text holds: dicts, lists and scalars, none of which holds itself.

    Raises ContentError.
    """
    try:
        _check_depth(content)
        tree = yaml.load(content, LOADER)
        _check_size(tree)
    except ContentError:
        raise
    except Exception as error:  # PyYAML also raises what a date, a number or a key of no use raises
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ContentError(f"not valid YAML: {reason}") from error
    return tree


def xml_root(content: bytes | str) -> ElementTree.Element:
    """Return the root element of XML text. Raises ContentError."""
    try:
        return ElementTree.fromstring(content)
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # odd encodings too
        raise ContentError(f"not valid XML: {' '.join(str(error).split())}") from error


def read_xml(file: Path) -> ElementTree.Element:
    """Return the root element of an XML file. Raises ContentError, which names the file."""
    try:
        return xml_root(file.read_bytes())
    except OSError as error:
        raise ContentError(f"{file}: {error.strerror}") from error
    except ContentError as error:
        raise ContentError(f"{file}: {error}") from error


def _check_depth(content: bytes | str) -> None:
    """Raise ContentError for brackets in brackets without end, which crash libyaml."""
    depth = 0
    for event in yaml.parse(content, LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_DEPTH:
                raise ContentError(f"not valid YAML: deeper than {MOST_DEPTH} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _check_size(tree: Any) -> None:
    """Raise ContentError for a tree that is too deep or too large, as one that holds itself is."""
    level = [tree]
    count = 0
    for _ in range(MOST_DEPTH):
        count += len(level)
        if count > MOST_ENTRIES:
            raise ContentError(f"not valid YAML: more than {MOST_ENTRIES} entries")
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += value.values()
            elif isinstance(value, (list, tuple, set)):
                below += value
            elif isinstance(value, int) and abs(value) > LARGEST_WHOLE:
                raise ContentError("not valid YAML: a whole number above 2**64")
        level = below
        if not level:
            return
    raise ContentError(f"not valid YAML: deeper than {MOST_DEPTH} levels")
