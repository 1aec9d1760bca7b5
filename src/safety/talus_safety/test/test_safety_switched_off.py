# SPDX-License-Identifier: Apache-2.0
"""No rule of the supervisor can be switched off unseen.

Each has cases of its own, and they fail without it.

Those of the gate are held to the same in `test_safety_phases.py`.
"""

import pytest
import test_safety_watch as watch
from talus_safety.kernel.decide.supervisor.rules import RULES


def cases_of(test) -> list[tuple]:
    """A test with the arguments of each of its cases; the second is the name of a rule."""
    [mark] = test.pytestmark
    return [(test, *case) for case in mark.args[1]]


CASES = cases_of(watch.test_lost_and_stuck_nodes_are_found_in_time) + cases_of(
    watch.test_each_fact_fires_its_rule
)


def test_every_rule_has_a_case():
    assert {name for _, _, name, *_ in CASES} == {rule.name for rule in RULES}


@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_a_rule_that_is_switched_off_makes_its_cases_fail(name, monkeypatch):
    monkeypatch.setattr(watch, "RULES", tuple(rule for rule in RULES if rule.name != name))
    for test, *case in CASES:
        if case[1] == name:
            with pytest.raises((AssertionError, IndexError, StopIteration)):
                test(*case)
