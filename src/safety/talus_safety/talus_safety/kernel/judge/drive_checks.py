# SPDX-License-Identifier: Apache-2.0
"""Checks drives and encoders, with one class for each way in which they fail.

Each class remembers what its check needs, and returns which joints fail now.
"""

from __future__ import annotations

import numpy as np
from talus_core.robot import JointLimits, RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_safety.kernel.limits import MonitorConfig

# Rows of the table that each tick fills; a joint fails after so many ticks in a row past a bound.
RESIDUAL_ROW, SPEED_ROW, EFFORT_ROW, STEP_ROW, PUSH_ROW = range(5)
RESIDUAL_TICKS = 8
ENVELOPE_TICKS = 3
# Share of the peak torque that a drive gives beyond what is asked: hard shoves show 0.03.
PUSH_OF_PEAK = 0.3
PUSH_TICKS = 3
SPEED_OF_LIMIT = 1.2  # share of the speed limit: a push of 20 N s while walking reaches 0.81
# Rad/s to which such a push throws joints that carry, and others, whatever their drives can do:
# 0.81 of the 14 rad/s of talus40's knees, and 1.2 of the 8 rad/s of its fingers; over another
# robot's time.
SHOVED_LEG_RADPS = 11.3
SHOVED_LIMB_RADPS = 9.6
EFFORT_OF_PEAK = 1.15  # share of the peak torque: current sensing is accurate to 1 %
# Share of the speed limit that an encoder's step may show: a jump by 2 pi shows far more.
STEP_OF_SPEED_LIMIT = 1.5
STEP_NOISE_RAD = 0.05
DEAD_EFFORT_OF_PEAK = 0.008  # share of the peak torque, given at most in every tick: 4 x the noise
# Share of the peak torque, given at most in the mean; healthy joints give so little at 0.006 asked.
DEAD_MEAN_EFFORT_OF_PEAK = 0.003
DEAD_ASKED_EFFORT_OF_PEAK = 0.01
DEAD_TICKS = 5
# rad/s that the command asks for while the joint does not move
LOCKED_WANTED_SPEED_RADPS = 1.0
LOCKED_SPEED_RADPS = 0.1
LOCKED_TICKS = 25  # ticks: twice what healthy joints need to start moving
# rad/s: a third more than the speed from which healthy joints stop, in getting up too; plus noise
STOPPED_FROM_SPEED_RADPS = 0.65
STOPPED_SPEED_RADPS = 0.08
# Ticks in which the joint stops; after them it does not move at all.
STOPPED_WITHIN_TICKS = 2
STOPPED_TICKS = 16
# s in which the rotor of a healthy joint loses two thirds of its speed to its damping; where less,
# it stops as fast as a locked one: from 0.65 to 0.08 rad/s within 2 ticks at 1.9 ms; five times
# that. The least of talus40 is 30 ms, and that of a hip with a damper 1 to 2 ms.
LEAST_COASTING_S = 0.01
ENCODER_STUCK_TICKS = 8
# Ticks in which every encoder changes: all have noise, so equal samples mean that one is stuck.
ENCODER_DITHER_TICKS = 50
POWER_TICKS = 5


class DriveLaw:
    """Computes the torque that drives should give for a command."""

    def __init__(self, limits: JointLimits):
        self._effort = limits.effort
        self._low = -limits.effort

    def expected(self, state: RobotState, sent: JointCommand) -> np.ndarray:
        """Return the torque (n,) that the drives' control law asks for, N m."""
        effort = sent.position - state.position
        effort *= sent.kp
        effort += sent.effort
        speed = sent.velocity - state.velocity
        speed *= sent.kd
        effort += speed
        np.minimum(effort, self._effort, out=effort)
        return np.maximum(effort, self._low, out=effort)


class EnvelopeCheck:
    """Counts how long each joint's residual, speed, torque, step and push are out of bounds."""

    def __init__(
        self, limits: JointLimits, period: float, config: MonitorConfig, shoved: np.ndarray
    ):
        """Judge joints; `shoved` (n,): rad/s to which a push from outside may throw each."""
        self._bound = np.array(
            [
                config.torque_residual * limits.effort,
                np.maximum(SPEED_OF_LIMIT * limits.velocity, shoved),
                EFFORT_OF_PEAK * limits.effort,
                STEP_OF_SPEED_LIMIT * limits.velocity * period + STEP_NOISE_RAD,
                PUSH_OF_PEAK * limits.effort,
            ]
        )
        self._rated = limits.velocity
        self._needed = np.array(
            [[RESIDUAL_TICKS], [ENVELOPE_TICKS], [ENVELOPE_TICKS], [1], [PUSH_TICKS]]
        )
        self._table = np.zeros_like(self._bound)
        self._count = np.zeros(self._bound.shape, dtype=int)
        self._asked_before: np.ndarray | None = None

    def forget(self) -> None:
        """Start counting anew."""
        self._count[:] = 0
        self._asked_before = None

    def measure(self, state: RobotState, last_position: np.ndarray) -> np.ndarray:
        """Take in a tick's motion; returns each joint's step (n,) since the tick before, rad."""
        np.subtract(state.position, last_position, out=self._table[STEP_ROW])
        self._table[SPEED_ROW] = state.velocity
        self._table[EFFORT_ROW] = state.effort
        return self._table[STEP_ROW]

    def compare(self, state: RobotState, asked: np.ndarray | None) -> None:
        """Compare a tick's torque with what was asked, (n,) N m.

        `asked` is None where no torque can be expected. A drive on a bus reports a tick late: what
        was asked in the tick before will do as well. A joint that is thrown faster than its rated
        speed takes the voltage away from its drive, which may then give less than is asked, down
        to braking; more than is asked it may not give.
        """
        table = self._table
        before = self._asked_before
        self._asked_before = asked
        if asked is None:
            table[RESIDUAL_ROW] = 0.0
            table[PUSH_ROW] = 0.0
            return
        residual = np.subtract(asked, state.effort, out=table[RESIDUAL_ROW])
        if before is not None:
            late = before - state.effort
            np.copyto(residual, late, where=np.abs(late) < np.abs(residual))
        against = -np.sign(state.effort) * table[RESIDUAL_ROW]
        np.minimum(np.maximum(against, 0.0), np.abs(state.effort), out=table[PUSH_ROW])
        for joint in np.flatnonzero(np.abs(state.velocity) > self._rated):
            way = np.sign(state.velocity[joint])
            if way * asked[joint] > 0.0 and way * table[RESIDUAL_ROW, joint] > 0.0:
                table[RESIDUAL_ROW, joint] = 0.0

    def find(self, speaks: np.ndarray) -> np.ndarray | None:
        """Return which joints (5, n) were out of a bound for long enough, or None for no joint.

        Args:
            speaks: Encoders (n,) that gave a new value in this tick.
        """
        np.abs(self._table, out=self._table)
        self._count += 1
        self._count *= ~(self._table <= self._bound)  # NaN counts as out of bounds
        if not np.count_nonzero(self._count):
            return None
        found = self._count >= self._needed
        if not found.any():
            return None
        found[PUSH_ROW] &= speaks & np.isfinite(
            self._table[PUSH_ROW]
        )  # a silent bus leaves the count as it was
        return found


class DeadCheck:
    """Finds drives that are asked for some torque and give none at all.

    A drive on a bus reports a tick late: it answers a command with what it gave before. So what is
    asked for now and what was asked for in the tick before must both be more than it gives.
    """

    def __init__(self, limits: JointLimits):
        self._says_little = DEAD_EFFORT_OF_PEAK * limits.effort
        self._means_little = DEAD_MEAN_EFFORT_OF_PEAK * limits.effort
        self._asks_enough = DEAD_ASKED_EFFORT_OF_PEAK * limits.effort
        self.forget()

    def forget(self) -> None:
        """Start counting anew."""
        self._ticks = np.zeros(len(self._says_little), dtype=int)
        self._means = np.zeros(
            (3, len(self._says_little))
        )  # N m asked for, in the tick before, and given, while the drives give next to nothing
        self._asked_before = np.zeros(len(self._says_little))

    def find(self, state: RobotState, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return drives (n,) that are dead, and drives (n,) that give nothing in this tick."""
        silent = np.abs(state.effort) < self._says_little
        self._ticks += 1
        self._ticks *= silent
        self._means += ((asked, self._asked_before, state.effort) - self._means) / np.minimum(
            np.maximum(self._ticks, 1), DEAD_TICKS
        )
        self._asked_before = asked
        now, before, given = np.abs(self._means)
        found = (
            (np.minimum(now, before) > self._asks_enough)
            & (given < self._means_little)
            & (self._ticks >= DEAD_TICKS)
        )
        return found, silent


def coasts(limits: JointLimits) -> np.ndarray:
    """Return which joints (n,) keep their speed for a while; of others, speed shows no lock."""
    return limits.rotor_inertia >= LEAST_COASTING_S * limits.damping


class LockedCheck:
    """Finds joints that are asked to move for a long time and do not.

    Joints that a damper stops at once are not judged: they follow late what they are asked for.
    """

    def __init__(self, limits: JointLimits):
        self._judged = coasts(limits)
        self._ticks = np.zeros(len(self._judged), dtype=int)

    def forget(self) -> None:
        """Start counting anew."""
        self._ticks[:] = 0

    def find(self, state: RobotState, sent: JointCommand) -> np.ndarray | None:
        """Return which joints (n,) are locked, or None."""
        wanted = np.abs(sent.velocity) > LOCKED_WANTED_SPEED_RADPS
        wanted &= (np.abs(state.velocity) < LOCKED_SPEED_RADPS) & self._judged
        self._ticks += 1
        self._ticks *= wanted
        return (
            self._ticks >= LOCKED_TICKS if np.maximum.reduce(self._ticks) >= LOCKED_TICKS else None
        )


class StoppedCheck:
    """Finds leg and torso joints that turned, stop at once and then stay where they are.

    Joints that a damper stops at once are not judged.
    """

    def __init__(self, robot: RobotDescription, carries: np.ndarray, contact_on: float):
        """Judge joints `carries` (n,); a foot under more than `contact_on`, N, is a support."""
        self._judged = carries & coasts(robot.limits)
        self._ankles = tuple(list(leg.ankle) for leg in robot.legs)
        self._contact_on = contact_on
        self.forget()

    def forget(self) -> None:
        """Start counting anew."""
        size = len(self._judged)
        self._still = np.zeros(size, dtype=int)
        # Rad/s of this tick and those before
        self._speeds = np.zeros((STOPPED_WITHIN_TICKS + 1, size))
        self._stopped_from = np.zeros(size)

    def find(self, state: RobotState) -> np.ndarray | None:
        """Return which joints (n,) stopped for good, or None.

        Ankles under load may be stopped by the floor, so `locks.py` judges them instead.
        """
        speeds = self._speeds
        speeds[1:] = speeds[:-1].copy()
        np.abs(state.velocity, out=speeds[0])
        self._still += 1
        self._still *= speeds[0] < STOPPED_SPEED_RADPS
        np.copyto(self._stopped_from, speeds.max(axis=0), where=self._still == 1)
        found = (
            (self._still == STOPPED_TICKS)
            & (self._stopped_from > STOPPED_FROM_SPEED_RADPS)
            & self._judged
        )
        if not found.any():
            return None
        for foot, ankles in enumerate(self._ankles):
            found[ankles] &= state.foot_wrenches[foot, 2] < self._contact_on
        return found


class StuckCheck:
    """Finds encoders that repeat the same angle again and again, although they have noise."""

    def __init__(self, size: int):
        self._equal = np.zeros(size, dtype=int)
        self._all_changed = 0

    def forget(self) -> None:
        """Start counting anew."""
        self._equal[:] = 0
        self._all_changed = 0

    @property
    def speaks(self) -> np.ndarray:
        """Tell which encoders (n,) gave a new value in this tick."""
        return self._equal == 0

    def find(self, step: np.ndarray) -> np.ndarray | None:
        """Return which encoders (n,) are stuck, or None; `step` (n,) is one tick's change, rad."""
        if np.count_nonzero(step) == len(step):
            self._all_changed += 1
            if self._equal.any():
                self._equal[:] = 0
            return None
        self._equal = (self._equal + 1) * (step == 0.0)
        if self._all_changed < ENCODER_DITHER_TICKS:
            self._all_changed = 0
            return None
        stuck = self._equal >= ENCODER_STUCK_TICKS
        return stuck if stuck.any() else None


class PowerCheck:
    """Finds joints that together give or take more mechanical power than any motion needs."""

    def __init__(self, power_at_most_w: float):
        self._power = power_at_most_w
        self._ticks = 0

    def forget(self) -> None:
        """Start counting anew."""
        self._ticks = 0

    def is_beyond(self, state: RobotState) -> bool:
        """Return whether the power has been too high for long enough."""
        self._ticks = self._ticks + 1 if abs(state.effort @ state.velocity) > self._power else 0
        return self._ticks >= POWER_TICKS
