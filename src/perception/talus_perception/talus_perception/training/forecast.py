# SPDX-License-Identifier: Apache-2.0
"""Says how long a training will take, before it starts, from a few steps that change nothing."""

from __future__ import annotations

from dataclasses import dataclass

TIMED_STEPS = 3


@dataclass(frozen=True)
class Forecast:
    """Holds what was timed.

    Attributes:
        pair_seconds: To render a pair of pictures, s of wall time.
        step_seconds: To make a batch and learn from it, s.
        passes_per_step: Pictures in a batch.
        fresh_pairs: Rendered for each step.
        passes_left: Pictures until the end of the training.
        minutes: Of this day.
    """

    pair_seconds: float
    step_seconds: float
    passes_per_step: int
    fresh_pairs: int
    passes_left: int
    minutes: float

    @property
    def passes_per_second(self) -> float:
        """Pictures that go through the network in a second, rendering included."""
        return self.passes_per_step / (self.step_seconds + self.fresh_pairs * self.pair_seconds)

    @property
    def hours_left(self) -> float:
        """How long the rest of the training takes, h."""
        return self.passes_left / self.passes_per_second / 3600.0

    def text(self) -> str:
        """Return it in one line."""
        today = min(self.minutes / 60.0, self.hours_left)
        return (
            f"forecast: {self.passes_per_second:.1f} passes per second "
            f"({1e3 * self.pair_seconds:.0f} ms a rendered pair, {1e3 * self.step_seconds:.0f} ms "
            f"a step of {self.passes_per_step}); {self.passes_left} passes left take "
            f"{self.hours_left:.1f} h, {today:.1f} h of them now"
        )
