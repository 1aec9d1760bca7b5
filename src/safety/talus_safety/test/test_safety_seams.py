# SPDX-License-Identifier: Apache-2.0
"""What crosses a seam cannot be changed by whom it reaches."""

from dataclasses import FrozenInstanceError, fields
from math import inf

import pytest
from talus_core.stop_levels import StopLevel
from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.decision import GateCounters
from talus_safety.kernel.decide.facts import Facts, GateReport, OperatorWord
from talus_safety.kernel.decide.gate_rules import FALL, GateFacts
from talus_safety.kernel.decide.permit import TorquePermit
from talus_safety.kernel.decide.supervisor import Answer, SupervisorState
from talus_safety.kernel.limits import GateConfig

PERMIT = TorquePermit(StopLevel.R0_RUN, True, True, 0)


@pytest.mark.parametrize(
    "thing",
    [FALL, PERMIT, Facts(), GateReport(), OperatorWord(), SupervisorState(), Answer(True, ""), GateConfig(),
     SupervisorConfig()],
    ids=lambda thing: type(thing).__name__,
)  # fmt: skip
def test_is_frozen(thing):
    for item in fields(thing):
        with pytest.raises(FrozenInstanceError):
            setattr(thing, item.name, getattr(thing, item.name))


def test_what_is_new_begins_at_nothing():
    new = SupervisorState()
    ages = (
        "gate_age",
        "state_age",
        "capture_margin",
        "frames_age",
        "map_age",
        "tilt",
        "warmest",
        "hottest",
    )
    assert [getattr(Facts(), name) for name in ages] == [0.0] * len(ages)
    assert (Facts().stop_gap, Facts().slow_gap, Facts().battery, OperatorWord().age) == (
        inf,
        inf,
        1.0,
        0.0,
    )
    assert (new.held_for, new.degraded_for, new.level_for) == (0.0, 0.0, 0.0)
    assert GateCounters() == (0,) * 5
    assert [value for value in GateFacts() if value] == [GateFacts().torque_left] == [1.0]
