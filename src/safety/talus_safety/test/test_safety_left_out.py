# SPDX-License-Identifier: Apache-2.0
"""A body is asked only what it can say; what needs a missing sense is left out, nothing else."""

import numpy as np
import pytest
from safety_samples import PERIOD, ROBOT, N, command, loads, state
from talus_core.words.body_senses import BodySense
from talus_core.words.gate_phases import GatePhase
from talus_core.words.stop_levels import StopLevel
from talus_safety.config import SupervisorConfig
from talus_safety.conversions import diagnostic_values, gate_report
from talus_safety.gate import LastGate
from talus_safety.kernel.decide.gate.permit import TorquePermit
from talus_safety.kernel.decide.supervisor.facts import GateReport
from talus_safety.kernel.decide.supervisor.supervisor import SupervisorState
from talus_safety.monitors import MONITOR_NEEDS, Monitor, not_applied
from talus_safety.supervision.watch import Watch

from talus_interfaces.msg import GateState

LOAD = frozenset({BodySense.LOAD})
KNEE = ROBOT.joint_names.index("l_knee")
HALF = command(effort=np.zeros(N))


def imagined(tick: int, **changes):
    """A robot that stands without any torque, as one does that only imagines its load."""
    noise = np.random.default_rng(tick).normal(0.0, 1e-5, N)
    return state(tick, position=ROBOT.poses["stand"] + noise, **changes)


def stand(unfelt=(), seconds: float = 1.0, **changes):
    """Let the gate run with this body; returns the last decision."""
    gate = LastGate(ROBOT, PERIOD)
    gate.leave_out(unfelt)
    decision = None
    for tick in range(round(seconds / PERIOD)):
        now = imagined(tick, **changes)
        permit = TorquePermit(StopLevel.R0_RUN, True, True, tick)
        asked = command(tick, position=now.position)
        decision = gate.step_gate(tick * PERIOD, now, asked, permit)
    return decision


def test_every_monitor_says_what_it_needs():
    assert set(MONITOR_NEEDS) == set(Monitor)
    assert not_applied(()) == frozenset()
    assert all(monitor in not_applied(BodySense) for monitor in Monitor)


def test_a_body_that_lacks_nothing_is_asked_whether_its_knees_bear_the_weight():
    decision = stand()
    assert "is locked" in decision.reason
    assert decision.request >= StopLevel.R2_SAFE_STAND
    assert decision.unfelt == frozenset()


def test_a_body_without_dynamics_is_not_asked_and_every_decision_says_so():
    decision = stand(LOAD)
    assert (decision.phase, decision.reason) == (GatePhase.RUN, "")
    assert decision.unfelt == LOAD


def test_feet_without_force_are_no_fault_of_a_body_that_has_no_such_sensor():
    silent = {"foot_wrenches": loads(0.0, 0.0)}
    assert stand({BodySense.FOOT_FORCE}, **silent).reason == ""


def test_torque_that_is_not_measured_is_not_missed():
    gate = LastGate(ROBOT, PERIOD)
    gate.leave_out({BodySense.TORQUE})
    permit = TorquePermit(StopLevel.R0_RUN, True, True, 0)
    for tick in range(200):
        pushed = command(tick, effort=0.3 * ROBOT.limits.effort)
        permit = TorquePermit(StopLevel.R0_RUN, True, True, tick)
        decision = gate.step_gate(tick * PERIOD, imagined(tick), pushed, permit)
    assert decision.reason == ""


def test_what_it_can_say_is_still_judged():
    gate = LastGate(ROBOT, PERIOD)
    gate.leave_out(BodySense)
    for tick in range(200):
        now = imagined(tick)
        if tick > 150:
            now.position[KNEE] = 1.0
        permit = TorquePermit(StopLevel.R0_RUN, True, True, tick)
        asked = command(tick, position=now.position)
        decision = gate.step_gate(tick * PERIOD, now, asked, permit)
    assert "l_knee" in decision.reason


@pytest.mark.parametrize(("unfelt", "told"), [((), True), (LOAD, False)])
def test_supervisor_asks_feet_and_legs_only_where_both_feel(unfelt, told):
    watch = Watch(ROBOT, SupervisorConfig(perception=False))
    watch.on_gate(GateReport(unfelt=frozenset(unfelt)), 0.0)
    for tick in range(1, 200):
        watch.on_state(imagined(tick), tick * PERIOD)
    facts = watch.facts(0.4)
    assert bool(facts.faults.foot) is told
    values = diagnostic_values(SupervisorState(), facts, "")
    assert (Monitor.FEET_AND_LEGS in str(values["not_judged"])) is not told


def test_message_names_the_senses_and_an_unknown_one_leaves_nothing_out():
    report = gate_report(GateState(unfelt=["load", "smell"]))
    assert report.unfelt == LOAD
