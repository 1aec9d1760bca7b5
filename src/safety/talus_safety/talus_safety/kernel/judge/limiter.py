# SPDX-License-Identifier: Apache-2.0
"""Refuses malformed command frames whole, and cuts sound frames to the robot's limits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_safety.kernel.limits import LimiterConfig

POSITION_ROW, VELOCITY_ROW, COMMAND_EFFORT_ROW, KP_ROW, KD_ROW = range(
    5
)  # rows of a command's table
# Ticks of travel at full speed: no body moves so many joints farther than that in one tick.
JUMP_TICKS = 10
JUMP_JOINTS = 3


class _CheckedCommand(NamedTuple):
    """Holds a sound frame together with its five arrays as a table (5, n)."""

    command: JointCommand
    table: np.ndarray


class CommandLimiter:
    """Checks frames, then limits their range, rate, torque and gains.

    The limits are the robot's, narrowed by `config`.
    """

    def __init__(self, robot: RobotDescription, period: float, config: LimiterConfig):
        limits = robot.limits
        speed = config.velocity_fraction * limits.velocity
        effort = config.effort_fraction * limits.effort
        lower = limits.lower + config.range_margin_rad
        upper = limits.upper - config.range_margin_rad
        middle = 0.5 * (limits.lower + limits.upper)
        zero = np.zeros_like(effort)
        kp = config.stiffness_per_effort * limits.effort
        kd = config.damping_per_effort * limits.effort
        self._low = np.array([np.minimum(lower, middle), -speed, -effort, zero, zero])
        self._high = np.array([np.maximum(upper, middle), speed, effort, kp, kd])
        self._step = speed * period  # rad per tick
        self._age_ticks = config.age_ticks
        self._legs = robot.indices("left_leg", "right_leg")
        self._checked: _CheckedCommand | None = None  # the newest sound frame
        self._sent: np.ndarray | None = (
            None  # (n,) rad, the position targets that the drives follow now
        )
        self._sent_at = self._accepted_at = -1

    def relax(self) -> None:
        """Forget the targets in force: the next ones are compared with the joint positions."""
        self._sent = None

    def refuse(self, command: JointCommand, state: RobotState, may_be_limp: bool) -> str:
        """Say why the frame must not reach the drives; empty when it may.

        A frame that may pass bars all older frames from then on.

        Args:
            command: Frame as it arrived.
            state: State of this tick.
            may_be_limp: Whether legs without stiffness, damping and torque are no danger now.
        """
        table = self._table(command)
        if table is None:
            return "wrong size or type"
        if not np.isfinite(table).all():
            return "NaN or infinite"
        if np.minimum.reduce(table[KP_ROW:], None) < 0.0:
            return "negative gain"
        if not isinstance(command.sequence, int) or not self._is_timely(
            command.sequence, state.sequence
        ):
            return "old, repeated or from the future"
        if not may_be_limp and not table[COMMAND_EFFORT_ROW:, self._legs].any():
            return "limp legs"
        if self._jumps(table, command.sequence, state.position):
            return "jumps in many joints"
        self._accepted_at = command.sequence
        self._checked = _CheckedCommand(command, table)
        return ""

    def limit(self, command: JointCommand, state: RobotState) -> tuple[JointCommand, bool]:
        """Return a sound frame within every limit, and whether a value had to be cut."""
        table = (
            self._table(command)
            if self._checked is None or command is not self._checked.command
            else self._checked.table
        )
        assert table is not None  # a sound frame has arrays of the right size and type
        result = np.minimum(np.maximum(table, self._low), self._high)
        if self._sent is None:
            self._sent = np.minimum(
                np.maximum(state.position, self._low[POSITION_ROW]), self._high[POSITION_ROW]
            )
            self._sent_at = state.sequence
        reach = self._step * max(state.sequence - self._sent_at, 1)
        result[POSITION_ROW] = np.minimum(
            np.maximum(result[POSITION_ROW], self._sent - reach), self._sent + reach
        )
        self._sent = result[POSITION_ROW]
        self._sent_at = state.sequence
        return JointCommand(command.sequence, *result), bool(np.count_nonzero(result != table))

    def _jumps(self, table: np.ndarray, sequence: int, position: np.ndarray) -> bool:
        """Tell whether many leg targets are far from those in force and from the joints.

        A single such target is only cut to its rate.
        """
        if self._sent is None:
            return False
        reach = self._step * (JUMP_TICKS - 1 + sequence - self._accepted_at)
        far = (
            np.minimum(
                np.abs(table[POSITION_ROW] - self._sent), np.abs(table[POSITION_ROW] - position)
            )
            > reach
        )
        far &= table[KP_ROW] > 0.0
        return bool(np.count_nonzero(far[self._legs]) >= JUMP_JOINTS)

    def _is_timely(self, sequence: int, newest: int) -> bool:
        return max(self._accepted_at + 1, newest - self._age_ticks) <= sequence <= newest

    def _table(self, command: JointCommand) -> np.ndarray | None:
        """Return the five arrays as a table (5, n), or None if their types or sizes do not fit."""
        try:
            arrays = (command.position, command.velocity, command.effort, command.kp, command.kd)
            table = np.array(arrays, dtype=float)
        except (TypeError, ValueError, OverflowError):
            return None
        return table if table.shape == self._low.shape else None
