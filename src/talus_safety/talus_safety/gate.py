# SPDX-License-Identifier: Apache-2.0
"""The last gate before the drives: nothing reaches them but what it lets through or makes itself.

    OFF  -- armed, permitted, not latched, a sound command ------> RUN
    RUN  -- at rest; permission, permit or commands lost --------> OFF
    RUN  -- upright; permission, permit, commands, sensors lost -> HOLD -> SIT -> OFF, latched

Torque is never cut while the robot is upright: where it must go, the gate sits the robot down first.
"""

from __future__ import annotations

from dataclasses import replace

from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_safety.body import Body
from talus_safety.config import GateConfig
from talus_safety.decision import GateCounters, GateDecision, GatePhase
from talus_safety.ladder import StopLevel
from talus_safety.limiter import CommandLimiter
from talus_safety.permit import TorquePermit
from talus_safety.plausible import StateKeeper
from talus_safety.rest import Posture, RestJudge
from talus_safety.rest_path import load_rest_path
from talus_safety.standby import Standby
from talus_safety.tilt import TiltFilter
from talus_safety.watchdog import Watchdog

BAD_TICKS = 5  # 10 ms of sensors that are not finite: two samples of a 200 Hz IMU


class LastGate:
    """Call `step` exactly once per control tick, torque on or off."""

    def __init__(self, robot: RobotDescription, period: float, config: GateConfig | None = None):
        """Reads the robot's URDF and rest path. Raises TalusError."""
        self._config = config or GateConfig()
        self._period = period
        body = Body(robot)
        self._imu = body.imu.rotation
        self._limiter = CommandLimiter(robot, period, self._config.limiter)
        self._standby = Standby(robot, body, load_rest_path(robot), period, self._config.standby)
        self._keeper, self._tilt, self._judge = StateKeeper(), TiltFilter(), RestJudge(robot)
        self._commands = Watchdog(self._config.command_timeout_s)
        self._counters = GateCounters()
        self._phase = GatePhase.OFF
        self._good: JointCommand | None = None  # the newest accepted command
        self._refusal = ""  # why the newest command was refused
        self._latch = ""  # why commands are locked out
        self._was_disarmed = False  # since the latch fell

    def step(
        self, now: float, state: RobotState, command: JointCommand | None, permit: TorquePermit | None
    ) -> GateDecision:
        """Decide over one tick.

        Args:
            now: s on the clock that counts: simulated, or steady on hardware.
            state: Of this tick.
            command: That arrived for this tick, unchecked, or None.
            permit: The newest one, or None if there never was any.
        """
        state = self._keeper.keep(state)
        posture = self._posture(now, state)
        self._unlatch(permit)
        if command is not None:
            self._check(now, state, command, posture)
        sent = self._act(now, state, permit, posture)
        if self._phase is GatePhase.RUN:
            sent = self._pass_on(state, is_fresh=command is self._good)
        return self._decision(sent, posture)

    def relocated(self) -> None:
        """The simulator put the robot somewhere else, without torque: forget where it was; reset and arm are needed."""
        self._tilt = TiltFilter()
        self._judge.forget()
        self._phase = GatePhase.OFF
        self._lock("the simulation was reset")

    def _posture(self, now: float, state: RobotState) -> Posture:
        self._tilt.step(self._imu @ state.angular_velocity, self._imu @ state.linear_acceleration, self._period)
        return self._judge.step(now, state, self._tilt.up[2], self._tilt.turn)

    def _check(self, now: float, state: RobotState, command: JointCommand, posture: Posture) -> None:
        """Keep the command if it is sound; count it either way."""
        may_be_limp = self._phase is GatePhase.OFF or posture is not Posture.UPRIGHT
        count = self._counters
        self._refusal = self._limiter.refuse(command, state, may_be_limp)
        if self._refusal:
            self._counters = replace(count, rejected=count.rejected + 1, rejected_in_row=count.rejected_in_row + 1)
            return
        self._good = command
        self._counters = replace(
            count, accepted=count.accepted + 1, rejected_in_row=0, command_sequence=command.sequence
        )
        self._commands.feed(now)

    def _act(self, now: float, state: RobotState, permit: TorquePermit | None, posture: Posture) -> JointCommand | None:
        """Move the phase on; what the drives get, unless commands reach them."""
        cause = self._loss(now, state, permit)
        if self._phase is GatePhase.OFF and not cause and not self._latch and permit.lets_torque_start:
            self._phase = GatePhase.RUN
        if self._phase is GatePhase.RUN and cause:
            self._give_up(state, posture, cause)
        if self._phase >= GatePhase.HOLD:
            return self._stand_by(state, posture)
        if self._phase is GatePhase.OFF:
            self._limiter.relax(state)
        return None

    def _loss(self, now: float, state: RobotState, permit: TorquePermit | None) -> str:
        """Why commands may not go on reaching the drives; empty while they may."""
        if permit is None or permit.age(state.sequence, self._period) > self._config.permit_timeout_s:
            return "no fresh safety/state"
        if not permit.lets_torque_stay:
            return "torque is not permitted"
        if self._keeper.bad_ticks > BAD_TICKS:
            return "sensor values are not finite"
        if self._commands.expired(now):
            return "no sound joint_command in time"
        return ""

    def _give_up(self, state: RobotState, posture: Posture, cause: str) -> None:
        """End RUN: at rest the torque goes, else standby begins."""
        self._lock(cause)
        if posture is Posture.UPRIGHT:
            self._phase = GatePhase.HOLD
            self._standby.begin(state)
        else:
            self._phase = GatePhase.OFF

    def _stand_by(self, state: RobotState, posture: Posture) -> JointCommand | None:
        step = self._standby.step(state, self._tilt)
        self._phase = GatePhase.SIT if step.is_sitting else GatePhase.HOLD
        if posture is Posture.LYING or (posture is Posture.SEATED and step.is_finished):
            self._phase = GatePhase.OFF
            return None
        return self._limiter.limit(step.command, state)[0]

    def _pass_on(self, state: RobotState, is_fresh: bool) -> JointCommand:
        """The newest sound command, within every limit."""
        command, was_cut = self._limiter.limit(self._good, state)
        if was_cut and is_fresh:
            self._counters = replace(self._counters, clamped=self._counters.clamped + 1)
        return command

    def _lock(self, cause: str) -> None:
        self._latch, self._was_disarmed = cause, False

    def _unlatch(self, permit: TorquePermit | None) -> None:
        """Reset and arm show as a permit that is disarmed, then armed again."""
        if not self._latch or permit is None or self._phase is not GatePhase.OFF:
            return
        self._was_disarmed = self._was_disarmed or not permit.armed
        if self._was_disarmed and permit.armed:
            self._latch = ""

    def _decision(self, sent: JointCommand | None, posture: Posture) -> GateDecision:
        request = StopLevel.R0_RUN
        if self._counters.rejected_in_row >= self._config.limiter.rejected_in_row:
            request = StopLevel.R2_SAFE_STAND
        if self._phase >= GatePhase.HOLD:
            request = StopLevel.R3_SIT_THEN_CUT
        return GateDecision(
            command=sent,
            phase=self._phase,
            latched=bool(self._latch),
            at_rest=posture is not Posture.UPRIGHT,
            request=request,
            reason=self._latch or (f"joint_command refused: {self._refusal}" if self._refusal else ""),
            counters=self._counters,
        )
