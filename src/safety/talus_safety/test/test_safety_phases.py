# SPDX-License-Identifier: Apache-2.0
"""The gate's decisions alone.

Every rule in every phase, then every phase with every event to depth 5.
"""

from itertools import product

import pytest
from safety_samples import command, vary
from talus_core.words.gate_phases import GatePhase
from talus_core.words.stop_levels import StopLevel
from talus_safety.kernel.decide.gate import gate_rules, phases
from talus_safety.kernel.decide.gate.decision import GateCounters, GateDecision
from talus_safety.kernel.decide.gate.gate_facts import GateFacts
from talus_safety.kernel.decide.gate.gate_rules import (
    GATE_RULES,
    LOSS_RULES,
    NOT_FINITE_TICKS,
    REQUEST_RULES,
)
from talus_safety.kernel.decide.gate.permit import TorquePermit
from talus_safety.kernel.decide.gate.phases import PhaseState, advance, ended, locked
from talus_safety.kernel.decide.rule import CLEARED_BY_RESET, active
from talus_safety.kernel.limits import GateConfig
from talus_safety.kernel.measure.rest import Posture

OFF, RUN, HOLD, SIT, FALL = GatePhase
R0, R1, R2, R3, R4, R5 = StopLevel
UPRIGHT, SEATED, LYING = Posture
CONFIG = GateConfig()
GO, NO = TorquePermit(R0, True, True, 0), TorquePermit(R3, False, False, 0)
STOP = TorquePermit(R3, False, True, 0)
FINE = GateFacts(permit=GO)

# What makes each rule hold, and what is as near to it as can be and does not.
CASES = {
    "falling": (vary(FINE, is_falling=True), FINE),
    "permit_lost": (vary(FINE, permit_age=0.101), vary(FINE, permit_age=0.1)),
    "torque_withdrawn": (vary(FINE, permit=NO), vary(FINE, permit=STOP)),
    "sensors_bad": (
        vary(FINE, bad_ticks=NOT_FINITE_TICKS + 1),
        vary(FINE, bad_ticks=NOT_FINITE_TICKS),
    ),
    "imu_fault": (vary(FINE, faults__imu="it is off"), FINE),
    "encoder_fault": (vary(FINE, faults__encoder="l_knee jumped"), FINE),
    "foot_fails": (vary(FINE, faults__foot="l_sole repeats itself"), FINE),
    "misled": (
        vary(FINE, permit=TorquePermit(R3, False, True, 0, "sensor_fault")),
        vary(FINE, permit=STOP),
    ),
    "commands_lost": (vary(FINE, commands__is_late=True), FINE),
    "leg_fault": (vary(FINE, faults__leg="l_knee gives no torque"), FINE),
    "bus_low": (vary(FINE, supply__bus_drop=0.151), vary(FINE, supply__bus_drop=0.15)),
    "derated": (
        vary(FINE, supply__torque_left=0.59, supply__weakest="l_knee"),
        vary(FINE, supply__torque_left=0.6),
    ),
    "runaway_lasts": (
        vary(FINE, runaway__what="l_knee", runaway__lasts_s=0.051),
        vary(FINE, runaway__what="l_knee", runaway__lasts_s=0.05),
    ),
    "leg_locked": (vary(FINE, faults__leg_locked="l_knee is locked"), FINE),
    "arm_fault": (vary(FINE, faults__arm="l_elbow is locked"), FINE),
    "runaway": (vary(FINE, runaway__what="l_knee"), FINE),
    "commands_refused": (
        vary(FINE, commands__refused_in_row=3, commands__refusal="limp legs"),
        vary(FINE, commands__refused_in_row=2),
    ),
    "derates": (
        vary(FINE, supply__torque_left=0.79, supply__weakest="l_knee"),
        vary(FINE, supply__torque_left=0.8),
    ),
}


def held(facts: GateFacts) -> list[str]:
    return [rule.name for rule in active(gate_rules.GATE_RULES, facts, CONFIG)]


def test_each_rule_has_its_case():
    assert list(CASES) == [rule.name for rule in GATE_RULES]


@pytest.mark.parametrize("name", CASES)
def test_each_gate_rule_holds_and_just_inside_it_does_not(name):
    bad, good = CASES[name]
    assert name in held(bad) and name not in held(good)


@pytest.mark.parametrize("name", CASES)
def test_a_gate_rule_that_is_switched_off_makes_its_test_fail(name, monkeypatch):
    monkeypatch.setattr(
        gate_rules, "GATE_RULES", tuple(rule for rule in GATE_RULES if rule.name != name)
    )
    with pytest.raises(AssertionError):
        test_each_gate_rule_holds_and_just_inside_it_does_not(name)


@pytest.mark.parametrize("rule", LOSS_RULES, ids=lambda rule: rule.name)
def test_each_loss_ends_run_upright_by_standby_and_at_rest_at_once(rule):
    facts = CASES[rule.name][0]
    upright = advance(PhaseState(RUN), facts, UPRIGHT, CONFIG)
    assert upright.phase is HOLD and upright.rule == rule.name
    assert advance(PhaseState(RUN), vary(facts, is_falling=True), UPRIGHT, CONFIG).phase is FALL
    assert upright.latch == rule.worded(facts)
    assert advance(PhaseState(RUN), facts, SEATED, CONFIG).phase is OFF
    assert advance(PhaseState(OFF), facts, SEATED, CONFIG).phase is OFF, "and nothing starts"


@pytest.mark.parametrize("rule", LOSS_RULES, ids=lambda rule: rule.name)
def test_a_loss_that_is_switched_off_makes_its_test_fail(rule, monkeypatch):
    monkeypatch.setattr(
        phases, "LOSS_RULES", tuple(other for other in LOSS_RULES if other is not rule)
    )
    with pytest.raises(AssertionError):
        test_each_loss_ends_run_upright_by_standby_and_at_rest_at_once(rule)


@pytest.mark.parametrize("rule", REQUEST_RULES, ids=lambda rule: rule.name)
def test_a_request_leaves_the_controller_at_work(rule):
    assert advance(PhaseState(RUN), CASES[rule.name][0], UPRIGHT, CONFIG).phase is RUN


def test_tables_are_sorted_and_words_say_what_is_wrong():
    for table in (LOSS_RULES, REQUEST_RULES):
        levels = [rule.level for rule in table]
        assert levels == sorted(levels, reverse=True)
    assert all((rule.clears_by == CLEARED_BY_RESET) == (rule.level >= R2) for rule in GATE_RULES)
    said = {name: rule.worded(CASES[name][0]) for name, rule in zip(CASES, GATE_RULES, strict=True)}
    assert said["imu_fault"] == "the IMU fails: it is off"
    assert said["encoder_fault"] == "an encoder fails: l_knee jumped"
    assert said["leg_fault"] == "a joint that carries fails: l_knee gives no torque"
    assert said["leg_locked"] == "the robot stands but cannot sit: l_knee is locked"
    assert said["arm_fault"] == "a joint that carries nothing fails: l_elbow is locked"
    assert said["runaway"] == "a joint leaves its envelope: l_knee"
    assert said["runaway_lasts"] == "a joint stays outside its envelope: l_knee"
    assert said["commands_refused"] == "joint_command refused: limp legs"
    assert said["foot_fails"] == "a foot sensor fails: l_sole repeats itself"
    assert said["derated"] == "a drive has little torque left: l_knee"
    assert said["derates"] == "a drive gives less and less torque: l_knee"
    assert said["falling"] == "the robot falls"


def test_fall_wins_over_standby_and_over_a_cut():
    """F43: a robot that falls is not let go by a stop, a cut or a lost permit."""
    cut = vary(FINE, permit=TorquePermit(R5, False, True, 0))
    for other in (CASES["torque_withdrawn"][0], CASES["permit_lost"][0], cut):
        falling = vary(other, is_falling=True)
        for phase in (RUN, HOLD, SIT):
            assert advance(PhaseState(phase, "lost"), falling, UPRIGHT, CONFIG).phase is FALL
    assert advance(PhaseState(FALL, "falls"), FINE, UPRIGHT, CONFIG).phase is FALL


def test_who_balances_falls_by_itself_while_nothing_is_lost():
    falling = vary(FINE, is_falling=True, permit=TorquePermit(R4, False, True, 0))
    assert advance(PhaseState(RUN), falling, UPRIGHT, CONFIG) == PhaseState(RUN)


def test_standby_and_fall_end_at_rest_only():
    for posture, finished, phase in product(Posture, (False, True), (HOLD, SIT, FALL)):
        end = ended(PhaseState(phase, "lost"), posture, False, finished).phase
        assert (end is OFF) == (posture is LYING or (posture is SEATED and finished))
    assert ended(PhaseState(HOLD, "lost"), UPRIGHT, True, False).phase is SIT
    assert ended(PhaseState(SIT, "lost"), UPRIGHT, False, False).phase is HOLD
    assert ended(PhaseState(FALL, "falls"), UPRIGHT, True, False).phase is FALL


def test_latch_opens_only_by_disarm_then_arm():
    state = locked(OFF, "the simulation was reset")
    for permit, phase in ((GO, OFF), (None, OFF), (NO, OFF), (NO, OFF), (GO, RUN)):
        state = advance(state, vary(FINE, permit=permit), SEATED, CONFIG)
        assert state.phase is phase and bool(state.latch) == (phase is OFF)


PERMITS = [None, GO, NO, STOP, *(TorquePermit(level, True, True, 0) for level in (R2, R3, R4, R5))]
EVENTS = [
    *(
        (f"permit {permit}", vary(FINE, permit=permit), posture)
        for permit, posture in product(PERMITS, Posture)
    ),
    *((name, facts, posture) for (name, (facts, _)), posture in product(CASES.items(), Posture)),
]


def test_every_phase_and_event_to_depth_five_keeps_the_promises():
    """All sequences of five events from every way to begin; equal states are followed once."""
    front = {PhaseState(), locked(OFF, "the simulation was reset")}
    seen, transitions = set(front), 0
    for _ in range(5):
        found = set()
        for before in front:
            for name, facts, posture in EVENTS:
                after = advance(before, facts, posture, CONFIG)
                ends = [after]
                if after.phase >= HOLD:
                    ends = [
                        ended(after, posture, sits, done)
                        for sits, done in product((False, True), repeat=2)
                    ]
                for new in ends:
                    transitions += 1
                    _promise(before, new, facts, posture, f"{name}, {posture}: {before} -> {new}")
                    if new not in seen:
                        found.add(new)
        seen |= found
        front = found
    assert transitions > 2000


def _promise(
    before: PhaseState, new: PhaseState, facts: GateFacts, posture: Posture, story: str
) -> None:
    permit = facts.permit
    may = permit is not None and permit.lets_torque_start
    if before.phase is OFF and new.phase is not OFF:
        assert new.phase is RUN and may and not facts.commands.is_late, f"torque starts; {story}"
        assert not before.latch or before.was_disarmed, f"no start over a latch; {story}"
    if before.phase is not OFF and new.phase is OFF:
        assert posture is not UPRIGHT, f"never cut while upright; {story}"
        assert new.latch, f"after a stop reset and arm are needed; {story}"
    if before.phase >= HOLD:
        assert new.phase is not RUN, f"standby never hands back; {story}"
        assert new.latch, f"standby is latched; {story}"
    if before.phase is FALL:
        assert new.phase in (FALL, OFF), f"a fall ends on the floor; {story}"
    if before.latch and not new.latch:
        assert permit.armed and before.was_disarmed, f"a latch opens by disarm, then arm; {story}"
    if new.phase is RUN:
        assert not active(LOSS_RULES, facts, CONFIG), f"RUN means that nothing is lost; {story}"
    if facts.is_falling and before.phase in (HOLD, SIT) and posture is UPRIGHT:
        assert new.phase is FALL, f"a fall wins; {story}"


def test_numbers_of_the_phases_are_those_of_the_message():
    assert [(phase.name, int(phase)) for phase in GatePhase] == [
        ("OFF", 0),
        ("RUN", 1),
        ("HOLD", 2),
        ("SIT", 3),
        ("FALL", 4),
    ]


@pytest.mark.parametrize("sent, phase", [(None, OFF), (command(), RUN), (command(), HOLD)])
def test_torque_is_cut_where_no_command_is_sent(sent, phase):
    decision = GateDecision(
        command=sent,
        phase=phase,
        latched=False,
        at_rest=False,
        request=R0,
        reason="",
        rule="",
        counters=GateCounters(),
    )
    assert decision.cuts_torque == (sent is None)
    assert decision.standby_active == (phase is HOLD) and decision.cut == ()


def kept(state: PhaseState, posture: Posture, is_finished: bool = True) -> PhaseState:
    """Return the state of a robot that cannot be cut after a tick of sitting."""
    return ended(state, posture, is_sitting=True, is_finished=is_finished, keeps_torque=True)


def test_a_robot_that_cannot_be_cut_is_held_seated():
    assert advance(PhaseState(RUN), vary(FINE, permit=NO), SEATED, CONFIG, True).phase is HOLD
    state = kept(locked(HOLD, "commands are gone"), UPRIGHT, is_finished=False)
    assert state.phase is SIT and not state.is_kept
    for permit in (STOP, NO, GO, STOP):
        state = kept(advance(state, vary(FINE, permit=permit), SEATED, CONFIG, True), SEATED)
        assert state.phase is SIT and state.is_kept and state.latch


def test_a_robot_that_cannot_be_cut_is_let_go_only_where_it_lies():
    state = kept(locked(SIT, "commands are gone"), SEATED)
    assert not kept(state, UPRIGHT).is_kept, "it was lifted"
    falling = advance(state, vary(FINE, is_falling=True), UPRIGHT, CONFIG, True)
    assert falling.phase is FALL and not falling.is_kept
    assert kept(falling, UPRIGHT).phase is FALL and kept(falling, SEATED).phase is FALL
    assert kept(falling, LYING).phase is OFF
    lying = advance(PhaseState(RUN), vary(FINE, permit=NO), LYING, CONFIG, True)
    assert lying.phase is OFF
