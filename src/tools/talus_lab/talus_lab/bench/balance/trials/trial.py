# SPDX-License-Identifier: Apache-2.0
"""Describes one run of the scorecard: its start, what is done to the robot, and what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from talus_core.physics import GRAVITY_MPS2

from talus_lab.bench.balance.trials.ground import Ground

Vector = tuple[float, float, float]
OURS = "talus"  # the mind of Talus on the peers' robot


@dataclass(frozen=True)
class Setting:
    """Describes what a run starts from; runs with equal settings share one warm start.

    Attributes:
        seed: Seed of sensor noise, model error and whatever else is random.
        velocity: Commanded forward, left m/s and turn rad/s; zeros: stands.
        ground: What is to be crossed; None: the world `flat`.
        gravity: Gravity, m/s^2.
        friction: Friction of the whole floor; None: the world's own.
        payload: kg in each hand, handed over once it stands.
        are_arms_taken: Once it stands, the arms follow a random walk instead of the controller.
        delay: s from a state to the command that answers it.
        stall: s for which the controller stops, five times a second at random: a slow computer.
        sees: Depth cameras and the map of the ground are on; else the feet feel their way.
        lying: `front` or `back`, on which it lies limp, to get up: a trial of its own kind; empty:
            seated, to stand up.
        mind: Controller of the peers' robot: `talus` or a policy's name; empty: talus40 with its
            own controller.
    """

    seed: int = 0
    velocity: Vector = (0.0, 0.0, 0.0)
    ground: Ground | None = None
    gravity: float = GRAVITY_MPS2
    friction: float | None = None
    payload: float = 0.0
    are_arms_taken: bool = False
    delay: float = 0.002
    stall: float = 0.0
    sees: bool = False
    lying: str = ""
    mind: str = ""


@dataclass(frozen=True)
class Shove:
    """Describes a push of 0.1 s at the centre of mass of a link.

    Attributes:
        dv: m/s, impulse over the robot's true mass.
        heading_deg: Direction in which it pushes, from the robot's own heading, left positive.
        link: The link that is pushed.
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
    """Describes one run: shoves in turn from a warm start, then time or a distance to survive.

    Attributes:
        setting: What it starts from.
        shoves: What pushes the robot, in turn.
        velocity: Commanded from the start of the trial on; None: the setting's.
        seconds: Simulated time after the last shove, at most.
        reach: m ahead of the warm start at which the trial ends well; None: it lasts all its time.
    """

    setting: Setting
    shoves: tuple[Shove, ...] = ()
    velocity: Vector | None = None
    seconds: float = 4.0
    reach: float | None = None

    @property
    def key(self) -> str:
        """Return a text that is equal for equal runs, in every process."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True)
class TrialOutcome:
    """Holds what the ground truth saw of a trial.

    Attributes:
        fell: It fell at any time, the warm start included.
        seconds: Simulated time from the warm start to the end or the fall.
        moved: (forward, left) m, in the heading at the warm start.
        velocity: Mean forward, left m/s and turn rad/s in the robot's own heading.
        last_velocity: That mean over the last second alone.
        energy: J taken from the battery.
        cost: Cost of transport: that energy over weight and distance; 0 when it got nowhere.
        tick: Mean CPU time of the controller's tick, s; the one figure that no seed repeats.
        error: Why the trial could not be run; empty when it was.
    """

    fell: bool
    seconds: float = 0.0
    moved: tuple[float, float] = (0.0, 0.0)
    velocity: Vector = (0.0, 0.0, 0.0)
    last_velocity: Vector = (0.0, 0.0, 0.0)
    energy: float = 0.0
    cost: float = 0.0
    tick: float = field(default=0.0, compare=False)
    error: str = ""

    @property
    def is_upright(self) -> bool:
        """Whether it ran to its end without a fall."""
        return not self.fell and not self.error
