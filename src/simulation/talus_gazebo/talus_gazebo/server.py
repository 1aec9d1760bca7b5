# SPDX-License-Identifier: Apache-2.0
"""Defines what the driver asks of a Gazebo server, so that all but one file can do without one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class ServerPlan:
    """Says what a server runs and what is asked of it.

    Attributes:
        file: SDF file with the world and the robot in it.
        world: Name of the world.
        model: Name of the robot's model in the world.
        joints: Names of the joints, in the order of every joint array.
        angles: (n,) at the start, rad.
        base: Link of the floating base.
        links: Links that may be pushed.
        sensors: Force-torque sensors, each as (joint, sensor).
        step_ns: Physics step, ns.
        wait_s: Longest wait of wall time for a message, s.
    """

    file: Path
    world: str
    model: str
    joints: tuple[str, ...]
    angles: np.ndarray
    base: str
    links: tuple[str, ...]
    sensors: tuple[tuple[str, str], ...]
    step_ns: int
    wait_s: float


@dataclass(frozen=True)
class BodyMotion:
    """Holds what the body does after a physics step.

    Attributes:
        position, velocity: (n,) of the joints, rad and rad/s.
        base_position: (3,) of the base in the world, m.
        base_quat_xyzw: (4,) from base to world.
        base_velocity: (3,) in the world, m/s.
        base_turning: (3,) angular velocity in the world, rad/s.
    """

    position: np.ndarray
    velocity: np.ndarray
    base_position: np.ndarray
    base_quat_xyzw: np.ndarray
    base_velocity: np.ndarray
    base_turning: np.ndarray


@dataclass(frozen=True)
class BodyForces:
    """Holds what acts on the body in a physics step.

    Attributes:
        torques: (n,) on the joints, N m.
        pushes: Forces (3,) N, in the world, at the centre of mass of links.
    """

    torques: np.ndarray
    pushes: Mapping[str, np.ndarray] = field(default_factory=dict)


class GazeboServer(Protocol):
    """Steps a world when it is told to, and never by itself."""

    @property
    def motion(self) -> BodyMotion:
        """Return what the body does after the newest step."""

    def run(
        self, steps: int, drive: Callable[[], BodyForces], see: Callable[[BodyMotion], None]
    ) -> None:
        """Run physics steps: `drive` is asked before each, `see` is told after it.

        Raises DriverError where the server does not run, and what the callables raise.
        """

    def wrenches(self) -> np.ndarray:
        """Return what the force-torque sensors said of the newest step, (k, 6), N and N m.

        Raises DriverError where they stay silent.
        """

    def close(self) -> None:
        """End the server. Idempotent."""


OpenServer = Callable[[ServerPlan], GazeboServer]
