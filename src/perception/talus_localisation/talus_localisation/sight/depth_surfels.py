# SPDX-License-Identifier: Apache-2.0
"""Turns a depth image into surfels around the robot."""

# C camera's optical frame, O odometry's frame, R the robot's level frame at its footprint

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from talus_core.parameters import parameter
from talus_core.pinhole import Pinhole
from talus_core.vision.depth_view import DepthView
from talus_core.vision.self_filter import SelfFilter

from talus_localisation.level_pose import LevelPose
from talus_localisation.matching.surfels import Surfels, surfels_of


@dataclass(frozen=True)
class SightConfig:
    """Hold what is used of a depth image."""

    min_range_m: float = parameter(
        0.2, "Nearer depth is not used: the stereo cameras' shortest is 0.15.", 0.0, 2.0
    )
    max_range_m: float = parameter(
        6.0, "Farther depth is not used: its deviation is 6 cm.", 0.5, 20.0
    )
    noise_per_m2: float = parameter(
        0.0017, "Deviation of depth over depth squared, 1/m, of the cameras.", 0.0, 0.1
    )
    pixel_step: int = parameter(2, "Every n-th pixel and row is used.", 1, 8)
    cell_m: float = parameter(0.15, "Edge of the cell of a view's surfel.", 0.05, 1.0)
    far_m: float = parameter(
        2.5, "From there on, noise needs larger cells to say where a surface faces.", 0.5, 20.0
    )
    far_cell_m: float = parameter(0.3, "Edge of those.", 0.05, 1.0)
    tilt_rad: float = parameter(
        0.004, "Deviation of the IMU's vertical: a quarter of a degree.", 0.0, 0.1
    )


def depth_surfels(
    view: DepthView, robot_in_odom: LevelPose, own_body: SelfFilter, config: SightConfig
) -> Surfels:
    """Return the surfaces of one image in R, without the robot's own body."""
    step = config.pixel_step
    depth = view.depth[::step, ::step]
    is_used = (depth > config.min_range_m) & (depth < config.max_range_m)
    points = _rays(view.camera, step)[is_used] * depth[is_used][:, None]
    in_odom = view.camera_in_odom.apply(points)
    in_odom = in_odom[own_body.keep(in_odom, view.links_in_odom)]
    odom_in_robot = robot_in_odom.inverse()
    points = odom_in_robot.apply(in_odom)
    eye = odom_in_robot.apply(view.camera_in_odom.position)
    is_far = np.sum((points - eye) ** 2, axis=1) > config.far_m**2
    parts = [
        surfels_of(points[~is_far], eye, config.cell_m, config.noise_per_m2),
        surfels_of(points[is_far], eye, config.far_cell_m, config.noise_per_m2),
    ]
    return _doubting_the_vertical(Surfels.joined(parts), config.tilt_rad)


def _doubting_the_vertical(surfels: Surfels, tilt: float) -> Surfels:
    """Return surfels with what an error of the vertical, rad, moves them along their normals."""
    levers = np.cross(surfels.points, surfels.normals)[:, :2]
    moved = tilt * np.linalg.norm(levers, axis=1)
    return Surfels(surfels.points, surfels.normals, np.hypot(surfels.deviations, moved))


@lru_cache(maxsize=16)
def _rays(camera: Pinhole, step: int) -> np.ndarray:
    return camera.rays(step)
