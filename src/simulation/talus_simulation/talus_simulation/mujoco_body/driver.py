# SPDX-License-Identifier: Apache-2.0
"""Simulate a body behind the five verbs: the driver `mujoco`."""

from __future__ import annotations

import math
import time

import numpy as np
from talus_core.driver import DriverSetup, GroundTruth
from talus_core.errors import UnknownNameError
from talus_core.parameters import build_config
from talus_core.physics import GRAVITY_MPS2
from talus_core.state import RobotState

from talus_simulation.drives import DriveBank
from talus_simulation.mujoco_body.config import MujocoConfig
from talus_simulation.mujoco_body.levers import Friction, Pushes, add_load, disturb_model
from talus_simulation.mujoco_body.plant import LYING_ROLL_PITCH_RAD, Plant
from talus_simulation.mujoco_body.sight import SceneSight
from talus_simulation.physical_driver import PhysicalDriver


class MujocoDriver(PhysicalDriver):
    """Simulates physics, noisy sensors and battery of one robot.

    The same setup and commands give the same run, bit for bit.
    """

    driver_name = "mujoco"

    def __init__(self, setup: DriverSetup):
        """Load the model. Raises DriverError, UnknownNameError, ParameterError."""
        self._config = build_config(MujocoConfig, setup.options)
        description = setup.description
        if self._config.start_pose not in description.poses:
            raise UnknownNameError("pose", self._config.start_pose, description.poses)
        if self._config.lying not in ("", *LYING_ROLL_PITCH_RAD):
            raise UnknownNameError("side", self._config.lying, LYING_ROLL_PITCH_RAD)
        super().__init__(setup)
        self._plant = Plant(setup, self._table, self.faults.drives)
        self.faults.fit(self._plant.model.opt.timestep, self._plant.mass * GRAVITY_MPS2)
        self._start = self._start_qpos()
        self._nominal_mass = self._plant.mass
        self._disturb()
        model = self._plant.model
        data = self._plant.data
        self._pushes = Pushes(model, data, setup.period)
        self._friction = Friction(model, [foot.frame for foot in description.feet])

    @property
    def qpos(self) -> np.ndarray:
        """MuJoCo's generalised positions of the whole scene, for rendering."""
        return self._plant.data.qpos

    @property
    def robot_qpos(self) -> np.ndarray:
        """MuJoCo's generalised positions of the robot alone, without what the world moves."""
        return self._plant.data.qpos[self._plant.surroundings.robot_qpos]

    @property
    def remarks(self) -> tuple[str, ...]:
        """What of the world is otherwise than its file says, one line each."""
        return self._plant.remarks

    @property
    def mass(self) -> float:
        """Mass of the simulated body with its model error, kg."""
        return self._plant.mass

    @property
    def soles(self) -> np.ndarray:
        """True places of the left and the right sole in the world, (2, 3), m."""
        return self._plant.soles()

    @property
    def sight(self) -> SceneSight:
        """A view of what its cameras truly see, without rendering."""
        return SceneSight(self._plant.model, self._plant.data, self._plant.surroundings.base)

    def connect(self) -> None:
        """Lay the robot down limp in its start pose, at rest on its stops."""
        if self._is_open:
            return
        self._open(self._config.noise, self._config.charge_fraction, self._nominal_mass)
        self.reset()

    def advance(self) -> None:
        """Let one period of physics pass."""
        self._require_open("advance")
        self._pushes.apply()
        self._pack.sag = self.faults.sag()
        self._plant.tick(self._pack)
        self._end_tick()

    def reset(self) -> None:
        """Put the robot back to its start, limp and at rest; time, battery, friction go on."""
        self._require_open("reset")
        self._pushes.clear()
        self.faults.clear()
        self._plant.place(self._start, self._config.settle_s)
        self._state = None

    def ground_truth(self) -> GroundTruth:
        """Return where the base really is."""
        return self._plant.ground_truth()

    def touching(self) -> dict[str, float]:
        """Return the links, but the feet, that touch the ground or something on it, with N each.

        This is for judging a fall, never for control.
        """
        return self._plant.touching()

    def push(self, link: str, impulse: np.ndarray, duration: float) -> None:
        """Push a link, or the one that robot.yaml gives as `torso` or `base`, from now on."""
        self._pushes.add(self._setup.description.frames.get(link, link), impulse, duration)

    def set_friction(self, target: str, friction: float) -> None:
        """Change the friction of a target from the next tick on."""
        self._friction.set(target, friction)

    def add_load(self, frame: str, mass: float) -> None:
        """Fix a point mass (kg) at a frame of robot.yaml from the next tick on, for good.

        Raises UnknownNameError, ValueError.
        """
        frames = self._setup.description.frames
        if frame not in frames:
            raise UnknownNameError("frame", frame, frames)
        add_load(self._plant.model, frames[frame], mass)

    @property
    def _bank(self) -> DriveBank:
        return self._plant.bank

    def _true_state(self, now: float) -> RobotState:
        plant = self._plant
        sample = plant.sample()
        return RobotState(
            sequence=self._tick,
            time=now,
            steady_time_ns=time.monotonic_ns(),
            position=plant.position,
            velocity=plant.velocity,
            effort=plant.effort,
            angular_velocity=sample.angular_velocity,
            linear_acceleration=sample.linear_acceleration,
            foot_wrenches=sample.foot_wrenches,
            torque_enabled=plant.bank.is_enabled,
        )

    def _start_qpos(self) -> np.ndarray:
        config = self._config
        pose = self._setup.description.poses[config.start_pose]
        if config.start_spread == 0.0 and not config.lying:
            return self._plant.posed(pose)
        random = np.random.default_rng(self._setup.seed)
        limits = self._setup.description.limits
        pose = pose.copy()
        arms_and_legs = self._setup.description.structural_indices
        pose[arms_and_legs] += config.start_spread * random.uniform(-1.0, 1.0, len(arms_and_legs))
        pose = np.clip(pose, limits.lower, limits.upper)
        heading = random.uniform(-math.pi, math.pi) if config.start_spread > 0.0 else 0.0
        return self._plant.posed(pose, config.lying, heading)

    def _disturb(self) -> None:
        config = self._config.model_error
        description = self._setup.description
        disturb_model(self._plant.model, description.frames["base"], config, self._setup.seed)
        self._plant.brakes.use_joint_damping(config.friction_factor)
