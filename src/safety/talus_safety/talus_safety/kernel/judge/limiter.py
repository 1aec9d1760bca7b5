# SPDX-License-Identifier: Apache-2.0
"""Refuses malformed command frames whole, and cuts the values of sound ones to the robot's limits."""

from __future__ import annotations

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_safety.kernel.limits import LimiterConfig

POSITION, VELOCITY, EFFORT, KP, KD = range(5)  # rows of a command's table
JUMP_TICKS, JUMP_JOINTS = (
    10,
    3,
)  # so many joints at once farther than at full speed in so many ticks: not one body's


class CommandLimiter:
    """Frame checks, then range, rate, torque and gain limits; limits come from the robot, `config` narrows them."""

    def __init__(self, robot: RobotDescription, period: float, config: LimiterConfig):
        limits = robot.limits
        speed = config.velocity_fraction * limits.velocity
        effort = config.effort_fraction * limits.effort
        lower, upper = (
            limits.lower + config.range_margin_rad,
            limits.upper - config.range_margin_rad,
        )
        middle, zero = 0.5 * (limits.lower + limits.upper), np.zeros_like(effort)
        kp, kd = (
            config.stiffness_per_effort * limits.effort,
            config.damping_per_effort * limits.effort,
        )
        self._low = np.array([np.minimum(lower, middle), -speed, -effort, zero, zero])
        self._high = np.array([np.maximum(upper, middle), speed, effort, kp, kd])
        self._step = speed * period  # rad per tick
        self._age_ticks = config.age_ticks
        self._legs = robot.indices("left_leg", "right_leg")
        self._checked: JointCommand | None = None  # the newest sound frame
        self._checked_table: np.ndarray | None = None
        self._sent: np.ndarray | None = (
            None  # (n,) rad, the position target that the drives follow now
        )
        self._sent_at = self._accepted_at = -1

    def relax(self) -> None:
        """No target is in force: the next one is measured against the joints' own positions."""
        self._sent = None

    def refuse(self, command: JointCommand, state: RobotState, may_be_limp: bool) -> str:
        """Why the frame must not reach the drives; empty when it may, and then older frames no longer may.

        Args:
            command: As it arrived.
            state: Of this tick.
            may_be_limp: Legs without stiffness, damping and torque are no danger now.
        """
        table = self._table(command)
        if table is None:
            return "wrong size or type"
        if not np.isfinite(table).all():
            return "NaN or infinite"
        if np.minimum.reduce(table[KP:], None) < 0.0:
            return "negative gain"
        if not isinstance(command.sequence, int) or not self._is_timely(
            command.sequence, state.sequence
        ):
            return "old, repeated or from the future"
        if not may_be_limp and not table[EFFORT:, self._legs].any():
            return "limp legs"
        if self._jumps(table, command.sequence, state.position):
            return "jumps in many joints"
        self._accepted_at = command.sequence
        self._checked, self._checked_table = command, table
        return ""

    def limit(self, command: JointCommand, state: RobotState) -> tuple[JointCommand, bool]:
        """A sound frame within every limit, and whether a value had to be cut."""
        table = self._checked_table if command is self._checked else self._table(command)
        result = np.minimum(np.maximum(table, self._low), self._high)
        if self._sent is None:
            self._sent = np.minimum(
                np.maximum(state.position, self._low[POSITION]), self._high[POSITION]
            )
            self._sent_at = state.sequence
        reach = self._step * max(state.sequence - self._sent_at, 1)
        result[POSITION] = np.minimum(
            np.maximum(result[POSITION], self._sent - reach), self._sent + reach
        )
        self._sent, self._sent_at = result[POSITION], state.sequence
        return JointCommand(command.sequence, *result), bool(np.count_nonzero(result != table))

    def _jumps(self, table: np.ndarray, sequence: int, position: np.ndarray) -> bool:
        """Legs' targets far from those in force and from the joints: another order. One alone is cut to its rate."""
        if self._sent is None:
            return False
        reach = self._step * (JUMP_TICKS - 1 + sequence - self._accepted_at)
        far = (
            np.minimum(np.abs(table[POSITION] - self._sent), np.abs(table[POSITION] - position))
            > reach
        )
        far &= table[KP] > 0.0
        return np.count_nonzero(far[self._legs]) >= JUMP_JOINTS

    def _is_timely(self, sequence: int, newest: int) -> bool:
        return max(self._accepted_at + 1, newest - self._age_ticks) <= sequence <= newest

    def _table(self, command: JointCommand) -> np.ndarray | None:
        """(5, n) of the five arrays, or None where they are not that."""
        try:
            arrays = (command.position, command.velocity, command.effort, command.kp, command.kd)
            table = np.array(arrays, dtype=float)
        except (TypeError, ValueError, OverflowError):
            return None
        return table if table.shape == self._low.shape else None
