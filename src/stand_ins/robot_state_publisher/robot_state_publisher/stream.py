# SPDX-License-Identifier: Apache-2.0
"""Turns the bytes of joint states into those of transforms, at a bounded rate."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from talus_core.errors import RefusedInputError

from robot_state_publisher.conversions import JointStateReader, TransformWriter
from robot_state_publisher.kinematics import JointFrames, sort_by_name
from robot_state_publisher.urdf import FrameJoint

MOST_JOINT_ORDERS = 64  # publishers of a robot's joints: more than it has drives on a bus


class _Part:
    """Handles the joints that one publisher of joint states determines.

    Several publishers may share a robot.
    """

    def __init__(self, joints: Sequence[FrameJoint], prefix: str, names: Sequence[str]):
        self._sorting = sort_by_name(joints, names)
        self._frames = JointFrames(self._sorting.joints)
        self._writer = TransformWriter(self._sorting.joints, prefix)
        self.last_sent = -math.inf  # s

    def transforms(self, stamp: tuple[int, int], arrived: np.ndarray) -> bytes:
        """Return the message for positions as they arrived.

        Raises RefusedInputError where one is not a number.
        """
        q = self._sorting(arrived)
        if not np.isfinite(q).all():
            raise RefusedInputError("a position is not finite")
        return self._writer.write(stamp, *self._frames.poses(q))


class TransformStream:
    """Derives the frames of a robot from its joint states."""

    def __init__(self, joints: Sequence[FrameJoint], prefix: str):
        self._joints = joints
        self._prefix = prefix
        self._reader = JointStateReader()
        self._parts: dict[tuple[str, ...], _Part] = {}

    def transforms(self, joint_state: bytes, interval: float) -> bytes | None:
        """Return the message to send now; None within `interval` s of the last.

        Raises RefusedInputError for unusable joint states, and those of something else. Time that
        jumps back, as when a recording starts anew, starts anew here too.
        """
        stamp, positions = self._reader.read(joint_state)
        names = self._reader.names
        part = self._parts.get(names) or self._new_part(names)
        now = stamp[0] + 1e-9 * stamp[1]
        if 0.0 <= now - part.last_sent < interval:
            return None
        part.last_sent = now
        return part.transforms(stamp, positions)

    def _new_part(self, names: tuple[str, ...]) -> _Part:
        if not any(joint.name in names for joint in self._joints):
            raise RefusedInputError(f"joints of something else: {', '.join(names[:2])}")
        if len(self._parts) >= MOST_JOINT_ORDERS:
            raise RefusedInputError(
                f"joints in another order for the {MOST_JOINT_ORDERS + 1}th time"
            )
        part = self._parts[names] = _Part(self._joints, self._prefix, names)
        return part
