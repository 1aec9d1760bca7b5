# SPDX-License-Identifier: Apache-2.0
"""Turns each tick's sensor values into what the last gate believes.

That is a state, a posture, and what is wrong with the body.
"""

from __future__ import annotations

import math

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState
from talus_core.words.gate_phases import GatePhase

from talus_safety.belief.feet import FootRepair
from talus_safety.belief.leg_tilt import LegTilt
from talus_safety.belief.locks import LockWatch, StallWatch
from talus_safety.belief.repair import JointRepair
from talus_safety.kernel.decide.gate.gate_facts import BodyFaults, RunawayFacts, SupplyFacts
from talus_safety.kernel.decide.gate.permit import TorquePermit
from talus_safety.kernel.judge.drive_monitor import DriveMonitor
from talus_safety.kernel.judge.fall import FallWatch
from talus_safety.kernel.judge.imu_monitor import ImuMonitor
from talus_safety.kernel.judge.plausible import StateKeeper
from talus_safety.kernel.judge.power import PowerMonitor, PowerReport
from talus_safety.kernel.limits import GateConfig
from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.rest import Posture, RestJudge
from talus_safety.kernel.measure.tilt import TiltFilter, Vertical
from talus_safety.monitors import Monitor


class FallSense:
    """Follows the vertical, by the legs where the IMU fails, and tells falls and rest from it."""

    def __init__(self, robot: RobotDescription, body: Body, period: float, config: GateConfig):
        self._body = body
        self._period = period
        self._imu_is_turned = not np.array_equal(body.imu.rotation, np.eye(3))
        self._filter = TiltFilter()
        self._legs: LegTilt | None = None  # from when the IMU is not trusted any more
        self._fall = FallWatch(math.radians(config.monitors.fall_deg), period, body.scale)
        self._rest = RestJudge(robot)
        self.imu = ImuMonitor()

    @property
    def vertical(self) -> Vertical:
        """Return the source of the vertical and the turn rate that is trusted now."""
        return self._filter if self._legs is None else self._legs

    @property
    def is_falling(self) -> bool:
        """Tell whether the robot falls and nothing can stop it any more."""
        return self._fall.is_falling

    def forget(self) -> None:
        """Judge anew: the robot was put somewhere else."""
        self._filter = TiltFilter()
        self._legs = None
        self._rest.forget()
        self.imu.forget()
        self._fall.forget()

    def observe(self, now: float, state: RobotState, phase: GatePhase) -> Posture:
        """Take in the state of this tick, and return the posture at the time `now`, s."""
        gyroscope = state.angular_velocity.tolist()
        accelerometer = state.linear_acceleration.tolist()
        if phase is not GatePhase.FALL:  # an impact looks like a fault
            self.imu.step([*gyroscope, *accelerometer], state.velocity)
        if self.imu.fault:
            self._lean_on_legs(state)
        else:
            if self._imu_is_turned:
                rotation = self._body.imu.rotation
                gyroscope = (rotation @ gyroscope).tolist()
                accelerometer = (rotation @ accelerometer).tolist()
            self._filter.step(gyroscope, accelerometer, self._period)
        vertical = self.vertical
        self._fall.step(vertical, is_balanced=phase is GatePhase.RUN)
        posture = self._rest.step(now, state, vertical.up[2], vertical.turn)
        if posture is Posture.LYING:
            self._fall.forget()
        return posture

    def _lean_on_legs(self, state: RobotState) -> None:
        if self._legs is None:
            self._legs = LegTilt(self._body, self._filter.up, self._period)
        self._legs.step(state)


class Senses:
    """Takes in each tick's sensor values, with torque on or off.

    Attributes:
        balance: Follows the vertical, and whether the robot falls.
        drives: Judges drives and encoders.
        repair: Replaces joints whose encoders are not believed.
    """

    def __init__(self, robot: RobotDescription, body: Body, period: float, config: GateConfig):
        self._period = period
        self._keeper = StateKeeper()
        self._feet = FootRepair(robot, body, period)
        self._locks = LockWatch(robot, body, period)
        self._stalls = StallWatch(robot, period)
        self._power = PowerMonitor(robot.joint_names, period)
        self._runaway_ticks = 0
        self._left_out: frozenset[Monitor] = frozenset()
        self.balance = FallSense(robot, body, period, config)
        self.drives = DriveMonitor(robot, body, period, config.monitors)
        self.repair = JointRepair(body, robot.limits.effort, period)

    @property
    def bad_ticks(self) -> int:
        """Count the ticks in a row with sensor values that are not finite."""
        return self._keeper.bad_ticks

    @property
    def wild(self) -> tuple[int, ...]:
        """Return the joints whose drives push without being told to."""
        return tuple(self.drives.findings.wild.nonzero()[0].tolist())

    @property
    def faults(self) -> BodyFaults:
        """Return what is wrong with the body."""
        found = self.drives.findings
        return BodyFaults(
            imu=self.balance.imu.fault,
            encoder=found.encoder,
            foot=self._feet.fault,
            leg=found.leg,
            leg_locked=found.locked or self._locks.fault,
            arm=found.arm or self._stalls.fault,
        )

    @property
    def supply(self) -> SupplyFacts:
        """Return how much the supply and the windings can still deliver."""
        return SupplyFacts(
            bus_drop=self._power.drop, torque_left=self._power.left, weakest=self._power.weakest
        )

    @property
    def runaway(self) -> RunawayFacts:
        """Return which joint leaves its envelope, and for how long."""
        return RunawayFacts(
            what=self.drives.findings.runaway, lasts_s=self._runaway_ticks * self._period
        )

    def leave_out(self, monitors: frozenset[Monitor]) -> None:
        """Apply all monitors but these, which need what the body cannot say."""
        self._left_out = monitors

    def relax(self) -> None:
        """Forget all findings: torque is off."""
        self.drives.relax()
        self.repair.relax()
        self._feet.relax()
        self._locks.relax()
        self._stalls.relax()

    def believe(
        self,
        state: RobotState,
        *,
        sent: JointCommand | None,
        permit: TorquePermit | None,
        power: PowerReport,
        phase: GatePhase,
    ) -> RobotState:
        """Take in the state of this tick, and return it as it is believed.

        Args:
            state: State of this tick.
            sent: Command that the drives followed since the tick before; None where it is unknown.
            permit: The supervisor's newest permit, which may doubt the IMU.
            power: What the drives report of their supply.
            phase: Phase of the gate in the tick before.
        """
        self._power.step(power)
        state = self._keeper.keep(state)
        is_told_torque = Monitor.DRIVE_TORQUE not in self._left_out
        self.drives.step(state, sent if is_told_torque else None)
        self._runaway_ticks = self._runaway_ticks + 1 if self.drives.findings.runaway else 0
        vertical = self.balance.vertical
        state = self.repair.step(state, self.drives, vertical)
        if phase is GatePhase.FALL:  # an impact looks like a fault
            return state
        if Monitor.FOOT_WEIGHT not in self._left_out:
            state = self._feet.step(state, vertical, trusts_imu=not self.balance.imu.fault)
        is_told = permit is not None and permit.rule == "body_fault"
        if (
            is_told or self._feet.doubts_imu
        ) and not self.drives.findings.encoder:  # a bad encoder would contradict a sound IMU
            self.balance.imu.distrust()
        if Monitor.LOADED_JOINT not in self._left_out:
            self._locks.step(state, self._feet.doubted)
        self._stalls.step(state, sent)
        return state
