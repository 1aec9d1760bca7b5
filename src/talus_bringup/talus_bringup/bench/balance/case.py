# SPDX-License-Identifier: Apache-2.0
"""What a case of the scorecard is."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from talus_bringup.bench.balance.trial import Outcome, Trial


@dataclass(frozen=True)
class Effort:
    """How much is run.

    Attributes:
        seeds: Of every cell.
        quick: Fewer phases, and the worst alone.
    """

    seeds: tuple[int, ...] = (0, 1, 2)
    quick: bool = False


@dataclass(frozen=True)
class CaseResult:
    """Rows of the table, figures of the summary, and what must be said about them."""

    rows: Sequence[Mapping[str, Any]]
    summary: Mapping[str, float] = field(default_factory=dict)
    notes: Sequence[str] = ()


class Case(Protocol):
    """Asks for trials and is sent their outcomes, until it knows enough."""

    def run(self, effort: Effort) -> Generator[list[Trial], list[Outcome], CaseResult]:
        """Yields trials; is sent their outcomes in the same order."""
