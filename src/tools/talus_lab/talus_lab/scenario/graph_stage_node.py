# SPDX-License-Identifier: Apache-2.0
"""Puts scenarios on a running graph: does over ROS what the rig does in one process."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from geometry_msgs.msg import Vector3
from std_srvs.srv import Trigger
from talus_cli.run.operating.conversions import pose
from talus_core.errors import TalusError
from talus_core.rotations import matrix_from_quat_xyzw, yaw_of
from talus_simulation.faults.catalogue import FAULT_CHANNELS

from talus_interfaces.msg import GateState
from talus_interfaces.srv import InjectFault, Push
from talus_lab.scenario.conversions import look_at
from talus_lab.scenario.graph_link_node import GraphLink
from talus_lab.scenario.play import Player
from talus_lab.scenario.record import Look, ScenarioOutcome
from talus_lab.scenario.scenario import PUSH_NS, PUSH_S, PUSH_YAW_RAD, Scenario, ScenarioEvent

NO_ROBOT = "no simulated robot could be heard (start one: ./talus run --headless)"


class GraphStage:
    """Implements `ScenarioStage` on a running graph.

    Falls are judged by the pelvis alone, since contacts are no topic; looks come at 100 Hz.

    Attributes:
        link: Ears and hands on the graph.
    """

    def __init__(self) -> None:
        """Join the graph. Raises TalusError where no simulated robot runs."""
        self._looks: deque[Look] = deque()
        self._origin = np.zeros(3)
        self.link = GraphLink(self._on_gate)
        self.link.wait_until(self.link.is_up, NO_ROBOT)
        self._look = self._next_look()

    def close(self) -> None:
        """Leave the graph."""
        self.link.close()

    @property
    def time(self) -> float:
        """Simulated time, s."""
        return self.link.time

    @property
    def mode(self) -> int:
        """Return what balance does: a number of BalanceState.msg."""
        return self.link.newest["balance/state"].mode

    @property
    def is_on_one_foot(self) -> bool:
        """Whether one foot is in the air, by balance's own word."""
        state = self.link.newest["balance/state"]
        return state.left_contact != state.right_contact

    @property
    def why(self) -> str:
        """Return what the supervisor gives as its cause."""
        return self.link.newest["safety/state"].cause

    def advance(self) -> None:
        """Go on to the next gate/state."""
        self._look = self._next_look()

    def ask(self, wish: str) -> bool:
        """Call a Trigger of safety or balance; return whether it was granted."""
        service = f"balance/{wish}" if wish in ("stand", "sit") else f"safety/{wish}"
        return self.link.call(Trigger, service, Trigger.Request()).success

    def walk(self, speed: float) -> None:
        """Send a stream of cmd_vel, m/s forward."""
        self.link.speed = speed

    def load(self, force: float, seconds: float) -> None:
        """Push each hand down steadily, N."""
        for hand in ("l_hand", "r_hand"):
            self._push(hand, np.array([0.0, 0.0, -force * seconds]), seconds)

    def do(self, event: ScenarioEvent) -> int:
        """Let an event happen now; return the tick of its onset.

        Where no answer tells the onset, it is the tick after the newest that is known.

        Raises:
            TalusError: For what the robot refuses, or cannot be staged from outside its processes.
        """
        if event.is_fault:
            return self._inject(event).sequence
        onset = self.link.newest["gate/state"].sequence + 1
        _ACTIONS[event.kind](self, event)
        return onset

    def mark(self) -> None:
        """Measure from here on what has `moved`: the pelvis alone."""
        self._origin = pose(self.link.newest["sim/ground_truth"]).position

    def look(self) -> Look:
        """Return what was to be seen at the gate/state that `advance` came to."""
        return self._look

    def _next_look(self) -> Look:
        self.link.wait_until(lambda: bool(self._looks), "the driver was silent")
        return self._looks.popleft()

    def _on_gate(self, gate: GateState) -> None:
        self._looks.append(look_at(gate, self.link.past, self._origin))

    def _rotation(self) -> np.ndarray:
        return matrix_from_quat_xyzw(pose(self.link.newest["sim/ground_truth"]).quat_xyzw)

    def _inject(self, event: ScenarioEvent) -> InjectFault.Response:
        request = InjectFault.Request(
            name=event.name,
            target=event.target,
            severity=event.severity,
            duration=event.duration,
        )
        return self._granted(self.link.call(InjectFault, "sim/inject_fault", request))

    def _push_from_side(self, event: ScenarioEvent) -> None:
        angle = yaw_of(self._rotation()) + PUSH_YAW_RAD[event.target]
        direction = np.array([math.cos(angle), math.sin(angle), 0.0])
        impulse = (event.severity or PUSH_NS) * direction
        self._push("", impulse, event.duration or PUSH_S)

    def _part_network(self, event: ScenarioEvent) -> None:
        for channel in FAULT_CHANNELS:
            self._inject(ScenarioEvent(f"{channel}.off", duration=event.duration))

    def _jump_clock(self, event: ScenarioEvent) -> None:
        self.link.jump(event.severity, event.duration)

    def _refuse(self, event: ScenarioEvent) -> None:
        raise TalusError(f"{event.name} can be staged in one process only, not on the graph")

    def _operate(self, event: ScenarioEvent) -> None:
        if event.action == "walk":
            self.walk(event.severity)
        elif event.action == "leave":
            self._refuse(event)
        else:
            self.ask(event.action)

    def _harm(self, event: ScenarioEvent) -> None:
        self.link.harm(event.target, event.action, event.duration)

    def _push(self, link: str, impulse: np.ndarray, duration: float) -> None:
        x, y, z = impulse.tolist()
        request = Push.Request(link=link, impulse=Vector3(x=x, y=y, z=z), duration=duration)
        self._granted(self.link.call(Push, "sim/push", request))

    @staticmethod
    def _granted(response: Any) -> Any:
        if not response.success:
            raise TalusError(response.message)
        return response


# What an event of a kind does, besides the faults of the body.
_ACTIONS: Mapping[str, Callable[[GraphStage, ScenarioEvent], None]] = {
    "push": GraphStage._push_from_side,
    "network": GraphStage._part_network,
    "clock": GraphStage._jump_clock,
    "person": GraphStage._refuse,
    "frames": GraphStage._refuse,
    "operator": GraphStage._operate,
    "process": GraphStage._harm,
}


def play_on_graph(scenario: Scenario) -> ScenarioOutcome:
    """Play on the robot that runs, from its seat. Raises TalusError."""
    stage = GraphStage()
    try:
        player = Player(stage, scenario.posture, scenario.seed)
        player.reach()
        return player.play(scenario)
    finally:
        stage.close()
