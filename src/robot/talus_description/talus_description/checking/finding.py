# SPDX-License-Identifier: Apache-2.0
"""Defines what a check says, and prints a list of it for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

COLUMNS = 80
TEXT_COLUMN = 7  # where the text begins behind the longest word


class Weight(Enum):
    """Names how heavy a finding is, by the word that the list shows."""

    GOOD = "ok"
    ODD = "odd"
    FAULT = "fails"


@dataclass(frozen=True)
class RobotFinding:
    """Says one thing about a robot.

    Attributes:
        weight: Whether a run would fail by it.
        subject: What it is about.
        text: What was found.
        remedy: What to write; empty where there is nothing to do.
    """

    weight: Weight
    subject: str
    text: str
    remedy: str = ""

    def lines(self) -> list[str]:
        """Return the finding in lines of at most 80 columns."""
        indent = " " * TEXT_COLUMN
        head = f"{self.weight.value:<{TEXT_COLUMN}}{self.subject}: {self.text}"
        found = textwrap.wrap(head, COLUMNS, subsequent_indent=indent)
        if self.remedy:
            found += textwrap.wrap(
                f"-> {self.remedy}",
                COLUMNS,
                initial_indent=indent,
                subsequent_indent=indent + "   ",
            )
        return found


def good(subject: str, text: str) -> RobotFinding:
    """Return what is as it should be."""
    return RobotFinding(Weight.GOOD, subject, text)


def odd(subject: str, text: str, remedy: str = "") -> RobotFinding:
    """Return what may be meant so: a run goes on."""
    return RobotFinding(Weight.ODD, subject, text, remedy)


def fault(subject: str, text: str, remedy: str) -> RobotFinding:
    """Return what makes a run fail."""
    return RobotFinding(Weight.FAULT, subject, text, remedy)


def fails(findings: Iterable[RobotFinding]) -> bool:
    """Tell whether a run would fail."""
    return any(finding.weight is Weight.FAULT for finding in findings)


def verdict(name: str, findings: Sequence[RobotFinding]) -> str:
    """Return the last line of the list."""
    number = {weight: sum(f.weight is weight for f in findings) for weight in Weight}
    said = "a run would fail" if fails(findings) else "ready to run"
    return (
        f"{name}: {said}; {number[Weight.FAULT]} faults, {number[Weight.ODD]} odd, "
        f"{number[Weight.GOOD]} ok"
    )


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return names with commas, the number of the rest behind the first ones."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
