# SPDX-License-Identifier: Apache-2.0
"""Finds the largest push that a standing robot survives on a body of its own."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.robot import RobotDescription
from talus_core.words.modes import Mode

from talus_lab.bench.drivers.bodies import body_maker, setup_of
from talus_lab.bench.falls import STAND_LIMIT_S
from talus_lab.rig.rig import BodyRig, Push

# To the side, at the torso: steps of 10 % about what talus40 survives on MuJoCo's own driver.
IMPULSES_NS = (30.0, 33.0, 36.0, 40.0, 44.0, 48.0, 53.0)
_WATCHED_S = 4.0  # after the push


@dataclass(frozen=True)
class BodyPush:
    """Describes one search: the body by its name, and the seed of its noise."""

    body: str
    seed: int

    @property
    def key(self) -> str:
        """Return its name in the file."""
        return f"push {self.body} seed {self.seed} {IMPULSES_NS}"


@dataclass(frozen=True)
class PushOutcome:
    """Says the largest impulse of those tried that was survived, N s; 0: none was."""

    largest_ns: float


def find_push(robot: RobotDescription, case: BodyPush) -> PushOutcome:
    """Search by halves: a push that is survived says that smaller ones are."""
    low = 0
    high = len(IMPULSES_NS)
    while low < high:
        middle = (low + high) // 2
        if _survives(robot, case, IMPULSES_NS[middle]):
            low = middle + 1
        else:
            high = middle
    return PushOutcome(IMPULSES_NS[low - 1] if low else 0.0)


def _survives(robot: RobotDescription, case: BodyPush, impulse: float) -> bool:
    body = body_maker(case.body)(setup_of(robot, case.seed))
    try:
        rig = BodyRig(robot, body)
        if not rig.run_until(Mode.STANDING, STAND_LIMIT_S):
            return False
        rig.disturbances.pushes.append(Push(rig.time + 0.5, (0.0, impulse, 0.0)))
        return rig.run_to(rig.time + _WATCHED_S)
    finally:
        body.close()
