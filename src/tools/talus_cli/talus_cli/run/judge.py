# SPDX-License-Identifier: Apache-2.0
"""Judges a run from outside: did the robot fall, how far did it get, how far off is its own odometry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.falls import has_fallen
from talus_core.rotations import matrix_from_quat_xyzw, matrix_from_yaw, yaw_of

from talus_cli.run.legs import SoleHeights


@dataclass(frozen=True)
class Pose:
    """A base in a fixed frame: (3,) m and (4,) quaternion."""

    position: np.ndarray
    quat_xyzw: np.ndarray


class Judge:
    """Sees the ground truth; controls nothing."""

    def __init__(self, soles: SoleHeights, seat: dict[str, float]):
        """`seat`: joint angles of the rest posture by name, rad."""
        self.fell = False
        self._soles = soles
        self._seat_height = soles.height_of_base(seat, np.array([0.0, 0.0, 1.0]))
        self._begin: tuple[Pose, Pose] | None = None
        self._truth: Pose | None = None
        self._odometry: Pose | None = None
        self._mark: tuple[float, np.ndarray] | None = None

    def see_truth(self, pose: Pose) -> None:
        """The base in the world."""
        self._truth = pose

    def see_odometry(self, pose: Pose) -> None:
        """The base in `odom`, by the robot's own estimate."""
        self._odometry = pose

    def see_joints(self, angles: dict[str, float]) -> None:
        """Joint angles by name, rad: with the newest truth, looks for a fall."""
        if self._truth is None:
            return
        up = matrix_from_quat_xyzw(self._truth.quat_xyzw)[2]  # the world's vertical in base_link
        height = self._soles.height_of_base(angles, up)
        self.fell = self.fell or has_fallen(up[2], height, self._seat_height)

    def begin(self) -> None:
        """Distances count from here."""
        if self._truth is not None and self._odometry is not None:
            self._begin = (self._truth, self._odometry)

    def speed(self, time: float) -> float:
        """m/s over ground since the last call; `time`: simulated s."""
        old, self._mark = self._mark, None if self._truth is None else (time, self._truth.position)
        if old is None or self._mark is None or time <= old[0]:
            return 0.0
        return float(np.hypot(*(self._mark[1] - old[1])[:2])) / (time - old[0])

    @property
    def distance(self) -> float:
        """m from the beginning to here, straight and level, by the ground truth."""
        return 0.0 if self._begin is None else float(np.hypot(*self._moved()[0][:2]))

    @property
    def odometry_error(self) -> float:
        """m between where the robot thinks it got to and where it got to."""
        if self._begin is None:
            return 0.0
        truth, odometry = self._moved()
        return float(np.linalg.norm(truth - odometry))

    def _moved(self) -> tuple[np.ndarray, np.ndarray]:
        """Displacements (3,) m by truth and by odometry, each along the base's axes at the beginning."""
        return tuple(
            matrix_from_yaw(yaw_of(matrix_from_quat_xyzw(old.quat_xyzw))).T @ (new.position - old.position)
            for old, new in zip(self._begin, (self._truth, self._odometry), strict=True)
        )
