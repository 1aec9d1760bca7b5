# SPDX-License-Identifier: Apache-2.0
"""Moves the last gate from phase to phase by the facts of each control tick.

    OFF  -- armed, permitted, not latched, a sound command ------> RUN
    RUN  -- at rest; a loss -------------------------------------> OFF
    RUN  -- upright; a loss --------------------------> HOLD -> SIT -> OFF, latched
    RUN  -- falling; a loss --------------------------> FALL --------> OFF, latched
    HOLD, SIT -- falling -----------------------------> FALL

The gate never cuts torque while the robot is upright: where torque must go, the gate sits the robot
down first. A robot that rests in no pose without torque stays in SIT, held stiff, until it lies or
the driver is ended.
"""

from __future__ import annotations

from typing import NamedTuple

from talus_core.words.gate_phases import GatePhase

from talus_safety.kernel.decide.gate.gate_facts import GateFacts
from talus_safety.kernel.decide.gate.gate_rules import LOSS_RULES
from talus_safety.kernel.decide.gate.permit import TorquePermit
from talus_safety.kernel.decide.rule import Rule, active
from talus_safety.kernel.limits import GateConfig
from talus_safety.kernel.measure.rest import Posture


class PhaseState(NamedTuple):
    """Holds the gate's phase and the latch that locks commands out.

    Attributes:
        phase: Phase of the gate now.
        latch: Why commands are locked out until reset and arm; empty while they are not.
        rule: Name of the rule that caused the latch.
        was_disarmed: Whether the permit was disarmed since the latch closed.
        is_kept: Whether a robot that cannot be cut has sat down and is held there.
    """

    phase: GatePhase = GatePhase.OFF
    latch: str = ""
    rule: str = ""
    was_disarmed: bool = False
    is_kept: bool = False


def locked(phase: GatePhase, cause: str, rule: str = "") -> PhaseState:
    """Return the state of a gate that is in `phase` and locks commands out for `cause`."""
    return PhaseState(phase, cause, rule)


def advance(
    state: PhaseState,
    facts: GateFacts,
    posture: Posture,
    config: GateConfig,
    keeps_torque: bool = False,
) -> PhaseState:
    """Return the next phase; `ended` decides how HOLD, SIT and FALL end.

    `keeps_torque`: the robot rests in no pose without torque.
    """
    state = _unlatched(state, facts.permit)
    losses = active(LOSS_RULES, facts, config)
    if state.phase is GatePhase.OFF and not losses and not state.latch and facts.lets_torque_start:
        return PhaseState(GatePhase.RUN)
    if state.phase is GatePhase.RUN and losses:
        return _given_up(losses[0], facts, posture, keeps_torque)
    if (
        state.phase in (GatePhase.HOLD, GatePhase.SIT)
        and facts.is_falling
        and posture is Posture.UPRIGHT
    ):
        return state._replace(phase=GatePhase.FALL, is_kept=False)
    return state


def ended(
    state: PhaseState,
    posture: Posture,
    is_sitting: bool,
    is_finished: bool,
    keeps_torque: bool = False,
) -> PhaseState:
    """Return the state after a tick in HOLD, SIT or FALL: still moving, or without torque."""
    has_sat_down = posture is Posture.SEATED and is_finished
    if posture is Posture.LYING or (has_sat_down and not keeps_torque):
        return state._replace(phase=GatePhase.OFF, is_kept=False)
    if state.phase is GatePhase.FALL:
        return state
    if has_sat_down != state.is_kept:
        state = state._replace(is_kept=has_sat_down)
    phase = GatePhase.SIT if is_sitting else GatePhase.HOLD
    return state if phase is state.phase else state._replace(phase=phase)


def _given_up(rule: Rule, facts: GateFacts, posture: Posture, keeps_torque: bool) -> PhaseState:
    """Return the state after a loss: OFF at rest, otherwise HOLD or FALL, latched in each case.

    In HOLD the gate holds the robot up; in FALL it lets the robot fall as softly as it can.
    """
    if posture is Posture.LYING or (posture is Posture.SEATED and not keeps_torque):
        phase = GatePhase.OFF
    else:
        phase = GatePhase.FALL if facts.is_falling else GatePhase.HOLD
    return locked(phase, rule.worded(facts), rule.name)


def _unlatched(state: PhaseState, permit: TorquePermit | None) -> PhaseState:
    """Open the latch once the permit was disarmed and then armed again: an operator did both."""
    if not state.latch or permit is None or state.phase is not GatePhase.OFF:
        return state
    if not permit.armed:
        return state if state.was_disarmed else state._replace(was_disarmed=True)
    return PhaseState() if state.was_disarmed else state
