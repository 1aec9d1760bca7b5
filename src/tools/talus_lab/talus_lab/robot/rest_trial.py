# SPDX-License-Identifier: Apache-2.0
"""Tries with a robot: limp, stood up, controller dead, seated, torque off, nothing moved.

The rig runs controller and gate as the nodes do. The controller dies as a process does: no state is
answered any more, and the gate alone brings the robot to rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from talus_core.errors import TalusError
from talus_core.robot import RobotDescription
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.words.gate_phases import GatePhase
from talus_core.words.modes import Mode
from talus_core.words.stop_levels import StopLevel
from talus_description.checking.finding import RobotFinding, fault, good, odd
from talus_drivers.commands.gated_drives import GatedDrives
from talus_safety.kernel.decide.gate.decision import GateDecision

from talus_lab.rig.checkout import WORLDS_FOLDER
from talus_lab.rig.rig import Rig

WORLD = WORLDS_FOLDER / "open.xml"
LIMP_S = 3.0
STAND_AT_MOST_S = 15.0  # twice what standing up takes, and the quiet before it
STAND_S = 1.0
WALK_S = 4.0
WALK_MPS = 0.3
REST_AT_MOST_S = 15.0  # the supervisor's patience with a robot that sits down
AFTERWARDS_S = 3.0
# Of the base's height, and rad: brakes creep less, a robot that topples moves on.
MOVED_SHARE = 0.05
TURNED_RAD = 0.1
REST_REMEDY = (
    "a pose sit that rests on its stops, holding_brake of its drives, or "
    "rest_path: {keep_torque: true}"
)
STRAIGHT_AHEAD = (1.0, 0.0, 0.0)


def try_rest(
    robot: RobotDescription, walks: bool = False, world: Path = WORLD, seed: int = 0
) -> Iterator[RobotFinding]:
    """Yield what each step of the trial shows; a fault is the last one.

    Args:
        robot: The robot, with its MJCF.
        walks: The controller dies while the robot walks, not while it stands.
        world: MJCF file with room to fall.
        seed: Of sensor noise.
    """
    try:
        rig = Rig(robot, world, seed=seed)
    except TalusError as error:
        yield fault("start", str(error), "write that, and check again")
        return
    for step in (_limp, _stand, _walk if walks else _wait, _die, _stay):
        finding = step(rig, robot)
        yield finding
        if finding.remedy:
            return
        yield from _false_alarm(rig) if step in (_walk, _wait) else ()


def _limp(rig: Rig, robot: RobotDescription) -> RobotFinding:
    rig.torque = False
    before = _Place(rig)
    has_slumped = rig.has_fallen()  # the driver lays it down limp, and waits until it rests
    rig.run_to(LIMP_S)
    moved = "it falls at once" if has_slumped else before.moved(rig)
    if moved:
        return fault(
            "limp",
            f"without torque it does not stay in `sit`: {moved}",
            REST_REMEDY,
        )
    if robot.keeps_torque:
        return good("limp", "propped until torque comes: it rests in no pose without")
    return good("limp", f"{LIMP_S:g} s without torque, nothing moved")


def _stand(rig: Rig, robot: RobotDescription) -> RobotFinding:
    rig.torque = True
    if rig.run_until(Mode.STANDING, LIMP_S + STAND_AT_MOST_S) and not rig.has_fallen():
        return good("stood up", f"in {rig.time - LIMP_S:.1f} s")
    return fault(
        "stood up",
        f"no: {_state(rig)}",
        "compare poses and torques above; the reason of the gate names what it minds",
    )


def _wait(rig: Rig, robot: RobotDescription) -> RobotFinding:
    if rig.run_to(rig.time + STAND_S) and not rig.drives.standby_active:
        return good("stands", f"{STAND_S:g} s")
    return fault("stands", f"no: {_state(rig)}", "see the reason")


def _walk(rig: Rig, robot: RobotDescription) -> RobotFinding:
    rig.velocity = WALK_MPS * np.array(STRAIGHT_AHEAD)
    begin = rig.truth.position[0]
    if rig.run_to(rig.time + WALK_S) and not rig.drives.standby_active:
        return good("walks", f"{rig.truth.position[0] - begin:.2f} m in {WALK_S:g} s")
    return fault("walks", f"no: {_state(rig)}", "see the reason")


def _false_alarm(rig: Rig) -> Iterator[RobotFinding]:
    """Yield what the gate asks for though nothing is wrong."""
    decision = _decision(rig)
    if decision is not None and decision.request >= StopLevel.R2_SAFE_STAND:
        yield odd(
            "false alarm",
            f"the gate asks for {decision.request.code} though nothing is wrong: {decision.reason}",
        )


def _die(rig: Rig, robot: RobotDescription) -> RobotFinding:
    rig.disturbances.misses = lambda: True
    begin = rig.time
    while rig.time < begin + REST_AT_MOST_S:
        rig.step()
        decision = _decision(rig)
        if rig.has_fallen():
            return fault(
                "controller dead",
                f"it falls after {rig.time - begin:.1f} s: {_state(rig)}",
                "look at the torques of `sit` and at the soles above; a rest_path that is less "
                "deep takes less",
            )
        if decision is not None and (decision.phase is GatePhase.OFF or decision.is_kept):
            how = "held seated by its drives" if decision.is_kept else "torque off"
            return good("controller dead", f"seated after {rig.time - begin:.1f} s, {how}")
    return fault(
        "controller dead",
        f"not at rest after {REST_AT_MOST_S:g} s: {_state(rig)}",
        "the gate calls it seated within 0.35 rad of poses.sit, and still",
    )


def _stay(rig: Rig, robot: RobotDescription) -> RobotFinding:
    before = _Place(rig)
    rig.run_to(rig.time + AFTERWARDS_S)
    moved = before.moved(rig)
    if moved:
        return fault(
            "at rest",
            f"{moved} in the {AFTERWARDS_S:g} s after it",
            REST_REMEDY,
        )
    return good("at rest", f"{AFTERWARDS_S:g} s later nothing has moved")


class _Place:
    """Remembers where the base was."""

    def __init__(self, rig: Rig):
        self._position = rig.truth.position.copy()
        self._up = _up(rig)
        self._height = float(self._position[2] - rig.driver.soles[:, 2].min())

    def moved(self, rig: Rig) -> str:
        """Say how far the base has moved; empty where it stayed."""
        way = float(np.linalg.norm(rig.truth.position - self._position))
        turn = float(np.arccos(np.clip(self._up @ _up(rig), -1.0, 1.0)))
        if way < MOVED_SHARE * self._height and turn < TURNED_RAD:
            return ""
        return f"the base moves by {way:.2f} m and tilts by {np.degrees(turn):.0f} degrees"


def _decision(rig: Rig) -> GateDecision | None:
    return rig.drives.decision if isinstance(rig.drives, GatedDrives) else None


def _up(rig: Rig) -> np.ndarray:
    """Return the base's z axis in the world, (3,)."""
    return matrix_from_quat_xyzw(rig.truth.quat_xyzw)[:, 2]


def _state(rig: Rig) -> str:
    decision = _decision(rig)
    gate = "" if decision is None else f", gate in {decision.phase.name}"
    reason = "" if decision is None or not decision.reason else f" ({decision.reason})"
    fallen = "fallen, " if rig.has_fallen() else ""
    return f"{fallen}mode {rig.mode.words}{gate}{reason}"
