# SPDX-License-Identifier: Apache-2.0
"""Simulates a robot behind the last gate, without ROS, for the tests of the standby."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from talus_core.driver import DriverSetup
from talus_core.robot import load_robot
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.state import JointCommand, RobotState
from talus_core.words.gate_phases import GatePhase
from talus_core.words.stop_levels import StopLevel
from talus_safety.gate import LastGate
from talus_safety.kernel.decide.gate.decision import GateDecision
from talus_safety.kernel.decide.gate.permit import TorquePermit
from talus_simulation.mujoco_body.driver import MujocoDriver

ROBOT = load_robot(Path(__file__).parents[1] / "urdf" / "talus40")
PERIOD = 0.002
DELAY_TICKS = 1  # 2 ms from state to drives
CONTROLLER_DIES = 0.1  # s
STAYS = (
    1.5  # s after the cut in which a posture that is not stable shows: five times its time constant
)
Controller = Callable[[RobotState], JointCommand | None]


@dataclass
class Story:
    """Holds phases by the time they began, highest tilt and lowest base under torque."""

    phases: dict[GatePhase, float] = field(default_factory=dict)
    tilt: float = 0.0
    tilt_at_end: float = 0.0
    height_at_cut: float = math.nan
    height_at_end: float = math.nan
    cut_at: float = math.nan
    latched: bool = False

    @property
    def sat_down(self) -> bool:
        """Return whether it never tilted beyond what sitting needs, and cut torque seated."""
        return (
            self.tilt < 0.6
            and self.cut_at > 0.0
            and self.tilt_at_end < 0.6
            and 0.38 < self.height_at_end < 0.50
        )


class GatedBody:
    """Runs a MuJoCo driver and a gate in a loop, with the transport delay of the real system."""

    def __init__(
        self, pose: str = "stand", seed: int = 0, model_error: bool = False, **options: object
    ):
        error = {
            "model_error.mass_fraction": 0.1,
            "model_error.centre_of_mass": 0.01,
            "model_error.friction_factor": 2.0,
        }
        settings = {
            "start_pose": pose,
            "settle_s": 0.0,
            **(error if model_error else {}),
            **options,
        }
        self.driver = MujocoDriver(DriverSetup(ROBOT, PERIOD, "flat", seed, settings))
        self.driver.connect()
        self.gate = LastGate(ROBOT, PERIOD)
        self._on_their_way: list[JointCommand | None] = [None] * DELAY_TICKS
        self.decision: GateDecision | None = None
        self._events: list[tuple[float, Callable[[], None]]] = []

    def at(self, time: float, event: Callable[[], None]) -> None:
        """Schedule an action once, at a simulated time."""
        self._events.append((time, event))

    @property
    def time(self) -> float:
        """Return the simulated time, s."""
        return self.driver.time

    @property
    def height(self) -> float:
        """Return the height of the hips over the floor, m."""
        return float(self.driver.ground_truth().position[2])

    @property
    def tilt(self) -> float:
        """Return the angle between base_link's z axis and the vertical, rad."""
        return math.acos(
            min(matrix_from_quat_xyzw(self.driver.ground_truth().quat_xyzw)[2, 2], 1.0)
        )

    def tick(
        self, command: JointCommand | None, permit: TorquePermit | None = None
    ) -> GateDecision:
        """Run one control period with this command; a fresh permit unless another is given."""
        due = [event for event in self._events if event[0] <= self.time]
        self._events = [event for event in self._events if event not in due]
        for _, event in due:
            event()
        state = self.driver.read(self.time)
        permit = permit or TorquePermit(StopLevel.R0_RUN, True, True, state.sequence)
        self.decision = self.gate.step_gate(self.time, state, command, permit)
        self._on_their_way.append(self.decision.command)
        sent = self._on_their_way.pop(0)
        if sent is None:
            self.driver.stop()
        else:
            self.driver.write(sent)
        self.driver.advance()
        return self.decision

    def run(
        self, controller: Controller, seconds: float, dies_at: float = CONTROLLER_DIES
    ) -> Story:
        """Run with a controller that falls silent at a time; return what follows.

        It takes at most `seconds`, and a while after the cut.
        """
        story = Story()
        while self.time < seconds and not self.time > story.cut_at + STAYS:
            state = self.driver.read(self.time)
            decision = self.tick(controller(state) if self.time < dies_at else None)
            story.phases.setdefault(decision.phase, self.time)
            if decision.phase is not GatePhase.OFF:
                story.tilt = max(story.tilt, self.tilt)
                story.cut_at = math.nan
            elif math.isnan(story.cut_at) and GatePhase.RUN in story.phases:
                story.cut_at, story.height_at_cut = self.time, self.height
        story.tilt_at_end, story.height_at_end, story.latched = (
            self.tilt,
            self.height,
            decision.latched,
        )
        return story


def holding(position: np.ndarray) -> Controller:
    """Return a command that holds stiff joints at a posture, for a tenth of a second."""
    zero, effort = np.zeros_like(position), ROBOT.limits.effort

    def command(state: RobotState) -> JointCommand:
        return JointCommand(state.sequence, position, zero, zero, 5.0 * effort, 0.1 * effort)

    return command
