# SPDX-License-Identifier: Apache-2.0
"""The balance controller on the simulated body in one process, without ROS: fast, seeded, the code that nodes run.

State and command cross with the delay of the driver's lock-step, and the last gate stands before the drives.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from talus_balance.controller import BalanceConfig, BalanceController, BalanceReport, Intent, Mode
from talus_balance.policy.policy import load_policy
from talus_balance.policy.seat import PolicySeat
from talus_balance.scaling import config_for
from talus_core.driver import DriverSetup, GroundTruth
from talus_core.falls import has_fallen
from talus_core.robot import RobotDescription
from talus_core.rotations import matrix_from_quat_xyzw, yaw_of
from talus_core.state import JointCommand, RobotState
from talus_core.stop_levels import StopLevel
from talus_drivers.gated_drives import GatedDrives
from talus_drivers.lockstep import LockStepConfig
from talus_safety.gate import LastGate
from talus_safety.kernel.decide.permit import TorquePermit
from talus_safety.kernel.measure.body import Body
from talus_simulation.mujoco_body.driver import MujocoDriver

from talus_lab.bench.open_drives import OpenDrives

ARM_TIME = 0.5  # s at rest before torque, so that the estimator has averaged the IMU
STAND_TIME = 0.6
OPEN = "open"  # world for falls: who is pushed over flies 2 m, and what a head strikes there shall be the floor
MODEL_ERROR = {"model_error.mass_fraction": 0.1, "model_error.centre_of_mass": 0.01, "model_error.friction_factor": 2.0}


@dataclass(frozen=True)
class Push:
    """An impulse (3,) N s in the world on a link, from `time` s on, over `duration` s."""

    time: float
    impulse: tuple[float, float, float]
    duration: float = 0.1
    link: str = "torso"


class Rig:
    """One robot, from its limp start; drive it with `step` or `run_to`.

    Attributes:
        get_up: Asked for by the operator, whenever it lies.
        restricted: The supervisor asks for R1 or above.
        seat: Of the learned policy, if there is one.
        torque: What the supervisor says to the controller, and to the gate unless `permitted` says otherwise.
        permitted: To the gate alone; None: as `torque`.
        misses: Whether the controller misses this tick: it sees no state and gives no command.
        interferes: Changes a command on its way to the gate.
        pushes: To come.
        drives: Behind the last gate.
        cpu: s that the controller has computed so far.
    """

    def __init__(
        self,
        description: RobotDescription,
        world: str | Path = "flat",
        seed: int = 0,
        model_error: bool = False,
        config: BalanceConfig | None = None,
        period: float = 0.002,
        options: dict | None = None,
        delay_ticks: int = LockStepConfig().delay_ticks,
        is_gated: bool = True,
        policy: str | Path = "",
    ):
        """Puts the robot down, limp.

        Args:
            description: Of the robot.
            world: Name or MJCF file.
            seed: Of sensor noise and model error.
            model_error: Masses and inertias +-10 %, centres of mass +-1 cm, joint friction x2 against the model.
            config: Of the controller; None: as its node has it.
            period: s per tick.
            options: Of the driver `mujoco`.
            delay_ticks: From a state to the command that answers it.
            is_gated: With the last gate, which knows how the robot rests; False: commands go straight to the drives.
            policy: Manifest of a learned policy; empty: none. Its computing time counts as none, so that runs repeat.

        Raises:
            TalusError: For a world or a policy that cannot be used.
        """
        settings = {**(MODEL_ERROR if model_error else {}), **(options or {})}
        self.driver = MujocoDriver(DriverSetup(description, period, str(world), seed, settings))
        self.driver.connect()
        self.controller = BalanceController(description, config or config_for(description), period)
        learned = load_policy(policy, description, period, clock=lambda: 0.0) if policy else None
        self.seat = PolicySeat(description, period, learned)
        self.velocity = np.zeros(3)
        self.stand = True
        self.may_walk = True
        self.restricted = False
        self.torque = True
        self.permitted: bool | None = None
        self.misses: Callable[[], bool] = lambda: False
        self.interferes: Callable[[JointCommand], JointCommand] = lambda command: command
        self.get_up = False
        self.pushes: list[Push] = []
        self.report: BalanceReport | None = None
        self.drives: GatedDrives | OpenDrives = OpenDrives(self.driver, delay_ticks)
        if is_gated:
            self.drives = GatedDrives(self.driver, LastGate(description, period), delay_ticks)
        self.cpu = 0.0
        self._seat_height_m = _seat_height_m(description)

    @property
    def time(self) -> float:
        """Simulated s."""
        return self.driver.time

    @property
    def truth(self) -> GroundTruth:
        """Where the base really is."""
        return self.driver.ground_truth()

    @property
    def mode(self) -> Mode:
        """Of the controller."""
        return self.controller.mode

    def has_fallen(self) -> bool:
        """Judged from ground truth: the base lies low over the lower sole, or tilts beyond recovery."""
        truth = self.truth
        up = matrix_from_quat_xyzw(truth.quat_xyzw)[2, 2]
        height = truth.position[2] - self.driver.soles[:, 2].min()
        return has_fallen(up, height, self._seat_height_m)

    def step(self) -> BalanceReport | None:
        """One control tick; what the controller reports, or reported when it last ran."""
        driver, now = self.driver, self.driver.time
        for push in [p for p in self.pushes if p.time <= now]:
            driver.push(push.link, np.array(push.impulse), push.duration)
            self.pushes.remove(push)
        state = driver.read(now)
        torque = self.torque and now >= ARM_TIME
        if not self.misses():
            self._control(state, torque)
        permitted = torque if self.permitted is None else self.permitted
        self.drives.put_permit(TorquePermit(StopLevel.R0_RUN, permitted, permitted, state.sequence))
        self.drives.step(state, now)
        driver.advance()
        return self.report

    def _control(self, state: RobotState, torque: bool) -> None:
        stand = self.stand and state.time >= STAND_TIME
        get_up, released = self.get_up and torque, self.drives.standby_active
        intent = Intent(torque, stand, self.velocity, self.may_walk, (0.0, 0.0), released, get_up, self.restricted)
        started = time.thread_time()
        command, self.report = self.controller.step(state, intent)
        command = self.seat.step(state, intent, self.report, command)
        self.controller.sends(command)
        self.cpu += time.thread_time() - started
        self.drives.put_command(self.interferes(command))

    def run_to(self, time: float) -> bool:
        """Until `time` s or a fall; whether it is still up."""
        while self.time < time:
            self.step()
            if self.has_fallen():
                return False
        return True

    def run_until(self, mode: Mode, limit: float) -> bool:
        """Until the controller is in `mode`, at most to `limit` s; whether it got there."""
        while self.time < limit and self.mode is not mode:
            self.step()
        return self.mode is mode

    def heading(self) -> float:
        """True heading of the base, rad."""
        return yaw_of(matrix_from_quat_xyzw(self.truth.quat_xyzw))


def _seat_height_m(robot: RobotDescription) -> float:
    """Return how high the base of a seated robot is over its soles, m."""
    body = Body(robot)
    placement = body.place(robot.poses["sit"])
    return -min(float(body.locate(placement, sole)[1][2]) for sole in body.soles)
