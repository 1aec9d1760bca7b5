# SPDX-License-Identifier: Apache-2.0
"""Moves the supervisor from state to state, without a clock and without ROS.

Rules raise the level; only an operator lowers it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from talus_core.words.falls import FALLEN_TILT_RAD
from talus_core.words.gate_phases import GatePhase
from talus_core.words.modes import Mode
from talus_core.words.rest import TORQUE_KEPT_WORDS
from talus_core.words.stop_levels import StopLevel

from talus_safety.kernel.decide.rule import CLEARED_BY_RESET, CLEARED_BY_TIME, Rule, active
from talus_safety.kernel.decide.supervisor.facts import Facts
from talus_safety.kernel.decide.supervisor.ladder import most_restrictive
from talus_safety.kernel.decide.supervisor.rules import RULES
from talus_safety.kernel.limits import SupervisorLimits

NOT_ARMED_CAUSE = "not armed yet"
CLEARED_BY_ARMING = "safety/arm"
TIMED_OUT_CAUSE = "sitting down took too long"


class Wish(Enum):
    """Names the requests that an operator may make."""

    SAFE_STAND = "safe_stand"
    STOP = "stop"
    RESET = "reset"
    ARM = "arm"


@dataclass(frozen=True)
class Answer:
    """Tells an operator whether a request was fulfilled, and why."""

    success: bool
    message: str


@dataclass(frozen=True)
class SupervisorState:
    """Holds what the supervisor remembers; it starts restrictive: R3, not armed, no torque.

    Attributes:
        held: Level that lasts until an operator arms.
        held_cause: Why that level is held.
        held_rule: Name of the rule that raised it; empty where an operator did.
        latched: Whether `held` also needs a reset before it can be armed.
        armed: Whether an operator armed the robot since the last stop.
        torque_permitted: Whether the drives may produce torque.
        held_for: Robot time since `held` last rose, s.
        degraded_for: Robot time for which R1 still lasts, s.
        degraded_cause: Why R1 lasts.
        degraded_rule: Name of the rule that asked for R1.
        level: Level of the stop ladder that is in force: the strictest of all.
        cause: Why that level is in force; empty at R0.
        rule: Name of the rule behind that level.
        clears_by: What an operator must do, or what must end, to lower the level.
        level_for: Robot time since the level last changed, s.
    """

    held: StopLevel = StopLevel.R3_SIT_THEN_CUT
    held_cause: str = NOT_ARMED_CAUSE
    held_rule: str = ""
    latched: bool = False
    armed: bool = False
    torque_permitted: bool = False
    held_for: float = 0.0
    degraded_for: float = 0.0
    degraded_cause: str = ""
    degraded_rule: str = ""
    level: StopLevel = StopLevel.R3_SIT_THEN_CUT
    cause: str = NOT_ARMED_CAUSE
    rule: str = ""
    clears_by: str = CLEARED_BY_ARMING
    level_for: float = 0.0


class Supervisor:
    """Applies the rules under their configuration.

    It keeps no state of its own: all that changes is in the SupervisorState it takes and returns.
    """

    def __init__(self, config: SupervisorLimits, never_arms: str = "", keeps_torque: bool = False):
        """Decide by `config`.

        Args:
            config: The limits.
            never_arms: What speaks against arming, if not empty.
            keeps_torque: The robot rests in no pose without torque: a stop ends seated, and held.
        """
        self._config = config
        self._never_arms = never_arms
        self._keeps_torque = keeps_torque

    def step_level(self, state: SupervisorState, facts: Facts, dt: float) -> SupervisorState:
        """Return the state after `dt` s of robot time in which these facts held."""
        state = replace(
            state, held_for=state.held_for + dt, degraded_for=max(state.degraded_for - dt, 0.0)
        )
        before = state.level
        level_for = state.level_for + dt
        holding = active(RULES, facts, self._config)
        for rule in holding:
            state = self._obey(state, rule, facts)
        state = self._let_go(state, facts)
        state = _shown(state, holding, facts)
        if state.held >= StopLevel.R3_SIT_THEN_CUT and self._is_kept(state, facts):
            state = replace(state, clears_by=f"{state.clears_by}; {TORQUE_KEPT_WORDS}")
        return replace(state, level_for=level_for if state.level is before else 0.0)

    def ask(
        self, state: SupervisorState, facts: Facts, wish: Wish
    ) -> tuple[SupervisorState, Answer]:
        """Return the state after an operator's request, and the answer to it."""
        if wish is Wish.STOP:
            return _raised(state, StopLevel.R3_SIT_THEN_CUT, "stopped by the operator"), Answer(
                True, "sitting down"
            )
        if wish is Wish.SAFE_STAND:
            return self._safe_stand(state)
        refusal = self._no_reset(state, facts) if wish is Wish.RESET else self._no_arm(state, facts)
        if refusal:
            return state, Answer(False, refusal)
        if wish is Wish.RESET:
            return replace(state, latched=False, held_cause=NOT_ARMED_CAUSE, held_rule=""), Answer(
                True, f"reset; next: {CLEARED_BY_ARMING}"
            )
        armed = replace(
            state,
            held=StopLevel.R0_RUN,
            held_cause="",
            held_rule="",
            armed=True,
            torque_permitted=True,
            held_for=0.0,
        )
        return armed, Answer(True, "armed: torque is permitted")

    def _obey(self, state: SupervisorState, rule: Rule, facts: Facts) -> SupervisorState:
        if rule.level is StopLevel.R1_DEGRADE:
            return replace(
                state,
                degraded_for=self._config.degrade_ends_s,
                degraded_cause=rule.worded(facts),
                degraded_rule=rule.name,
            )
        if not state.torque_permitted:
            return state  # there is nothing to stop: the request only shows, and prevents arming
        return _raised(state, rule.level, rule.worded(facts), rule.name)

    def _safe_stand(self, state: SupervisorState) -> tuple[SupervisorState, Answer]:
        if state.held >= StopLevel.R3_SIT_THEN_CUT:
            return state, Answer(False, f"a stricter level holds: {state.held_cause}")
        return _raised(state, StopLevel.R2_SAFE_STAND, "safe stand by the operator"), Answer(
            True, "standing"
        )

    def _let_go(self, state: SupervisorState, facts: Facts) -> SupervisorState:
        """Withdraw the torque permit of a stopped robot that is down.

        The gate judges the posture again before it cuts torque.
        """
        if not state.torque_permitted or state.held < StopLevel.R3_SIT_THEN_CUT:
            return state
        if self._is_kept(state, facts):
            return state
        if _is_down(facts):
            return replace(state, torque_permitted=False)
        if state.held_for > self._config.sit_timeout_s:
            return replace(
                _raised(state, StopLevel.R5_CUT, TIMED_OUT_CAUSE), torque_permitted=False
            )
        return state

    def _is_kept(self, state: SupervisorState, facts: Facts) -> bool:
        """Tell whether a robot that cannot be cut sits, held there by balance or the gate."""
        if not (self._keeps_torque and state.torque_permitted and facts.gate.at_rest):
            return False
        is_held = facts.gate.phase is GatePhase.RUN and facts.mode is Mode.SEATED
        return (is_held or facts.gate.phase is GatePhase.SIT) and facts.tilt < FALLEN_TILT_RAD

    def _no_reset(self, state: SupervisorState, facts: Facts) -> str:
        """Say why a reset is refused; empty when it is not."""
        is_stopped = state.torque_permitted and state.held >= StopLevel.R3_SIT_THEN_CUT
        if is_stopped and not self._is_kept(state, facts):
            return "still sitting down: wait until torque is off"
        return self._obstacle(facts) if state.latched else ""

    def _no_arm(self, state: SupervisorState, facts: Facts) -> str:
        """Say why arming is refused; empty when it is not."""
        if self._never_arms:
            return self._never_arms
        if state.latched:
            return f"latched: {state.held_cause}; safety/reset first"
        if facts.nodes.absent:
            return f"not there: {', '.join(facts.nodes.absent)}"
        if max(facts.gate_age, facts.state_age) > self._config.stalled_s:
            return "the driver publishes no robot_state and gate/state"
        if not state.torque_permitted and not facts.gate.at_rest:
            return "the robot is not at rest on its stops"
        return self._obstacle(facts)

    def _obstacle(self, facts: Facts) -> str:
        strictest = next(iter(active(RULES, facts, self._config)), None)  # the table is sorted
        if strictest is None or strictest.level < StopLevel.R2_SAFE_STAND:
            return ""
        return f"the cause is not gone: {strictest.worded(facts)}"


def _raised(
    state: SupervisorState, level: StopLevel, cause: str, rule: str = ""
) -> SupervisorState:
    """Raise the level to at least `level` and latch it; the first cause at a level stays."""
    if state.latched and level <= state.held:
        return state
    held_for = 0.0 if level > state.held else state.held_for
    return replace(
        state,
        held=max(level, state.held),
        held_cause=cause,
        held_rule=rule,
        latched=True,
        armed=False,
        held_for=held_for,
    )


def _shown(state: SupervisorState, holding: list[Rule], facts: Facts) -> SupervisorState:
    """Return the state with the level, cause and remedy that are published."""
    degraded = StopLevel.R1_DEGRADE if state.degraded_for > 0.0 else StopLevel.R0_RUN
    level = most_restrictive((state.held, degraded))
    if level is StopLevel.R0_RUN:
        return replace(state, level=level, cause="", rule="", clears_by="")
    if level is StopLevel.R1_DEGRADE:
        return replace(
            state,
            level=level,
            cause=state.degraded_cause,
            rule=state.degraded_rule,
            clears_by=CLEARED_BY_TIME,
        )
    if state.latched:
        return replace(
            state,
            level=level,
            cause=state.held_cause,
            rule=state.held_rule,
            clears_by=CLEARED_BY_RESET,
        )
    stops = [rule for rule in holding if rule.level >= StopLevel.R2_SAFE_STAND]
    if not stops:
        return replace(
            state,
            level=level,
            cause=state.held_cause,
            rule=state.held_rule,
            clears_by=CLEARED_BY_ARMING,
        )
    cause = stops[0].worded(facts)
    rule = stops[0].name
    return replace(
        state,
        level=level,
        cause=cause,
        rule=rule,
        clears_by=f"its cause gone, then {CLEARED_BY_ARMING}",
    )


def _is_down(facts: Facts) -> bool:
    """Tell whether the robot sits or lies and nothing moves it, or has no torque already."""
    if facts.gate.phase is GatePhase.OFF:
        return True
    nobody_moves = facts.mode <= Mode.SEATED or facts.tilt > FALLEN_TILT_RAD
    return facts.gate.at_rest and nobody_moves
