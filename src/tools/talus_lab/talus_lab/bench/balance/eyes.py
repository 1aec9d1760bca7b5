# SPDX-License-Identifier: Apache-2.0
"""Lets the controller see the ground: noisy depth images, fused by the map's own code at the estimated pose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from talus_balance.controller import BalanceReport
from talus_balance.stepping.height_grid import HeightGrid
from talus_core.pinhole import Pinhole
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.transform import Transform
from talus_map.mapper import DepthView, MapConfig, Mapper
from talus_simulation.cameras.depth_noise import DepthNoise, NoisyDepth
from talus_simulation.mujoco_body.driver import MujocoDriver

from talus_lab.bench.rig import Rig

CAMERAS = ("front_left", "down")  # those with depth
WIDTH, HEIGHT = 80, 60  # pixels that reach the map: a sixteenth of the cameras', for speed
EVERY_S = 0.06  # between two images, in turns: 8 Hz each
TELL_S = 0.12  # the rate of map/elevation


class Eyes:
    """Call `see` every tick."""

    def __init__(self, rig: Rig, seed: int):
        self._rig = rig
        self._eyes = {name: rig.driver.sight.intrinsics(name, WIDTH, HEIGHT) for name in CAMERAS}
        self._noise = NoisyDepth(DepthNoise(), seed)
        self._mapper = Mapper(MapConfig(pixel_step=1))
        period = rig.driver.period
        self._look_every, self._tell_every = round(EVERY_S / period), round(TELL_S / period)

    def see(self) -> None:
        """A tick has passed."""
        tick = round(self._rig.time / self._rig.driver.period)
        report = self._rig.report
        if report is None or report.base is None or report.sole_positions is None:
            return
        if tick % self._look_every == 0:
            self._look(CAMERAS[tick // self._look_every % len(CAMERAS)])
        if tick % self._tell_every == 0:
            grid = self._mapper.elevation
            self._rig.controller.see(HeightGrid(grid.origin, grid.resolution, grid.elevation.copy()))

    def _look(self, camera: str) -> None:
        rig = self._rig
        self._mapper.integrate(view_of(rig.driver, rig.report, camera, self._eyes[camera], self._noise))


def view_of(
    driver: MujocoDriver,
    report: BalanceReport,
    camera: str,
    eye: Pinhole,
    noise: NoisyDepth,
    scene: Callable[[np.ndarray, Transform], np.ndarray] = lambda depth, camera: depth,
) -> DepthView:
    """What a camera sees now, at the place where the controller believes the robot; `scene` adds to the true depth."""
    truth, base = driver.ground_truth(), report.base
    base_in_world = Transform(matrix_from_quat_xyzw(truth.quat_xyzw), truth.position)
    camera_in_world = driver.sight.pose(camera)
    pose = Transform(base.rotation, base.position) @ base_in_world.inverse() @ camera_in_world  # as encoders and tf say
    footprint = np.array([*base.position[:2], report.sole_positions[:, 2].min()])
    true_depth = scene(driver.sight.depth(camera, eye), camera_in_world)
    is_there = np.isfinite(true_depth)
    depth = np.where(is_there, noise.measured(np.where(is_there, true_depth, 0.0)), true_depth)
    return DepthView(depth, eye, pose, {}, footprint, driver.time)
