# SPDX-License-Identifier: Apache-2.0
"""One run of the scorecard as data: what it starts from, what is done to the robot, and what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Setting:
    """What a run starts from. Runs with equal settings share one warm start, up to the first shove.

    Attributes:
        seed: Of sensor noise, model error and terrain.
        velocity: Commanded forward, left m/s and turn rad/s; zeros: stands.
    """

    seed: int = 0
    velocity: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Shove:
    """A push of 0.1 s at the centre of mass of a link.

    Attributes:
        dv: m/s, impulse over the robot's true mass.
        heading_deg: Direction in which it pushes, from the robot's own heading, left positive.
        link: Where.
        phase: Part of the step on the left foot at which it begins; None: at once.
        after: s after the start of the trial or the shove before.
    """

    dv: float
    heading_deg: float
    link: str = "torso"
    phase: float | None = None
    after: float = 0.0


@dataclass(frozen=True)
class Trial:
    """One run: from the setting's warm start, shoves in turn, then `seconds` s to survive."""

    setting: Setting
    shoves: tuple[Shove, ...] = ()
    seconds: float = 4.0

    @property
    def key(self) -> str:
        """The same for the same run, in every process."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True)
class Outcome:
    """What the ground truth saw.

    Attributes:
        fell: At any time, the warm start included.
        seconds: Simulated, from the warm start to the end or the fall.
        moved: (forward, left) m, in the heading at the warm start.
        velocity: Mean forward, left m/s and turn rad/s in the robot's own heading over the whole trial.
        last_velocity: The same over the last second.
        energy: J taken from the battery.
        error: Why the trial could not be run; empty when it was.
    """

    fell: bool
    seconds: float = 0.0
    moved: tuple[float, float] = (0.0, 0.0)
    velocity: Vector = (0.0, 0.0, 0.0)
    last_velocity: Vector = (0.0, 0.0, 0.0)
    energy: float = 0.0
    error: str = ""
