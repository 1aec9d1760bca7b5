# SPDX-License-Identifier: Apache-2.0
"""Speaks to all drives of one family in units of their joints, whatever the drives regulate."""

from __future__ import annotations

import numpy as np

from talus_can.codec.family import ControlMode, Family, Order, ReplyKind, Reported
from talus_can.codec.feedback import Feedback
from talus_can.codec.targets import Quantity, Targets
from talus_can.fleet.joint_scale import JointScale
from talus_can.frames import FrameBatch, joined, no_frames

# Shares of the torque limit that are tried until the nearest number of the bus is within it: a
# step of 12 bits over a range five times the limit is a quarter of a percent.
_SHARES = 1.0 - 0.0025 * np.arange(40)


class DriveGroup:
    """Joins a codec, what was heard of its drives, and where the drives are in the robot.

    Attributes:
        name: Name of the family.
        family: The codec.
        joints: (n,) places of its drives in every joint array of the robot.
        scale: Gear, sign and offset.
        feedback: The newest reports.
    """

    def __init__(
        self,
        name: str,
        family: Family,
        joints: np.ndarray,
        scale: JointScale,
        effort_limit: np.ndarray,
    ):
        """Take the torque limit of each joint, (n,), N m."""
        self.name = name
        self.family = family
        self.joints = joints
        self.scale = scale
        self.feedback = Feedback.unheard(len(joints))
        capabilities = family.capabilities
        self._is_impedance = capabilities.mode is ControlMode.IMPEDANCE
        self._reports_state = Reported.STATE in capabilities.reports
        self.can_enable = Order.ENABLE in capabilities.orders
        self.answers_at_once = capabilities.replies is ReplyKind.ON_COMMAND
        orders = capabilities.orders
        self._poll = Order.POLL if Order.POLL in orders else Order.DISABLE
        self._rest = Order.BRAKE if Order.BRAKE in orders else Order.DISABLE
        self._clears = Order.CLEAR_FAULTS in orders
        self.top_effort = self._sendable(effort_limit, 1.0)
        self.low_effort = -self._sendable(effort_limit, -1.0)

    def __len__(self) -> int:
        return len(self.joints)

    def command(self, wanted: np.ndarray, moved: np.ndarray) -> tuple[FrameBatch, np.ndarray]:
        """Return the frames of a tick, and what they mean, (5, n), both in units of the joints.

        Args:
            wanted: (5, n) targets in the order of `Quantity`.
            moved: (n,) drives that get them; the others are asked to report alone.
        """
        wanted = wanted.copy()
        np.clip(
            wanted[Quantity.EFFORT],
            self.low_effort,
            self.top_effort,
            out=wanted[Quantity.EFFORT],
        )
        if self._is_impedance:
            sought = Targets(self.scale.to_drive(wanted))
        else:
            sought = Targets(self.scale.to_drive(self._as_effort(wanted)))
        frames = self.family.command(sought, self.feedback)
        sent = wanted
        if self._is_impedance:
            sent = self.scale.to_joint(self.family.meaning(frames).values)
        if moved.all():
            return frames, sent
        if len(frames) == len(self):  # one for each drive; others' drives obey when they are on
            frames = frames.rows(moved)
        sent[Quantity.KP :, ~moved] = 0.0  # gains and torque
        return joined([frames, self.limp(~moved)]), sent

    def poll(self, chosen: np.ndarray) -> FrameBatch:
        """Return frames by which drives without torque (n,) report; none where they do anyway."""
        if not self.answers_at_once and self._poll is not Order.POLL:
            return no_frames()
        return self._order(self._poll, chosen)

    def rest(self, chosen: np.ndarray) -> FrameBatch:
        """Return frames that take the torque of drives (n,) away, with the windings braking."""
        return self._order(self._rest, chosen)

    def limp(self, chosen: np.ndarray) -> FrameBatch:
        """Return what keeps drives (n,) without torque, and has them report.

        Those that are on, or do not tell, get an order to rest; the others are asked alone.
        """
        told = chosen & self.enabled(np.ones_like(chosen))
        is_heard = told & (self._poll is self._rest)  # the answer to an order to rest will do
        return joined([self.rest(told), self.poll(chosen & ~is_heard)])

    def enable(self, chosen: np.ndarray) -> FrameBatch:
        """Return the next frames that switch drives (n,) on; none where a command does."""
        return self._order(Order.ENABLE, chosen) if self.can_enable else no_frames()

    def clear(self, chosen: np.ndarray) -> FrameBatch:
        """Return frames that clear the faults of drives (n,), where the family has them."""
        return self._order(Order.CLEAR_FAULTS, chosen) if self._clears else no_frames()

    def enabled(self, obeys: np.ndarray) -> np.ndarray:
        """Return (n,) which drives give torque; without reports of it, those that `obeys` names."""
        return self.family.enabled(self.feedback) if self._reports_state else obeys

    def troubles(self, joint: int) -> tuple[str, ...]:
        """Return the faults of one of its drives in plain English."""
        return self.family.fault_names(int(self.feedback.fault[joint]))

    def temperature(self) -> np.ndarray:
        """Return the higher temperature of motor and power stage, (n,), C; NaN without reports."""
        return np.fmax(self.feedback.motor_temperature, self.feedback.drive_temperature)

    def _order(self, order: Order, chosen: np.ndarray) -> FrameBatch:
        if not chosen.any():
            return no_frames()
        return self.family.order(order, self.feedback, np.flatnonzero(chosen))

    def _as_effort(self, wanted: np.ndarray) -> np.ndarray:
        """Return the law of a joint command as a torque, which the host works out."""
        position, velocity, _ = np.nan_to_num(self.scale.motion(self.feedback))
        law = np.zeros_like(wanted)
        law[Quantity.EFFORT] = (
            wanted[Quantity.EFFORT]
            + wanted[Quantity.KP] * (wanted[Quantity.POSITION] - position)
            + wanted[Quantity.KD] * (wanted[Quantity.VELOCITY] - velocity)
        )
        return law

    def _sendable(self, limit: np.ndarray, sign: float) -> np.ndarray:
        """Return the most of the limit (n,) whose number on the bus is within it."""
        limit = np.asarray(limit, float)
        best = np.zeros(len(limit))
        for share in _SHARES[::-1]:
            values = np.zeros((len(Quantity), len(limit)))
            values[Quantity.EFFORT] = sign * share * limit
            frames = self.family.command(Targets(self.scale.to_drive(values)), self.feedback)
            meant = self.scale.to_joint(self.family.meaning(frames).values)[Quantity.EFFORT]
            best = np.where(np.abs(meant) <= limit * (1.0 + 1e-12), share * limit, best)
        return best
