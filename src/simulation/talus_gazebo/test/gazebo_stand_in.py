# SPDX-License-Identifier: Apache-2.0
"""Stands in for a Gazebo server: each joint turns by itself, the base stays, the soles bear it."""

from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
from talus_core.driver import DriverError, DriverSetup
from talus_core.physics import GRAVITY_MPS2, NANOSECONDS_PER_SECOND
from talus_gazebo.driver import GazeboDriver
from talus_gazebo.server import BodyForces, BodyMotion, ServerPlan

JOINT_INERTIA_KGM2 = 0.1


class GazeboStandIn:
    """Steps joints of one inertia, and remembers the pushes.

    Attributes:
        plan: What it was opened with.
        text: The SDF that it was given.
        motion: What the body does after the newest step.
        pushes: Of each step, by link.
        sign: Of its force sensors; -1: they sit the wrong way round.
    """

    def __init__(self, plan: ServerPlan, sign: float = 1.0):
        self.plan = plan
        self.text = plan.file.read_text()
        self.sign = sign
        self.pushes: list[dict[str, np.ndarray]] = []
        self.is_open = True
        masses = ElementTree.fromstring(self.text).iter("mass")
        self._weight = GRAVITY_MPS2 * sum(float(mass.text or "0") for mass in masses)
        zero = np.zeros(3)
        self.motion = BodyMotion(
            position=plan.angles.copy(),
            velocity=np.zeros(len(plan.angles)),
            base_position=np.array([0.0, 0.0, 0.8]),
            base_quat_xyzw=np.array([0.0, 0.0, 0.0, 1.0]),
            base_velocity=zero,
            base_turning=zero,
        )

    def run(
        self, steps: int, drive: Callable[[], BodyForces], see: Callable[[BodyMotion], None]
    ) -> None:
        if not self.is_open:
            raise DriverError("the server is closed")
        dt = self.plan.step_ns / NANOSECONDS_PER_SECOND
        for _ in range(steps):
            forces = drive()
            self.pushes.append(dict(forces.pushes))
            velocity = self.motion.velocity + dt / JOINT_INERTIA_KGM2 * forces.torques
            position = self.motion.position + dt * velocity
            self.motion = replace(self.motion, position=position, velocity=velocity)
            see(self.motion)

    def wrenches(self) -> np.ndarray:
        wrenches = np.zeros((2, 6))
        wrenches[:, 2] = 0.5 * self.sign * self._weight
        return wrenches

    def close(self) -> None:
        self.is_open = False


def for_the_kit(setup: DriverSetup) -> GazeboDriver:
    """Return the driver on a stand-in, as the conformance kit builds it."""
    return GazeboDriver(setup, GazeboStandIn)
