# SPDX-License-Identifier: Apache-2.0
"""Lets impostors speak on the command path of the running stack while the robot walks."""

from __future__ import annotations

import os
from typing import Any

from talus_core.errors import TalusError
from talus_core.graph.new_key import key_of_start
from talus_core.machine.terminal import complain

from talus_lab.bench.safety.forgeries_node import FORGERIES
from talus_lab.bench.safety.impostor_node import Impostor
from talus_lab.bench.safety.stack import running_stack
from talus_lab.scenario.graph_stage_node import GraphStage
from talus_lab.scenario.play import APPROACH_WALK_MPS, Player
from talus_lab.scenario.record import ScenarioOutcome
from talus_lab.scenario.scenario import Expectation, Scenario, ScenarioEvent

SPEAKS_S = 3.0  # simulated: how long an impostor speaks before the stop is pressed
TOLD_WITHIN_MS = 1000.0  # simulated, to R2: five heartbeats of a node that is slowed down tenfold
STOP_WITHIN_MS = 100.0  # simulated, to R3: both ways through the middleware
SEATED_WITHIN_S = 20.0
HEARD = Scenario(
    "an impostor speaks",
    (ScenarioEvent("operator.walk", severity=APPROACH_WALK_MPS),),
    "walking",
    Expectation("R2", TOLD_WITHIN_MS),
    seconds=SPEAKS_S,
)
STOPPED = Scenario(
    "a stop while an impostor speaks",
    (ScenarioEvent("operator.stop"),),
    "walking",
    Expectation("R3", STOP_WITHIN_MS, seated_within_s=SEATED_WITHIN_S),
    seconds=SEATED_WITHIN_S,
)


def face_impostors(times: int) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Face each kind of impostor `times` times; return rows and summary figures."""
    rows = []
    for kind in FORGERIES:
        outcomes = [face(kind, seed) for seed in range(times)]
        rows.append(_row(kind, outcomes))
        complain(f"safety: faced {kind}: {rows[-1]}")
    figures = {
        "impostors": float(times * len(rows)),
        "impostors_that_felled": sum(row["fell"] for row in rows),
        "impostors_not_told": sum(row["not_told"] for row in rows),
        "impostors_that_delayed_a_stop": sum(row["stopped_late"] for row in rows),
    }
    return rows, figures


def face(kind: str, seed: int) -> tuple[ScenarioOutcome, ScenarioOutcome]:
    """Return what an impostor did, and what became of a stop while it spoke, on a new stack.

    The judge of the run shares the key of the stack, so that no forged state fools it.
    """
    arguments = {"perception": "false", "view": "false", "pace": "fast", "seed": str(seed)}
    with key_of_start(os.environ), running_stack(**arguments):
        impostor = Impostor(kind, seed)
        try:
            stage = GraphStage()
            try:
                player = Player(stage, "walking", seed)
                player.reach()
                impostor.speak()
                return player.play(HEARD), player.play(STOPPED)
            finally:
                stage.close()
        except TalusError as error:
            failed = ScenarioOutcome("error", detail=str(error))
            return failed, failed
        finally:
            impostor.close()


def _row(kind: str, outcomes: list[tuple[ScenarioOutcome, ScenarioOutcome]]) -> dict[str, Any]:
    both = [outcome for pair in outcomes for outcome in pair]
    wrong = sorted({o.detail or o.verdict for o in both if o.verdict != "ok"})
    return {
        "impostor": kind,
        "runs": len(outcomes),
        "fell": sum(heard.fell or stopped.fell for heard, stopped in outcomes),
        "not_told": sum(heard.verdict in ("no reaction", "late") for heard, _ in outcomes),
        "stopped_late": sum(stopped.verdict not in ("ok", "fell") for _, stopped in outcomes),
        "worst_level": max(heard.worst_level for heard, _ in outcomes),
        "to_r2_ms": max(heard.reaction_ms for heard, _ in outcomes),
        "to_r3_ms": max(stopped.reaction_ms for _, stopped in outcomes),
        "wrong": "; ".join(wrong),
    }
