# SPDX-License-Identifier: Apache-2.0
"""The shipped parameters.

Complete, equal to the defaults, and such that no parameter can widen a limit.
"""

from dataclasses import replace

import pytest
import yaml
from safety_samples import ROOT
from talus_core.graph.node_table import SILENCE_LEVELS, Silence
from talus_core.parameters import ParameterError, build_config, flat_parameters, flatten
from talus_core.words.gate_phases import GatePhase
from talus_core.words.stop_levels import StopLevel
from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.gate.gate_rules import GATE_RULES
from talus_safety.kernel.decide.rule import active
from talus_safety.kernel.decide.supervisor.facts import (
    Facts,
    GapFacts,
    GateReport,
    HeatFacts,
    NodeFacts,
    OperatorWord,
    SensorFaults,
)
from talus_safety.kernel.decide.supervisor.rules import RULES
from talus_safety.kernel.limits import GateConfig, SupervisorLimits

SHIPPED = yaml.safe_load((ROOT / "config" / "safety.yaml").read_text())
SUPERVISOR, GATE = flatten(SHIPPED["safety"]), flatten(SHIPPED["driver"]["gate"])
NARROWER_IS_LESS = {
    "silence_s",
    "balance_behind_s",
    "camera_behind_s",
    "stalled_s",
    "tilt_deg",
    "sit_timeout_s",
    "command_timeout_s",
    "permit_timeout_s",
    "limiter.age_ticks",
    "limiter.velocity_fraction",
    "limiter.effort_fraction",
    "limiter.stiffness_per_effort",
    "limiter.damping_per_effort",
    "limiter.rejected_in_row",
    "monitors.torque_residual",
    "monitors.runaway_s",
    "monitors.power_at_most_w",
    "monitors.fall_deg",
    "frames_age_s",
    "map_age_s",
    "operator_late_s",
    "operator_lost_s",
    "warm",
    "continuous_torque",
    "heating_s",
    "monitors.bus_drop",
}
NARROWER_IS_MORE = {
    "battery_low",
    "battery_critical",
    "degrade_ends_s",
    "capture_margin_m",
    "limiter.range_margin_rad",
    "approach_m_s",
    "notice_s",
    "halt_s",
    "halt_m",
    "clearance_m",
    "slow_s",
}


def test_shipped_values_are_the_defaults_and_none_is_missing():
    assert build_config(GateConfig, GATE) == GateConfig()
    assert build_config(SupervisorLimits, SUPERVISOR) == SupervisorLimits()
    assert set(GATE) == set(flat_parameters(GateConfig))
    assert set(SUPERVISOR) == set(flat_parameters(SupervisorLimits))


@pytest.mark.parametrize(
    "config_type, shipped", [(GateConfig, GATE), (SupervisorLimits, SUPERVISOR)]
)
def test_no_parameter_widens_a_limit(config_type, shipped):
    for name, (default, info) in flat_parameters(config_type).items():
        if name in NARROWER_IS_LESS:
            assert info.high == default, name
            wider = default * 2
        elif name in NARROWER_IS_MORE:
            assert info.low == default, name
            wider = default - 1.0
        else:
            assert name.startswith("standby."), f"{name}: which way is narrower?"
            continue
        with pytest.raises(ParameterError, match="must be from"):
            build_config(config_type, {**shipped, name: wider})


@pytest.mark.parametrize(
    "config_type, shipped", [(GateConfig, GATE), (SupervisorLimits, SUPERVISOR)]
)
def test_no_parameter_can_be_switched_off(config_type, shipped):
    for name, (default, info) in flat_parameters(config_type).items():
        assert info.low is not None and info.high is not None, name
        for bad in (float("nan"), float("inf"), -1.0 if isinstance(default, float) else -1):
            with pytest.raises(ParameterError):
                build_config(config_type, {**shipped, name: bad})


def test_every_rule_can_fire_with_the_shipped_parameters():
    config = build_config(SupervisorConfig, SUPERVISOR)
    worst = {name: 1e3 for name in ("driver", "balance", "camera", "map", "planner")}
    granted = {"planner": {level: Silence(0.5, 0.3) for level in SILENCE_LEVELS}}
    gate = GateReport(GatePhase.SIT, True, False, StopLevel.R3_SIT_THEN_CUT, "lost", "unheard_of")
    facts = Facts(
        gate=gate,
        gate_has_latched=True,
        gate_age=1e3,
        limits_differ=True,
        state_age=1e3,
        nodes=NodeFacts(
            silence=worst,
            robot_silence=worst,
            behind=worst,
            granted=granted,
            intruded=("driver",),
        ),
        operator=OperatorWord(1e3, True, "joystick"),
        capture_margin=-1.0,
        frames_age=1e3,
        map_age=1e3,
        gaps=GapFacts(stop=-1.0, slow=-1.0),
        tilt=3.0,
        faults=SensorFaults(sensor="broken", body="broken", foot="broken", rest="broken"),
        heat=HeatFacts(warmest=2.0, hottest=2.0),
        battery=0.0,
    )
    reports = [gate, GateReport(), *(replace(gate, rule=rule.name) for rule in GATE_RULES)]
    fired = {
        rule.name
        for report in reports
        for rule in active(RULES, replace(facts, gate=report), config)
    }
    assert fired == {rule.name for rule in RULES}
