# SPDX-License-Identifier: Apache-2.0
"""Writes the generated tables of all READMEs and pages in place: `./talus docs [--check]`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from talus_core.errors import TalusError
from talus_core.machine.terminal import complain, tell

from talus_cli.bootstrap.cli import USAGE_ERROR_CODE
from talus_cli.bootstrap.workspace import COMMAND_CHECKOUT
from talus_cli.docs.errors import DocsError
from talus_cli.docs.pages import generated_pages, up_to_date_text

STALE_TABLES_CODE = 1


def main(words: Sequence[str] | None = None, root: Path = COMMAND_CHECKOUT) -> int:
    """Write the tables, or with `--check` name the stale pages; return the exit code."""
    arguments = list(sys.argv[1:] if words is None else words)
    try:
        if arguments not in ([], ["--check"]):
            raise DocsError(f"docs does not know '{' '.join(arguments)}'; known: --check")
        stale = stale_pages(root)
    except TalusError as error:
        complain(f"talus: {error}")
        return USAGE_ERROR_CODE
    return _tell_stale(stale, root) if arguments else _write(stale, root)


def stale_pages(root: Path) -> dict[Path, str]:
    """Return the text that each page with a stale table should have. Raises DocsError."""
    texts = {page: up_to_date_text(page, root) for page in generated_pages(root)}
    return {page: text for page, text in texts.items() if page.read_text(encoding="utf-8") != text}


def _tell_stale(stale: dict[Path, str], root: Path) -> int:
    for page in stale:
        complain(f"talus: {page.relative_to(root)} is stale; './talus docs' mends it")
    return STALE_TABLES_CODE if stale else 0


def _write(stale: dict[Path, str], root: Path) -> int:
    for page, text in stale.items():
        page.write_text(text, encoding="utf-8")
        tell(f"talus: wrote {page.relative_to(root)}")
    if not stale:
        tell("talus: all generated tables are up to date")
    return 0
