# SPDX-License-Identifier: Apache-2.0
"""Measures how long an emergency stop takes by the wall's clock.

It is pressed over ROS, until the stop ladder is heard to be at R3. The stack runs in real time, as
on a robot; both ways through the middleware are in the figure.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from rclpy.client import Client
from std_srvs.srv import Trigger
from talus_core.machine.terminal import complain
from talus_core.words.stop_levels import StopLevel
from talus_ros.run_node import CONTROL_NICENESS

from talus_interfaces.msg import GateState
from talus_lab.bench.safety.stack import running_stack
from talus_lab.scenario.graph_stage_node import GraphStage
from talus_lab.scenario.play import GOLDEN_RATIO, Player

# A robot that is stopped while it walks must sit down and stand up again: ten times as long.
SEATED_PER_WALKING = 50
REST_LIMIT_S = 20.0  # simulated: from a stop until torque is off
# Simulated, at most between arming and the press: every phase of the supervisor's 10 ms is met.
PRESS_SPREAD_S = 0.1


def press_stops(times: int) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Press a stop so many times; return rows and summary figures.

    Raises:
        TalusError: Where the stack does not come up.
    """
    walking = -(-times // SEATED_PER_WALKING)
    waited: dict[str, list[float]] = {"walking": [], "seated": []}
    with running_stack(perception="false", view="false"), _listening_as_the_driver():
        stage = GraphStage()
        try:
            stop = stage.link.client(Trigger, "safety/stop")
            for number in range(times):
                posture = "walking" if number < walking else "seated"
                player = Player(stage, posture, number)
                _make_ready(stage, player, posture, number)
                waited[posture].append(1000.0 * _pressed(stage, stop))
                _let_down(stage, player)
                if number % 100 == 99:
                    complain(f"safety: {number + 1} of {times} stops pressed")
        finally:
            stage.close()
    rows = [{"stop": posture, **_quantiles(values)} for posture, values in waited.items() if values]
    together = _quantiles([value for values in waited.values() for value in values])
    figures = {
        "estop_presses": together["runs"],
        "estop_to_r3_wall_ms_p999": together["wall_ms_p999"],
    }
    return rows, figures


@contextmanager
def _listening_as_the_driver() -> Iterator[None]:
    """Listen with the priority of the nodes that must obey.

    Else the figure is of how long this process waits for a processor.
    """
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, CONTROL_NICENESS)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, before)


def _make_ready(stage: GraphStage, player: Player, posture: str, number: int) -> None:
    """Arm it and take the posture, at another instant for each number."""
    if posture == "walking":
        player.reach()
        return
    player.ask("arm")
    stage.link.wait_until(
        lambda: not _is_stopped(stage), "safety/state did not say that it is armed"
    )
    player.run((GOLDEN_RATIO * number) % 1.0 * PRESS_SPREAD_S)


def _pressed(stage: GraphStage, stop: Client) -> float:
    """Press; return wall s until safety/state says R3."""
    link = stage.link
    began = time.monotonic()
    answer = stop.call_async(Trigger.Request())
    link.wait_until(lambda: _is_stopped(stage), "safety/state did not say R3")
    waited = time.monotonic() - began
    link.answer(answer, "safety/stop")
    stage.walk(0.0)
    return waited


def _let_down(stage: GraphStage, player: Player) -> None:
    """Wait until torque is off, and gate and supervisor have settled; then reset."""
    player.until(
        lambda: stage.link.newest["gate/state"].phase == GateState.OFF, REST_LIMIT_S, "come to rest"
    )
    player.run(PRESS_SPREAD_S)
    player.ask("reset")


def _is_stopped(stage: GraphStage) -> bool:
    return stage.link.newest["safety/state"].level >= StopLevel.R3_SIT_THEN_CUT


def _quantiles(values: list[float]) -> dict[str, Any]:
    return {
        "runs": len(values),
        "wall_ms_p50": float(np.quantile(values, 0.5)),
        "wall_ms_p999": float(np.quantile(values, 0.999)),
        "wall_ms_max": max(values),
    }
