# SPDX-License-Identifier: Apache-2.0
"""How long an emergency stop takes by the wall's clock: pressed over ROS, until the stop ladder is heard to be at R3.

The stack runs in real time, as on a robot; both ways through the middleware are in the figure.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from rclpy.client import Client
from std_srvs.srv import Trigger
from talus_core.errors import TalusError
from talus_ros.run_node import CONTROL_NICENESS
from talus_safety.ladder import StopLevel

from talus_bringup.bench.safety.stack import running_stack
from talus_bringup.scenario.graph_stage_node import GraphStage
from talus_bringup.scenario.play import GOLDEN, Player
from talus_interfaces.msg import GateState

SEATED_PER_WALKING = 50  # who is stopped while he walks must sit down and stand up again: ten times as long
WITHIN_S = 20.0  # simulated: from a stop until it may be reset, armed again, or walks
SPREAD_S = 0.1  # simulated, at most between arming and the press: every phase of the supervisor's 10 ms is met


def press_stops(times: int) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Rows and summary figures of `times` stops. Raises TalusError where the stack does not come up."""
    walking = -(-times // SEATED_PER_WALKING)
    waited: dict[str, list[float]] = {"walking": [], "seated": []}
    with running_stack(perception="false", view="false"), _listening_as_the_driver():
        stage = GraphStage()
        try:
            stop = stage.link.client(Trigger, "safety/stop")
            for number in range(times):
                posture = "walking" if number < walking else "seated"
                _make_ready(stage, posture, number)
                waited[posture].append(1000.0 * _pressed(stage, stop))
                _let_down(stage)
                if number % 100 == 99:
                    print(f"safety: {number + 1} of {times} stops pressed", file=sys.stderr, flush=True)
        finally:
            stage.close()
    rows = [{"stop": posture, **_quantiles(values)} for posture, values in waited.items() if values]
    together = _quantiles([value for values in waited.values() for value in values])
    figures = {"estop_presses": together["runs"], "estop_to_r3_wall_ms_p999": together["wall_ms_p999"]}
    return rows, figures


@contextmanager
def _listening_as_the_driver() -> Iterator[None]:
    """With the priority of those who must obey: else the figure is of how long we wait for a processor."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, CONTROL_NICENESS)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, before)


def _make_ready(stage: GraphStage, posture: str, number: int) -> None:
    """Armed and in that posture, at another instant for each number."""
    if posture == "walking":
        Player(stage, posture, number).reach()
        return
    _until_granted(stage, "arm")
    stage.link.wait_until(lambda: not _is_stopped(stage), "safety/state did not say that it is armed")
    begin = stage.time
    while stage.time < begin + (GOLDEN * number) % 1.0 * SPREAD_S:
        stage.advance()


def _pressed(stage: GraphStage, stop: Client) -> float:
    """Wall s until safety/state says R3."""
    link, began = stage.link, time.monotonic()
    answer = stop.call_async(Trigger.Request())
    link.wait_until(lambda: _is_stopped(stage), "safety/state did not say R3")
    waited = time.monotonic() - began
    link.answer(answer, "safety/stop")
    stage.walk(0.0)
    return waited


def _let_down(stage: GraphStage) -> None:
    """Until torque is off and both gate and supervisor have settled, as no operator is quicker; then reset."""
    end = stage.time + WITHIN_S
    while stage.link.newest["gate/state"].phase != GateState.OFF and stage.time < end:
        stage.advance()
    settled = stage.time + SPREAD_S
    while stage.time < settled:
        stage.advance()
    _until_granted(stage, "reset")


def _is_stopped(stage: GraphStage) -> bool:
    return stage.link.newest["safety/state"].level >= StopLevel.R3_SIT_THEN_CUT


def _until_granted(stage: GraphStage, wish: str) -> None:
    end = stage.time + WITHIN_S
    while not stage.ask(wish):
        if stage.time > end:
            raise TalusError(f"'{wish}' was refused for {WITHIN_S:g} s: {stage.why}")
        stage.advance()


def _quantiles(values: list[float]) -> dict[str, Any]:
    return {
        "runs": len(values),
        "wall_ms_p50": float(np.quantile(values, 0.5)),
        "wall_ms_p999": float(np.quantile(values, 0.999)),
        "wall_ms_max": max(values),
    }
