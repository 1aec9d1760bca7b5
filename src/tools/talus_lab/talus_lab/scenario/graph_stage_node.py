# SPDX-License-Identifier: Apache-2.0
"""The stage on a running graph: what the rig does in one process, done over ROS."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from geometry_msgs.msg import Vector3
from std_srvs.srv import Trigger
from talus_cli.run.conversions import pose
from talus_core.errors import TalusError
from talus_core.falls import has_fallen
from talus_core.rotations import matrix_from_quat_xyzw, yaw_of
from talus_simulation.faults.catalogue import CHANNELS

from talus_interfaces.msg import GateState
from talus_interfaces.srv import InjectFault, Push
from talus_lab.scenario.graph_link_node import GraphLink
from talus_lab.scenario.play import Player
from talus_lab.scenario.record import SEAT_HEIGHT_M, Look, Outcome, of_gate
from talus_lab.scenario.scenario import PUSH_NS, PUSH_S, SIDES, Event, Scenario

NO_ROBOT = "no simulated robot could be heard (start one: ./talus run --headless)"


class GraphStage:
    """See `Stage`. Falls are judged by the pelvis alone, since contacts are no topic; looks come at 100 Hz.

    Attributes:
        link: To the graph.
    """

    def __init__(self) -> None:
        """Raises TalusError where no simulated robot runs."""
        self._looks: deque[Look] = deque()
        self._look: Look | None = None
        self._origin = np.zeros(3)
        self.link = GraphLink(self._on_gate)
        self.link.wait_until(self.link.is_up, NO_ROBOT)
        self.advance()

    def close(self) -> None:
        """Leave the graph."""
        self.link.close()

    @property
    def time(self) -> float:
        """Simulated s."""
        return self.link.time

    @property
    def mode(self) -> int:
        """Of balance."""
        return self.link.newest["balance/state"].mode

    @property
    def is_on_one_foot(self) -> bool:
        """As balance says."""
        state = self.link.newest["balance/state"]
        return state.left_contact != state.right_contact

    @property
    def why(self) -> str:
        """The supervisor's cause."""
        return self.link.newest["safety/state"].cause

    def advance(self) -> None:
        """To the next gate/state."""
        self.link.wait_until(lambda: bool(self._looks), "the driver was silent")
        self._look = self._looks.popleft()

    def ask(self, wish: str) -> bool:
        """A Trigger of safety or balance."""
        service = f"balance/{wish}" if wish in ("stand", "sit") else f"safety/{wish}"
        return self.link.call(Trigger, service, Trigger.Request()).success

    def walk(self, speed: float) -> None:
        """A stream of cmd_vel."""
        self.link.speed = speed

    def load(self, force: float, seconds: float) -> None:
        """A steady push on each hand."""
        for hand in ("l_hand", "r_hand"):
            self._push(hand, np.array([0.0, 0.0, -force * seconds]), seconds)

    def do(self, event: Event) -> int:
        """Now; where no answer tells the onset, it is the tick after the newest that is known. Raises TalusError."""
        kind, _, what = event.name.partition(".")
        if event.is_fault:
            request = InjectFault.Request(
                name=event.name, target=event.target, severity=event.severity, duration=event.duration
            )
            return self._granted(self.link.call(InjectFault, "sim/inject_fault", request)).sequence
        onset = self.link.newest["gate/state"].sequence + 1
        if kind == "push":
            angle = yaw_of(self._rotation()) + SIDES[event.target]
            impulse = (event.severity or PUSH_NS) * np.array([math.cos(angle), math.sin(angle), 0.0])
            self._push("", impulse, event.duration or PUSH_S)
        elif kind == "network":
            for channel in CHANNELS:
                request = InjectFault.Request(name=f"{channel}.off", duration=event.duration)
                self._granted(self.link.call(InjectFault, "sim/inject_fault", request))
        elif kind == "clock":
            self.link.jump(event.severity, event.duration)
        elif what == "walk":
            self.walk(event.severity)
        elif kind == "frames" or what == "leave":
            raise ValueError(f"{event.name} needs the robot in this process: on the graph it is not ours to silence")
        elif kind == "operator":
            self.ask(what)
        else:
            self.link.harm(event.target, what, event.duration)
        return onset

    def mark(self) -> None:
        """From here on `moved` counts: of the pelvis alone."""
        self._origin = pose(self.link.newest["sim/ground_truth"]).position

    def look(self) -> Look:
        """At the gate/state that `advance` came to."""
        return self._look

    def _on_gate(self, gate: GateState) -> None:
        newest = self.link.newest
        truth, twist = pose(newest["sim/ground_truth"]), newest["sim/ground_truth"].twist.twist.linear
        up, height = float(self._rotation()[2, 2]), float(truth.position[2])
        look = Look(
            tick=gate.sequence,
            level=max(newest["safety/state"].level, of_gate(gate.phase >= GateState.HOLD, gate.latched, gate.request)),
            refusals=gate.rejected,
            torque=gate.phase != GateState.OFF,
            touching={"base_link"} if has_fallen(up, height, SEAT_HEIGHT_M) else (),
            speed=math.hypot(twist.x, twist.y, twist.z),
            height=height,
            up=up,
            moved=float(np.abs(truth.position - self._origin).max()),
        )
        self._looks.append(look)

    def _rotation(self) -> np.ndarray:
        return matrix_from_quat_xyzw(pose(self.link.newest["sim/ground_truth"]).quat_xyzw)

    def _push(self, link: str, impulse: np.ndarray, duration: float) -> None:
        x, y, z = impulse.tolist()
        request = Push.Request(link=link, impulse=Vector3(x=x, y=y, z=z), duration=duration)
        self._granted(self.link.call(Push, "sim/push", request))

    @staticmethod
    def _granted(response):
        if not response.success:
            raise TalusError(response.message)
        return response


def play_on_graph(scenario: Scenario) -> Outcome:
    """On the robot that runs, from its seat. Raises TalusError."""
    stage = GraphStage()
    try:
        player = Player(stage, scenario.posture, scenario.seed)
        player.reach()
        return player.play(scenario)
    finally:
        stage.close()
