# SPDX-License-Identifier: Apache-2.0
"""Leads a robot through a rendered world: what its cameras see, what its odometry says.

No physics: the body is put where a walk would have it, swaying, with its true place beside it for
whoever judges. A metre of walk costs a second of CPU time instead of ten.
"""

# O odometry's frame, W world, L the robot's level frame at its footprint

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from talus_core.rotations import matrix_from_rpy
from talus_core.transform import Transform
from talus_core.vision.depth_view import DepthView
from talus_localisation.level_pose import LevelPose
from talus_simulation.cameras.depth_noise import DepthNoise, NoisyDepth
from talus_simulation.mujoco_body.camera_puppet import CameraPuppet

WALKING_SPEED_M_S = 0.5
VIEW_PERIOD_S = 0.2
STEP_HZ = 1.7  # of the sway: two steps
GAIT_SWAY_RAD = (0.02, 0.015)  # roll and pitch of the base while walking
GAIT_SWAY_M = (0.02, 0.01)  # aside and up
IMU_TILT_RAD = 0.004  # of the IMU's vertical: a quarter of a degree
TILT_TIME_S = 5.0  # over which it changes
CORNER_M = 0.8  # radius in which corners are walked


@dataclass(frozen=True)
class Drift:
    """Says how wrong the odometry is.

    Attributes:
        stretch: Of the way, as a share.
        yaw_rad_per_m: Turn over the way.
        noise_m, noise_rad: Standard deviations from one view to the next.
    """

    stretch: float = 0.01
    yaw_rad_per_m: float = float(np.radians(0.3))
    noise_m: float = 0.003
    noise_rad: float = 0.001


@dataclass(frozen=True)
class WalkedView:
    """Holds one instant of a walk.

    Attributes:
        time: s.
        truth: Pose of L in W; for judging alone.
        robot_in_odom: Pose of L in O, by the odometry.
        images: What each depth camera sees, placed by odometry, encoders and IMU.
    """

    time: float
    truth: LevelPose
    robot_in_odom: LevelPose
    images: tuple[DepthView, ...]


class RenderedWalk:
    """Walks a rendered robot along a path, with an odometry that drifts; seeded."""

    def __init__(self, robot: CameraPuppet, drift: Drift, seed: int):
        self._robot = robot
        self._drift = drift
        self._rng = np.random.default_rng(seed)
        self._noise = NoisyDepth(DepthNoise(), seed)
        self._odom = LevelPose.identity()
        self._truth: LevelPose | None = None
        self._tilt = np.zeros(2)
        self._time = 0.0

    def along(self, path: Sequence[LevelPose]) -> Iterator[WalkedView]:
        """Walk along poses of L in W that follow each other, and yield what is seen at each."""
        for level in path:
            self._step(level)
            yield self._view(level)

    def carry(self, level: LevelPose) -> None:
        """Put the robot elsewhere, without a word to the odometry."""
        self._truth = level

    def _step(self, level: LevelPose) -> None:
        step = (self._truth or level).inverse() @ level
        self._truth = level
        drift = self._drift
        way = float(np.linalg.norm(step.position))
        moved = (1.0 + drift.stretch) * step.position
        moved = moved + self._rng.normal(0.0, drift.noise_m, 3) * [1.0, 1.0, 0.3]
        turn = step.yaw + drift.yaw_rad_per_m * way + self._rng.normal(0.0, drift.noise_rad)
        self._odom = self._odom @ LevelPose(moved, turn)
        self._time += VIEW_PERIOD_S
        share = VIEW_PERIOD_S / TILT_TIME_S
        self._tilt = (1.0 - share) * self._tilt + self._rng.normal(
            0.0, IMU_TILT_RAD * np.sqrt(2.0 * share), 2
        )

    def _view(self, level: LevelPose) -> WalkedView:
        phase = np.pi * STEP_HZ * self._time
        swing = np.array([np.sin(phase), np.sin(2.0 * phase)])
        roll, pitch = GAIT_SWAY_RAD * swing
        aside, up = GAIT_SWAY_M * swing
        sway = Transform(matrix_from_rpy(roll, pitch, 0.0), np.array([0.0, aside, up]))
        base_in_level = self._robot.put(level.transform(), sway)
        tilted = Transform(
            matrix_from_rpy(float(self._tilt[0]), float(self._tilt[1]), 0.0), np.zeros(3)
        )
        base_in_odom = self._odom.transform() @ base_in_level @ tilted
        links = {name: base_in_odom @ pose for name, pose in self._robot.links_in_base().items()}
        images = tuple(
            DepthView(
                self._noise.measured(self._robot.depth(camera)),
                camera.pinhole,
                base_in_odom @ self._robot.in_base(camera),
                links,
                self._odom.position,
                self._time,
            )
            for camera in self._robot.cameras
        )
        return WalkedView(self._time, level, self._odom, images)


def rounded_path(corners: Sequence[tuple[float, float]], step: float) -> list[LevelPose]:
    """Return poses `step` m apart along straight lines between corners, which are rounded."""
    points = np.array(corners, float)
    dense: list[np.ndarray] = [points[:1]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        into = (corner - before) / np.linalg.norm(corner - before)
        out = (after - corner) / np.linalg.norm(after - corner)
        shares = np.linspace(0.0, 1.0, 30)[:, None]
        begin = corner - CORNER_M * into
        end = corner + CORNER_M * out
        arc = (1 - shares) ** 2 * begin + 2 * shares * (1 - shares) * corner + shares**2 * end
        dense.append(arc)
    dense.append(points[-1:])
    line = np.concatenate(dense)
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.arange(0.0, way[-1], step)
    x = np.interp(at, way, line[:, 0])
    y = np.interp(at, way, line[:, 1])
    ahead = np.interp(at + 0.5 * step, way, line[:, 0]), np.interp(at + 0.5 * step, way, line[:, 1])
    yaw = np.unwrap(np.arctan2(ahead[1] - y, ahead[0] - x))
    return [
        LevelPose(np.array([x[k], y[k], 0.0]), float(np.arctan2(np.sin(yaw[k]), np.cos(yaw[k]))))
        for k in range(len(at))
    ]
