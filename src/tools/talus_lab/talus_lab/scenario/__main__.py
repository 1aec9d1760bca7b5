# SPDX-License-Identifier: Apache-2.0
"""Plays scenarios here, or with --graph on the robot that runs: `./talus scenario FILE`."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from talus_core.errors import TalusError
from talus_core.graph.node_table import NODES
from talus_core.machine.places import check_output_file
from talus_core.machine.program import RefusingParser, run_program
from talus_core.machine.terminal import complain, tell
from talus_core.robot import load_robot

from talus_lab.rig.checkout import TALUS40_FOLDER
from talus_lab.scenario.play import Player
from talus_lab.scenario.record import ScenarioOutcome
from talus_lab.scenario.scenario import Scenario, load_scenario


def parser() -> argparse.ArgumentParser:
    """Return the parser of the options."""
    result = RefusingParser(
        "usage: ./talus scenario FILE... [--graph] [--nodes FILE] [--json FILE]",
        prog="./talus scenario",
        description=__doc__,
    )
    result.add_argument("files", nargs="+", type=Path, metavar="FILE", help="YAML; see scenarios/")
    result.add_argument(
        "--graph", action="store_true", help="on the simulated robot that runs, over ROS"
    )
    result.add_argument(
        "--nodes", default="", metavar="FILE", help="YAML of further nodes that run; with --graph"
    )
    result.add_argument("--json", type=Path, metavar="FILE", help="write the outcomes")
    return result


def main(words: Sequence[str] | None = None) -> int:
    """Return the exit code: 0, 1 if an expectation was not met, 2 for bad input."""
    try:
        arguments = parser().parse_args(words)
        check_output_file("--json", arguments.json)
        nodes = NODES.with_file(arguments.nodes)
        scenarios = [load_scenario(file, nodes) for file in arguments.files]
        outcomes = [_play(scenario, arguments.graph) for scenario in scenarios]
    except TalusError as error:
        complain(f"error: {error}")
        return 2
    if arguments.json is not None:
        named = {
            scenario.name: asdict(outcome)
            for scenario, outcome in zip(scenarios, outcomes, strict=True)
        }
        arguments.json.write_text(json.dumps(named, indent=2) + "\n")
    return int(any(outcome.verdict != "ok" for outcome in outcomes))


def _play(scenario: Scenario, on_graph: bool) -> ScenarioOutcome:
    if on_graph:
        from talus_lab.scenario.graph_stage_node import play_on_graph  # imports rclpy

        outcome = play_on_graph(scenario)
    else:
        outcome = play_here(scenario)
    tell(f"{scenario.name}: {outcome.verdict}{'; ' + outcome.detail if outcome.detail else ''}")
    times = [f"worst R{outcome.worst_level}"]
    times += (
        [f"reaction after {outcome.reaction_ms:.0f} ms"]
        if math.isfinite(outcome.reaction_ms)
        else []
    )
    times += [f"seated after {outcome.seated_s:.1f} s"] if math.isfinite(outcome.seated_s) else []
    tell(f"  {', '.join(times)}")
    return outcome


def play_here(scenario: Scenario) -> ScenarioOutcome:
    """Play a scenario in this process. Raises TalusError."""
    from talus_lab.scenario.rig_stage import RigStage

    stage = RigStage(load_robot(TALUS40_FOLDER), scenario.seed)
    stage.rig.lockstep = scenario.lockstep
    player = Player(stage, scenario.posture, scenario.seed)
    player.reach()
    try:
        return player.play(scenario)
    except ValueError as error:
        raise TalusError(f"{scenario.name}: {error}") from error


if __name__ == "__main__":
    sys.exit(run_program(main))
