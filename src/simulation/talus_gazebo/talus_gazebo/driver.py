# SPDX-License-Identifier: Apache-2.0
"""Simulates a body in Gazebo behind the five verbs: the driver `gazebo`."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from talus_core.driver import Battery, DriverError, DriverSetup, GroundTruth, checked_command
from talus_core.errors import UnknownNameError
from talus_core.parameters import build_config
from talus_core.physics import GRAVITY_MPS2
from talus_core.state import JointCommand, RobotState
from talus_simulation.battery import Pack, read_pack
from talus_simulation.drives import read_drives
from talus_simulation.faults.injector import FaultInjector
from talus_simulation.noise import SensorNoise
from talus_simulation.push import ActivePush, checked_push

from talus_gazebo.body import GazeboBody
from talus_gazebo.config import GazeboConfig
from talus_gazebo.gz_calls import InProcessServer, find_gazebo
from talus_gazebo.server import OpenServer


def in_process() -> OpenServer:
    """Return what opens a Gazebo server in this process. Raises GazeboMissingError."""
    gazebo = find_gazebo()
    return lambda plan: InProcessServer(plan, gazebo)


class GazeboDriver:
    """Simulates one robot in a Gazebo world, with the drives, noise and pack of `mujoco`."""

    def __init__(self, setup: DriverSetup, open_server: OpenServer | None = None):
        """Read robot and world.

        `open_server`: what starts a server; None: Gazebo's own, in this process.

        Raises DriverError, UnknownNameError, ParameterError.
        """
        self._setup = setup
        self._config = build_config(GazeboConfig, setup.options)
        description = setup.description
        if self._config.start_pose not in description.poses:
            raise UnknownNameError("pose", self._config.start_pose, description.poses)
        self._table = read_drives(description)
        self._pack_data = read_pack(description)
        self.faults = FaultInjector(description, setup.period, setup.seed, self._set_charge)
        server = open_server or in_process()
        self._body = GazeboBody(setup, self._config, self._table, self.faults.drives, server)
        self.faults.fit(self._config.step_s, self._body.mass * GRAVITY_MPS2)
        self._pushes: list[ActivePush] = []
        self._tick = 0
        self._state: RobotState | None = None
        self._is_open = False

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the joints in the order of robot.yaml."""
        return self._setup.description.joint_names

    @property
    def period(self) -> float:
        """Control period in s."""
        return self._setup.period

    @property
    def time(self) -> float:
        """Simulated time since `connect`, s."""
        return self._tick * self._setup.period

    @property
    def remarks(self) -> tuple[str, ...]:
        """What of the world is otherwise than its file says, one line each."""
        return self._body.stage.remarks

    @property
    def soles(self) -> np.ndarray:
        """True places of the left and the right sole in the world, (2, 3), m."""
        return self._body.soles()

    @property
    def energy_used(self) -> float:
        """Energy taken from the battery since `connect`, J."""
        return self._pack.energy_used

    @property
    def torque_left(self) -> np.ndarray:
        """Part of its peak that each drive says it can still give, (n,)."""
        return self.faults.drives.left

    def connect(self) -> None:
        """Lay the robot down limp in its start pose, at rest on its stops."""
        if self._is_open:
            return
        self._tick = 0
        standby = float(self._table.standby_power.sum())
        self._pack = Pack(self._pack_data, standby, self._config.charge_fraction)
        self._noise = SensorNoise(
            self._config.noise, self._table.effort, self._setup.seed, self._body.mass
        )
        self._is_open = True
        try:
            self.reset()
        except BaseException:
            self.close()
            raise

    def read(self, now: float) -> RobotState:
        """Return the state at this tick as sensors see it, the same however often it is read."""
        self._require_open("read")
        if self._state is None:
            body = self._body
            motion = body.motion
            true = RobotState(
                sequence=self._tick,
                time=now,
                steady_time_ns=time.monotonic_ns(),
                position=motion.position,
                velocity=motion.velocity,
                effort=body.effort,
                angular_velocity=body.imu.angular_velocity,
                linear_acceleration=body.imu.linear_acceleration,
                foot_wrenches=body.wrenches,
                torque_enabled=body.bank.is_enabled,
            )
            self._state = self.faults.sense(self._noise(true))
        return self._state

    def write(self, command: JointCommand) -> JointCommand:
        """Follow `command` until the next."""
        self._require_open("write")
        checked_command(command, len(self.joint_names))
        return self._body.bank.hold(self.faults.hold(command, self._body.bank.command))

    def stop(self) -> None:
        """Switch torque off and short the windings."""
        self._body.bank.release()

    def cut(self, joints: Sequence[int]) -> None:
        """Switch torque off for these drives alone, and on again for all others."""
        self._body.bank.cut(self.faults.hear(joints))

    def close(self) -> None:
        """End the server."""
        self._body.bank.release()
        self._body.stage.close()
        self._is_open = False

    def battery(self) -> Battery:
        """Return the pack's state as its own electronics report it."""
        self._require_open("battery")
        return self.faults.report(self._pack.report())

    def advance(self) -> None:
        """Let one period of physics pass."""
        self._require_open("advance")
        self._pack.sag = self.faults.sag()
        self._body.tick(self._pushes)
        for push in self._pushes:
            push.ticks_left -= 1
        self._pushes = [push for push in self._pushes if push.ticks_left > 0]
        self._tick += 1
        self.faults.begin_tick(self._tick)
        self._state = None

    def reset(self) -> None:
        """Put the robot back to its start, limp and at rest, in a new server; time goes on."""
        self._require_open("reset")
        self._pushes = []
        self.faults.clear()
        self._body.place(self._pack)
        self._state = None

    def ground_truth(self) -> GroundTruth:
        """Return where the base really is."""
        self._require_open("ground_truth")
        return self._body.ground_truth()

    def push(self, link: str, impulse: np.ndarray, duration: float) -> None:
        """Push a link, or the one that robot.yaml gives as `torso` or `base`, from now on."""
        name = self._setup.description.frames.get(link, link)
        period = self._setup.period
        self._pushes.append(checked_push(name, impulse, duration, self._body.stage.links, period))

    def set_friction(self, target: str, friction: float) -> None:
        """Refuse: Gazebo's Python changes no friction while a world runs."""
        raise DriverError(
            "gazebo: friction cannot be changed while the world runs; set <mu> in the world's SDF, "
            "or use the driver mujoco"
        )

    def _set_charge(self, fraction: float) -> None:
        self._pack.set_charge(fraction)

    def _require_open(self, verb: str) -> None:
        if not self._is_open:
            raise DriverError(f"gazebo: {verb} before connect")
