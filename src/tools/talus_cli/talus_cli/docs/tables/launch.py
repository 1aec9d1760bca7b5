# SPDX-License-Identifier: Apache-2.0
"""Makes the tables of launch files and of their arguments, from the files as written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from talus_launch.reading.document import LaunchElement, read_document

from talus_cli.docs.markdown import code, table
from talus_cli.docs.request import TableRequest

LAUNCH_FOLDER = "launch"


def launch_file_table(request: TableRequest) -> str:
    """Return a row for each launch file: the nodes that it starts, the files that it includes."""
    files = sorted((request.root / LAUNCH_FOLDER).glob("*.launch.xml"))
    return table(
        ("file", "starts", "includes"),
        ((code(file.name), *_contents(read_document(file))) for file in files),
    )


def launch_argument_table(request: TableRequest) -> str:
    """Return a row for each argument that one launch file declares."""
    file = request.root / LAUNCH_FOLDER / request.word("name of a launch file")
    return table(
        ("argument", "default", "is"),
        (
            (code(argument.require("name")), _default(argument), argument.get("description", ""))
            for argument in read_document(file).nested("arg")
        ),
    )


def _contents(root: LaunchElement) -> tuple[str, str]:
    elements = list(_all_below(root))
    nodes = [element for element in elements if element.tag == "node"]
    included = [element for element in elements if element.tag == "include"]
    return (
        ", ".join(f"`{e.require('name')}`: {e.require('pkg')}/{e.require('exec')}" for e in nodes),
        ", ".join(code(Path(e.require("file")).name) for e in included),
    )


def _all_below(element: LaunchElement) -> Iterator[LaunchElement]:
    for child in element.children:
        yield child
        yield from _all_below(child)


def _default(argument: LaunchElement) -> str:
    default = argument.get("default")
    if default is None:
        return "must be given"
    return code(default) if "$(" in default else default
