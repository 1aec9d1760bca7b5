# SPDX-License-Identifier: Apache-2.0
"""Judges a run from outside: whether the robot fell, how far it got, how its odometry did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.rotations import matrix_from_quat_xyzw, matrix_from_yaw, yaw_of
from talus_core.words.falls import has_fallen

from talus_cli.run.judging.legs import SoleHeights


@dataclass(frozen=True)
class JudgedPose:
    """Holds the place of a base in a fixed frame: (3,) m and (4,) quaternion."""

    position: np.ndarray
    quat_xyzw: np.ndarray


class Judge:
    """Sees the ground truth; controls nothing."""

    def __init__(self, soles: SoleHeights, seat: dict[str, float]):
        """Judge by the soles' heights; `seat`: joint angles of the rest posture by name, rad."""
        self.fell = False
        self._soles = soles
        self._seat_height = soles.height_of_base(seat, np.array([0.0, 0.0, 1.0]))
        self._start: tuple[JudgedPose, JudgedPose] | None = None
        self._truth: JudgedPose | None = None
        self._odometry: JudgedPose | None = None
        self._mark: tuple[float, np.ndarray] | None = None

    def see_truth(self, pose: JudgedPose) -> None:
        """Take the place of the base in the world."""
        self._truth = pose

    def see_odometry(self, pose: JudgedPose) -> None:
        """Take the place of the base in `odom`, by the robot's own estimate."""
        self._odometry = pose

    def see_joints(self, angles: dict[str, float]) -> None:
        """Take joint angles by name, rad, and look for a fall with the newest truth."""
        if self._truth is None:
            return
        up = matrix_from_quat_xyzw(self._truth.quat_xyzw)[2]  # the world's vertical in base_link
        height = self._soles.height_of_base(angles, up)
        self.fell = self.fell or has_fallen(up[2], height, self._seat_height)

    def begin(self) -> None:
        """Count distances from here on."""
        if self._truth is not None and self._odometry is not None:
            self._start = (self._truth, self._odometry)

    def speed(self, time: float) -> float:
        """Return the speed over ground since the last call, m/s; `time`: simulated s."""
        before = self._mark
        self._mark = None if self._truth is None else (time, self._truth.position)
        if before is None or self._mark is None or time <= before[0]:
            return 0.0
        return float(np.hypot(*(self._mark[1] - before[1])[:2])) / (time - before[0])

    @property
    def distance(self) -> float:
        """Return the level straight distance from the beginning by the ground truth, m."""
        truth, _ = self._displacements()
        return float(np.hypot(*truth[:2]))

    @property
    def odometry_error(self) -> float:
        """Return the distance between the places that odometry and ground truth give, m."""
        truth, odometry = self._displacements()
        return float(np.linalg.norm(truth - odometry))

    def _displacements(self) -> tuple[np.ndarray, np.ndarray]:
        """Return how far the base went by truth and by odometry, (3,) m; 0 before the start."""
        if self._start is None or self._truth is None or self._odometry is None:
            return np.zeros(3), np.zeros(3)
        first_truth, first_odometry = self._start
        truth = _displacement(first_truth, self._truth)
        return truth, _displacement(first_odometry, self._odometry)


def _displacement(start: JudgedPose, end: JudgedPose) -> np.ndarray:
    """Return the way from start to end, (3,) m along the axes that the base had at the start."""
    heading = matrix_from_yaw(yaw_of(matrix_from_quat_xyzw(start.quat_xyzw)))
    return heading.T @ (end.position - start.position)
