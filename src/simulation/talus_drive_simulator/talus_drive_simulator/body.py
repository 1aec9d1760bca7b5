# SPDX-License-Identifier: Apache-2.0
"""Puts MuJoCo's body behind the drives: what each firmware regulates moves its joint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from talus_can.wiring import WiringError
from talus_core.driver import Battery, DriverSetup, GroundTruth, Injection
from talus_core.parameters import build_config
from talus_core.state import JointCommand, RobotState
from talus_simulation.faults.catalogue import FaultRequest
from talus_simulation.mujoco_body.config import MujocoConfig
from talus_simulation.mujoco_body.driver import MujocoDriver

from talus_drive_simulator.firmware.drive import Law, Motion
from talus_drive_simulator.heat import Windings
from talus_drive_simulator.wiring import WiredDrive

# Of wires, firmwares and body together: within it a drive sees one state and keeps one target.
STEP_S = 0.001
_MEANS = ("noise.gyroscope", "noise.accelerometer")  # what is a mean over a control period


@dataclass(frozen=True)
class BodySenses:
    """Holds what no drive reports, at the end of a control period.

    Attributes:
        angular_velocity: (3,) gyroscope, mean over the period, rad/s, in imu_link.
        linear_acceleration: (3,) accelerometer, mean over the period, m/s^2, in imu_link.
        foot_wrenches: (2, 6) left and right foot, N and N m, as in `RobotState`.
        battery: What the pack reports.
    """

    angular_velocity: np.ndarray
    linear_acceleration: np.ndarray
    foot_wrenches: np.ndarray
    battery: Battery


class DrivenBody:
    """Moves a simulated body by the laws of its drives, and measures at their shafts."""

    def __init__(self, setup: DriverSetup, drives: Sequence[WiredDrive]):
        """Take the robot and its drives. Raises DriverError, UnknownNameError, ParameterError.

        The period of `setup` is the control period; options are those of the driver `mujoco`.
        """
        steps = round(setup.period / STEP_S)
        if steps < 1 or abs(steps * STEP_S - setup.period) > 1e-9:
            raise WiringError(f"control period {setup.period} s is no multiple of {STEP_S} s")
        self.steps_per_tick = steps
        self._driver = MujocoDriver(
            replace(setup, period=STEP_S, options=_with_noise_of_means(setup.options, steps))
        )
        names = setup.description.joint_names
        self._places = np.array([names.index(drive.joint) for drive in drives])
        self._ratio = np.array([drive.ratio for drive in drives])
        self._offset = np.array([drive.row.offset for drive in drives])
        self._windings = Windings(setup.description.limits.effort[self._places])
        self._undriven = sorted(set(range(len(names))) - set(self._places.tolist()))
        self._cut: tuple[int, ...] | None = None
        self._rates: list[np.ndarray] = []
        count = len(names)
        self._rest = JointCommand(0, *(np.zeros(count) for _ in range(5)))
        self._driver.connect()
        self._state = self._driver.read(0.0)
        self._shaft = self._shafts()

    @property
    def torque_left(self) -> np.ndarray:
        """Return the share of its peak that each joint's motor can still give, (n,)."""
        return self._driver.torque_left

    @property
    def energy_used(self) -> float:
        """Return the energy taken from the battery since the start, J."""
        return self._driver.energy_used

    @property
    def qpos(self) -> np.ndarray:
        """Return MuJoCo's generalised positions of the whole scene, for drawing, (nq,)."""
        return self._driver.qpos

    @property
    def soles(self) -> np.ndarray:
        """Return the true places of both soles in the world, (2, 3), m."""
        return self._driver.soles

    def touching(self) -> Mapping[str, float]:
        """Return the links, but the feet, that touch the ground, with N each: for judging."""
        return self._driver.touching()

    @property
    def faults(self) -> Sequence[Injection]:
        """Return the faults of the body that act now, oldest first, by control periods."""
        return tuple(map(self._by_ticks, self._driver.faults.active))

    @property
    def time(self) -> float:
        """Return the simulated time since the start, s."""
        return self._driver.time

    def motions(self, voltage: float) -> list[Motion]:
        """Return what each drive measures now; NaN where its encoder fails."""
        warm = self._windings.temperature
        stage = self._windings.stage_temperature
        position, velocity, effort = self._shaft
        return [
            Motion(*numbers, voltage)
            for numbers in zip(
                position.tolist(),
                velocity.tolist(),
                effort.tolist(),
                warm.tolist(),
                stage.tolist(),
                strict=True,
            )
        ]

    def step(self, laws: Sequence[Law | None]) -> None:
        """Let one step pass under what each drive regulates; None: it gives no torque."""
        self._apply(laws)
        self._driver.advance()
        state = self._driver.read(self._driver.time)
        self._state = state
        self._shaft = self._shafts()
        self._rates.append(np.concatenate((state.angular_velocity, state.linear_acceleration)))
        self._windings.warm(state.effort[self._places], STEP_S)

    def senses(self) -> BodySenses:
        """Return what IMU, feet and pack say of the steps since the last call."""
        state = self._state
        rates = np.concatenate((state.angular_velocity, state.linear_acceleration))
        if self._rates:
            rates = np.mean(self._rates, axis=0)
            self._rates.clear()
        return BodySenses(rates[:3], rates[3:], state.foot_wrenches, self._driver.battery())

    def voltage(self) -> float:
        """Return the voltage of the pack, V."""
        return self._driver.battery().voltage

    def warm_up(self, drive: int, temperature: float) -> None:
        """Set the winding of one drive to a temperature, degrees Celsius."""
        self._windings.temperature[drive] = temperature

    def reverse(self, drive: int) -> None:
        """Let the shaft of one drive turn the other way from here on."""
        self._ratio[drive] = -self._ratio[drive]
        self._shaft = self._shafts()

    def reset(self) -> None:
        """Put the body back to its start, limp and at rest; time goes on."""
        self._driver.stop()
        self._driver.cut(())
        self._cut = None
        self._driver.reset()
        self._windings.cool()
        self._rates.clear()
        self._state = self._driver.read(self._driver.time)
        self._shaft = self._shafts()

    def ground_truth(self) -> GroundTruth:
        """Return where the base really is."""
        return self._driver.ground_truth()

    def push(self, link: str, impulse: np.ndarray, duration: float) -> None:
        """Push a link. Raises UnknownNameError or ValueError."""
        self._driver.push(link, impulse, duration)

    def set_friction(self, target: str, friction: float) -> None:
        """Change the friction of a target. Raises UnknownNameError or ValueError."""
        self._driver.set_friction(target, friction)

    def inject(self, request: FaultRequest) -> Injection:
        """Stage a fault of the catalogue of bodies. Raises UnknownNameError or ValueError."""
        return self._by_ticks(self._driver.faults.inject(request))

    def close(self) -> None:
        """Let go of everything."""
        self._driver.close()

    def _by_ticks(self, injection: Injection) -> Injection:
        steps = self.steps_per_tick
        ends = None if injection.ends is None else -(-injection.ends // steps)
        return replace(injection, tick=injection.tick // steps, ends=ends)

    def _apply(self, laws: Sequence[Law | None]) -> None:
        off = tuple(number for number, law in enumerate(laws) if law is None)
        if len(off) == len(laws):
            self._driver.stop()
            self._cut = None
            return
        if off != self._cut:
            self._cut = off
            self._driver.cut([*self._places[list(off)].tolist(), *self._undriven])
        table = np.array([law or (0.0,) * 5 for law in laws])
        ratio = self._ratio
        places = self._places
        rest = self._rest
        arrays = [rest.position, rest.velocity, rest.kp, rest.kd, rest.effort]
        seen_at_joint = (
            table[:, 0] / ratio + self._offset,
            table[:, 1] / ratio,
            table[:, 2] * ratio**2,
            table[:, 3] * ratio**2,
            table[:, 4] * ratio,
        )
        filled = []
        for array, column in zip(arrays, seen_at_joint, strict=True):
            full = array.copy()
            full[places] = column
            filled.append(full)
        position, velocity, kp, kd, effort = filled
        self._driver.write(JointCommand(0, position, velocity, effort, kp, kd))

    def _shafts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return position, velocity and torque of each drive's shaft, each (m,)."""
        state: RobotState = self._state
        places = self._places
        return (
            (state.position[places] - self._offset) * self._ratio,
            state.velocity[places] * self._ratio,
            state.effort[places] / self._ratio,
        )


def _with_noise_of_means(options: Mapping[str, Any], steps: int) -> dict[str, Any]:
    """Return options by which the mean of so many samples has the noise of one as it was asked.

    Raises ParameterError.
    """
    noise = build_config(MujocoConfig, options).noise
    sigmas = dict(zip(_MEANS, (noise.gyroscope, noise.accelerometer), strict=True))
    return {**options, **{name: sigma * steps**0.5 for name, sigma in sigmas.items()}}
