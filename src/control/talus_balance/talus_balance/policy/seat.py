# SPDX-License-Identifier: Apache-2.0
"""Decides which drives: a learned policy where it may, otherwise the model-based controller.

The model-based controller runs at every tick and does not know of the policy. Estimator, step
planner and whole-body QP stay warm, so that its command of the same tick can be sent instead.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState
from talus_core.words.modes import Mode

from talus_balance.balance_types import BalanceReport, Intent
from talus_balance.policy.envelope import Envelope, EnvelopeConfig
from talus_balance.policy.manifest import STANDING, WALKING
from talus_balance.policy.observation import PolicyView
from talus_balance.policy.policy import Policy
from talus_balance.stepping.gait_types import STANDING_COMMAND_MPS, GaitOutput, GaitPhase

POLICY_SOUND_S = 0.5  # in which nothing speaks against it, before it takes over
# Time of the fade between the torques of controller and policy at a take-over by the policy, and
# between the references of the drives both ways.
POLICY_FADE_S = 0.1
_MODES = {Mode.STANDING: STANDING, Mode.WALKING: WALKING}


class PolicyState(Enum):
    """Names what the policy does."""

    NONE = "none"  # no policy was asked for
    REFUSED = "refused"  # the policy does not fit
    OFF = "off"  # the policy is not wanted
    READY = "ready"  # the policy takes over as soon as it may
    ACTIVE = "active"  # the policy drives
    FALLBACK = "fallback"  # the policy left its bounds; latched until it is asked for anew


class PolicySeat:
    """Chooses between policy and controller; call `step_seat` with each command of the controller.

    Attributes:
        state: What the policy does in this tick.
        reason: Why it is REFUSED or FALLBACK.
    """

    def __init__(
        self,
        description: RobotDescription,
        dt: float,
        policy: Policy | None = None,
        refusal: str = "",
    ):
        """Seat a policy; `refusal` says why there is none though one was asked for."""
        self._policy = policy
        self._dt = dt
        self._envelope = Envelope(EnvelopeConfig(), description.feet)
        self.state = PolicyState.READY if policy else PolicyState.NONE
        self.reason = refusal
        if refusal:
            self.state = PolicyState.REFUSED
        self._asked: bool | None = None  # request of another thread that is not yet fulfilled
        self._sequence: int | None = None
        self._sound_for = 0.0  # s in which nothing spoke against the policy
        self._torque_share = 0.0  # share of the policy in the torque
        self._reference_share = 0.0  # share of the policy in the drives' references

    @property
    def text(self) -> str:
        """Return policy, driver and reason in words; empty where no policy was asked for."""
        if self.state is PolicyState.NONE:
            return ""
        name = f"{self._policy.manifest.model.name}: " if self._policy else ""
        return f"{name}{self.state.value}" + (f" ({self.reason})" if self.reason else "")

    def want(self, wanted: bool) -> str | None:
        """Allow or forbid the policy to drive from the next tick on, also after a fallback.

        Returns:
            Why that cannot be, or None.
        """
        if self._policy is None:
            return self.reason or "there is no policy; parameter 'policy' names the manifest of one"
        self._asked = wanted
        return None

    def step_seat(
        self, state: RobotState, intent: Intent, report: BalanceReport, command: JointCommand
    ) -> JointCommand:
        """Return the command for the drives.

        Args:
            state: State of this tick.
            intent: Intent of this tick.
            report: Report of the model-based controller.
            command: Its command, which is returned where the policy does not drive.
        """
        policy = self._policy
        if policy is None:
            return command
        ticks = 1 if self._sequence is None else max(state.sequence - self._sequence, 1)
        self._sequence = state.sequence
        self._answer()
        if self.state is PolicyState.READY:
            self._wait(policy, intent, report, ticks)
        if self.state is PolicyState.ACTIVE:
            self._go_on(policy, state, intent, report, ticks)
        self._fade(ticks)
        if self._reference_share == 0.0 or report.gait is None:
            return command
        return self._mixed(policy, state, command)

    def _answer(self) -> None:
        """Fulfil what another thread has asked for since the last tick."""
        asked = self._asked
        self._asked = None
        if asked is False:
            self._leave(PolicyState.OFF)
        elif asked and self.state in (PolicyState.OFF, PolicyState.FALLBACK):
            self._leave(PolicyState.READY)

    def _wait(self, policy: Policy, intent: Intent, report: BalanceReport, ticks: int) -> None:
        may_drive = self._may_drive(policy, intent, report)
        is_sound = may_drive and not self._breach(policy, intent, report)
        self._sound_for = self._sound_for + ticks * self._dt if is_sound else 0.0
        if self._sound_for >= POLICY_SOUND_S:
            policy.reset()
            self.state = PolicyState.ACTIVE

    def _go_on(
        self, policy: Policy, state: RobotState, intent: Intent, report: BalanceReport, ticks: int
    ) -> None:
        body = report.balanced
        if reason := self._breach(policy, intent, report):
            self._leave(PolicyState.FALLBACK, reason)
        elif body is None or not self._may_drive(policy, intent, report):
            self._leave(PolicyState.READY)
        elif not policy.step_policy(
            PolicyView(state, body.base, body.gait, intent.velocity), ticks
        ):
            self._leave(PolicyState.FALLBACK, policy.fault)

    def _leave(self, state: PolicyState, reason: str = "") -> None:
        """Give the torque back to the model-based controller from this tick on."""
        self.state = state
        self.reason = reason
        self._sound_for = 0.0
        self._torque_share = 0.0

    def _may_drive(self, policy: Policy, intent: Intent, report: BalanceReport) -> bool:
        """Tell whether the robot is asked for what the policy can do."""
        mode = _MODES.get(report.mode)
        if mode is None or report.gait is None or not intent.shall_be_up:
            return False
        walks = _wants_to_walk(intent) or report.gait.phase is not GaitPhase.STAND
        return (WALKING if walks else STANDING) in policy.manifest.modes

    def _breach(self, policy: Policy, intent: Intent, report: BalanceReport) -> str:
        """Say why the policy must not drive, whatever it can do; empty where nothing forbids it."""
        if intent.restricted:
            return "the safety level is R1 or above"
        if intent.released:
            return "the driver's standby moves the robot"
        if report.mode is Mode.FALLING:
            return "a fall is certain"
        body = report.balanced
        if body is None:
            return ""
        if self._steps_to_stay_up(policy, intent, body.gait):
            return "a step is needed to stay up"
        up = body.base.rotation[2]
        return self._envelope.breach(up, body.capture_point, body.sole_positions, body.sole_yaws)

    def _steps_to_stay_up(self, policy: Policy, intent: Intent, gait: GaitOutput) -> bool:
        """Tell whether a step is due that a policy which can only stand would not take."""
        if self.state is not PolicyState.ACTIVE or WALKING in policy.manifest.modes:
            return False
        return gait.phase is not GaitPhase.STAND and not _wants_to_walk(intent)

    def _fade(self, ticks: int) -> None:
        step = ticks * self._dt / POLICY_FADE_S
        if self.state is PolicyState.ACTIVE:
            self._torque_share = min(self._torque_share + step, 1.0)
            self._reference_share = min(self._reference_share + step, 1.0)
        else:
            self._reference_share = max(self._reference_share - step, 0.0)

    def _mixed(self, policy: Policy, state: RobotState, own: JointCommand) -> JointCommand:
        """Return a command between the controller's own and the policy's.

        The drives' references change over slowly, as the last gate requires; the feed-forward makes
        up the torque.
        """
        share = self._reference_share
        other = _driven(policy, own)
        if share == self._torque_share == 1.0:
            return other
        own_torque = applied_torque(own, state)
        other_torque = applied_torque(other, state)
        position = own.position + share * (other.position - own.position)
        velocity = own.velocity + share * (other.velocity - own.velocity)
        kp = own.kp + share * (other.kp - own.kp)
        kd = own.kd + share * (other.kd - own.kd)
        torque = own_torque + self._torque_share * (other_torque - own_torque)
        effort = torque - kp * (position - state.position) - kd * (velocity - state.velocity)
        return JointCommand(own.sequence, position, velocity, effort, kp, kd)


def _wants_to_walk(intent: Intent) -> bool:
    return bool(np.any(np.abs(intent.velocity) > STANDING_COMMAND_MPS))


def _driven(policy: Policy, own: JointCommand) -> JointCommand:
    """Return the controller's own command with the policy's joints under the policy alone."""
    joints = policy.joints
    position = own.position.copy()
    velocity = own.velocity.copy()
    effort = own.effort.copy()
    kp = own.kp.copy()
    kd = own.kd.copy()
    position[joints] = policy.target
    velocity[joints] = 0.0
    effort[joints] = 0.0
    kp[joints] = policy.manifest.stiffness
    kd[joints] = policy.manifest.damping
    return JointCommand(own.sequence, position, velocity, effort, kp, kd)


def applied_torque(command: JointCommand, state: RobotState) -> np.ndarray:
    """Return the torque (n,) that the drives would apply at this state, N m."""
    stiff = command.kp * (command.position - state.position)
    return command.effort + (stiff + command.kd * (command.velocity - state.velocity))
