# SPDX-License-Identifier: Apache-2.0
"""What crosses a seam cannot be changed by whom it reaches."""

from dataclasses import FrozenInstanceError, astuple, fields
from math import inf

import pytest
from talus_core.words.gate_phases import GatePhase
from talus_core.words.stop_levels import StopLevel
from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.gate.decision import GateCounters, GateDecision
from talus_safety.kernel.decide.gate.gate_facts import (
    BodyFaults,
    CommandFacts,
    GateFacts,
    RunawayFacts,
    SupplyFacts,
)
from talus_safety.kernel.decide.gate.gate_rules import FALL_RULE
from talus_safety.kernel.decide.gate.permit import TorquePermit
from talus_safety.kernel.decide.supervisor.facts import (
    Facts,
    GapFacts,
    GateReport,
    HeatFacts,
    NodeFacts,
    OperatorWord,
    SensorFaults,
)
from talus_safety.kernel.decide.supervisor.supervisor import Answer, SupervisorState
from talus_safety.kernel.limits import GateConfig

PERMIT = TorquePermit(StopLevel.R0_RUN, True, True, 0)
DECISION = GateDecision(
    command=None,
    phase=GatePhase.OFF,
    latched=False,
    at_rest=True,
    request=StopLevel.R0_RUN,
    reason="",
    rule="",
    counters=GateCounters(),
)


@pytest.mark.parametrize(
    "thing",
    [
        FALL_RULE,
        PERMIT,
        Facts(),
        GateReport(),
        OperatorWord(),
        SupervisorState(),
        Answer(True, ""),
        GateConfig(),
        SupervisorConfig(),
        GateFacts(),
        CommandFacts(),
        BodyFaults(),
        SupplyFacts(),
        RunawayFacts(),
        DECISION,
        NodeFacts(),
        SensorFaults(),
        HeatFacts(),
        GapFacts(),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_is_frozen(thing):
    for item in fields(thing):
        with pytest.raises(FrozenInstanceError):
            setattr(thing, item.name, getattr(thing, item.name))


@pytest.mark.parametrize(
    "kind",
    [
        GateDecision,
        GateFacts,
        CommandFacts,
        BodyFaults,
        SupplyFacts,
        RunawayFacts,
        Facts,
        NodeFacts,
        SensorFaults,
        HeatFacts,
        GapFacts,
    ],
)
def test_every_value_is_given_by_its_name(kind):
    """Several fields of one type follow each other: by place, two could be exchanged unseen."""
    with pytest.raises(TypeError, match="takes 1 positional argument"):
        kind(None)


def test_what_is_new_begins_at_nothing():
    new = SupervisorState()
    ages = ("gate_age", "state_age", "capture_margin", "frames_age", "map_age", "tilt")
    assert [getattr(Facts(), name) for name in ages] == [0.0] * len(ages)
    assert (Facts().gaps.stop, Facts().gaps.slow, Facts().battery, OperatorWord().age) == (
        inf,
        inf,
        1.0,
        0.0,
    )
    assert (Facts().heat.warmest, Facts().heat.hottest) == (0.0, 0.0)
    assert (new.held_for, new.degraded_for, new.level_for) == (0.0, 0.0, 0.0)
    assert GateCounters() == (0,) * 5
    assert astuple(GateFacts()) == (
        None,
        0.0,
        (False, 0, ""),
        0,
        False,
        ("",) * 6,
        (0.0, 1.0, ""),
        ("", 0.0),
    )
