# SPDX-License-Identifier: Apache-2.0
"""Do drives, encoders and IMU do what they must? Judged in every control tick, against what was sent to the drives.

A finding stays until torque is off: what failed once is not trusted again before somebody looked.
"""

from __future__ import annotations

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_safety.kernel.limits import MonitorConfig
from talus_safety.kernel.measure.stance import CONTACT_ON

# Rows of a tick's table, and how many ticks in a row each must be beyond its bound.
RESIDUAL, SPEED, EFFORT, STEP, PUSH = range(5)
RESIDUAL_TICKS, ENVELOPE_TICKS = 8, 3
PUSHES, PUSH_TICKS = 0.3, 3  # of the peak, given beyond what is asked: hard shoves show 0.03
SPEED_FACTOR = 1.2  # of the speed limit: 20 N s while walking reach 0.81 of it
EFFORT_FACTOR = 1.15  # of the peak: current sensing is good to 1 %
STEP_FACTOR, STEP_NOISE = 1.5, 0.05  # of the speed limit, and rad: a jump of 2 pi is far more
DEAD_SAYS = 0.008  # of the peak in every tick: four times the noise
DEAD_MEANS, DEAD_ASKED, DEAD_TICKS = (
    0.003,
    0.01,
    5,
)  # in the mean; healthy joints give so little when asked for 0.006
LOCKED = "is locked"
LOCKED_WANTED, LOCKED_SPEED = 1.0, 0.1  # rad/s: asked for, and not exceeded
LOCKED_TICKS = 25  # at twice what healthy joints need to get going
STOPPED_FROM, STOPPED_SPEED = (
    0.65,
    0.08,
)  # rad/s: a third more than healthy joints stop from, getting up too; noise
STOPPED_WITHIN, STOPPED_TICKS = 2, 16  # ticks in which it stops, and then does not move at all
ANKLES = 2  # joints of a leg that come last: under load the floor may stop them, and `locks.py` judges them
STUCK_TICKS = 8
DITHERS_AFTER = 50  # ticks in which every encoder changed: they have noise, so equal samples mean that one is stuck
POWER_TICKS = 5
IMU_STUCK_TICKS = 20  # an IMU of 200 Hz repeats itself for 3
IMU_OFF_TICKS = 5
IMU_DITHERS_AFTER = 50  # different samples: as above
IMU_JUMP = (
    2.0,
    80.0,
)  # rad/s and m/s^2 from tick to tick: four times what a push of 20 N s while walking shows
IMU_JUMPS = 2  # in a row: before a fall is called by what such an IMU says


class DriveMonitor:
    """`step` per tick with torque; then `encoder`, `leg`, `locked` (of a leg too), `arm`, `runaway` say what is wrong.

    They are empty when nothing is. `runaway` holds as long as it lasts, the others until `relax`.

    Attributes:
        stuck: (n,) encoders that repeat themselves.
        jumped: (n,) encoders that jumped at this tick.
        limp: (n,) drives that give no torque, until they give some again.
        wild: (n,) drives that push on their own account, until `relax`.
    """

    def __init__(self, robot: RobotDescription, period: float, config: MonitorConfig):
        limits = robot.limits
        self._names, self._effort, self._power = (
            robot.joint_names,
            limits.effort,
            config.power_at_most_w,
        )
        self._low = -limits.effort
        self._says_little = DEAD_SAYS * limits.effort
        self._means_little, self._asks_enough = (
            DEAD_MEANS * limits.effort,
            DEAD_ASKED * limits.effort,
        )
        self._carries = np.zeros(len(self._names), dtype=bool)
        self._carries[robot.indices("left_leg", "right_leg", "torso")] = True
        self._ankles = tuple(robot.indices(leg)[-ANKLES:] for leg in ("left_leg", "right_leg"))
        self._bound = np.array(
            [
                config.torque_residual * limits.effort,
                SPEED_FACTOR * limits.velocity,
                EFFORT_FACTOR * limits.effort,
                STEP_FACTOR * limits.velocity * period + STEP_NOISE,
                PUSHES * limits.effort,
            ]
        )
        self._needed = np.array(
            [[RESIDUAL_TICKS], [ENVELOPE_TICKS], [ENVELOPE_TICKS], [1], [PUSH_TICKS]]
        )
        self._table = np.zeros_like(self._bound)
        self._count = np.zeros(self._bound.shape, dtype=int)
        self.relax()

    def relax(self) -> None:
        """Torque is off: nothing is expected of the drives, and what was found is forgotten."""
        self.encoder = self.leg = self.locked = self.arm = self.runaway = ""
        self.stuck, self.jumped, self.limp, self.wild = np.zeros((4, len(self._names)), dtype=bool)
        self._last: np.ndarray | None = None
        self._count[:] = 0
        self._locked, self._dead, self._equal, self._still = np.zeros(
            (4, len(self._names)), dtype=int
        )
        self._means = np.zeros(
            (2, len(self._names))
        )  # N m asked and given, while next to nothing is given
        self._speeds = np.zeros(
            (STOPPED_WITHIN + 1, len(self._names))
        )  # of this tick and those before
        self._stopped_from = np.zeros(len(self._names))
        self._all_changed = self._power_ticks = self._since = 0

    def step(self, state: RobotState, sent: JointCommand | None) -> None:
        """Judge a tick.

        Args:
            state: Of this tick.
            sent: What the drives followed since the tick before; None where that is not known.
        """
        position, last = state.position, self._last
        self._last = position
        self.runaway = ""
        self.jumped[:] = False
        if last is None:
            return
        table = self._table
        np.subtract(position, last, out=table[STEP])
        table[SPEED], table[EFFORT] = state.velocity, state.effort
        self._since = self._since + 1 if sent is not None else 0
        if self._since > RESIDUAL_TICKS:  # the drives have taken over: before, torque was rising
            asked = self._expected(state, sent)
            self._find_dead(state, asked)
            self._find_locked(state, sent)
            np.subtract(asked, state.effort, out=table[RESIDUAL])
            np.clip(
                -np.sign(state.effort) * table[RESIDUAL], 0.0, np.abs(state.effort), out=table[PUSH]
            )
        else:
            table[RESIDUAL] = table[PUSH] = 0.0
        self._find_stopped(state)
        self._find_stuck(table[STEP])
        np.abs(table, out=table)
        self._count += 1
        self._count *= ~(table <= self._bound)  # NaN is beyond
        if np.count_nonzero(self._count):
            self._find_beyond()
        self._find_power(state)

    def _expected(self, state: RobotState, sent: JointCommand) -> np.ndarray:
        """(n,) N m by the drives' law."""
        effort = sent.position - state.position
        effort *= sent.kp
        effort += sent.effort
        speed = sent.velocity - state.velocity
        speed *= sent.kd
        effort += speed
        np.minimum(effort, self._effort, out=effort)
        return np.maximum(effort, self._low, out=effort)

    def _find_beyond(self) -> None:
        """Enough ticks beyond a bound."""
        found = self._count >= self._needed
        if not found.any():
            return
        found[PUSH] &= (self._equal == 0) & np.isfinite(
            self._table[PUSH]
        )  # a silent bus leaves it as it was told
        self.wild |= found[PUSH]
        self._blame(found[PUSH], "pushes by itself")
        self._blame(found[RESIDUAL], "does not give the torque that is asked")
        self.jumped = found[STEP]
        if self.jumped.any():
            self.encoder = self.encoder or f"{self._first(self.jumped)} jumped"
        wild = found[SPEED] | found[EFFORT]
        self.runaway = f"{self._first(wild)} beyond its speed or torque" if wild.any() else ""

    def _find_dead(self, state: RobotState, asked: np.ndarray) -> None:
        """Asked for little, and gives nothing at all."""
        silent = np.abs(state.effort) < self._says_little
        self._dead += 1
        self._dead *= silent
        self._means += ((asked, state.effort) - self._means) / np.minimum(
            np.maximum(self._dead, 1), DEAD_TICKS
        )
        asked_for, given = np.abs(self._means)
        found = (
            (asked_for > self._asks_enough)
            & (given < self._means_little)
            & (self._dead >= DEAD_TICKS)
        )
        self.limp = self.limp & silent | found
        self._blame(found, "gives no torque")

    def _find_locked(self, state: RobotState, sent: JointCommand) -> None:
        """Asked to move and does not, for long."""
        wanted = np.abs(sent.velocity) > LOCKED_WANTED
        wanted &= np.abs(state.velocity) < LOCKED_SPEED
        self._locked += 1
        self._locked *= wanted
        if np.maximum.reduce(self._locked) >= LOCKED_TICKS:
            self._blame(self._locked >= LOCKED_TICKS, LOCKED)

    def _find_stopped(self, state: RobotState) -> None:
        """A leg's joint that turned, stops at once, and stays where it is."""
        speeds = self._speeds
        speeds[1:] = speeds[:-1].copy()
        np.abs(state.velocity, out=speeds[0])
        self._still += 1
        self._still *= speeds[0] < STOPPED_SPEED
        np.copyto(self._stopped_from, speeds.max(axis=0), where=self._still == 1)
        found = (self._still == STOPPED_TICKS) & (self._stopped_from > STOPPED_FROM) & self._carries
        if found.any():
            for foot, ankles in enumerate(self._ankles):
                found[ankles] &= state.foot_wrenches[foot, 2] < CONTACT_ON
            self._blame(found, LOCKED)

    def _find_stuck(self, step: np.ndarray) -> None:
        """The same angle again and again, from an encoder with noise."""
        if np.count_nonzero(step) == len(step):
            self._all_changed += 1
            if self._equal.any():
                self._equal[:] = 0
            return
        self._equal = (self._equal + 1) * (step == 0.0)
        if self._all_changed < DITHERS_AFTER:
            self._all_changed = 0
        elif (self._equal >= STUCK_TICKS).any():
            self.stuck |= self._equal >= STUCK_TICKS
            self.encoder = self.encoder or f"{self._first(self.stuck)} is stuck"

    def _find_power(self, state: RobotState) -> None:
        """Mechanical power of all joints together."""
        self._power_ticks = (
            self._power_ticks + 1 if abs(state.effort @ state.velocity) > self._power else 0
        )
        if self._power_ticks >= POWER_TICKS:
            self.runaway = self.runaway or "the joints together beyond their power"

    def _blame(self, found: np.ndarray, what: str) -> None:
        carrying = found & self._carries
        if carrying.any() and what is LOCKED:
            self.locked = self.locked or f"{self._first(carrying)} {what}"
        elif carrying.any():
            self.leg = self.leg or f"{self._first(carrying)} {what}"
        elif found.any():
            self.arm = self.arm or f"{self._first(found)} {what}"

    def _first(self, found: np.ndarray) -> str:
        return self._names[int(np.argmax(found))]


class ImuMonitor:
    """`step` per tick; then `fault` is empty while the IMU works."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Judge anew."""
        self.fault = ""
        self._last: list[float] = []
        self._changes = self._equal = self._jumps = 0

    def step(self, sample: list[float], velocity: np.ndarray) -> str:
        """What is wrong, after a sample of gyroscope and accelerometer (6,); `velocity`: (n,) rad/s of the joints."""
        if sample != self._last:
            self._find_jump(sample)
            self._last = sample
            self._changes += 1
            self._equal = 0
            return self.fault
        self._equal, self._jumps = self._equal + 1, 0
        if self._equal >= IMU_OFF_TICKS and not any(sample):
            self.fault = self.fault or "it is off"
        elif (
            self._equal >= IMU_STUCK_TICKS and self._changes >= IMU_DITHERS_AFTER and velocity.any()
        ):
            self.fault = self.fault or "it is stuck"
        return self.fault

    def distrust(self) -> None:
        """Somebody who compared it with the legs does not believe it."""
        self.fault = self.fault or "it contradicts the legs"

    def _find_jump(self, sample: list[float]) -> None:
        x, y, z, ax, ay, az = sample
        lx, ly, lz, lax, lay, laz = self._last or sample
        turn = max(x - lx, lx - x, y - ly, ly - y, z - lz, lz - z)
        push = max(ax - lax, lax - ax, ay - lay, lay - ay, az - laz, laz - az)
        self._jumps = self._jumps + 1 if turn > IMU_JUMP[0] or push > IMU_JUMP[1] else 0
        if self._jumps >= IMU_JUMPS:
            self.fault = self.fault or "it jumps"
