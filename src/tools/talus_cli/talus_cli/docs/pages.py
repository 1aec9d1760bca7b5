# SPDX-License-Identifier: Apache-2.0
"""Finds the pages with generated tables, and writes each table between its two markers.

    <!-- generated: parameters talus_map.config:MapNodeConfig -->
    ...
    <!-- end -->

Each marker stands on a line of its own; behind the colon are the kind of table and its words.
"""

from __future__ import annotations

import re
from pathlib import Path

from talus_core.errors import TalusError, UnknownNameError

from talus_cli.docs.errors import DocsError
from talus_cli.docs.registry import TABLES
from talus_cli.docs.request import TableRequest

BEGIN_MARKER = re.compile(r"<!-- generated: (\w+)((?: [^ ]+)*) -->")
BEGIN_PREFIX = "<!-- generated"
END_MARKER = "<!-- end -->"
PAGE_FOLDERS = ("docs", "src", "tests", "scenarios", "policies")


def generated_pages(root: Path) -> list[Path]:
    """Return the Markdown files of a checkout that hold generated tables."""
    files = sorted(root.glob("*.md"))
    for folder in PAGE_FOLDERS:
        files += sorted((root / folder).rglob("*.md"))
    return [file for file in files if _has_markers(file.read_text(encoding="utf-8"))]


def up_to_date_text(page: Path, root: Path) -> str:
    """Return the text of a page with every generated table as the code has it now.

    Raises DocsError.
    """
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    result: list[str] = []
    at = 0
    while at < len(lines):
        result.append(lines[at])
        if lines[at].startswith(BEGIN_PREFIX):
            place = f"{page.relative_to(root)}:{at + 1}"
            result.append(_table(place, lines[at].strip(), TableRequest(root, page)))
            at = _end_of(place, lines, at)
            result.append(lines[at])
        at += 1
    return "".join(result)


def _has_markers(text: str) -> bool:
    return any(line.startswith(BEGIN_PREFIX) for line in text.splitlines())


def _table(place: str, marker: str, request: TableRequest) -> str:
    found = BEGIN_MARKER.fullmatch(marker)
    if found is None:
        raise DocsError(f"{place}: '{marker}' is no marker: <!-- generated: KIND WORDS -->")
    kind = found[1]
    words = tuple(found[2].split())
    try:
        if kind not in TABLES:
            raise UnknownNameError("kind of table", kind, TABLES)
        return TABLES[kind](TableRequest(request.root, request.page, words))
    except TalusError as error:
        raise DocsError(f"{place}: {error}") from error


def _end_of(place: str, lines: list[str], begin: int) -> int:
    """Return the line that ends the table begun at a line. Raises DocsError."""
    for at in range(begin + 1, len(lines)):
        if lines[at].strip() == END_MARKER:
            return at
        if lines[at].startswith(BEGIN_PREFIX):
            break
    raise DocsError(f"{place}: the table has no end; put '{END_MARKER}' below it")
