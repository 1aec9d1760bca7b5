# SPDX-License-Identifier: Apache-2.0
"""Lets the controller see the ground: noisy depth images, fused by the map's own code at the estimated pose."""

from __future__ import annotations

import numpy as np
from talus_balance.height_grid import HeightGrid
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.transform import Transform
from talus_drivers.mujoco_driver.sight import Sight
from talus_map.mapper import DepthView, MapConfig, Mapper
from talus_perception.depth_noise import DepthNoise, NoisyDepth

from talus_bringup.bench.rig import Rig

CAMERAS = ("front_left", "down")  # those with depth
WIDTH, HEIGHT = 80, 60  # pixels that reach the map: a sixteenth of the cameras', for speed
EVERY_S = 0.06  # between two images, in turns: 8 Hz each
TELL_S = 0.12  # the rate of map/elevation


class Eyes:
    """Call `see` every tick."""

    def __init__(self, rig: Rig, seed: int):
        self._rig = rig
        self._sight: Sight = rig.driver.sight
        self._eyes = {name: self._sight.intrinsics(name, WIDTH, HEIGHT) for name in CAMERAS}
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
        rig, eye = self._rig, self._eyes[camera]
        truth, base = rig.truth, rig.report.base
        base_in_world = Transform(matrix_from_quat_xyzw(truth.quat_xyzw), truth.position)
        camera_in_base = base_in_world.inverse() @ self._sight.pose(camera)  # as encoders and tf say
        pose = Transform(base.rotation, base.position) @ camera_in_base
        feet = rig.report.sole_positions
        footprint = np.array([*base.position[:2], feet[:, 2].min()])
        true_depth = self._sight.depth(camera, eye)
        depth = np.where(np.isfinite(true_depth), self._noise.measured(true_depth), true_depth)
        self._mapper.integrate(DepthView(depth, eye, pose, {}, footprint, rig.time))
