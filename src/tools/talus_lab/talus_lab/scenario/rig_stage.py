# SPDX-License-Identifier: Apache-2.0
"""The stage in this process: the safety rig."""

from __future__ import annotations

import math

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.rotations import matrix_from_quat_xyzw, yaw_of
from talus_safety.kernel.decide.supervisor import Wish

from talus_lab.scenario.record import Look, of_gate
from talus_lab.scenario.rig import SafetyRig
from talus_lab.scenario.scenario import PUSH_NS, PUSH_S, SIDES, Event
from talus_lab.scenario.visitor import Visitor

LOOK_TICKS = 5  # between two looks at the body: 10 ms
HANDS = ("l_hand", "r_hand")


class RigStage:
    """See `Stage`."""

    def __init__(self, robot: RobotDescription, seed: int, model_error: bool = True):
        """`model_error`: the body differs from the controller's model."""
        self.rig = SafetyRig(robot, seed, model_error=model_error)
        self._origin = self.rig.driver.qpos.copy()

    @property
    def time(self) -> float:
        """Simulated s."""
        return self.rig.driver.time

    @property
    def mode(self) -> int:
        """Of balance."""
        return int(self.rig.balance.controller.mode)

    @property
    def is_on_one_foot(self) -> bool:
        """As the gait says."""
        report = self.rig.balance.report
        return report is not None and report.gait is not None and report.gait.swing_side is not None

    @property
    def why(self) -> str:
        """The supervisor's cause, or balance's mode."""
        return self.rig.safety.state.cause or self.rig.balance.controller.mode.name.lower()

    def advance(self) -> None:
        """One tick."""
        self.rig.tick()

    def ask(self, wish: str) -> bool:
        """Of supervisor or balance."""
        keeper = self.rig.balance.keeper
        if wish == "stand":
            return keeper.request_stand() is None
        if wish == "sit":
            keeper.stand_wanted = False
            return True
        return self.rig.ask(Wish(wish)).success

    def walk(self, speed: float) -> None:
        """A cmd_vel with every state."""
        self.rig.balance.velocity = (speed, 0.0, 0.0)

    def load(self, force: float, seconds: float) -> None:
        """A steady push on each hand."""
        for hand in HANDS:
            self.rig.driver.push(hand, np.array([0.0, 0.0, -force * seconds]), seconds)

    def do(self, event: Event) -> int:
        """Before the next tick."""
        kind, _, what = event.name.partition(".")
        if event.is_fault:
            self.rig.faults.inject(event.request())
        elif kind == "push":
            truth = self.rig.driver.ground_truth()
            angle = yaw_of(matrix_from_quat_xyzw(truth.quat_xyzw)) + SIDES[event.target]
            impulse = (event.severity or PUSH_NS) * np.array([math.cos(angle), math.sin(angle), 0.0])
            self.rig.driver.push("torso", impulse, event.duration or PUSH_S)
        elif kind == "network":
            self.rig.cut_until = self.rig.wall + (event.duration or math.inf)
        elif kind == "clock":
            raise ValueError("clock.jump needs the graph: nothing in this process reads ROS time")
        elif kind == "person":
            self.rig.visitor = Visitor(self.rig.driver, event.severity, self.rig.sequence)
        elif what == "walk":
            self.walk(event.severity)
        elif kind == "frames":
            self.rig.frames_gone_until = self.rig.wall + (event.duration or math.inf)
        elif what == "leave":
            self.rig.operator.gone_until = self.rig.wall + (event.duration or math.inf)
        elif kind == "operator":
            self.ask(what)
        else:
            self._harm(event.target, what, event.duration)
        return self.rig.sequence

    def mark(self) -> None:
        """From here on `moved` counts."""
        self._origin = self.rig.driver.qpos.copy()

    def look(self) -> Look:
        """Every tick at what the gate does, every fifth at the body."""
        rig, decision = self.rig, self.rig.drives.decision
        tick, counters, mailbox = rig.sequence - 1, decision.counters, rig.drives.mailbox
        refusals = counters.rejected + mailbox.malformed + mailbox.superseded
        level = max(int(rig.level), of_gate(decision.standby_active, decision.latched, int(decision.request)))
        torque = decision.command is not None
        latent = rig.faults.is_latent
        if tick % LOOK_TICKS:
            return Look(tick, level, refusals, torque, latent=latent)
        truth = rig.driver.ground_truth()
        return Look(
            tick,
            level,
            refusals,
            torque,
            latent=latent,
            touching=rig.driver.touching(),
            speed=float(np.linalg.norm(truth.linear_velocity)),
            height=float(truth.position[2] - rig.driver.soles[:, 2].min()),
            up=float(matrix_from_quat_xyzw(truth.quat_xyzw)[2, 2]),
            moved=float(np.abs(rig.driver.qpos - self._origin).max()),
        )

    def _harm(self, node: str, how: str, duration: float) -> None:
        process, until = self.rig.processes[node], self.rig.wall + (duration or math.inf)
        if node == "driver":
            raise ValueError("the driver cannot be harmed in this process: the simulated body would end with it")
        if how == "kill":
            process.kill()
        else:
            getattr(process, how)(until)
