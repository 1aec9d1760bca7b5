# SPDX-License-Identifier: Apache-2.0
"""Simulate a body behind the five verbs: the driver `mujoco`."""

from __future__ import annotations

import math
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
from talus_simulation.mujoco_body.config import MujocoConfig
from talus_simulation.mujoco_body.levers import Friction, Pushes, add_load, disturb_model
from talus_simulation.mujoco_body.plant import LYING_ROLL_PITCH_RAD, Plant
from talus_simulation.mujoco_body.sight import SceneSight
from talus_simulation.noise import SensorNoise


class MujocoDriver:
    """Simulates physics, noisy sensors and battery of one robot.

    The same setup and commands give the same run, bit for bit.
    """

    def __init__(self, setup: DriverSetup):
        """Load the model. Raises DriverError, UnknownNameError, ParameterError."""
        self._setup = setup
        self._config = build_config(MujocoConfig, setup.options)
        description = setup.description
        if self._config.start_pose not in description.poses:
            raise UnknownNameError("pose", self._config.start_pose, description.poses)
        if self._config.lying not in ("", *LYING_ROLL_PITCH_RAD):
            raise UnknownNameError("side", self._config.lying, LYING_ROLL_PITCH_RAD)
        self._table = read_drives(description)
        self._pack_data = read_pack(description)
        self.faults = FaultInjector(description, setup.period, setup.seed, self._set_charge)
        self._plant = Plant(setup, self._table, self.faults.drives)
        self.faults.fit(self._plant.model.opt.timestep, self._plant.mass * GRAVITY_MPS2)
        self._start = self._start_qpos()
        self._nominal_mass = self._plant.mass
        self._disturb()
        model = self._plant.model
        data = self._plant.data
        self._pushes = Pushes(model, data, setup.period)
        self._friction = Friction(model, [foot.frame for foot in description.feet])
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
            self._config.noise, self._table.effort, self._setup.seed, self._nominal_mass
        )
        self._is_open = True
        self.reset()

    def read(self, now: float) -> RobotState:
        """Return the state at this tick as sensors see it, the same however often it is read."""
        self._require_open("read")
        seen = self._state
        if seen is None:
            plant = self._plant
            sample = plant.sample()
            true = RobotState(
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
            seen = self.faults.sense(self._noise(true))
            self._state = seen
        return seen

    def write(self, command: JointCommand) -> JointCommand:
        """Follow `command` until the next."""
        self._require_open("write")
        checked_command(command, len(self.joint_names))
        return self._plant.bank.hold(self.faults.hold(command, self._plant.bank.command))

    def stop(self) -> None:
        """Switch torque off and short the windings."""
        self._plant.bank.release()

    def cut(self, joints: Sequence[int]) -> None:
        """Switch torque off for these drives alone, and on again for all others."""
        self._plant.bank.cut(self.faults.hear(joints))

    def close(self) -> None:
        """Let go of everything."""
        self._plant.bank.release()
        self._is_open = False

    def battery(self) -> Battery:
        """Return the pack's state as its own electronics report it."""
        self._require_open("battery")
        return self.faults.report(self._pack.report())

    def advance(self) -> None:
        """Let one period of physics pass."""
        self._require_open("advance")
        self._pushes.apply()
        self._pack.sag = self.faults.sag()
        self._plant.tick(self._pack)
        self._tick += 1
        self.faults.begin_tick(self._tick)
        self._state = None

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

    def _set_charge(self, fraction: float) -> None:
        self._pack.set_charge(fraction)

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

    def _require_open(self, verb: str) -> None:
        if not self._is_open:
            raise DriverError(f"mujoco: {verb} before connect")
