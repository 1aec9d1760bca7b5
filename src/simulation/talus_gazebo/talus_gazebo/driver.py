# SPDX-License-Identifier: Apache-2.0
"""Simulates a body in Gazebo behind the five verbs: the driver `gazebo`."""

from __future__ import annotations

import time

import numpy as np
from talus_core.driver import DriverError, DriverSetup, GroundTruth
from talus_core.errors import UnknownNameError
from talus_core.parameters import build_config
from talus_core.physics import GRAVITY_MPS2
from talus_core.state import RobotState
from talus_simulation.drives import DriveBank
from talus_simulation.physical_driver import PhysicalDriver
from talus_simulation.push import ActivePush, checked_push

from talus_gazebo.body import GazeboBody
from talus_gazebo.config import GazeboConfig
from talus_gazebo.gz_calls import InProcessServer, find_gazebo
from talus_gazebo.server import OpenServer


def in_process() -> OpenServer:
    """Return what opens a Gazebo server in this process. Raises GazeboMissingError."""
    gazebo = find_gazebo()
    return lambda plan: InProcessServer(plan, gazebo)


class GazeboDriver(PhysicalDriver):
    """Simulates one robot in a Gazebo world, with the drives, noise and pack of `mujoco`."""

    driver_name = "gazebo"

    def __init__(self, setup: DriverSetup, open_server: OpenServer | None = None):
        """Read robot and world.

        `open_server`: what starts a server; None: Gazebo's own, in this process.

        Raises DriverError, UnknownNameError, ParameterError.
        """
        self._config = build_config(GazeboConfig, setup.options)
        description = setup.description
        if self._config.start_pose not in description.poses:
            raise UnknownNameError("pose", self._config.start_pose, description.poses)
        super().__init__(setup)
        server = open_server or in_process()
        self._body = GazeboBody(setup, self._config, self._table, self.faults.drives, server)
        self.faults.fit(self._config.step_s, self._body.mass * GRAVITY_MPS2)
        self._pushes: list[ActivePush] = []

    @property
    def remarks(self) -> tuple[str, ...]:
        """What of the world is otherwise than its file says, one line each."""
        return self._body.stage.remarks

    @property
    def soles(self) -> np.ndarray:
        """True places of the left and the right sole in the world, (2, 3), m."""
        return self._body.soles()

    def connect(self) -> None:
        """Lay the robot down limp in its start pose, at rest on its stops."""
        if self._is_open:
            return
        self._open(self._config.noise, self._config.charge_fraction, self._body.mass)
        try:
            self.reset()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the server."""
        super().close()
        self._body.stage.close()

    def advance(self) -> None:
        """Let one period of physics pass."""
        self._require_open("advance")
        self._pack.sag = self.faults.sag()
        self._body.tick(self._pushes)
        for push in self._pushes:
            push.ticks_left -= 1
        self._pushes = [push for push in self._pushes if push.ticks_left > 0]
        self._end_tick()

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

    @property
    def _bank(self) -> DriveBank:
        return self._body.bank

    def _true_state(self, now: float) -> RobotState:
        body = self._body
        motion = body.motion
        return RobotState(
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
