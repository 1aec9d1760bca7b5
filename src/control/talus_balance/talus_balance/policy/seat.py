# SPDX-License-Identifier: Apache-2.0
"""Who drives: a learned policy where it may, the model-based controller everywhere else and whenever in doubt.

The model-based controller runs at every tick and does not know of it: estimator, step planner and whole-body QP stay
warm, so that its command of this very tick can be sent instead.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_balance.controller import BalanceReport, Intent, Mode
from talus_balance.policy.envelope import Envelope, EnvelopeConfig
from talus_balance.policy.manifest import STANDING, WALKING
from talus_balance.policy.observation import Sight
from talus_balance.policy.policy import Policy
from talus_balance.stepping.gait_types import STILL, Phase

SETTLE = 0.5  # s in which nothing speaks against it, before it takes over
FADE = 0.1  # s from one to the other's torque when it takes over, and of the drives' references both ways
_MODES = {Mode.STANDING: STANDING, Mode.WALKING: WALKING}


class PolicyState(Enum):
    """What the policy does."""

    NONE = "none"  # no policy was asked for
    REFUSED = "refused"  # it does not fit
    OFF = "off"  # it is not wanted
    READY = "ready"  # takes over when it may
    ACTIVE = "active"  # the policy
    FALLBACK = "fallback"  # it left its bounds; latched until it is wanted anew


class PolicySeat:
    """Call `step` with every command of the model-based controller.

    Attributes:
        state: Of this tick.
        reason: Of REFUSED and FALLBACK.
    """

    def __init__(self, description: RobotDescription, dt: float, policy: Policy | None = None, refusal: str = ""):
        """`refusal`: why there is no policy though one was asked for."""
        self._policy, self._dt = policy, dt
        self._envelope = Envelope(EnvelopeConfig(), description.feet)
        self.state, self.reason = PolicyState.READY if policy else PolicyState.NONE, ""
        if refusal:
            self.state, self.reason = PolicyState.REFUSED, refusal
        self._asked: bool | None = None  # for, by another thread
        self._sequence: int | None = None
        self._sound_for = 0.0  # s
        self._torque_share = self._reference_share = 0.0  # of the policy

    @property
    def text(self) -> str:
        """Policy, driver and reason in words; empty where no policy was asked for."""
        if self.state is PolicyState.NONE:
            return ""
        name = f"{self._policy.manifest.name}: " if self._policy else ""
        return f"{name}{self.state.value}" + (f" ({self.reason})" if self.reason else "")

    def want(self, wanted: bool) -> str | None:
        """From the next tick on let it drive where it may, also after a fallback, or not at all.

        Returns:
            Why that cannot be, or None.
        """
        if self._policy is None:
            return self.reason or "there is no policy; parameter 'policy' names the manifest of one"
        self._asked = wanted
        return None

    def step(self, state: RobotState, intent: Intent, report: BalanceReport, command: JointCommand) -> JointCommand:
        """The command for the drives.

        Args:
            state: Of this tick.
            intent: Of this tick.
            report: Of the model-based controller.
            command: Its command, which is what comes back where the policy does not drive.
        """
        if self._policy is None:
            return command
        ticks = 1 if self._sequence is None else max(state.sequence - self._sequence, 1)
        self._sequence = state.sequence
        self._answer()
        if self.state is PolicyState.READY:
            self._wait(intent, report, ticks)
        if self.state is PolicyState.ACTIVE:
            self._go_on(Sight(state, report.base, report.gait, intent.velocity), intent, report, ticks)
        self._fade(ticks)
        if self._reference_share == 0.0 or report.gait is None:
            return command
        return self._mixed(state, command)

    def _answer(self) -> None:
        asked, self._asked = self._asked, None
        if asked is False:
            self._leave(PolicyState.OFF)
        elif asked and self.state in (PolicyState.OFF, PolicyState.FALLBACK):
            self._leave(PolicyState.READY)

    def _wait(self, intent: Intent, report: BalanceReport, ticks: int) -> None:
        is_sound = self._may_drive(intent, report) and not self._breach(intent, report)
        self._sound_for = self._sound_for + ticks * self._dt if is_sound else 0.0
        if self._sound_for >= SETTLE:
            self._policy.reset()
            self.state = PolicyState.ACTIVE

    def _go_on(self, sight: Sight, intent: Intent, report: BalanceReport, ticks: int) -> None:
        if reason := self._breach(intent, report):
            self._leave(PolicyState.FALLBACK, reason)
        elif not self._may_drive(intent, report):
            self._leave(PolicyState.READY)
        elif not self._policy.step(sight, ticks):
            self._leave(PolicyState.FALLBACK, self._policy.fault)

    def _leave(self, state: PolicyState, reason: str = "") -> None:
        """The model-based torque from this tick on."""
        self.state, self.reason = state, reason
        self._sound_for = self._torque_share = 0.0

    def _may_drive(self, intent: Intent, report: BalanceReport) -> bool:
        """It is asked for what the policy can."""
        mode = _MODES.get(report.mode)
        if mode is None or report.gait is None or not intent.stand or not intent.torque:
            return False
        walks = bool(np.any(np.abs(intent.velocity) > STILL)) or report.gait.phase is not Phase.STAND
        return (WALKING if walks else STANDING) in self._policy.manifest.modes

    def _breach(self, intent: Intent, report: BalanceReport) -> str:
        """Why the policy must not drive whatever it can."""
        if intent.restricted:
            return "the safety level is R1 or above"
        if intent.released:
            return "the driver's standby moves the robot"
        if report.mode is Mode.FALLING:
            return "a fall is certain"
        if report.gait is None:
            return ""
        if self._steps_to_stay_up(intent, report):
            return "a step is needed to stay up"
        return self._envelope.breach(
            report.base.rotation[2], report.capture_point, report.sole_positions, report.sole_yaws
        )

    def _steps_to_stay_up(self, intent: Intent, report: BalanceReport) -> bool:
        """It drives a robot that should stand, it cannot walk, and the step planner begins a step."""
        if self.state is not PolicyState.ACTIVE or WALKING in self._policy.manifest.modes:
            return False
        return report.gait.phase is not Phase.STAND and not np.any(np.abs(intent.velocity) > STILL)

    def _fade(self, ticks: int) -> None:
        step = ticks * self._dt / FADE
        if self.state is PolicyState.ACTIVE:
            self._torque_share = min(self._torque_share + step, 1.0)
            self._reference_share = min(self._reference_share + step, 1.0)
        else:
            self._reference_share = max(self._reference_share - step, 0.0)

    def _mixed(self, state: RobotState, own: JointCommand) -> JointCommand:
        """The drives' references go over slowly, as the last gate wants it; the feed-forward sees to the torque."""
        share = self._reference_share
        other = self._driven(own)
        if share == self._torque_share == 1.0:
            return other
        own_torque, other_torque = applied_torque(own, state), applied_torque(other, state)
        position, velocity, kp, kd = (
            a + share * (b - a)
            for a, b in (
                (own.position, other.position),
                (own.velocity, other.velocity),
                (own.kp, other.kp),
                (own.kd, other.kd),
            )
        )
        torque = own_torque + self._torque_share * (other_torque - own_torque)
        effort = torque - kp * (position - state.position) - kd * (velocity - state.velocity)
        return JointCommand(own.sequence, position, velocity, effort, kp, kd)

    def _driven(self, own: JointCommand) -> JointCommand:
        """With the policy's joints under the policy alone."""
        manifest, joints = self._policy.manifest, self._policy.joints
        rows = [row.copy() for row in (own.position, own.velocity, own.effort, own.kp, own.kd)]
        for row, value in zip(rows, (self._policy.target, 0.0, 0.0, manifest.stiffness, manifest.damping), strict=True):
            row[joints] = value
        return JointCommand(own.sequence, *rows)


def applied_torque(command: JointCommand, state: RobotState) -> np.ndarray:
    """(n,) N m that the drives would apply at this state."""
    feedback = command.kp * (command.position - state.position) + command.kd * (command.velocity - state.velocity)
    return command.effort + feedback
