# SPDX-License-Identifier: Apache-2.0
"""Defines what the maker of a table is given: the words of its marker, and where the page lies."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talus_cli.docs.errors import DocsError


@dataclass(frozen=True)
class TableRequest:
    """One marker of a page.

    Attributes:
        root: The checkout.
        page: File in which the marker stands.
        words: What stands in the marker behind the kind of table.
    """

    root: Path
    page: Path
    words: tuple[str, ...] = ()

    def word(self, what: str) -> str:
        """Return the first word, which this kind of table needs. Raises DocsError."""
        if not self.words:
            raise DocsError(f"this table needs a {what}")
        return self.words[0]

    def option(self, name: str) -> str:
        """Return the value of a word `name=value`; empty where it is absent."""
        found = [word.partition("=")[2] for word in self.words[1:] if word.startswith(f"{name}=")]
        return found[0] if found else ""

    def named_object(self, what: str) -> Any:
        """Return the object that the first word names as `module:name`. Raises DocsError."""
        name = self.word(f"{what} as module:name")
        try:
            return pkgutil.resolve_name(name)
        except (ImportError, AttributeError, ValueError) as error:
            raise DocsError(f"no {what} '{name}': {error}") from error
