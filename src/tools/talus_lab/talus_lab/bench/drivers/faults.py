# SPDX-License-Identifier: Apache-2.0
"""Breaks buses and drives under a robot that stands or walks, or before it has torque."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.driver import DriverError
from talus_core.robot import RobotDescription
from talus_core.words.gate_phases import GatePhase
from talus_core.words.modes import Mode
from talus_drivers.commands.gated_drives import GatedDrives
from talus_simulation.faults.catalogue import FaultRequest

from talus_lab.bench.drivers.bodies import can_body, setup_of
from talus_lab.bench.drivers.walks import WALK_SPEED_MPS
from talus_lab.bench.falls import STAND_LIMIT_S
from talus_lab.rig.rig import BodyRig

WHILE_STANDING = "standing"
WHILE_WALKING = "walking"
AT_START = "at the start"  # before any torque: how the drives are set
_WALKS_BEFORE_S = 2.0
_WATCHED_S = 8.0  # after the onset: a seat is reached in 4


@dataclass(frozen=True)
class BusFault:
    """Describes what breaks.

    Attributes:
        name: In the table.
        fault: Name in the catalogue of wires and drives.
        target: Bus or joint; empty: all.
        severity: In the fault's unit; 0: its default.
        when: One of the postures, or at the start.
    """

    name: str
    fault: str
    target: str = ""
    severity: float = 0.0
    when: tuple[str, ...] = (WHILE_STANDING, WHILE_WALKING)


BUS_FAULTS_STAGED = (
    BusFault("loss 1 %", "wire.loss", severity=0.01),
    BusFault("loss 5 %", "wire.loss", severity=0.05),
    BusFault("one bus dead", "wire.cut", "can0"),
    BusFault("bus-off", "wire.bus_off", "can0"),
    BusFault("drive reboot", "servo.reboot", "l_knee"),
    BusFault("id swapped", "servo.swap_id", "l_knee", when=(AT_START,)),
    BusFault("id swapped, same model", "servo.swap_id", "l_hip_yaw", when=(AT_START,)),
    BusFault("scale wrong", "servo.scale", "l_knee", when=(AT_START,)),
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


@dataclass(frozen=True)
class FaultOutcome:
    """Says what became of a robot.

    Attributes:
        is_controlled: It did not fall, or fell while controller or gate softened the fall.
        ended: In words: `refused`, `goes on`, `sits`, `rests`, `falls softly` or `falls`.
        detail: What said so: the refusal, or the gate's reason.
    """

    is_controlled: bool
    ended: str
    detail: str = ""


def stage_fault(robot: RobotDescription, case: FaultCase) -> FaultOutcome:
    """Play one run."""
    body = can_body(setup_of(robot, case.seed), case.family)
    fault = case.fault
    request = FaultRequest(fault.fault, fault.target, fault.severity, 0.0)
    try:
        if case.when == AT_START:
            body.prepare()
            body.faults.inject(request)
        try:
            rig = BodyRig(robot, body)
        except DriverError as error:
            return FaultOutcome(True, "refused", str(error))
        if not _reaches(rig, case.when):
            return _judged(rig)
        if case.when != AT_START:
            body.faults.inject(request)
        _run_on(rig)
        return _judged(rig)
    finally:
        body.close()


def _reaches(rig: BodyRig, when: str) -> bool:
    """Let the robot stand up, and walk where it shall; return whether it does."""
    rig.run_until(Mode.STANDING, STAND_LIMIT_S)
    if when == WHILE_WALKING:
        rig.velocity = np.array([WALK_SPEED_MPS, 0.0, 0.0])
    if when != WHILE_STANDING:
        rig.run_to(rig.time + _WALKS_BEFORE_S)
    return rig.mode in (Mode.STANDING, Mode.WALKING) and not rig.has_fallen()


def _run_on(rig: BodyRig) -> None:
    """Watch until it has fallen, or the time is over."""
    rig.run_to(rig.time + _WATCHED_S)


def _judged(rig: BodyRig) -> FaultOutcome:
    assert isinstance(rig.drives, GatedDrives) and rig.drives.decision is not None  # it is gated
    decision = rig.drives.decision
    is_softened = rig.mode is Mode.FALLING or decision.phase is GatePhase.FALL
    if rig.has_fallen():
        return FaultOutcome(
            is_softened, "falls softly" if is_softened else "falls", decision.reason
        )
    if decision.cuts_torque:
        return FaultOutcome(True, "rests", decision.reason)
    if rig.mode in (Mode.STANDING, Mode.WALKING) and not decision.standby_active:
        return FaultOutcome(True, "goes on", decision.reason)
    return FaultOutcome(True, "sits", decision.reason)
