# SPDX-License-Identifier: Apache-2.0
"""What the gate does with a robot that falls while nobody else commands it: the seam, and what it does by itself."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from talus_core.state import JointCommand, RobotState

from talus_safety.fall import Vertical


class FallMotion(Protocol):
    """A protective fall: from the call until the robot lies still. Torque stays on until after the impact."""

    def begin(self, state: RobotState, tilt: Vertical) -> None:
        """The fall is called at this state."""

    def step(self, state: RobotState, tilt: Vertical) -> JointCommand:
        """The next tick."""


class DampedFall:
    """Every joint brakes and none pushes: limbs give way on impact, nothing whips."""

    def __init__(self, damping: np.ndarray):
        """`damping`: (n,) N m s/rad."""
        self._damping = damping

    def begin(self, state: RobotState, tilt: Vertical) -> None:
        """Nothing to prepare."""

    def step(self, state: RobotState, tilt: Vertical) -> JointCommand:
        """The next tick."""
        return JointCommand.damping(state.sequence, state.position, self._damping)
