# SPDX-License-Identifier: Apache-2.0
"""Defines the roots of Talus's exceptions, and the message that names what would have worked."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class TalusError(Exception):
    """Roots all exceptions that Talus raises on purpose; the message is one line for the user."""


class UnknownNameError(TalusError):
    """Says that a name (robot, driver, joint...) does not exist; the message lists near ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]):
        super().__init__(unknown_name_message(kind, name, known))


def unknown_name_message(kind: str, name: str, known: Iterable[str], most: int = 5) -> str:
    """Return one line: the unknown name, then the nearest known ones, or all if none is near."""
    name = str(name)  # files of others name things by numbers, too
    known = sorted(map(str, known))
    near = get_close_matches(name, known, n=most, cutoff=0.5)
    listed = ", ".join(near or known) or "none"
    return f"unknown {kind} '{name}'; {'nearest' if near else 'known'}: {listed}"


class RefusedInputError(TalusError):
    """Says that something from outside a node is not for it or cannot be used, and what would be.

    Whatever reads messages, requests and files raises it; the shell around intakes tells it.
    """
