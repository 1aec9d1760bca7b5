# SPDX-License-Identifier: Apache-2.0
"""Finds parameter files that a node was given and of which it would read nothing.

ROS takes from a parameter file the sections whose name fits the node, and reports nothing where
none does: a misspelt section leaves the node with its defaults.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from talus_core.files.data_files import ContentError, yaml_tree
from talus_core.parameters import ParameterError

PARAMETERS_KEY = "ros__parameters"


def check_parameter_files(words: Sequence[str], node: str) -> None:
    """Raise ParameterError for a file on the command line that has no section for the node.

    Args:
        words: Words of the command line.
        node: Full name of the node, with its namespace.
    """
    for file in _files(words):
        sections = list(_sections(_tree(file), ""))
        if not any(_fits(section, node) for section in sections):
            named = ", ".join(sections) or "none"
            raise ParameterError(
                f"parameter file {file} has no section for node '{node}'; its sections: {named}"
            )


def _tree(file: Path) -> Any:
    try:
        return yaml_tree(file.read_bytes())
    except (OSError, ContentError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ParameterError(f"parameter file {file}: {reason}") from error


def _files(words: Sequence[str]) -> Iterator[Path]:
    for word, following in pairwise(words):
        if word == "--params-file":
            yield Path(following)


def _sections(tree: Any, prefix: str) -> Iterator[str]:
    """Yield the full names of sections with parameters; rcl joins nested names by slashes."""
    if not isinstance(tree, dict):
        return
    for name, below in tree.items():
        if name == PARAMETERS_KEY:
            yield prefix
        else:
            yield from _sections(below, f"{prefix}/{str(name).lstrip('/')}")


def _fits(section: str, node: str) -> bool:
    """Tell whether rcl gives a section to a node: `*` is one name, `**` any number of them."""
    pattern = re.escape(section).replace(r"/\*\*", "(/[^/]+)*").replace(r"\*", "[^/]+")
    return re.fullmatch(pattern, node) is not None
