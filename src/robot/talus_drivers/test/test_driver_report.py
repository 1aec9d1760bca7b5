# SPDX-License-Identifier: Apache-2.0
"""What a driver tells of its body's condition stands in its diagnostics."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from talus_drivers.topics import driver_report_node
from talus_drivers.topics.driver_report_node import DriverReport
from talus_ros.diagnostics_node import OK, WARN


class Body:
    """A driver that tells numbers, and what is wrong."""

    def __init__(self, *complaints: str):
        self.period = 1.0
        self.diagnostics = {"replies_missed": 3.0, "bus_can0": "active"}
        self.complaints = complaints


@pytest.fixture
def said(monkeypatch):
    told: list[tuple] = []
    publisher = SimpleNamespace(publish=lambda *words: told.append(words))
    monkeypatch.setattr(driver_report_node, "DiagnosticsPublisher", lambda *_, **__: publisher)
    return told


def report_of(body: object) -> None:
    counters = SimpleNamespace(accepted=0, rejected=0, clamped=0)
    decision = SimpleNamespace(
        counters=counters,
        phase=SimpleNamespace(name="RUN"),
        unfelt=(),
        latched=False,
        reason="as told",
    )
    lockstep = SimpleNamespace(lost=dict, present=tuple)
    mailbox = SimpleNamespace(malformed=0, superseded=0)
    node = SimpleNamespace(get_logger=lambda: None)
    state = SimpleNamespace(sequence=0, time=0.0, torque_enabled=True)
    DriverReport(node, body).tick(state, decision, mailbox, lockstep)


def test_numbers_of_a_body_stand_among_the_drivers_own(said):
    report_of(Body())
    (_, level, message, values) = said[0]
    assert (level, message) == (OK, "as told")
    assert values["replies_missed"] == 3.0 and values["bus_can0"] == "active"
    assert "gate_phase" in values


def test_complaints_of_a_body_are_a_warning(said):
    report_of(Body("l_knee: motor too hot", "bus can0 is off"))
    assert said[0][1:3] == (WARN, "l_knee: motor too hot; bus can0 is off")


def test_a_body_that_tells_nothing_is_no_complaint(said):
    report_of(SimpleNamespace(period=1.0))
    assert said[0][1] == OK
