# SPDX-License-Identifier: Apache-2.0
"""Runs the balance controller on a simulated body in one process, without ROS: fast and seeded.

It is the code that the nodes run. State and command cross with the delay of the driver's lock-step,
and the last gate stands before the drives.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from talus_balance.balance_types import BalanceConfig, BalanceReport, Intent
from talus_balance.controller import BalanceController
from talus_balance.policy.policy import load_policy
from talus_balance.policy.seat import PolicySeat
from talus_balance.size.scaling import config_for
from talus_balance.stepping.height_grid import HeightGrid
from talus_core.driver import DriverSetup, GroundTruth, Simulated
from talus_core.motion.footsteps import Footstep
from talus_core.robot import RobotDescription
from talus_core.rotations import matrix_from_quat_xyzw, yaw_of
from talus_core.state import JointCommand, RobotState
from talus_core.words.falls import has_fallen
from talus_core.words.modes import Mode
from talus_core.words.stop_levels import StopLevel
from talus_drivers.commands.gated_drives import GatedDrives
from talus_drivers.lockstep.lockstep import LockStepConfig
from talus_safety.gate import LastGate
from talus_safety.kernel.decide.gate.permit import TorquePermit
from talus_safety.kernel.measure.body import Body
from talus_simulation.mujoco_body.driver import MujocoDriver

from talus_lab.rig.bounds import TICK_S
from talus_lab.rig.open_drives import OpenDrives

TORQUE_AFTER_S = 0.5  # at rest before torque, so that the estimator has averaged the IMU
STAND_AFTER_S = 0.6  # a tenth of a second of torque in the seat first
MODEL_ERROR = {
    "model_error.mass_fraction": 0.1,
    "model_error.centre_of_mass": 0.01,
    "model_error.friction_factor": 2.0,
}


@dataclass(frozen=True)
class Push:
    """Describes an impulse (3,) N s in the world on a link, from `time` s on, over `duration` s."""

    time: float
    impulse: tuple[float, float, float]
    duration: float = 0.1
    link: str = "torso"


@dataclass
class Disturbances:
    """Holds what disturbs the robot and its controller.

    Attributes:
        misses: Tells whether the controller misses this tick: no state, no command.
        interferes: Changes a command on its way to the gate.
        pushes: Pushes to come.
    """

    misses: Callable[[], bool] = lambda: False
    interferes: Callable[[JointCommand], JointCommand] = lambda command: command
    pushes: list[Push] = field(default_factory=list)


class RigController(Protocol):
    """Answers every state with a command, as the balance controller does."""

    @property
    def mode(self) -> Mode:
        """Return what the robot is doing by the controller's own judgement."""

    def step_balance(self, state: RobotState, intent: Intent) -> tuple[JointCommand, BalanceReport]:
        """Return the answer to a state, and what is known after it."""

    def sends(self, command: JointCommand) -> None:
        """Hear which command is really sent."""

    def see_ground(self, grid: HeightGrid) -> None:
        """Hear how high the ground is."""


class CommandSeat(Protocol):
    """Defines what may put another command in the place of the controller's."""

    def step_seat(
        self, state: RobotState, intent: Intent, report: BalanceReport, command: JointCommand
    ) -> JointCommand:
        """Return the command to be sent."""


class RigBody(Simulated, Protocol):
    """Is a simulated body that can be judged."""

    @property
    def soles(self) -> np.ndarray:
        """Return the true places of both soles in the world, (2, 3), m."""


class BodyRig:
    """Holds one robot from its limp start; drive it with `step`, `run_to` or `run_until`.

    Attributes:
        driver: The body.
        get_up: The operator asks it to get up whenever it lies.
        restricted: The supervisor asks for R1 or above.
        footsteps: Proposed places of the next landings.
        seat: Seat of the learned policy, if there is one.
        torque: What the supervisor tells the controller, and the gate unless `permitted` differs.
        permitted: What the supervisor tells the gate alone; None: the same as `torque`.
        disturbances: What disturbs the robot and its controller.
        drives: The way to the drives, through the last gate unless the rig is not gated.
        cpu: CPU time that the controller has taken so far, s.
    """

    def __init__(
        self,
        description: RobotDescription,
        body: RigBody,
        config: BalanceConfig | None = None,
        delay_ticks: int = LockStepConfig().delay_ticks,
        is_gated: bool = True,
        policy: str | Path = "",
    ):
        """Connect to a body.

        Args:
            description: The robot.
            body: Its driver.
            config: Settings of the controller; None: as its node has them.
            delay_ticks: From a state to the command that answers it.
            is_gated: Commands pass the last gate, which knows how the robot rests; else they go
                straight to the drives.
            policy: Manifest of a learned policy; empty: none. Its computing time counts as none,
                so that runs repeat.

        Raises:
            TalusError: For a body that cannot be connected, or a policy that cannot be used.
        """
        self.driver = body
        period = body.period
        body.connect()
        self.controller: RigController = BalanceController(
            description, config or config_for(description), period
        )
        learned = load_policy(policy, description, period, clock=lambda: 0.0) if policy else None
        self.seat: CommandSeat = PolicySeat(description, period, learned)
        self.velocity = np.zeros(3)
        self.stand = True
        self.may_walk = True
        self.restricted = False
        self.footsteps: tuple[Footstep, ...] = ()
        self.torque = True
        self.permitted: bool | None = None
        self.disturbances = Disturbances()
        self.get_up = False
        self.report: BalanceReport | None = None
        self.drives: GatedDrives | OpenDrives = OpenDrives(body, delay_ticks)
        if is_gated:
            self.drives = GatedDrives(body, LastGate(description, period), delay_ticks)
        self.cpu = 0.0
        self._seat_height_m = _seat_height_m(description)

    @property
    def time(self) -> float:
        """Simulated time since the start, s."""
        return self.driver.time

    @property
    def truth(self) -> GroundTruth:
        """Return where the base really is and how it moves."""
        return self.driver.ground_truth()

    @property
    def mode(self) -> Mode:
        """Return what the controller does."""
        return self.controller.mode

    @property
    def swing_side(self) -> int | None:
        """Return the foot in the air by the gait: 0 left, 1 right; None while both stand."""
        if self.report is None or self.report.gait is None:
            return None
        return self.report.gait.swing_side

    def has_fallen(self) -> bool:
        """Tell by the ground truth whether the base lies low over the soles, or tilts too far."""
        truth = self.truth
        up = matrix_from_quat_xyzw(truth.quat_xyzw)[2, 2]
        height = truth.position[2] - self.driver.soles[:, 2].min()
        return has_fallen(up, height, self._seat_height_m)

    def step(self) -> BalanceReport | None:
        """Run one tick; return what the controller reports, or reported when it last ran."""
        driver = self.driver
        now = driver.time
        for push in [p for p in self.disturbances.pushes if p.time <= now]:
            driver.push(push.link, np.array(push.impulse), push.duration)
            self.disturbances.pushes.remove(push)
        state = driver.read(now)
        torque = self.torque and now >= TORQUE_AFTER_S
        if not self.disturbances.misses():
            self._control(state, torque)
        permitted = torque if self.permitted is None else self.permitted
        self.drives.put_permit(TorquePermit(StopLevel.R0_RUN, permitted, permitted, state.sequence))
        self.drives.step_drives(state, now)
        driver.advance()
        return self.report

    def run_to(self, time: float) -> bool:
        """Run until `time` s or a fall; return whether it is still up."""
        while self.time < time:
            self.step()
            if self.has_fallen():
                return False
        return True

    def run_until(self, mode: Mode, limit: float) -> bool:
        """Run until the controller is in `mode`, at most to `limit` s; return whether it is."""
        while self.time < limit and self.mode is not mode:
            self.step()
        return self.mode is mode

    def heading(self) -> float:
        """Return the true heading of the base, rad."""
        return yaw_of(matrix_from_quat_xyzw(self.truth.quat_xyzw))

    def _control(self, state: RobotState, torque: bool) -> None:
        intent = Intent(
            torque=torque,
            stand=self.stand and state.time >= STAND_AFTER_S,
            velocity=self.velocity,
            may_walk=self.may_walk,
            released=self.drives.standby_active,
            get_up=self.get_up and torque,
            restricted=self.restricted,
            footsteps=self.footsteps,
        )
        started = time.thread_time()
        command, report = self.controller.step_balance(state, intent)
        self.report = report
        command = self.seat.step_seat(state, intent, report, command)
        self.controller.sends(command)
        self.cpu += time.thread_time() - started
        self.drives.put_command(self.disturbances.interferes(command))


class Rig(BodyRig):
    """Is a rig of the simulated body `mujoco`."""

    driver: MujocoDriver

    def __init__(
        self,
        description: RobotDescription,
        world: str | Path = "flat",
        seed: int = 0,
        model_error: bool = False,
        config: BalanceConfig | None = None,
        period: float = TICK_S,
        options: Mapping[str, object] | None = None,
        delay_ticks: int = LockStepConfig().delay_ticks,
        is_gated: bool = True,
        policy: str | Path = "",
    ):
        """Put the robot down, limp; arguments beside these are those of `BodyRig`.

        Args:
            description: The robot.
            world: Name or MJCF file.
            seed: Seed of sensor noise and model error.
            model_error: Masses and inertias +-10 %, centres of mass +-1 cm, joint friction x2
                against the model.
            config: Settings of the controller.
            period: Length of a tick, s.
            options: Settings of the driver `mujoco`.
            delay_ticks: From a state to the command that answers it.
            is_gated: Commands pass the last gate.
            policy: Manifest of a learned policy.

        Raises:
            TalusError: For a world or a policy that cannot be used.
        """
        settings = {**(MODEL_ERROR if model_error else {}), **(options or {})}
        body = MujocoDriver(DriverSetup(description, period, str(world), seed, settings))
        super().__init__(description, body, config, delay_ticks, is_gated, policy)


def _seat_height_m(robot: RobotDescription) -> float:
    """Return how high the base of a seated robot is over its soles, m."""
    body = Body(robot)
    placement = body.place(robot.poses["sit"])
    return -min(float(body.locate(placement, sole)[1][2]) for sole in body.soles)
