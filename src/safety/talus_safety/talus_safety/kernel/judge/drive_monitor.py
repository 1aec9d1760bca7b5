# SPDX-License-Identifier: Apache-2.0
"""Judges in every control tick whether drives and encoders do what they were told.

A finding stays until torque is off: a part that failed is not trusted before a person checked it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_safety.kernel.judge.drive_checks import (
    EFFORT_ROW,
    PUSH_ROW,
    RESIDUAL_ROW,
    RESIDUAL_TICKS,
    SHOVED_LEG_RADPS,
    SHOVED_LIMB_RADPS,
    SPEED_ROW,
    STEP_ROW,
    DeadCheck,
    DriveLaw,
    EnvelopeCheck,
    LockedCheck,
    PowerCheck,
    StoppedCheck,
    StuckCheck,
)
from talus_safety.kernel.limits import MonitorConfig
from talus_safety.kernel.measure.body import Body

IS_LOCKED = "is locked"


@dataclass
class DriveFindings:
    """Holds the findings about n joints.

    Texts name the first joint concerned, and are empty where nothing is wrong.

    Attributes:
        size: Number n of joints.
        encoder: Which encoder is stuck or jumped.
        leg: Which weight-bearing joint does not do what it is told.
        locked: Which weight-bearing joint does not turn.
        arm: Which joint without weight to carry fails.
        runaway: Which joint leaves its envelope; cleared when that ends. All other findings stay
            until torque is off.
        stuck: (n,) encoders that repeat their value.
        jumped: (n,) encoders that jumped in this tick.
        limp: (n,) drives that give no torque, until they give some again.
        wild: (n,) drives that push without being told to.
    """

    size: int
    encoder: str = ""
    leg: str = ""
    locked: str = ""
    arm: str = ""
    runaway: str = ""
    stuck: np.ndarray = field(init=False)
    jumped: np.ndarray = field(init=False)
    limp: np.ndarray = field(init=False)
    wild: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.stuck, self.jumped, self.limp, self.wild = np.zeros((4, self.size), dtype=bool)


class DriveMonitor:
    """Judges each tick with torque; `findings` then say what is wrong, until `relax` is called."""

    def __init__(self, robot: RobotDescription, body: Body, period: float, config: MonitorConfig):
        self._names = robot.joint_names
        self._carries = np.zeros(len(self._names), dtype=bool)
        self._carries[robot.indices("left_leg", "right_leg", "torso")] = True
        self._law = DriveLaw(robot.limits)
        shoved = np.where(self._carries, SHOVED_LEG_RADPS, SHOVED_LIMB_RADPS) / body.scale.time
        self._envelope = EnvelopeCheck(robot.limits, period, config, shoved)
        self._dead = DeadCheck(robot.limits)
        self._locked = LockedCheck(robot.limits)
        self._stopped = StoppedCheck(robot, self._carries, body.contact.on)
        self._stuck = StuckCheck(len(self._names))
        self._power = PowerCheck(config.power_at_most_w)
        self.relax()

    def relax(self) -> None:
        """Forget all findings and expect nothing of the drives: torque is off."""
        self.findings = DriveFindings(len(self._names))
        self._last: np.ndarray | None = None
        self._ticks_with_command = 0
        for check in (
            self._envelope,
            self._dead,
            self._locked,
            self._stopped,
            self._stuck,
            self._power,
        ):
            check.forget()

    def step(self, state: RobotState, sent: JointCommand | None) -> None:
        """Judge one tick.

        Args:
            state: State of this tick.
            sent: Command that the drives followed since the tick before; None where it is unknown.
        """
        last = self._last
        self._last = state.position
        self.findings.runaway = ""
        self.findings.jumped[:] = False
        if last is None:
            return
        step = self._envelope.measure(state, last)
        self._ticks_with_command = self._ticks_with_command + 1 if sent is not None else 0
        if (
            sent is not None and self._ticks_with_command > RESIDUAL_TICKS
        ):  # in earlier ticks torque was still rising
            self._judge_answer(state, sent)
        else:
            self._envelope.compare(state, None)
        self._blame(self._stopped.find(state), IS_LOCKED)
        self._judge_encoders(self._stuck.find(step))
        self._judge_envelope(self._envelope.find(self._stuck.speaks))
        if self._power.is_beyond(state):
            self.findings.runaway = (
                self.findings.runaway or "the joints together beyond their power"
            )

    def _judge_answer(self, state: RobotState, sent: JointCommand) -> None:
        """Compare what the drives give with what they were told."""
        asked = self._law.expected(state, sent)
        dead, silent = self._dead.find(state, asked)
        self.findings.limp = self.findings.limp & silent | dead
        self._blame(dead, "gives no torque")
        self._blame(self._locked.find(state, sent), IS_LOCKED)
        self._envelope.compare(state, asked)

    def _judge_encoders(self, stuck: np.ndarray | None) -> None:
        findings = self.findings
        if stuck is not None:
            findings.stuck |= stuck
            findings.encoder = findings.encoder or f"{self._first(findings.stuck)} is stuck"

    def _judge_envelope(self, found: np.ndarray | None) -> None:
        findings = self.findings
        if found is None:
            return
        findings.wild |= found[PUSH_ROW]
        self._blame(found[PUSH_ROW], "pushes by itself")
        self._blame(found[RESIDUAL_ROW], "does not give the torque that is asked")
        findings.jumped = found[STEP_ROW]
        if findings.jumped.any():
            findings.encoder = findings.encoder or f"{self._first(findings.jumped)} jumped"
        wild = found[SPEED_ROW] | found[EFFORT_ROW]
        findings.runaway = f"{self._first(wild)} beyond its speed or torque" if wild.any() else ""

    def _blame(self, found: np.ndarray | None, what: str) -> None:
        """Note the first joint of those found (n,), unless its kind of finding is noted already."""
        if found is None or not np.count_nonzero(found):
            return
        findings = self.findings
        carrying = found & self._carries
        if not carrying.any():
            findings.arm = findings.arm or f"{self._first(found)} {what}"
        elif what is IS_LOCKED:
            findings.locked = findings.locked or f"{self._first(carrying)} {what}"
        else:
            findings.leg = findings.leg or f"{self._first(carrying)} {what}"

    def _first(self, found: np.ndarray) -> str:
        return self._names[int(np.argmax(found))]
