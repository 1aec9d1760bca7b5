# SPDX-License-Identifier: Apache-2.0
"""Numbers of the messages are those of the enums, and what is not understood restricts."""

import pytest
from talus_core.words.gate_phases import GatePhase
from talus_core.words.modes import Mode
from talus_core.words.stop_levels import StopLevel
from talus_safety.conversions import gate_report, safety_message, time_message
from talus_safety.kernel.decide.supervisor.supervisor import SupervisorState

from talus_interfaces.msg import BalanceState, GateState, SafetyState


@pytest.mark.parametrize(
    "enum, message", [(StopLevel, SafetyState), (GatePhase, GateState), (Mode, BalanceState)]
)
def test_enums_are_the_messages_constants(enum, message):
    constants = {
        name: getattr(message, name)
        for name in dir(type(message))
        if name.isupper() and name[0] != "_"
    }
    assert {member.name: member.value for member in enum} == constants


def test_gate_report_reads_every_field():
    message = GateState(
        phase=GateState.SIT, latched=True, at_rest=True, request=2, reason="lost", bundle="ab"
    )
    report = gate_report(message)
    assert (report.phase, report.latched, report.at_rest) == (GatePhase.SIT, True, True)
    assert (report.request, report.reason) == (StopLevel.R2_SAFE_STAND, "lost")
    assert report.bundle == "ab"


def test_unknown_numbers_restrict():
    report = gate_report(GateState(phase=200, request=200))
    assert report.phase is GatePhase.HOLD and report.request is StopLevel.R3_SIT_THEN_CUT


def test_safety_message_carries_the_state():
    state = SupervisorState(armed=True, torque_permitted=True, latched=True, level_for=0.25)
    message = safety_message(state, robot_time=12.5, sequence=6250)
    assert (message.level, message.armed, message.torque_permitted, message.latched) == (
        3,
        True,
        True,
        True,
    )
    assert (message.cause, message.clears_by, message.sequence) == (
        "not armed yet",
        "safety/arm",
        6250,
    )
    assert (message.stamp.sec, message.stamp.nanosec) == (12, 500_000_000)
    assert (message.since.sec, message.since.nanosec) == (12, 250_000_000)


def test_time_before_the_beginning_is_zero():
    assert (time_message(-1.0).sec, time_message(-1.0).nanosec) == (0, 0)
