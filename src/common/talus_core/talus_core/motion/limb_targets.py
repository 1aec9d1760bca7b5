# SPDX-License-Identifier: Apache-2.0
"""Defines what a limb is asked to do: a pose in a frame, how stiffly and how urgently."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from typing import TypeVar

import numpy as np

from talus_core.errors import TalusError, UnknownNameError
from talus_core.rotations import exp_so3
from talus_core.transform import Transform, unit_pose

EnumT = TypeVar("EnumT", bound=Enum)
LIMB_STALE_AFTER_S = 0.5  # s (INTERFACES), after which the limb returns to its pose
LIMB_MOST_SPEED_MPS = 2.0  # m/s of a target: a person's hand; an arm's drives reach 20 rad/s
LIMB_MOST_TURNING_RADPS = 10.0  # rad/s of a target: the wrist's drives reach 14 rad/s


class Limb(Enum):
    """Names what can have a target of its own; the values are those of LimbTarget.msg."""

    LEFT_HAND = "left_hand"
    RIGHT_HAND = "right_hand"
    GAZE = "gaze"


class LimbFrame(Enum):
    """Names the frames in which balance knows where a target is; never `map`, which jumps."""

    ODOM = "odom"
    BASE = "base_link"


class LimbPriority(IntEnum):
    """Ranks a target against trunk and posture, never above balance; values of LimbTarget.msg."""

    LOW = 0
    NORMAL = 1
    HIGH = 2


class LimbTargetError(TalusError):
    """Says that a limb target cannot be followed; the message names what would work."""


@dataclass(frozen=True)
class LimbTarget:
    """Asks a limb for a pose, from a moment on and for `LIMB_STALE_AFTER_S` at most.

    Attributes:
        limb: Hand whose gripper frame must be there, or the gaze, which looks at the position.
        frame: Frame of all that follows.
        position: (3,) position, m.
        rotation: (3, 3) rotation from gripper to frame; the gaze ignores it.
        velocity: (6,) velocity of the target itself, linear m/s, then angular rad/s.
        stiffness: Share 0 to 1 of the stiffest feedback that the robot has for it.
        priority: Rank against trunk and posture.
        time: Time at which the pose held, by the clock of `RobotState`, s.
    """

    limb: Limb
    frame: LimbFrame
    position: np.ndarray
    rotation: np.ndarray
    velocity: np.ndarray
    stiffness: float
    priority: LimbPriority
    time: float

    def moved_to(self, now: float) -> LimbTarget:
        """Return where the target is at `now`, s, by its own velocity."""
        if not self.velocity.any():
            return self
        age = now - self.time
        turn = exp_so3(age * self.velocity[3:])
        position = self.position + age * self.velocity[:3]
        return replace(self, position=position, rotation=turn @ self.rotation, time=now)

    def is_fresh(self, now: float) -> bool:
        """Tell whether the target still counts at `now`, s."""
        return now - self.time <= LIMB_STALE_AFTER_S


@dataclass(frozen=True)
class RawLimbTarget:
    """Holds a limb target as it arrived, before any check; units as in `LimbTarget`.

    Attributes:
        limb, frame: Names of limb and frame.
        position: Position x, y, z.
        quat_xyzw: Unit quaternion.
        velocity: Linear velocity x, y, z, then angular x, y, z.
        stiffness: Share of the stiffest feedback; 0 stands for 1.
        priority: Value of `LimbPriority`.
        time: Stamp, s; 0 stands for now.
    """

    limb: str
    frame: str
    position: tuple[float, float, float]
    quat_xyzw: tuple[float, float, float, float]
    velocity: tuple[float, float, float, float, float, float]
    stiffness: float
    priority: int
    time: float


def checked_limb_target(raw: RawLimbTarget, now: float) -> LimbTarget:
    """Return the target that `raw` means at `now`, s.

    Raises:
        LimbTargetError: If a value is not finite, out of range or too old.
        UnknownNameError: If balance does not know the limb or the frame.
    """
    limb = _named("limb", raw.limb, Limb)
    pose = _pose(raw, limb)
    return LimbTarget(
        limb=limb,
        frame=_named("frame of a limb target", raw.frame, LimbFrame),
        position=pose.position,
        rotation=pose.rotation,
        velocity=_velocity(raw),
        stiffness=_stiffness(raw),
        priority=_priority(raw),
        time=_time(raw, now),
    )


def _named(kind: str, name: str, known: type[EnumT]) -> EnumT:
    values = {member.value: member for member in known}
    if name not in values:
        raise UnknownNameError(kind, name, values)
    return values[name]


def _pose(raw: RawLimbTarget, limb: Limb) -> Transform:
    quaternion = (0.0, 0.0, 0.0, 1.0) if limb is Limb.GAZE else raw.quat_xyzw
    try:
        return Transform.from_pose(unit_pose(raw.position, quaternion))
    except (ValueError, OverflowError) as error:
        raise LimbTargetError(f"target of {raw.limb}: {error}") from error


def _velocity(raw: RawLimbTarget) -> np.ndarray:
    bounds = ((raw.velocity[:3], LIMB_MOST_SPEED_MPS), (raw.velocity[3:], LIMB_MOST_TURNING_RADPS))
    for part, most in bounds:
        if not _all_finite(part) or math.hypot(*part) > most:
            raise LimbTargetError(
                f"target of {raw.limb}: velocity {part}; at most {most} m/s or rad/s"
            )
    return np.array(raw.velocity, dtype=float)


def _all_finite(values: Iterable[float]) -> bool:
    return all(math.isfinite(value) for value in values)


def _stiffness(raw: RawLimbTarget) -> float:
    if not 0.0 <= raw.stiffness <= 1.0:  # NaN is refused too
        raise LimbTargetError(
            f"target of {raw.limb}: stiffness {raw.stiffness}; a share 0 to 1 works"
        )
    return raw.stiffness or 1.0


def _priority(raw: RawLimbTarget) -> LimbPriority:
    if raw.priority not in set(LimbPriority):
        known = ", ".join(f"{item.value} ({item.name.lower()})" for item in LimbPriority)
        raise LimbTargetError(f"target of {raw.limb}: priority {raw.priority}; known: {known}")
    return LimbPriority(raw.priority)


def _time(raw: RawLimbTarget, now: float) -> float:
    if raw.time == 0.0:
        return now
    age = now - raw.time
    if not abs(age) <= LIMB_STALE_AFTER_S:  # NaN is refused too
        raise LimbTargetError(
            f"target of {raw.limb}: stamped {age:.3f} s ago; {LIMB_STALE_AFTER_S} s or stamp 0 work"
        )
    return raw.time


class LimbInbox:
    """Keeps the newest target of each limb until it is stale."""

    def __init__(self, limbs: Collection[Limb] = tuple(Limb)):
        """Take the limbs that the robot has."""
        self._limbs = tuple(limbs)
        self._newest: dict[Limb, LimbTarget] = {}

    def receive(self, raw: RawLimbTarget, now: float) -> None:
        """Check a target that arrived at `now`, s, and keep it.

        Raises:
            LimbTargetError, UnknownNameError: If it cannot be followed; nothing changes then.
        """
        target = checked_limb_target(raw, now)
        if target.limb not in self._limbs:
            known = [limb.value for limb in self._limbs]
            raise UnknownNameError("limb of this robot", target.limb.value, known)
        self.put(target)

    def put(self, target: LimbTarget) -> None:
        """Keep a target in place of an older one of its limb."""
        known = self._newest.get(target.limb)
        if known is None or target.time >= known.time:
            self._newest[target.limb] = target

    def fresh(self, now: float) -> tuple[LimbTarget, ...]:
        """Return all targets that count at `now`, s, moved to where they are by then."""
        return tuple(
            target.moved_to(now) for target in self._newest.values() if target.is_fresh(now)
        )
