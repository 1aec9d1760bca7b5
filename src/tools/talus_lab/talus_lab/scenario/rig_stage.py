# SPDX-License-Identifier: Apache-2.0
"""Puts scenarios on the safety rig, in this process."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.rotations import matrix_from_quat_xyzw, yaw_of
from talus_safety.kernel.decide.supervisor.supervisor import Wish
from talus_simulation.mujoco_body.driver import MujocoDriver

from talus_lab.scenario.processes import INTERRUPTIONS
from talus_lab.scenario.record import Look, of_gate
from talus_lab.scenario.rig import SafetyRig, StagedBody
from talus_lab.scenario.scenario import PUSH_NS, PUSH_S, PUSH_YAW_RAD, ScenarioEvent
from talus_lab.scenario.visitor import Visitor

BODY_LOOK_TICKS = 5  # between two looks at the body: 10 ms
HAND_LINKS = ("l_hand", "r_hand")


class RigStage:
    """Is a `ScenarioStage` whose robot is the rig.

    Attributes:
        rig: The robot and its stack.
    """

    def __init__(
        self,
        robot: RobotDescription,
        seed: int,
        model_error: bool = True,
        body: StagedBody | None = None,
    ):
        """Put a robot down; arguments are those of the rig. Raises TalusError."""
        self.rig = SafetyRig(robot, seed, model_error=model_error, body=body)
        self._origin = self.rig.driver.qpos.copy()

    @property
    def time(self) -> float:
        """Simulated time, s."""
        return self.rig.driver.time

    @property
    def mode(self) -> int:
        """What balance does: a number of BalanceState.msg."""
        return int(self.rig.balance.controller.mode)

    @property
    def is_on_one_foot(self) -> bool:
        """Whether one foot is in the air by the gait."""
        report = self.rig.balance.report
        if report is None or report.gait is None:
            return False
        return report.gait.swing_side is not None

    @property
    def why(self) -> str:
        """What the supervisor gives as its cause, or balance's mode."""
        return self.rig.safety.state.cause or self.rig.balance.controller.mode.name.lower()

    def advance(self) -> None:
        """Run one tick."""
        self.rig.tick()

    def ask(self, wish: str) -> bool:
        """Ask supervisor or balance; return whether it was granted."""
        keeper = self.rig.balance.keeper
        if wish == "stand":
            return keeper.request_stand() is None
        if wish == "sit":
            keeper.stand_wanted = False
            return True
        return self.rig.ask(Wish(wish)).success

    def walk(self, speed: float) -> None:
        """Send a cmd_vel with every state, m/s forward."""
        self.rig.balance.velocity = (speed, 0.0, 0.0)

    def load(self, force: float, seconds: float) -> None:
        """Push each hand down steadily, N."""
        for hand in HAND_LINKS:
            self.rig.driver.push(hand, np.array([0.0, 0.0, -force * seconds]), seconds)

    def do(self, event: ScenarioEvent) -> int:
        """Let an event happen before the next tick; return that tick.

        Raises:
            TalusError: For a fault that the body refuses.
            ValueError: For an event that one process cannot stage.
        """
        if event.is_fault:
            self.rig.faults.inject(event.request())
        else:
            _ACTIONS[event.kind](self, event)
        return self.rig.sequence

    def mark(self) -> None:
        """Measure from here on what has `moved`."""
        self._origin = self.rig.driver.qpos.copy()

    def look(self) -> Look:
        """Look at what the gate does, and in every fifth tick at the body."""
        rig = self.rig
        decision = rig.decision
        counters = decision.counters
        mailbox = rig.drives.mailbox
        tick = rig.sequence - 1
        refusals = counters.rejected + mailbox.malformed + mailbox.superseded
        gate_level = of_gate(decision.standby_active, decision.latched, int(decision.request))
        level = max(int(rig.level), gate_level)
        torque = not decision.cuts_torque
        latent = rig.faults.is_latent
        if tick % BODY_LOOK_TICKS:
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

    def _push(self, event: ScenarioEvent) -> None:
        truth = self.rig.driver.ground_truth()
        angle = yaw_of(matrix_from_quat_xyzw(truth.quat_xyzw)) + PUSH_YAW_RAD[event.target]
        direction = np.array([math.cos(angle), math.sin(angle), 0.0])
        impulse = (event.severity or PUSH_NS) * direction
        self.rig.driver.push("torso", impulse, event.duration or PUSH_S)

    def _part_network(self, event: ScenarioEvent) -> None:
        self.rig.silences.network_until = self._end_of(event)

    def _silence_frames(self, event: ScenarioEvent) -> None:
        self.rig.silences.frames_until = self._end_of(event)

    def _refuse_clock(self, event: ScenarioEvent) -> None:
        raise ValueError("clock.jump needs the graph: nothing in this process reads ROS time")

    def _send_visitor(self, event: ScenarioEvent) -> None:
        driver = self.rig.driver
        if not isinstance(driver, MujocoDriver):
            raise ValueError("person.approach needs the cameras of the driver mujoco")
        self.rig.visitor = Visitor(driver, event.severity, self.rig.sequence)

    def _operate(self, event: ScenarioEvent) -> None:
        if event.action == "walk":
            self.walk(event.severity)
        elif event.action == "leave":
            self.rig.operator.gone_until = self._end_of(event)
        else:
            self.ask(event.action)

    def _harm(self, event: ScenarioEvent) -> None:
        if event.target not in self.rig.processes:
            here = ", ".join(self.rig.processes)
            raise ValueError(f"{event.target} does not run here, only {here}: play it with --graph")
        process = self.rig.processes[event.target]
        if event.action == "kill":
            process.kill()
        else:
            INTERRUPTIONS[event.action](process, self._end_of(event))

    def _end_of(self, event: ScenarioEvent) -> float:
        """Return when an event is over, s of the wall."""
        return self.rig.wall + (event.duration or math.inf)


# What an event of a kind does, besides the faults of the body.
_ACTIONS: Mapping[str, Callable[[RigStage, ScenarioEvent], None]] = {
    "push": RigStage._push,
    "network": RigStage._part_network,
    "clock": RigStage._refuse_clock,
    "person": RigStage._send_visitor,
    "frames": RigStage._silence_frames,
    "operator": RigStage._operate,
    "process": RigStage._harm,
}
