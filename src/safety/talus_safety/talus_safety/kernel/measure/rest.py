# SPDX-License-Identifier: Apache-2.0
"""Judges by joints, gyroscope and vertical whether a robot would fall without torque."""

from __future__ import annotations

import math
from enum import Enum

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import RobotState
from talus_core.words.falls import FALLEN_TILT_RAD
from talus_core.words.rest import AT_REST_AFTER_S, STILL_JOINT_RADPS, STILL_TURN_RADPS

# rad from the rest pose: a robot that slumps onto its stops moves its legs by up to 0.3 rad
NEAR_REST_POSE_RAD = 0.35
LYING_UP_COSINE = math.cos(FALLEN_TILT_RAD)
# s: the hand-over from sitting to holding shakes a seated body for 40 ms; toppling takes 0.5 s
SHAKEN_TIME_S = 0.1


class Posture(Enum):
    """Names the postures that matter for cutting torque."""

    UPRIGHT = "upright"
    SEATED = "seated"
    LYING = "lying"


class RestJudge:
    """Judges whether the body is seated (near the rest pose) or lying, and still for a while.

    Anything else counts as upright. A robot at rest that is shaken for less than `SHAKEN_TIME_S`
    (0.1 s) stays at rest.
    """

    def __init__(self, robot: RobotDescription):
        self._legs = _run(robot.indices("left_leg", "right_leg"))
        self._rest = robot.poses["sit"][self._legs]
        self._posture = Posture.UPRIGHT
        self._since = float("-inf")
        self.judged = Posture.UPRIGHT

    def step(self, now: float, state: RobotState, up_z: float, turn: float) -> Posture:
        """Return the posture at the time `now`, s.

        Args:
            now: Time on the clock that counts, s.
            state: State of this tick.
            up_z: Cosine of the angle between the vertical and imu_link's z axis.
            turn: Length of the turn rate, rad/s.
        """
        posture = self._momentary(state, up_z, turn)
        if posture is not self._posture:
            self._posture = posture
            self._since = now
        lasted = now - self._since
        if lasted >= (SHAKEN_TIME_S if posture is Posture.UPRIGHT else AT_REST_AFTER_S):
            self.judged = posture
        return self.judged

    def forget(self) -> None:
        """Judge anew: the robot was put somewhere else."""
        self._posture = self.judged = Posture.UPRIGHT

    def _momentary(self, state: RobotState, up_z: float, turn: float) -> Posture:
        if not (
            turn < STILL_TURN_RADPS
            and np.maximum.reduce(np.abs(state.velocity[self._legs])) < STILL_JOINT_RADPS
        ):
            return Posture.UPRIGHT
        if up_z < LYING_UP_COSINE:
            return Posture.LYING
        near = np.abs(state.position[self._legs] - self._rest).max() < NEAR_REST_POSE_RAD
        return Posture.SEATED if near else Posture.UPRIGHT


def _run(indices: np.ndarray) -> np.ndarray | slice:
    """Return a slice where the indices are consecutive: numpy then copies nothing."""
    first = int(indices[0])
    last = int(indices[-1])
    return (
        slice(first, last + 1) if np.array_equal(indices, np.arange(first, last + 1)) else indices
    )
