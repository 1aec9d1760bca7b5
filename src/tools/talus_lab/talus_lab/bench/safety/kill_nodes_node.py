# SPDX-License-Identifier: Apache-2.0
"""Kills each node of the running stack while the robot walks, and watches whether it falls."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from talus_core.errors import TalusError
from talus_core.graph.node_table import NODES
from talus_core.machine.terminal import complain

from talus_lab.bench.safety.stack import running_stack
from talus_lab.scenario.graph_link_node import SilenceError
from talus_lab.scenario.graph_stage_node import GraphStage
from talus_lab.scenario.play import Player
from talus_lab.scenario.record import ScenarioOutcome
from talus_lab.scenario.scenario import Expectation, Scenario, ScenarioEvent

PAGE_NODE = "view"  # the launch argument of this name starts it
END_PATIENCE_S = 8.0  # wall: the driver has sat the robot down and ended


def kill_every_node(times: int) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Kill each node `times` times; return rows and summary figures."""
    rows: list[dict[str, Any]] = [
        {"kill": node, "staged": "not in simulation", "why": "the simulated body ends with it"}
        for node in NODES.names
        if node not in NODES.killable()
    ]
    for node in NODES.killable():
        outcomes = [_kill(node, seed) for seed in range(times)]
        complain(f"safety: killed {node} {times} times")
        falls = sum(outcome.fell for outcome in outcomes)
        errors = sorted({outcome.detail for outcome in outcomes if outcome.verdict == "error"})
        row = {
            "kill": node,
            "runs": times,
            "fell": falls,
            "worst_level": max(o.worst_level for o in outcomes),
        }
        rows.append({**row, "errors": "; ".join(errors)} if errors else row)
    ran = [row for row in rows if "runs" in row]
    figures = {
        "kill_any_node": sum(row["runs"] for row in ran),
        "kill_any_node_falls_of_balance": next(
            row["fell"] for row in ran if row["kill"] == "balance"
        ),
        "kill_any_node_falls_of_others": sum(
            row["fell"] for row in ran if row["kill"] != "balance"
        ),
        "kill_any_node_errors": sum("errors" in row for row in ran),
    }
    return rows, figures


def _kill(node: str, seed: int) -> ScenarioOutcome:
    """Play one run on a stack of its own."""
    scenario = Scenario(
        f"kill {node}",
        (ScenarioEvent("operator.walk", severity=0.5),),
        "walking",
        Expectation(),
        seed,
    )
    is_beside_control = NODES.row(node).required == "perception" or node == PAGE_NODE
    with_perception = "true" if is_beside_control else "false"
    with running_stack(
        perception=with_perception, view=with_perception, pace="fast", seed=str(seed)
    ) as processes:
        try:
            stage = GraphStage()
        except TalusError as error:
            return ScenarioOutcome("error", detail=str(error))
        try:
            return _watched(stage, scenario, lambda: os.kill(processes(node), signal.SIGKILL))
        finally:
            stage.close()


def _watched(stage: GraphStage, scenario: Scenario, kill: Callable[[], None]) -> ScenarioOutcome:
    player = Player(stage, scenario.posture, scenario.seed)
    try:
        player.reach()
    except TalusError as error:
        return ScenarioOutcome("error", detail=str(error))
    kill()
    stage.link.patience = END_PATIENCE_S
    try:
        return player.play(scenario)
    except SilenceError:  # the stack has ended, as it should after the loss of a node that it needs
        return player.record.outcome()
