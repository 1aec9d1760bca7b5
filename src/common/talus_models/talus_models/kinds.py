# SPDX-License-Identifier: Apache-2.0
"""Say what a model is for, in the words and with the error of whoever uses it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from talus_core.errors import TalusError


class ModelError(TalusError):
    """A model must not be used; the message names file, value and what would work."""


@dataclass(frozen=True)
class ModelKind:
    """Name a use of models, so that a refusal says what is refused.

    Attributes:
        word: What messages call such a model, as in "policy".
        error: What is raised for one that does not fit.
    """

    word: str
    error: type[ModelError]

    def refusal(self, path: Path, text: str) -> ModelError:
        """Return the error, one line, for the model with the manifest `path`."""
        return self.error(f"{self.word} {path}: {text}")


ANY_MODEL = ModelKind("model", ModelError)
