# SPDX-License-Identifier: Apache-2.0
"""Decides as the last gate what reaches the drives: only commands that it passes or makes itself.

Facts become phases here, and phases become commands: `belief/senses.py` makes the facts;
    `phases.py`
and `gate_rules.py` decide.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from talus_core.motion.fall_plan import load_fall
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState
from talus_core.words.body_senses import BodySense
from talus_core.words.gate_phases import GatePhase
from talus_core.words.rest import TORQUE_KEPT_WORDS
from talus_core.words.stop_levels import StopLevel

from talus_safety.belief.senses import Senses
from talus_safety.command_intake import CommandIntake
from talus_safety.kernel.decide.gate.decision import CUT_TORQUE, GateDecision
from talus_safety.kernel.decide.gate.gate_facts import GateFacts
from talus_safety.kernel.decide.gate.gate_rules import REQUEST_RULES
from talus_safety.kernel.decide.gate.permit import TorquePermit
from talus_safety.kernel.decide.gate.phases import PhaseState, advance, ended, locked
from talus_safety.kernel.decide.rule import active
from talus_safety.kernel.judge.power import PowerReport
from talus_safety.kernel.limits import GateConfig
from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.rest import Posture
from talus_safety.monitors import not_applied
from talus_safety.standby.fall_motion import DampedFall, FallMotion, FoldedFall
from talus_safety.standby.rest_path import load_rest_path
from talus_safety.standby.standby import Standby

KEPT_REASON = f"seated, and {TORQUE_KEPT_WORDS}"
SILENT_POWER_REPORT = PowerReport()
LEVEL_OF_PHASE = {
    GatePhase.OFF: StopLevel.R0_RUN,
    GatePhase.RUN: StopLevel.R0_RUN,
    GatePhase.HOLD: StopLevel.R3_SIT_THEN_CUT,
    GatePhase.SIT: StopLevel.R3_SIT_THEN_CUT,
    GatePhase.FALL: StopLevel.R4_PROTECTIVE_FALL,
}


class LastGate:
    """Decides what reaches the drives.

    Call `step_gate` exactly once per control tick, with torque on or off.

    Attributes:
        senses: Turns sensor values into what the gate believes of the body.
    """

    def __init__(
        self,
        robot: RobotDescription,
        period: float,
        config: GateConfig | None = None,
        fall: FallMotion | None = None,
    ):
        """Read the robot's files.

        Args:
            robot: Description of the robot.
            period: Control period, s.
            config: Limits of the gate; the default limits where None.
            fall: Motion of a robot that falls by itself; the robot's own file decides where None.

        Raises TalusError where a file cannot be used.
        """
        self._config = config or GateConfig()
        self._keeps_torque = robot.keeps_torque
        self._period = period
        body = Body(robot)
        self.senses = Senses(robot, body, period, self._config)
        self._intake = CommandIntake(robot, period, self._config)
        self._standby = Standby(
            robot,
            body,
            path=load_rest_path(robot, body),
            period=period,
            config=self._config.standby,
        )
        self._fall = fall or _fall_of(robot, self._standby.damping, period)
        self._state = PhaseState()
        self._sent: JointCommand | None = (
            None  # what the drives follow; None after a tick whose command is not known
        )
        self._cut: tuple[int, ...] = ()  # joints whose drives are switched off
        self._unfelt: frozenset[BodySense] = frozenset()

    def leave_out(self, unfelt: Collection[BodySense]) -> None:
        """Ask nothing that follows from what a simulated body cannot feel; every decision says so.

        All else is judged as always.
        """
        self._unfelt = frozenset(unfelt)
        self.senses.leave_out(not_applied(unfelt))

    def step_gate(
        self,
        now: float,
        state: RobotState,
        command: JointCommand | None,
        permit: TorquePermit | None,
        power: PowerReport = SILENT_POWER_REPORT,
    ) -> GateDecision:
        """Decide about one tick.

        Args:
            now: Time on the clock that counts, s: simulated, or steady on hardware.
            state: State of this tick.
            command: Unchecked command that arrived for this tick, or None.
            permit: The newest permit, or None if none has arrived yet.
            power: What the drives report of their supply.
        """
        before = self._state.phase
        state = self.senses.believe(
            state, sent=self._sent, permit=permit, power=power, phase=before
        )
        posture = self.senses.balance.observe(now, state, before)
        if command is not None:
            may_be_limp = before is GatePhase.OFF or posture is not Posture.UPRIGHT
            self._intake.take(now, state, command, may_be_limp)
        facts = self._facts(now, state, permit)
        self._state = advance(self._state, facts, posture, self._config, self._keeps_torque)
        sent = self._act(state, posture, before, is_fresh=self._intake.is_newest(command))
        return self._decision(sent, posture, facts)

    def relocated(self) -> None:
        """Forget where the robot was: the simulator moved it, and torque is off.

        An operator must reset and arm again.
        """
        self.senses.balance.forget()
        self._state = locked(GatePhase.OFF, "the simulation was reset")

    def _facts(self, now: float, state: RobotState, permit: TorquePermit | None) -> GateFacts:
        return GateFacts(
            permit=permit,
            permit_age=math.inf if permit is None else permit.age(state.sequence, self._period),
            commands=self._intake.facts(now),
            bad_ticks=self.senses.bad_ticks,
            is_falling=self.senses.balance.is_falling,
            faults=self.senses.faults,
            supply=self.senses.supply,
            runaway=self.senses.runaway,
        )

    def _act(
        self, state: RobotState, posture: Posture, before: GatePhase, is_fresh: bool
    ) -> JointCommand | None:
        """Return the drives' command in this phase, or CUT_TORQUE."""
        phase = self._state.phase
        self._sent = None
        if phase <= GatePhase.RUN:  # in standby ankles reverse from tick to tick and may look wild
            self._cut = self.senses.wild
        if phase is GatePhase.RUN:
            command = self._intake.pass_on(state, is_fresh)
            self._sent = command if is_fresh else None
            return command
        if phase is GatePhase.OFF:
            self._intake.relax()
            self.senses.relax()
            return CUT_TORQUE
        if phase is GatePhase.FALL:
            return self._go_down(state, posture, is_new=before is not phase)
        return self._stand_by(state, posture, is_new=before < GatePhase.HOLD)

    def _stand_by(self, state: RobotState, posture: Posture, is_new: bool) -> JointCommand | None:
        if is_new:
            self._standby.begin_standby(state)
        senses = self.senses
        step = self._standby.step_standby(
            state, senses.balance.vertical, senses.drives.findings.limp, senses.repair.held
        )
        self._state = ended(
            self._state, posture, step.is_sitting, step.is_finished, self._keeps_torque
        )
        if self._state.phase is GatePhase.OFF:
            return CUT_TORQUE
        self._sent = senses.repair.command(self._intake.limit(step.command, state), state)
        return self._sent

    def _go_down(self, state: RobotState, posture: Posture, is_new: bool) -> JointCommand | None:
        vertical = self.senses.balance.vertical
        if is_new:
            self._fall.begin_fall(state, vertical)
        command = self._fall.step_fall(state, vertical)
        self._state = ended(
            self._state,
            posture,
            is_sitting=False,
            is_finished=True,
            keeps_torque=self._keeps_torque,
        )
        if self._state.phase is GatePhase.OFF:
            return CUT_TORQUE
        return self.senses.repair.command(self._intake.limit(command, state), state)

    def _decision(
        self, sent: JointCommand | None, posture: Posture, facts: GateFacts
    ) -> GateDecision:
        phase, latch, rule, _, is_kept = self._state
        request = LEVEL_OF_PHASE[phase]
        reason = latch
        asked = active(REQUEST_RULES, facts, self._config)
        refusal = facts.commands.refusal
        if asked and asked[0].level >= request and not latch:
            request = asked[0].level
            reason = asked[0].worded(facts)
            rule = asked[0].name
        elif asked:
            request = max(request, asked[0].level)
        elif refusal and not latch:
            reason = f"joint_command refused: {refusal}"
        if is_kept:
            reason = f"{reason}; {KEPT_REASON}" if reason else KEPT_REASON
        return GateDecision(
            command=sent,
            phase=phase,
            latched=bool(latch),
            at_rest=posture is not Posture.UPRIGHT,
            request=request,
            reason=reason,
            rule=rule,
            counters=self._intake.counters,
            cut=self._cut,
            unfelt=self._unfelt,
            is_kept=is_kept,
        )


def _fall_of(robot: RobotDescription, damping: np.ndarray, period: float) -> FallMotion:
    """Return the fall motion of the robot's own file, or a damped one where it has no file."""
    plan = load_fall(robot)
    return DampedFall(damping) if plan is None else FoldedFall(plan, robot, period)
