# SPDX-License-Identifier: Apache-2.0
"""Loads hardware stop inputs as plug-ins.

They are found as entry points in the group `talus.stop_inputs`, and named as `name:argument`.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from talus_core.errors import TalusError, UnknownNameError

STOP_INPUT_GROUP = "talus.stop_inputs"
CLOSED_CIRCUIT_TEXT = "1"


class StopInputError(TalusError):
    """Says that a stop input cannot be used, and what would work."""


class StopInput(Protocol):
    """Reads a button that is wired normally closed; it is built with its argument.

    `is_pressed` is called 100 times a second and must never block.
    """

    def is_pressed(self) -> bool:
        """Return False only if the button is surely not pressed; an error counts as pressed."""


class FileStopInput:
    """Reads a file that says `1` while the circuit is closed, as sysfs shows a GPIO.

    Any other content, and a missing file, count as pressed.
    """

    def __init__(self, path: str):
        self._path = Path(path)

    def is_pressed(self) -> bool:
        """Return False only if the button is surely not pressed; an error counts as pressed."""
        return self._path.read_text().strip() != CLOSED_CIRCUIT_TEXT


class StopInputs:
    """Reads all stop inputs of one robot."""

    def __init__(self, words: str):
        """Load the inputs that `words` names as `name:argument`, separated by spaces.

        Raises UnknownNameError or StopInputError.
        """
        self._inputs = {word: _build(*word.partition(":")[::2]) for word in words.split()}

    def pressed(self) -> str:
        """Return in words which inputs are pressed; empty when none is."""
        said = {word: _said(stop_input) for word, stop_input in self._inputs.items()}
        return ", ".join(word + how for word, how in said.items() if how is not None)


def _said(stop_input: StopInput) -> str | None:
    try:
        return "" if stop_input.is_pressed() else None
    except Exception as error:  # any kind of error: a broken input counts as pressed
        return f" ({type(error).__name__})"


def _build(name: str, argument: str) -> StopInput:
    known = {entry.name: entry for entry in entry_points(group=STOP_INPUT_GROUP)}
    if name not in known:
        raise UnknownNameError("stop input", name, known)
    try:
        return known[name].load()(argument)
    except Exception as error:
        raise StopInputError(
            f"stop input '{name}:{argument}': {type(error).__name__}: {error}"
        ) from error
