# SPDX-License-Identifier: Apache-2.0
"""Breaks buses and drives under a robot that stands or walks, or before it has torque.

The whole stack runs, supervisor and gate included, and its runs are judged as those of the fault
matrix: a fall is controlled where it was called before anything but a foot touched the ground.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from talus_core.driver import DriverError
from talus_core.errors import TalusError
from talus_core.robot import RobotDescription
from talus_drive_simulator.faults import BUS_FAULTS
from talus_drive_simulator.stage.driver import SimulatedCanDriver
from talus_simulation.faults.catalogue import FaultRequest

from talus_lab.bench.drivers.bodies import can_body, setup_of
from talus_lab.bench.drivers.walks import WALK_SPEED_MPS
from talus_lab.scenario.play import Player
from talus_lab.scenario.record import ScenarioOutcome
from talus_lab.scenario.rig_stage import RigStage
from talus_lab.scenario.scenario import Expectation, Scenario, ScenarioEvent

WHILE_STANDING = "double_support"
WHILE_WALKING = "walking"
AT_START = "at the start"  # before any torque: how the drives are set
_WATCHED_S = 8.0  # after the onset: a seat is reached in 4
_SEATED = "seated"
_STANDS_BEFORE_S = 6.0  # of which it rises for two


@dataclass(frozen=True)
class BusFault:
    """Describes what breaks.

    Attributes:
        name: In the table.
        fault: Name in the catalogue of wires and drives.
        target: Bus or joint; empty: all.
        severity: In the fault's unit; 0: its default.
        when: One of the postures, or at the start.
        may_fall: A protective fall (R4) is allowed: a leg has no torque.
    """

    name: str
    fault: str
    target: str = ""
    severity: float = 0.0
    when: tuple[str, ...] = (WHILE_STANDING, WHILE_WALKING)
    may_fall: bool = False


BUS_FAULTS_STAGED = (
    BusFault("loss 1 %", "wire.loss", severity=0.01),
    BusFault("loss 5 %", "wire.loss", severity=0.05),
    BusFault("one bus dead", "wire.cut", "can0", may_fall=True),
    BusFault("bus-off", "wire.bus_off", "can0"),
    BusFault("drive reboot", "servo.reboot", "l_knee", may_fall=True),
    BusFault("id swapped", "servo.swap_id", "l_knee", when=(AT_START,)),
    BusFault("id swapped, same stance", "servo.swap_id", "l_hip_yaw", when=(AT_START,)),
    BusFault("scale wrong", "servo.scale", "l_knee", when=(AT_START,)),
    BusFault("sign wrong", "servo.reverse", "l_hip_roll", when=(AT_START,)),
)


@dataclass(frozen=True)
class FaultCase:
    """Describes one run: a fault in a posture, with drives of a family."""

    fault: BusFault
    when: str
    family: str
    seed: int

    @property
    def key(self) -> str:
        """Return its name in the file."""
        return f"fault {self.fault} {self.when} {self.family} seed {self.seed}"

    @property
    def scenario(self) -> Scenario:
        """Return what happens once the robot is in its posture."""
        expected = Expectation(may_fall=self.fault.may_fall)
        if self.when == AT_START:
            rises = (
                ScenarioEvent("operator.stand"),
                ScenarioEvent("operator.walk", _STANDS_BEFORE_S, severity=WALK_SPEED_MPS),
            )
            seconds = _STANDS_BEFORE_S + _WATCHED_S
            return Scenario(self.fault.name, rises, _SEATED, expected, self.seed, seconds)
        event = ScenarioEvent(self.fault.fault, 0.0, self.fault.target, self.fault.severity)
        return Scenario(
            self.fault.name, (event,), self.when, expected, self.seed, seconds=_WATCHED_S
        )


@dataclass(frozen=True)
class FaultOutcome:
    """Says what became of a robot.

    Attributes:
        is_controlled: It was refused, or played without an uncontrolled fall.
        ended: In words: `refused`, `falls`, `falls softly`, `sits`, `stays up` or `not played`.
        detail: What said so: the refusal, or what was wrong.
        worst_level: The highest level of the stop ladder.
        lead_s: From the call of a fall to the first touch; NaN without both.
    """

    is_controlled: bool
    ended: str
    detail: str = ""
    worst_level: int = 0
    lead_s: float = math.nan


class BusStage(RigStage):
    """Is a stage of scenarios on which wires and drives fail, too."""

    def do(self, event: ScenarioEvent) -> int:
        """Let an event happen before the next tick; return that tick. Raises as its base."""
        if event.name not in BUS_FAULTS:
            return super().do(event)
        self.rig.faults.inject(event.request())
        return self.rig.sequence


def stage_fault(robot: RobotDescription, case: FaultCase) -> FaultOutcome:
    """Play one run."""
    body = can_body(setup_of(robot, case.seed), case.family)
    try:
        return _played(robot, case, body)
    finally:
        body.close()


def _played(robot: RobotDescription, case: FaultCase, body: SimulatedCanDriver) -> FaultOutcome:
    fault = case.fault
    scenario = case.scenario
    try:
        if case.when == AT_START:
            body.prepare()
            body.faults.inject(FaultRequest(fault.fault, fault.target, fault.severity, 0.0))
        stage = BusStage(robot, case.seed, body=body)
    except DriverError as error:
        return FaultOutcome(True, "refused", str(error))
    player = Player(stage, scenario.posture, case.seed)
    try:
        player.reach()
    except TalusError as error:
        return FaultOutcome(False, "not played", str(error))
    return _judged(player.play(scenario))


def _judged(outcome: ScenarioOutcome) -> FaultOutcome:
    if outcome.fell:
        ended = "falls"
    elif outcome.touched:
        ended = "falls softly"
    elif math.isfinite(outcome.seated_s):
        ended = "sits"
    else:
        ended = "stays up"
    return FaultOutcome(
        is_controlled=outcome.verdict == "ok",
        ended=ended,
        detail=outcome.detail,
        worst_level=outcome.worst_level,
        lead_s=outcome.lead_s,
    )
