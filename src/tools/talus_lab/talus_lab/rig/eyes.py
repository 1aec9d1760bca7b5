# SPDX-License-Identifier: Apache-2.0
"""Lets the controller see the ground: noisy depth images, fused by the map's own code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from talus_balance.balance_types import BalanceReport
from talus_balance.stepping.height_grid import HeightGrid
from talus_core.pinhole import Pinhole
from talus_core.robot import RobotDescription
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.transform import Transform
from talus_core.vision.cameras import load_camera_rows
from talus_core.vision.depth_view import DepthView
from talus_map.mapper import MapConfig, Mapper
from talus_simulation.cameras.depth_noise import DepthNoise, NoisyDepth
from talus_simulation.mujoco_body.driver import MujocoDriver

from talus_lab.rig.rig import Rig

# Pixels that reach the map: a sixteenth of the cameras', for speed.
EYE_WIDTH_PX = 80
EYE_HEIGHT_PX = 60
IMAGE_PERIOD_S = 0.06  # between two images, in turns: 8 Hz of each camera
ELEVATION_PERIOD_S = 0.12  # close to the 8 Hz of map/elevation
# Adds to the true depth (h, w) m of a camera at a pose in the world.
Scene = Callable[[np.ndarray, Transform], np.ndarray]


@dataclass(frozen=True)
class BelievedStance:
    """Describes where the controller believes the robot to stand.

    Attributes:
        base_in_odom: Pose of the base.
        footprint: (3,) m in odom: below the base, at the height of the lower sole.
    """

    base_in_odom: Transform
    footprint: np.ndarray


def stance_of(report: BalanceReport | None) -> BelievedStance | None:
    """Return where the controller believes the robot; None before the base is located."""
    if report is None or report.base is None or report.sole_positions is None:
        return None
    base = report.base
    footprint = np.array([*base.position[:2], report.sole_positions[:, 2].min()])
    return BelievedStance(Transform(base.rotation, base.position), footprint)


class Eyes:
    """Shows the controller the map of the ground; call `observe_tick` every tick."""

    def __init__(self, rig: Rig, robot: RobotDescription, seed: int):
        """Open the map's cameras of a `robot` that is on a rig; `seed`: of the depth noise."""
        self._rig = rig
        self._pinholes = {
            row.name: rig.driver.sight.intrinsics(row.name, EYE_WIDTH_PX, EYE_HEIGHT_PX)
            for row in load_camera_rows(robot.folder)
            if row.map_rate_hz is not None
        }
        self._noise = NoisyDepth(DepthNoise(), seed)
        self._mapper = Mapper(MapConfig(pixel_step=1))
        period = rig.driver.period
        self._ticks_per_image = round(IMAGE_PERIOD_S / period)
        self._ticks_per_elevation = round(ELEVATION_PERIOD_S / period)

    def observe_tick(self) -> None:
        """Take an image, and hand the map to the controller, where this tick is the one for it."""
        tick = round(self._rig.time / self._rig.driver.period)
        stance = stance_of(self._rig.report)
        if stance is None:
            return
        if tick % self._ticks_per_image == 0:
            in_turns = tuple(self._pinholes.items())
            camera, pinhole = in_turns[tick // self._ticks_per_image % len(in_turns)]
            view = view_of(self._rig.driver, stance, camera, pinhole=pinhole, noise=self._noise)
            self._mapper.integrate(view)
        if tick % self._ticks_per_elevation == 0:
            grid = self._mapper.elevation
            heights = grid.elevation.copy()
            self._rig.controller.see_ground(HeightGrid(grid.origin, grid.resolution, heights))


def view_of(
    driver: MujocoDriver,
    stance: BelievedStance,
    camera: str,
    *,
    pinhole: Pinhole,
    noise: NoisyDepth,
    scene: Scene = lambda depth, camera_in_world: depth,
) -> DepthView:
    """Return what a camera sees now, placed where the controller believes the robot to be.

    Args:
        driver: The simulated body.
        stance: What the controller believes.
        camera: Name of a camera with depth.
        pinhole: Size and focal length of the image.
        noise: What the sensor adds.
        scene: What stands in the view besides the simulated world.
    """
    truth = driver.ground_truth()
    base_in_world = Transform(matrix_from_quat_xyzw(truth.quat_xyzw), truth.position)
    camera_in_world = driver.sight.pose(camera)
    # As encoders and tf say: the true pose on the body, and the believed pose of the body.
    camera_in_odom = stance.base_in_odom @ base_in_world.inverse() @ camera_in_world
    true_depth = scene(driver.sight.depth(camera, pinhole), camera_in_world)
    is_there = np.isfinite(true_depth)
    measured = noise.measured(np.where(is_there, true_depth, 0.0))
    depth = np.where(is_there, measured, true_depth)
    return DepthView(depth, pinhole, camera_in_odom, {}, stance.footprint, driver.time)
