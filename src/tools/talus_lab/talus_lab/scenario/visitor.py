# SPDX-License-Identifier: Apache-2.0
"""A person who walks up to the robot, seen as the map node would: noisy depth images through the map's own code."""

from __future__ import annotations

import numpy as np
from talus_balance.controller import BalanceReport
from talus_core.pinhole import Pinhole
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.transform import Transform
from talus_map.mapper import MapConfig, Mapper
from talus_simulation.cameras.depth_noise import DepthNoise, NoisyDepth
from talus_simulation.mujoco_body.driver import MujocoDriver

from talus_lab.bench.balance.eyes import view_of

CAMERA, EVERY_S = "front_left", 1.0 / 12.0  # config/cameras.yaml
WIDTH, HEIGHT = 160, 120  # every other pixel reaches the map: config/map.yaml
RADIUS, TALL = 0.2, 1.75  # m
CONTACT, CONTACT_AFTER = 0.5, 3.0  # m from the pelvis, and s until there if nobody slows down
PACE = 1.6  # m/s: ISO 13855


class Visitor:
    """Begins straight ahead of the robot; call `look` every tick."""

    def __init__(self, driver: MujocoDriver, speed: float, seed: int):
        """`speed`: m/s, 0 for the usual one."""
        truth = driver.ground_truth()
        self._driver, self._speed, self._began = driver, speed or PACE, driver.time
        ahead = matrix_from_quat_xyzw(truth.quat_xyzw)[:2, 0]
        self._ahead = ahead / np.hypot(*ahead)
        closing = self._speed + max(float(truth.linear_velocity[:2] @ self._ahead), 0.0)
        self._start = truth.position[:2] + (CONTACT + CONTACT_AFTER * closing) * self._ahead
        self._eye: Pinhole = driver.sight.intrinsics(CAMERA, WIDTH, HEIGHT)
        self._noise = NoisyDepth(DepthNoise(), seed)
        self._mapper = Mapper(MapConfig(pixel_step=1))
        self._every = round(EVERY_S / driver.period)

    @property
    def place(self) -> np.ndarray:
        """(2,) m in the world: he stops before he touches the robot."""
        here = self._start - self._speed * (self._driver.time - self._began) * self._ahead
        left = float((here - self._driver.ground_truth().position[:2]) @ self._ahead)
        return here + max(CONTACT - left, 0.0) * self._ahead

    def look(self, report: BalanceReport | None) -> np.ndarray | None:
        """(n, 4) m and m/s of what the map says moves, as `map/moving` has it; None where it says nothing."""
        if report is None or report.base is None or report.sole_positions is None:
            return None
        if round(self._driver.time / self._driver.period) % self._every:
            return None
        view = view_of(self._driver, report, CAMERA, self._eye, self._noise, self._hide)
        self._mapper.integrate(view)
        rows = [(*body.nearest, *body.velocity) for body in self._mapper.moving]
        return np.array(rows) if rows else None

    def _hide(self, depth: np.ndarray, camera: Transform) -> np.ndarray:
        """The depth image with him in it: an upright cylinder."""
        rays = self._eye.rays().reshape(-1, 3).astype(float) @ camera.rotation.T
        start = camera.position[:2] - self.place
        a, b = (rays[:, :2] ** 2).sum(axis=1), rays[:, :2] @ start
        root = b**2 - a * (start @ start - RADIUS**2)
        along = (-b - np.sqrt(np.maximum(root, 0.0))) / np.maximum(a, 1e-12)
        height = camera.position[2] + along * rays[:, 2]
        floor = self._driver.soles[:, 2].min()
        hit = (root > 0.0) & (along > 0.0) & (height > floor) & (height < floor + TALL)
        seen = np.where(hit, along, np.inf).reshape(depth.shape).astype(np.float32)
        return np.where(np.isnan(depth), depth, np.minimum(depth, seen))  # NaN: the robot's own arms hide him
