# SPDX-License-Identifier: Apache-2.0
"""Lets a robot stand up, walk and sit down on a body of its own, and says how it walked."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.robot import RobotDescription

from talus_lab.bench.drivers.bodies import body_maker, setup_of
from talus_lab.rig.outing import Outing, OutingReport, play_outing
from talus_lab.rig.rig import BodyRig

WALK_SPEED_MPS = 0.4
LONG_WALK_M = 8.0  # 20 s of it
OUTING_M = 3.0
SHOVE_NS = 20.0


@dataclass(frozen=True)
class BodyWalk:
    """Describes one walk.

    Attributes:
        body: Its name.
        seed: Of its noise.
        distance_m: To walk.
        shove_ns: Impulse to the side after it, N s; 0: none.
    """

    body: str
    seed: int
    distance_m: float = LONG_WALK_M
    shove_ns: float = 0.0

    @property
    def key(self) -> str:
        """Return its name in the file."""
        shove = f" shove {self.shove_ns} N s" if self.shove_ns else ""
        return f"walk {self.body} seed {self.seed} {WALK_SPEED_MPS} m/s {self.distance_m} m{shove}"


@dataclass(frozen=True)
class WalkOutcome:
    """Says how a robot walked.

    Attributes:
        has_walked: It stood up, walked the whole way, took the shove and sat down, without a fall.
        ended: What it did at the end, in words.
        speed_mps, step_m, height_m: Of the steady walk: its speed, the mean length of its steps,
            and the mean height of the base over the lower sole.
        real_time_factor: Simulated time over CPU time of this process without the controller.
    """

    has_walked: bool
    ended: str
    speed_mps: float
    step_m: float
    height_m: float
    real_time_factor: float


def walk(robot: RobotDescription, case: BodyWalk) -> WalkOutcome:
    """Play one walk."""
    body = body_maker(case.body)(setup_of(robot, case.seed))
    shove = (0.0, case.shove_ns, 0.0) if case.shove_ns else None
    try:
        report = play_outing(BodyRig(robot, body), Outing(WALK_SPEED_MPS, case.distance_m, shove))
    finally:
        body.close()
    return _outcome(report)


def _outcome(report: OutingReport) -> WalkOutcome:
    return WalkOutcome(
        has_walked=report.succeeded,
        ended=report.ended,
        speed_mps=report.speed,
        step_m=report.step_length,
        height_m=report.height,
        real_time_factor=report.simulated_s / (report.cpu_s - report.controller_cpu_s),
    )
