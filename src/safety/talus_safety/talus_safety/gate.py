# SPDX-License-Identifier: Apache-2.0
"""The last gate before the drives: nothing reaches them but what it lets through or makes itself.

Here sensors become facts, and phases become commands; what is decided in between is in `phases.py` and `gate_rules.py`.
"""

from __future__ import annotations

import math

import numpy as np
from talus_core.fall_plan import load_fall
from talus_core.gate_phases import GatePhase
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState
from talus_core.stop_levels import StopLevel

from talus_safety.belief.feet import FootRepair
from talus_safety.belief.leg_tilt import LegTilt
from talus_safety.belief.locks import LockWatch, StallWatch
from talus_safety.belief.repair import JointRepair
from talus_safety.kernel.decide.decision import GateCounters, GateDecision
from talus_safety.kernel.decide.gate_rules import REQUESTS, GateFacts
from talus_safety.kernel.decide.permit import TorquePermit
from talus_safety.kernel.decide.phases import PhaseState, advance, ended, locked
from talus_safety.kernel.decide.rule import active
from talus_safety.kernel.decide.watchdog import Watchdog
from talus_safety.kernel.judge.fall import FallWatch
from talus_safety.kernel.judge.limiter import CommandLimiter
from talus_safety.kernel.judge.monitors import DriveMonitor, ImuMonitor
from talus_safety.kernel.judge.plausible import StateKeeper
from talus_safety.kernel.judge.power import PowerMonitor, PowerReport
from talus_safety.kernel.limits import GateConfig
from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.rest import Posture, RestJudge
from talus_safety.kernel.measure.tilt import TiltFilter
from talus_safety.standby.fall_motion import DampedFall, FallMotion, FoldedFall
from talus_safety.standby.rest_path import load_rest_path
from talus_safety.standby.standby import Standby

SILENT = PowerReport()
OF_PHASE = {
    GatePhase.OFF: StopLevel.R0_RUN,
    GatePhase.RUN: StopLevel.R0_RUN,
    GatePhase.HOLD: StopLevel.R3_SIT_THEN_CUT,
    GatePhase.SIT: StopLevel.R3_SIT_THEN_CUT,
    GatePhase.FALL: StopLevel.R4_PROTECTIVE_FALL,
}


class LastGate:
    """Call `step` exactly once per control tick, torque on or off."""

    def __init__(
        self,
        robot: RobotDescription,
        period: float,
        config: GateConfig | None = None,
        fall: FallMotion | None = None,
    ):
        """Reads the robot's files; `fall`: what it does when it falls alone, else as they say. Raises TalusError."""
        self._config = config or GateConfig()
        self._period = period
        self._body = body = Body(robot)
        self._turns = not np.array_equal(body.imu.rotation, np.eye(3))
        self._limiter = CommandLimiter(robot, period, self._config.limiter)
        self._standby = Standby(robot, body, load_rest_path(robot), period, self._config.standby)
        self._fall = fall or _fall_of(robot, self._standby.damping, period)
        self._fall_watch = FallWatch(math.radians(self._config.monitors.fall_deg), period)
        self._drives, self._imu = DriveMonitor(robot, period, self._config.monitors), ImuMonitor()
        self.repair, self._feet = (
            JointRepair(body, robot.limits.effort, period),
            FootRepair(robot, body, period),
        )
        self._locks, self._stalls = LockWatch(robot, body, period), StallWatch(robot, period)
        self._power = PowerMonitor(robot.joint_names, period)
        self._keeper, self._judge = StateKeeper(), RestJudge(robot)
        self._tilt: TiltFilter | LegTilt = TiltFilter()
        self._commands = Watchdog(self._config.command_timeout_s)
        self._accepted = self._rejected = self._rejected_in_row = self._clamped = self._answers = 0
        self._state = PhaseState()
        self._good: JointCommand | None = None  # the newest accepted command
        self._refusal = ""  # why the newest command was refused
        self._sent: JointCommand | None = (
            None  # what the drives follow, where no tick without a command blurs it
        )
        self._runaway_ticks = 0
        self._cut: tuple[int, ...] = ()  # joints whose drives are switched off

    def step(
        self,
        now: float,
        state: RobotState,
        command: JointCommand | None,
        permit: TorquePermit | None,
        power: PowerReport = SILENT,
    ) -> GateDecision:
        """Decide over one tick.

        Args:
            now: s on the clock that counts: simulated, or steady on hardware.
            state: Of this tick.
            command: That arrived for this tick, unchecked, or None.
            permit: The newest one, or None if there never was any.
            power: What the drives say of themselves.
        """
        self._power.step(power)
        state = self._keeper.keep(state)
        self._drives.step(state, self._sent)
        state = self.repair.step(state, self._drives, self._tilt)
        if self._state.phase is not GatePhase.FALL:  # an impact looks like a fault
            state = self._feet.step(state, self._tilt, trusts_imu=not self._imu.fault)
            is_told = permit is not None and permit.rule == "body_fault"
            if (
                is_told or self._feet.doubts_imu
            ) and not self._drives.encoder:  # else that encoder contradicts the IMU
                self._imu.distrust()
            self._locks.step(state, self._feet.doubted)
            self._stalls.step(state, self._sent)
        posture = self._posture(now, state)
        if command is not None:
            self._check(now, state, command, posture)
        facts = self._facts(now, state, permit)
        before = self._state.phase
        self._state = advance(self._state, facts, posture, self._config)
        sent = self._act(
            state, posture, before, is_fresh=command is not None and command is self._good
        )
        return self._decision(sent, posture, facts)

    def relocated(self) -> None:
        """The simulator put the robot somewhere else, without torque: forget where it was; reset and arm are needed."""
        self._tilt = TiltFilter()
        self._judge.forget()
        self._imu.forget()
        self._fall_watch.forget()
        self._state = locked(GatePhase.OFF, "the simulation was reset")

    def _posture(self, now: float, state: RobotState) -> Posture:
        gyroscope, accelerometer = (
            state.angular_velocity.tolist(),
            state.linear_acceleration.tolist(),
        )
        if self._state.phase is not GatePhase.FALL:  # as above
            self._imu.step([*gyroscope, *accelerometer], state.velocity)
        if self._imu.fault:
            self._lean_on_legs(state)
        else:
            if self._turns:
                rotation = self._body.imu.rotation
                gyroscope, accelerometer = (
                    (rotation @ gyroscope).tolist(),
                    (rotation @ accelerometer).tolist(),
                )
            self._tilt.step(gyroscope, accelerometer, self._period)
        self._fall_watch.step(self._tilt, is_balanced=self._state.phase is GatePhase.RUN)
        posture = self._judge.step(now, state, self._tilt.up[2], self._tilt.turn)
        if posture is Posture.LYING:
            self._fall_watch.forget()
        return posture

    def _lean_on_legs(self, state: RobotState) -> None:
        if isinstance(self._tilt, TiltFilter):
            self._tilt = LegTilt(self._body, self._tilt.up, self._period)
        self._tilt.step(state)

    def _check(
        self, now: float, state: RobotState, command: JointCommand, posture: Posture
    ) -> None:
        """Keep the command if it is sound; count it either way."""
        may_be_limp = self._state.phase is GatePhase.OFF or posture is not Posture.UPRIGHT
        self._refusal = self._limiter.refuse(command, state, may_be_limp)
        if self._refusal:
            self._rejected += 1
            self._rejected_in_row += 1
            return
        self._good = command
        self._accepted += 1
        self._rejected_in_row, self._answers = 0, command.sequence
        self._commands.feed(now)

    def _facts(self, now: float, state: RobotState, permit: TorquePermit | None) -> GateFacts:
        drives = self._drives
        self._runaway_ticks = self._runaway_ticks + 1 if drives.runaway else 0
        return GateFacts(
            permit,
            math.inf if permit is None else permit.age(state.sequence, self._period),
            self._commands.expired(now),
            self._keeper.bad_ticks,
            self._rejected_in_row,
            self._refusal,
            self._fall_watch.is_falling,
            self._imu.fault,
            drives.encoder,
            self._feet.fault,
            drives.leg,
            drives.locked or self._locks.fault,
            drives.arm or self._stalls.fault,
            self._power.drop,
            self._power.left,
            self._power.weakest,
            drives.runaway,
            self._runaway_ticks * self._period,
        )

    def _act(
        self, state: RobotState, posture: Posture, before: GatePhase, is_fresh: bool
    ) -> JointCommand | None:
        """What the drives get in this phase."""
        phase = self._state.phase
        self._sent = None
        if phase <= GatePhase.RUN:  # its own ankles turn round from tick to tick, and may look wild
            self._cut = tuple(np.flatnonzero(self._drives.wild).tolist())
        if phase is GatePhase.RUN:
            command, was_cut = self._limiter.limit(self._good, state)
            if is_fresh:
                self._clamped += was_cut
                self._sent = command
            return command
        if phase is GatePhase.OFF:
            self._limiter.relax()
            self._drives.relax()
            self.repair.relax()
            self._feet.relax()
            self._locks.relax()
            self._stalls.relax()
            return None
        if phase is GatePhase.FALL:
            return self._go_down(state, posture, is_new=before is not phase)
        return self._stand_by(state, posture, is_new=before < GatePhase.HOLD)

    def _stand_by(self, state: RobotState, posture: Posture, is_new: bool) -> JointCommand | None:
        if is_new:
            self._standby.begin(state)
        step = self._standby.step(state, self._tilt, self._drives.limp, self.repair.held)
        self._state = ended(self._state, posture, step.is_sitting, step.is_finished)
        if self._state.phase is GatePhase.OFF:
            return None
        self._sent = self.repair.command(self._limiter.limit(step.command, state)[0], state)
        return self._sent

    def _go_down(self, state: RobotState, posture: Posture, is_new: bool) -> JointCommand | None:
        if is_new:
            self._fall.begin(state, self._tilt)
        command = self._fall.step(state, self._tilt)
        self._state = ended(self._state, posture, is_sitting=False, is_finished=True)
        if self._state.phase is GatePhase.OFF:
            return None
        return self.repair.command(self._limiter.limit(command, state)[0], state)

    def _decision(
        self, sent: JointCommand | None, posture: Posture, facts: GateFacts
    ) -> GateDecision:
        phase, latch, rule, _ = self._state
        request, reason = OF_PHASE[phase], latch
        asked = active(REQUESTS, facts, self._config)
        if asked and asked[0].level >= request and not latch:
            request, reason, rule = asked[0].level, asked[0].worded(facts), asked[0].name
        elif asked:
            request = max(request, asked[0].level)
        elif self._refusal and not latch:
            reason = f"joint_command refused: {self._refusal}"
        return GateDecision(
            sent,
            phase,
            bool(latch),
            posture is not Posture.UPRIGHT,
            request,
            reason,
            rule,
            GateCounters(
                self._accepted, self._rejected, self._rejected_in_row, self._clamped, self._answers
            ),
            self._cut,
        )


def _fall_of(robot: RobotDescription, damping: np.ndarray, period: float) -> FallMotion:
    """As the robot's own file says, or damped where it has none."""
    plan = load_fall(robot)
    return DampedFall(damping) if plan is None else FoldedFall(plan, robot, period)
