# SPDX-License-Identifier: Apache-2.0
"""Holds the newest that the drives of a family reported, and what came out of reading frames."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

NOT_HEARD = -1  # `Feedback.state` before the first report


class DriveSetting(Enum):
    """Names what drives keep in registers and a host reads and writes; SI units throughout."""

    MODE = auto()  # the family's own number of its control mode
    WATCHDOG = auto()  # time without a command after which the drive gives up, s; 0: never
    POSITION_RANGE = auto()  # end of the position scale, rad
    VELOCITY_RANGE = auto()  # end of the velocity scale, rad/s
    EFFORT_RANGE = auto()  # end of the effort scale, N m
    KP_RANGE = auto()  # end of the stiffness scale, N m/rad
    KD_RANGE = auto()  # end of the damping scale, N m s/rad
    EFFORT_LIMIT = auto()  # the most torque, N m
    VELOCITY_LIMIT = auto()  # the highest speed, rad/s
    REPORT_PERIOD = auto()  # time between reports that nobody asked for, s
    BUS_VOLTAGE = auto()  # V
    REPLY_ID = auto()  # identifier of the frames that the drive sends


@dataclass(frozen=True)
class SettingReply:
    """Holds a drive's answer to a read or write of one setting.

    Attributes:
        joint: Index of the joint.
        setting: What it is.
        value: Value in SI units.
    """

    joint: int
    setting: DriveSetting
    value: float


@dataclass(slots=True)
class Feedback:
    """Holds the newest report of each of n drives; `Family.decode` updates it in place.

    Attributes:
        position: (n,) rad; NaN until heard, and where a drive says that it does not know.
        velocity: (n,) rad/s; likewise.
        effort: (n,) N m; likewise.
        motor_temperature: (n,) degrees Celsius; NaN where not reported.
        drive_temperature: (n,) degrees Celsius of the power stage; NaN where not reported.
        state: (n,) the family's state word; `NOT_HEARD` until heard. `Family.state_name` says it.
        fault: (n,) the family's fault word, uint64; 0: none. `Family.fault_names` says it.
        warning: (n,) the family's warnings, uint64; they do not end torque.
        replies: (n,) reports of motion so far; one that stands still is a drive that is silent.
    """

    position: np.ndarray
    velocity: np.ndarray
    effort: np.ndarray
    motor_temperature: np.ndarray
    drive_temperature: np.ndarray
    state: np.ndarray
    fault: np.ndarray
    warning: np.ndarray
    replies: np.ndarray

    @staticmethod
    def unheard(count: int) -> Feedback:
        """Return what is known of `count` drives before the first frame."""
        return Feedback(
            position=np.full(count, np.nan),
            velocity=np.full(count, np.nan),
            effort=np.full(count, np.nan),
            motor_temperature=np.full(count, np.nan),
            drive_temperature=np.full(count, np.nan),
            state=np.full(count, NOT_HEARD, np.int64),
            fault=np.zeros(count, np.uint64),
            warning=np.zeros(count, np.uint64),
            replies=np.zeros(count, np.int64),
        )

    def count_replies(self, joints: np.ndarray) -> None:
        """Count one report of motion for each entry of `joints`, which may hold one twice."""
        self.replies += np.bincount(joints, minlength=len(self.replies))


@dataclass(frozen=True, slots=True)
class DecodedFrames:
    """Says what came out of reading a batch of frames.

    Attributes:
        known: (m,) whether each frame is from a drive of this family; malformed ones included.
        malformed: How many of those could not be read: wrong kind, length or contents.
        settings: Answers to reads and writes of settings.
    """

    known: np.ndarray
    malformed: int = 0
    settings: tuple[SettingReply, ...] = ()

    @property
    def unknown(self) -> int:
        """Return how many frames are none of this family's drives'."""
        return len(self.known) - int(np.count_nonzero(self.known))
